/*
 * From a key file to a key in locked memory; nothing is kept besides.
 */
#include "cli/seal_key.h"

#include "cli/print.h"
#include "crypto/secret_file.h"

enum hf_exit hf_read_seal_key(const struct hf_cli *cli, const char *path,
                              struct hf_seal_key *ret_key)
{
    struct hf_problem problem = {0};
    struct hf_secret secret = {0};
    hf_status status = hf_secret_file_read(path, &secret, &problem);
    if (hf_is_ok(status)) {
        status = hf_seal_key_init(ret_key, hf_bytes_of(secret.data, secret.size));
    }
    hf_secret_clear(&secret);
    if (!hf_is_ok(status)) {
        hf_print_problem(cli, path, status, &problem);
        return HF_EXIT_UNREADABLE;
    }
    return HF_EXIT_YES;
}
