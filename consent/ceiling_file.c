/*
 * Reads the table of ceilings, as strictly as everything that bounds a decision: a misspelt limit
 * would be none.
 *
 * Invariant: within the table no limit of one purpose, bank and dataset stands twice, so which rule
 * gives a limit never depends on the order of the file.
 */
#include "consent/ceiling.h"

#include "base/file.h"
#include "consent/ceiling_parts.h"
#include "consent/members.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    TREE_BYTES = 1 << 20,
    TEXT_BYTES = 1 << 17,
    MAX_VALIDITY_DAYS = 3660,
    MAX_DATA_LIFE_DAYS = 1826,
    MAX_COUNT = 1000 /* as of a consent's own window: entries count no further */
};

static const struct hf_json_limits file_limits = {.max_bytes = HF_CEILINGS_FILE_MAX_BYTES,
                                                  .max_depth = 4,
                                                  .max_values = HF_CEILINGS_MAX_RULES * 16,
                                                  .max_string_bytes = 128};

void hf_ceilings_free(struct hf_ceilings *ceilings)
{
    if (ceilings) {
        hf_arena_clear(&ceilings->arena);
        free(ceilings);
    }
}

static void free_ceilings(struct hf_ceilings **ceilings)
{
    hf_ceilings_free(*ceilings);
}

/* ---- whom a rule is for ---- */

static hf_status read_bank(const struct hf_members *members, struct hf_ceiling_rule *rule)
{
    hf_bytes bank;
    if (!hf_json_member(members->object, "bank")) {
        return HF_DONE;
    }
    HF_TRY(hf_members_string(members, "bank", 1, HF_PARTY_MAX_BYTES, &bank));
    if (!hf_party_uscc(bank, &bank)) {
        return hf_members_wrong(members, "bank", "must be a valid code");
    }
    memcpy(rule->bank, bank.data, HF_USCC_CHARS); /* zeroed behind */
    return HF_DONE;
}

static hf_status read_dataset(const struct hf_members *members, struct hf_arena *arena,
                              struct hf_ceiling_rule *rule)
{
    enum hf_source source;
    hf_bytes dataset;
    hf_bytes name;
    if (!hf_json_member(members->object, "dataset")) {
        return HF_DONE;
    }
    HF_TRY(hf_members_string(members, "dataset", 1, 128, &dataset));
    if (!hf_dataset_split(dataset, &source, &name)) {
        return hf_members_wrong(members, "dataset", "must be <source>/<dataset> of a known source");
    }
    return hf_arena_copy(arena, dataset, &rule->dataset);
}

static hf_status read_purpose(const struct hf_members *members, struct hf_ceiling_rule *rule)
{
    hf_bytes purpose;
    HF_TRY(hf_members_string(members, "purpose", 1, 32, &purpose));
    return hf_purpose_by_name(purpose, &rule->purpose)
               ? HF_DONE
               : hf_members_wrong(members, "purpose", "must be pre_loan, in_loan or post_loan");
}

/* ---- what it limits ---- */

/* The limits in days, with their names and bounds. */
static const struct days_row {
    enum hf_ceiling_kind kind;
    const char *name;
    int64_t min;
    int64_t max;
} days_rows[] = {{HF_CEILING_VALIDITY, "max_validity_days", 1, MAX_VALIDITY_DAYS},
                 {HF_CEILING_RANGE, "max_range_days", 1, HF_SCOPE_MAX_RANGE_DAYS},
                 {HF_CEILING_DATA_LIFE, "max_data_life_days", 0, MAX_DATA_LIFE_DAYS}};

static hf_status read_days(const struct hf_members *members, const struct days_row *row,
                           struct hf_ceiling_limit *limit)
{
    int64_t days;
    if (!hf_json_member(members->object, row->name)) {
        return HF_DONE;
    }
    HF_TRY(hf_members_integer(members, row->name, row->min, row->max, &days));
    limit->is_set = true;
    limit->most = (uint32_t)days;
    return HF_DONE;
}

static hf_status read_frequency(const struct hf_members *members, const char *path,
                                struct hf_ceiling_limit *limit)
{
    static const char *const names[] = {"unit", "count", NULL};
    char own_path[HF_ATTRIBUTE_MAX_BYTES];
    const struct hf_json *value = hf_json_member(members->object, "max_frequency");
    struct hf_members frequency;
    int64_t count;
    hf_bytes unit;
    if (!value) {
        return HF_DONE;
    }
    snprintf(own_path, sizeof own_path, "%.64s.max_frequency", path);
    HF_TRY(hf_members_open(members, value, own_path, names, &frequency));
    HF_TRY(hf_members_string(&frequency, "unit", 1, 16, &unit));
    if (!hf_window_by_name(unit, &limit->unit)) {
        return hf_members_wrong(&frequency, "unit", "must be hour, day, week or month");
    }
    HF_TRY(hf_members_integer(&frequency, "count", 1, MAX_COUNT, &count));
    limit->is_set = true;
    limit->most = (uint32_t)count;
    return HF_DONE;
}

static hf_status read_do(const struct hf_members *members, struct hf_ceiling_rule *rule)
{
    hf_bytes word;
    bool is_any = false;
    HF_TRY(hf_members_string(members, "do", 1, 16, &word));
    bool clamps = hf_bytes_equal_string(word, "clamp");
    if (!clamps && !hf_bytes_equal_string(word, "reject")) {
        return hf_members_wrong(members, "do", "must be reject or clamp");
    }
    for (int kind = 0; kind < HF_N_CEILINGS; kind++) {
        rule->limits[kind].clamps = clamps;
        is_any |= rule->limits[kind].is_set;
    }
    return is_any ? HF_DONE : hf_members_wrong(members, NULL, "limits nothing");
}

static bool is_for_the_same(const struct hf_ceiling_rule *a, const struct hf_ceiling_rule *b)
{
    return a->purpose == b->purpose && strcmp(a->bank, b->bank) == 0 &&
           hf_bytes_equal(a->dataset, b->dataset);
}

static hf_status check_new(const struct hf_members *members, const struct hf_ceilings *ceilings,
                           const struct hf_ceiling_rule *rule)
{
    for (size_t i = 0; i < ceilings->n_rules; i++) {
        const struct hf_ceiling_rule *before = &ceilings->rules[i];
        for (int kind = 0; is_for_the_same(before, rule) && kind < HF_N_CEILINGS; kind++) {
            if (before->limits[kind].is_set && rule->limits[kind].is_set) {
                return hf_members_wrong(members, NULL,
                                        "limits what a rule for the same bank, purpose and "
                                        "dataset limits already");
            }
        }
    }
    return HF_DONE;
}

static hf_status read_rule(const struct hf_members *root, const struct hf_json *value,
                           struct hf_ceilings *ceilings)
{
    static const char *const names[] = {"purpose",
                                        "bank",
                                        "dataset",
                                        "max_validity_days",
                                        "max_range_days",
                                        "max_frequency",
                                        "do",
                                        "max_data_life_days",
                                        NULL};
    char path[HF_ATTRIBUTE_MAX_BYTES];
    struct hf_members members;
    struct hf_ceiling_rule rule = {.purpose = 0};
    snprintf(path, sizeof path, "rules[%zu]", ceilings->n_rules);
    HF_TRY(hf_members_open(root, value, path, names, &members));
    HF_TRY(read_purpose(&members, &rule));
    HF_TRY(read_bank(&members, &rule));
    HF_TRY(read_dataset(&members, &ceilings->arena, &rule));
    for (size_t i = 0; i < sizeof days_rows / sizeof *days_rows; i++) {
        HF_TRY(read_days(&members, &days_rows[i], &rule.limits[days_rows[i].kind]));
    }
    HF_TRY(read_frequency(&members, path, &rule.limits[HF_CEILING_FREQUENCY]));
    HF_TRY(read_do(&members, &rule));
    HF_TRY(check_new(&members, ceilings, &rule));
    ceilings->rules[ceilings->n_rules++] = rule;
    return HF_DONE;
}

/* ---- the table ---- */

static int specificity(const struct hf_ceiling_rule *rule)
{
    return (rule->bank[0] ? 2 : 0) + (rule->dataset.size > 0 ? 1 : 0);
}

static int by_specificity(const void *a, const void *b)
{
    return specificity(b) - specificity(a);
}

static hf_status read_rules(const struct hf_members *root, struct hf_ceilings *ceilings)
{
    const struct hf_json *rules = NULL;
    HF_TRY(hf_members_get(root, "rules", HF_JSON_ARRAY, &rules));
    if (rules->n_children > HF_CEILINGS_MAX_RULES) {
        return hf_members_wrong(root, "rules", "must not have more than 256 elements");
    }
    for (const struct hf_json *value = rules->child; value; value = value->next) {
        HF_TRY(read_rule(root, value, ceilings));
    }
    qsort(ceilings->rules, ceilings->n_rules, sizeof *ceilings->rules, by_specificity);
    return HF_DONE;
}

hf_status hf_ceilings_parse(hf_bytes text, struct hf_ceilings **ret_ceilings,
                            struct hf_problem *reterr)
{
    static const char *const names[] = {"rules", NULL};
    HF_CLEANUP(hf_arena_clear) struct hf_arena tree = hf_arena_init(TREE_BYTES);
    HF_CLEANUP(free_ceilings) struct hf_ceilings *ceilings = calloc(1, sizeof *ceilings);
    struct hf_members root = {.text = text, .code = HF_CONFIG_INVALID, .reterr = reterr};
    if (!ceilings) {
        HF_FAIL(NOMEM);
    }
    ceilings->arena = hf_arena_init(TEXT_BYTES);
    HF_TRY(hf_members_parse(&root, &file_limits, &tree, names));
    HF_TRY(read_rules(&root, ceilings));
    hf_sha256_of(text, ceilings->sha256);
    *ret_ceilings = ceilings;
    ceilings = NULL;
    return HF_DONE;
}

hf_status hf_ceilings_load(const char *path, struct hf_ceilings **ret_ceilings,
                           struct hf_problem *reterr)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_CEILINGS_FILE_MAX_BYTES);
    HF_TRY(hf_file_read(path, &text));
    return hf_ceilings_parse(hf_buf_view(&text), ret_ceilings, reterr);
}

const uint8_t *hf_ceilings_sha256(const struct hf_ceilings *ceilings)
{
    return ceilings->sha256;
}
