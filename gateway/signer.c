/*
 * Reads the gateway's own signing keys. They are read once, at a start: a key that a reload could
 * change would let one answer name a key that another worker does not know yet.
 */
#include "gateway/signer.h"

#include "base/file.h"

enum { MAX_FILES = 64, PATH_BYTES = 4096 };

void hf_signer_clear(struct hf_signer *signer)
{
    hf_key_unref(signer->key);
    hf_key_set_clear(&signer->keys);
    signer->key = NULL;
}

static hf_status read_retired(const char *folder, const char *name, struct hf_key_set *keys,
                              struct hf_problem *reterr)
{
    char path[PATH_BYTES];
    struct hf_problem problem = {.code = HF_OK};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_KEY_SET_MAX_BYTES);
    HF_CLEANUP(hf_key_set_clear) struct hf_key_set set = {.n_keys = 0};
    HF_TRY(hf_path_join(path, sizeof path, folder, name));
    hf_status status = hf_file_read(path, &text);
    if (hf_is_ok(status)) {
        status = hf_key_set_parse(hf_buf_view(&text), &set, &problem);
    }
    for (size_t i = 0; i < set.n_keys && hf_is_ok(status); i++) {
        status = hf_key_set_add(keys, set.keys[i]);
    }
    return hf_is_ok(status)
               ? status
               : hf_problem_set(reterr, status.code, name, "%s %s", problem.where,
                                problem.detail[0] ? problem.detail
                                                  : hf_code_info(status.code)->sentence);
}

static hf_status read_all_retired(const char *folder, struct hf_key_set *keys,
                                  struct hf_problem *reterr)
{
    HF_CLEANUP(hf_folder_names_clear) struct hf_folder_names list = {NULL, 0};
    hf_status status = hf_folder_list(folder, ".jwk", MAX_FILES, &list.names, &list.n_names);
    if (status.code == HF_NOT_FOUND) {
        return HF_DONE;
    }
    HF_TRY(status);
    for (size_t i = 0; i < list.n_names; i++) {
        HF_TRY(read_retired(folder, list.names[i], keys, reterr));
    }
    return HF_DONE;
}

static hf_status read_key(const char *path, struct hf_signer *signer, struct hf_problem *reterr)
{
    hf_status status = hf_key_file_read(path, &signer->key, reterr);
    if (status.code == HF_NOT_FOUND) {
        return hf_problem_set(
            reterr, HF_NOT_FOUND, "no signing key",
            "receipts are signed with it: `hufu key new --alg Ed25519 --out FILE` "
            "makes one");
    }
    HF_TRY(status);
    return hf_key_set_add(&signer->keys, signer->key);
}

hf_status hf_signer_read(const char *key_path, const char *retired, struct hf_signer *ret_signer,
                         struct hf_problem *reterr)
{
    HF_CLEANUP(hf_signer_clear) struct hf_signer signer = {.key = NULL};
    HF_TRY(read_key(key_path, &signer, reterr));
    HF_TRY(read_all_retired(retired, &signer.keys, reterr));
    *ret_signer = signer;
    signer = (struct hf_signer){.key = NULL};
    return HF_DONE;
}
