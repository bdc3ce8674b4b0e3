/*
 * One file of public keys, read for every command that verifies.
 */
#include "cli/keys_file.h"

#include "cli/print.h"

enum hf_exit hf_read_keys(const struct hf_cli *cli, const char *path, struct hf_key_set *ret_keys)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_KEY_SET_MAX_BYTES);
    struct hf_problem problem = {0};
    enum hf_exit code = hf_read_input(cli, path, &text);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = hf_key_set_parse(hf_buf_view(&text), ret_keys, &problem);
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, path, status, &problem);
}
