/*
 * Agreements are few, small and decide last: whatever a grantor allows, nothing passes that source
 * and bank have not agreed. Absence is a refusal, and so is everything that cannot be read.
 */
#include "consent/agreement.h"

#include "base/date.h"
#include "base/file.h"
#include "consent/members.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PATH_BYTES = 4096,
    TREE_BYTES = 1 << 20,
    SET_BYTES = 256 << 20,
    NAME_BYTES = HF_USCC_CHARS + 32
};

static const int64_t max_unix_s = INT64_C(253402300799); /* 9999-12-31 */

struct hf_agreements {
    atomic_size_t n_refs;
    struct hf_arena arena; /* names of datasets */
    size_t n_agreements;
    struct hf_agreement *agreements; /* in the order of file names: bank, then source's name */
};

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

static hf_status read_parties(const struct hf_members *members, struct hf_agreement *agreement)
{
    hf_bytes bank;
    hf_bytes source;
    char name[NAME_BYTES];
    HF_TRY(hf_members_string(members, "bank", 1, HF_PARTY_MAX_BYTES, &bank));
    if (!hf_party_uscc(bank, &bank)) {
        return hf_members_wrong(members, "bank", "must be a valid code");
    }
    HF_TRY(hf_members_string(members, "source", 1, 32, &source));
    if (!hf_source_by_name(source, &agreement->source)) {
        return hf_members_wrong(members, "source", "must be a known source");
    }
    memcpy(agreement->bank, bank.data, HF_USCC_CHARS); /* zeroed behind */
    snprintf(name, sizeof name, "%s.%s.json", agreement->bank, hf_source_name(agreement->source));
    if (strcmp(name, members->file) != 0) {
        return hf_members_wrong(members, NULL, "is not named <bank>.<source>.json for its content");
    }
    return HF_DONE;
}

static hf_status read_datasets(const struct hf_members *members, struct hf_arena *arena,
                               struct hf_agreement *agreement)
{
    const struct hf_json *array = NULL;
    HF_TRY(hf_members_strings(members, "datasets", 1, HF_AGREEMENT_MAX_DATASETS, &array));
    hf_bytes *names = hf_arena_alloc_array(arena, array->n_children, sizeof *names);
    if (!names) {
        HF_FAIL(NOMEM);
    }
    for (const struct hf_json *element = array->child; element; element = element->next) {
        enum hf_source source = agreement->source;
        hf_bytes name = element->text;
        if ((!hf_dataset_name_ok(name) && !hf_dataset_split(name, &source, &name)) ||
            source != agreement->source) {
            return hf_members_blame(members, members->code, "datasets", element,
                                    "must be names of datasets of the source");
        }
        HF_TRY(hf_arena_copy(arena, name, &names[agreement->n_datasets++]));
    }
    agreement->datasets = names;
    return HF_DONE;
}

/* Unix seconds, or a date: the first second in Shanghai of that day and, as an end, behind it. */
static hf_status read_time(const struct hf_members *members, const char *name, int days_behind,
                           int64_t *ret_unix_s)
{
    enum { DAY_S = 86400, SHANGHAI_S = 8 * 3600 };
    const struct hf_json *value = hf_json_member(members->object, name);
    int32_t day;
    if (!value || value->type != HF_JSON_STRING) {
        return hf_members_integer(members, name, 0, max_unix_s, ret_unix_s);
    }
    if (!hf_date_parse(value->text, &day)) {
        return hf_members_wrong(members, name, "must be Unix seconds or a date YYYY-MM-DD");
    }
    *ret_unix_s = ((int64_t)day + days_behind) * DAY_S - SHANGHAI_S;
    return HF_DONE;
}

static hf_status read_agreement(hf_bytes text, const char *name, struct hf_arena *arena,
                                struct hf_agreement *ret_agreement, struct hf_problem *reterr)
{
    static const char *const names[] = {"bank",    "source",     "datasets",  "purposes",
                                        "classes", "not_before", "not_after", NULL};
    static const struct hf_json_limits limits = {.max_bytes = HF_AGREEMENT_FILE_MAX_BYTES,
                                                 .max_depth = 2,
                                                 .max_values = HF_AGREEMENT_MAX_DATASETS + 64,
                                                 .max_string_bytes = 128};
    HF_CLEANUP(hf_arena_clear) struct hf_arena tree = hf_arena_init(TREE_BYTES);
    struct hf_members members = {
        .text = text, .code = HF_CONFIG_INVALID, .file = name, .reterr = reterr};
    struct hf_agreement agreement = {.n_datasets = 0};
    HF_TRY(hf_members_parse(&members, &limits, &tree, names));
    HF_TRY(read_parties(&members, &agreement));
    HF_TRY(read_datasets(&members, arena, &agreement));
    HF_TRY(hf_members_mask(&members, "purposes", 1, hf_purpose_by_name, &agreement.purposes));
    HF_TRY(hf_members_mask(&members, "classes", 1, hf_field_by_name, &agreement.classes));
    HF_TRY(read_time(&members, "not_before", 0, &agreement.not_before_unix_s));
    HF_TRY(read_time(&members, "not_after", 1, &agreement.not_after_unix_s));
    if (agreement.not_after_unix_s <= agreement.not_before_unix_s) {
        return hf_members_wrong(&members, "not_after", "must lie behind not_before");
    }
    *ret_agreement = agreement;
    return HF_DONE;
}

static hf_status read_file(const char *folder, const char *name, struct hf_agreements *agreements,
                           struct hf_problem *reterr)
{
    char path[PATH_BYTES];
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_AGREEMENT_FILE_MAX_BYTES);
    HF_TRY(hf_path_join(path, sizeof path, folder, name));
    hf_status status = hf_file_read(path, &text);
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, name, "cannot be read, or is too large");
    }
    HF_TRY(read_agreement(hf_buf_view(&text), name, &agreements->arena,
                          &agreements->agreements[agreements->n_agreements], reterr));
    agreements->n_agreements++;
    return HF_DONE;
}

static hf_status new_agreements(size_t n, struct hf_agreements **ret_agreements)
{
    struct hf_agreements *agreements = calloc(1, sizeof *agreements);
    if (!agreements) {
        HF_FAIL(NOMEM);
    }
    atomic_init(&agreements->n_refs, 1);
    agreements->arena = hf_arena_init(SET_BYTES);
    agreements->agreements = calloc(n ? n : 1, sizeof *agreements->agreements);
    *ret_agreements = agreements;
    return agreements->agreements ? HF_DONE : hf_status_of(HF_NOMEM);
}

hf_status hf_agreements_load(const char *folder, struct hf_agreements **ret_agreements,
                             struct hf_problem *reterr)
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
        status = read_file(folder, names[i], agreements, reterr);
    }
    hf_folder_names_free(names, n_names);
    HF_TRY(status);
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
