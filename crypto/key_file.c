/*
 * Key files: the PEM of key_pem.c on disk. It decides that a private key which others may read is
 * no key of ours, and that a new key never replaces a file.
 */
#include "crypto/key.h"

#include "base/file.h"
#include "crypto/key_parts.h"
#include "crypto/secret.h"

hf_status hf_key_file_create(const char *path, const struct hf_key *key)
{
    HF_CLEANUP(hf_secret_buf_clear) hf_buf pem = hf_buf_init(HF_KEY_PEM_MAX_BYTES);
    HF_TRY(hf_key_write_private_pem(key, &pem));
    return hf_file_create_durable(path, hf_buf_view(&pem), 0600);
}

hf_status hf_key_file_read(const char *path, struct hf_key **ret_key, struct hf_problem *reterr)
{
    HF_CLEANUP(hf_secret_buf_clear) hf_buf pem = hf_buf_init(HF_KEY_PEM_MAX_BYTES);
    HF_TRY(hf_buf_reserve(&pem, HF_KEY_PEM_MAX_BYTES));
    hf_status status = hf_file_read_secret(path, &pem);
    if (status.code == HF_LIMIT) {
        return hf_problem_set(reterr, HF_KEY_MALFORMED, NULL, "larger than any key file");
    }
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, NULL, "%s", hf_code_info(status.code)->sentence);
    }
    return hf_key_from_pem(hf_buf_view(&pem), ret_key, reterr);
}
