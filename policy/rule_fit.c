/*
 * Decides, before anything runs, whether each rule can do what it says: a treatment that does not
 * fit a leaf would drop it at run time, and a misspelt field would leave it to the next rule. Both
 * are mistakes of the policy's author and are told with the rule's place.
 */
#include "policy/rule.h"

#include "policy/rule_read.h"

#include <stdio.h>

struct fit {
    const struct hf_policy *policy;
    hf_bytes text;
    const struct hf_catalog *catalog;
    struct hf_problems *problems;
};

unsigned hf_leaf_types(const struct hf_schema_field *field)
{
    bool is_date = field->date || field->format != HF_SCHEMA_FORMAT_NONE;
    unsigned types = 0;
    if (field->types & HF_SCHEMA_STRING) {
        types |= is_date ? HF_LEAF_DATE : HF_LEAF_STRING;
    }
    if (field->types & HF_SCHEMA_INTEGER) {
        types |= HF_LEAF_INTEGER;
    }
    if (field->types & HF_SCHEMA_NUMBER) {
        types |= HF_LEAF_DECIMAL;
    }
    if (field->types & HF_SCHEMA_BOOLEAN) {
        types |= HF_LEAF_BOOLEAN;
    }
    return types;
}

bool hf_leaf_treatment(const struct hf_treatment *treatment, const struct hf_schema_field *field,
                       struct hf_treatment *ret_treatment)
{
    struct hf_treatment settled = *treatment;
    if (field->text && settled.kind == HF_TREAT_KEEP) {
        settled.kind = HF_TREAT_SCAN;
    }
    bool is_for_text = settled.kind == HF_TREAT_SCAN || settled.kind == HF_TREAT_DROP ||
                       settled.kind == HF_TREAT_NULL;
    if ((field->text && !is_for_text) || !hf_treatment_fits(&settled, hf_leaf_types(field))) {
        return false;
    }
    *ret_treatment = settled;
    return true;
}

static void mistake(const struct fit *fit, const struct hf_rule *rule, const char *member,
                    const char *sentence)
{
    struct hf_problem problem = {.offset = rule->offset};
    char where[64];
    (void)snprintf(where, sizeof(where), "/rules/%zu/%s", rule->index, member);
    hf_ignore(hf_problem_set(&problem, HF_POLICY_INVALID, where, "%s", sentence));
    hf_json_position(fit->text, rule->offset, &problem.line, &problem.column);
    hf_problems_take(fit->problems, &problem);
}

/* ---- treatments and leaves ---- */

static void check_treatment(const struct fit *fit, const struct hf_rule *rule,
                            const struct hf_operation *operation,
                            const struct hf_schema_field *leaf)
{
    const struct {
        const struct hf_treatment *treatment;
        const char *member;
    } BOTH[] = {{&rule->with, "do"}, {&rule->without, "without_consent"}};
    for (size_t i = 0; i < 2; i++) {
        char sentence[240];
        struct hf_treatment settled;
        if (hf_leaf_treatment(BOTH[i].treatment, leaf, &settled)) {
            continue;
        }
        (void)snprintf(
            sentence, sizeof(sentence),
            "`%s` does not fit `%.*s` of %.*s: mask is for strings that are no `text`, round "
            "and bucket for numbers, truncate_date for dates, scan and pseudonym for strings and "
            "integers, only scan for `text`; narrow `when`",
            hf_treatment_name(BOTH[i].treatment->kind), HF_PRINT(leaf->path),
            HF_PRINT(operation->dataset));
        mistake(fit, rule, BOTH[i].member, sentence);
    }
}

static void check_leaf(const struct fit *fit, const struct hf_operation *operation,
                       const struct hf_schema_field *leaf)
{
    for (size_t i = 0; i < hf_policy_n_rules(fit->policy); i++) {
        const struct hf_rule *rule = hf_policy_rule(fit->policy, i);
        bool always = false;
        if (!hf_rule_reaches(rule, operation, leaf, &always)) {
            continue;
        }
        check_treatment(fit, rule, operation, leaf);
        if (always) {
            return;
        }
    }
}

static void check_fields(const struct fit *fit, const struct hf_operation *operation,
                         const struct hf_schema_field *field)
{
    if (field->shape == HF_SHAPE_LEAF && field->classified) {
        check_leaf(fit, operation, field);
    }
    for (const struct hf_schema_field *child = field->child; child; child = child->next) {
        check_fields(fit, operation, child);
    }
}

/* ---- names that the catalog does not have ---- */

static bool has_leaf(const struct hf_schema_field *field, hf_bytes path)
{
    if (field->shape == HF_SHAPE_LEAF && hf_bytes_equal(field->path, path)) {
        return true;
    }
    for (const struct hf_schema_field *child = field->child; child; child = child->next) {
        if (has_leaf(child, path)) {
            return true;
        }
    }
    return false;
}

static bool is_dataset(const struct hf_operation *operation, hf_bytes name)
{
    const hf_bytes dataset = operation->dataset;
    return hf_bytes_equal(dataset, name) ||
           (dataset.size > name.size && dataset.data[dataset.size - name.size - 1] == '/' &&
            hf_bytes_equal(hf_bytes_skip(dataset, dataset.size - name.size), name));
}

static bool names_dataset(const struct hf_rule_when *when, const struct hf_operation *operation)
{
    for (size_t i = 0; i < when->n_datasets; i++) {
        if (is_dataset(operation, when->datasets[i])) {
            return true;
        }
    }
    return when->n_datasets == 0;
}

static bool catalog_has_field(const struct fit *fit, const struct hf_rule_when *when, hf_bytes path)
{
    for (size_t i = 0; i < hf_catalog_n_operations(fit->catalog); i++) {
        const struct hf_operation *operation = hf_catalog_operation(fit->catalog, i);
        if (names_dataset(when, operation) && has_leaf(operation->answer, path)) {
            return true;
        }
    }
    return false;
}

static bool catalog_has_dataset(const struct fit *fit, hf_bytes name)
{
    for (size_t i = 0; i < hf_catalog_n_operations(fit->catalog); i++) {
        if (is_dataset(hf_catalog_operation(fit->catalog, i), name)) {
            return true;
        }
    }
    return false;
}

static void check_names(const struct fit *fit, const struct hf_rule *rule)
{
    char sentence[200];
    for (size_t i = 0; i < rule->when.n_datasets; i++) {
        if (!catalog_has_dataset(fit, rule->when.datasets[i])) {
            (void)snprintf(sentence, sizeof(sentence), "the catalog of %.*s has no dataset `%.*s`",
                           HF_PRINT(hf_catalog_source(fit->catalog)),
                           HF_PRINT(rule->when.datasets[i]));
            mistake(fit, rule, "when/dataset", sentence);
        }
    }
    for (size_t i = 0; i < rule->when.n_fields; i++) {
        if (!catalog_has_field(fit, &rule->when, rule->when.fields[i])) {
            (void)snprintf(sentence, sizeof(sentence),
                           "no answer of %.*s that this rule is for has a leaf `%.*s`",
                           HF_PRINT(hf_catalog_source(fit->catalog)),
                           HF_PRINT(rule->when.fields[i]));
            mistake(fit, rule, "when/field", sentence);
        }
    }
}

hf_status hf_policy_check_fit(const struct hf_policy *policy, hf_bytes policy_text,
                              const struct hf_catalog *catalog, struct hf_problems *problems)
{
    const struct fit fit = {policy, policy_text, catalog, problems};
    size_t n_before = problems->n + problems->n_left_out;
    enum hf_source source;
    if (!hf_source_by_name(hf_catalog_source(catalog), &source)) {
        HF_FAIL(BUG);
    }
    for (size_t i = 0; i < hf_policy_n_rules(policy); i++) {
        const struct hf_rule *rule = hf_policy_rule(policy, i);
        if (rule->when.sources == 1u << source) {
            check_names(&fit, rule);
        }
    }
    for (size_t i = 0; i < hf_catalog_n_operations(catalog); i++) {
        const struct hf_operation *operation = hf_catalog_operation(catalog, i);
        check_fields(&fit, operation, operation->answer);
    }
    return problems->n + problems->n_left_out > n_before ? hf_status_of(HF_POLICY_INVALID)
                                                         : HF_DONE;
}
