/*
 * Agreements are few, small and decide last: whatever a grantor allows, nothing passes that source
 * and bank have not agreed. Absence is a refusal, and so is everything that cannot be read.
 */
#include "consent/agreement.h"

#include "base/file.h"
#include "crypto/hash.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES = 4096, SET_BYTES = 256 << 20 };

struct hf_agreements {
    atomic_size_t n_refs;
    struct hf_arena arena; /* names of datasets */
    size_t n_agreements;
    struct hf_agreement *agreements; /* in the order of file names: bank, then source's name */
    struct hf_sha256 list;           /* of the files, while they are read */
    uint8_t sha256[HF_SHA256_BYTES];
};

const uint8_t *hf_agreements_sha256(const struct hf_agreements *agreements)
{
    return agreements->sha256;
}

struct hf_agreements *hf_agreements_ref(struct hf_agreements *agreements)
{
    atomic_fetch_add_explicit(&agreements->n_refs, 1, memory_order_relaxed);
    return agreements;
}

void hf_agreements_unref(struct hf_agreements *agreements)
{
    if (!agreements ||
        atomic_fetch_sub_explicit(&agreements->n_refs, 1, memory_order_acq_rel) > 1) {
        return;
    }
    hf_arena_clear(&agreements->arena);
    free(agreements->agreements);
    free(agreements);
}

static void unref_agreements(struct hf_agreements **agreements)
{
    hf_agreements_unref(*agreements);
}

/* Of a source that signs, every agreement is signed; of one that does not, none pretends to be. */
static hf_status check_signature(const char *path, hf_bytes text, const struct hf_key *key,
                                 struct hf_problem *reterr)
{
    char signature_path[PATH_BYTES + 4];
    HF_CLEANUP(hf_buf_clear) hf_buf signature = hf_buf_init(HF_AGREEMENT_SIGNATURE_MAX_BYTES);
    snprintf(signature_path, sizeof signature_path, "%s.jws", path);
    hf_status status = hf_file_read(signature_path, &signature);
    if (status.code == HF_NOT_FOUND) {
        return key ? hf_problem_set(reterr, HF_CONFIG_INVALID, NULL,
                                    "is not signed by its source: there is no .jws beside it")
                   : HF_DONE;
    }
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, NULL,
                              "its .jws cannot be read, or is too large");
    }
    return key ? hf_agreement_verify(text, hf_buf_view(&signature), key, reterr)
               : hf_problem_set(reterr, HF_CONFIG_INVALID, NULL,
                                "its .jws cannot be checked: no key of the source is configured");
}

static hf_status read_signed(const char *path, const char *name,
                             const struct hf_agreement_keys *keys, struct hf_agreements *agreements,
                             struct hf_problem *reterr)
{
    struct hf_agreement *agreement = &agreements->agreements[agreements->n_agreements];
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_AGREEMENT_FILE_MAX_BYTES);
    hf_status status = hf_file_read(path, &text);
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, NULL, "cannot be read, or is too large");
    }
    HF_TRY(hf_agreement_parse(hf_buf_view(&text), name, &agreements->arena, agreement, reterr));
    HF_TRY(check_signature(path, hf_buf_view(&text), keys->of_source[agreement->source], reterr));
    agreements->n_agreements++;
    hf_sha256_list(&agreements->list, hf_buf_view(&text), name);
    return HF_DONE;
}

static hf_status read_file(const char *folder, const char *name,
                           const struct hf_agreement_keys *keys, struct hf_agreements *agreements,
                           struct hf_problem *reterr)
{
    char path[PATH_BYTES];
    HF_TRY(hf_path_join(path, sizeof path, folder, name));
    hf_status status = read_signed(path, name, keys, agreements, reterr);
    if (!hf_is_ok(status) && reterr && !reterr->where[0]) {
        snprintf(reterr->where, sizeof reterr->where, "%s", name);
    }
    return status;
}

static hf_status new_agreements(size_t n, struct hf_agreements **ret_agreements)
{
    struct hf_agreements *agreements = calloc(1, sizeof *agreements);
    if (!agreements) {
        HF_FAIL(NOMEM);
    }
    atomic_init(&agreements->n_refs, 1);
    agreements->arena = hf_arena_init(SET_BYTES);
    hf_sha256_init(&agreements->list);
    agreements->agreements = calloc(n ? n : 1, sizeof *agreements->agreements);
    *ret_agreements = agreements;
    return agreements->agreements ? HF_DONE : hf_status_of(HF_NOMEM);
}

hf_status hf_agreements_load(const char *folder, const struct hf_agreement_keys *keys,
                             struct hf_agreements **ret_agreements, struct hf_problem *reterr)
{
    HF_CLEANUP(unref_agreements) struct hf_agreements *agreements = NULL;
    char **names = NULL;
    size_t n_names = 0;
    hf_status status = hf_folder_list(folder, ".json", HF_AGREEMENTS_MAX_FILES, &names, &n_names);
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, NULL, "the agreements' folder cannot be read");
    }
    status = new_agreements(n_names, &agreements);
    for (size_t i = 0; i < n_names && hf_is_ok(status); i++) {
        status = read_file(folder, names[i], keys, agreements, reterr);
    }
    hf_folder_names_free(names, n_names);
    HF_TRY(status);
    hf_sha256_final(&agreements->list, agreements->sha256);
    *ret_agreements = agreements;
    agreements = NULL;
    return HF_DONE;
}

/* Order of the file names: bank, then the source's name. */
static int compare(const struct hf_agreement *agreement, hf_bytes bank, enum hf_source source)
{
    int order = memcmp(agreement->bank, bank.data, HF_USCC_CHARS);
    return order ? order : strcmp(hf_source_name(agreement->source), hf_source_name(source));
}

const struct hf_agreement *hf_agreements_find(const struct hf_agreements *agreements, hf_bytes bank,
                                              enum hf_source source)
{
    size_t low = 0;
    size_t high = agreements->n_agreements;
    if (!hf_party_uscc(bank, &bank) || !hf_source_name(source)) {
        return NULL;
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(&agreements->agreements[middle], bank, source);
        if (order == 0) {
            return &agreements->agreements[middle];
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static bool names_dataset(const struct hf_agreement *agreement, hf_bytes dataset_name)
{
    for (size_t i = 0; i < agreement->n_datasets; i++) {
        if (hf_bytes_equal(agreement->datasets[i], dataset_name)) {
            return true;
        }
    }
    return false;
}

hf_status hf_agreement_judge(const struct hf_agreement *agreement, hf_bytes dataset_name,
                             unsigned purposes, int64_t now_unix_s, unsigned *ret_classes)
{
    if (!agreement || now_unix_s < agreement->not_before_unix_s ||
        now_unix_s >= agreement->not_after_unix_s || (purposes & ~agreement->purposes) ||
        !names_dataset(agreement, dataset_name)) {
        HF_FAIL(AGREEMENT_DENIED);
    }
    *ret_classes = agreement->classes;
    return HF_DONE;
}
