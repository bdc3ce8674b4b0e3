/*
 * Decides which rule speaks for a field: the first that matches, and none means drop. Knows nothing
 * of consents; whether one covers the field is the compiler's question. A policy with a single
 * mistake does not exist.
 */
#include "policy/rule.h"

#include "base/arena.h"
#include "crypto/hash.h"
#include "policy/rule_read.h"

#include <stdlib.h>

enum { ARENA_MAX_BYTES = 32 << 20, VERSION_MAX_BYTES = 128 };

static const struct hf_json_limits JSON_LIMITS = {.max_bytes = HF_POLICY_MAX_BYTES,
                                                  .max_depth = 8,
                                                  .max_values = 100000,
                                                  .max_string_bytes = 4096};

struct hf_policy {
    struct hf_arena arena;
    uint8_t digest[HF_SHA256_BYTES];
    hf_bytes version;
    struct hf_rule *rules;
    size_t n_rules;
};

void hf_policy_free(struct hf_policy *policy)
{
    if (!policy) {
        return;
    }
    hf_arena_clear(&policy->arena);
    free(policy);
}

static void policy_cleanup(struct hf_policy **policy)
{
    hf_policy_free(*policy);
}

/* ---- reading ---- */

static hf_status read_version(const struct hf_document *document, struct hf_policy *policy)
{
    const struct hf_json *version = hf_json_member(document->root, "version");
    if (!version || version->type != HF_JSON_STRING || version->text.size == 0 ||
        version->text.size > VERSION_MAX_BYTES) {
        hf_problems_add(document, version ? version : document->root,
                        "a policy needs `version`: a string of 1 to 128 bytes");
        return HF_DONE;
    }
    return hf_arena_copy(&policy->arena, version->text, &policy->version);
}

static hf_status read_rules(const struct hf_document *document, struct hf_policy *policy)
{
    const struct hf_json *rules = hf_json_member(document->root, "rules");
    if (!rules || rules->type != HF_JSON_ARRAY || rules->n_children > HF_POLICY_MAX_RULES) {
        hf_problems_add(document, rules ? rules : document->root,
                        "a policy needs `rules`: an array of at most 1024 rules");
        return HF_DONE;
    }
    policy->rules =
        hf_arena_alloc_array(&policy->arena, rules->n_children + 1, sizeof(*policy->rules));
    if (!policy->rules) {
        HF_FAIL(NOMEM);
    }
    for (const struct hf_json *rule = rules->child; rule; rule = rule->next) {
        struct hf_rule *read = &policy->rules[policy->n_rules];
        HF_TRY(hf_rule_read(document, rule, &policy->arena, read));
        read->index = policy->n_rules++;
    }
    return HF_DONE;
}

static hf_status read_document(const struct hf_document *document, struct hf_policy *policy)
{
    if (document->root->type != HF_JSON_OBJECT) {
        hf_problems_add(document, document->root,
                        "a policy must be an object: {\"version\": \"...\", \"rules\": [...]}");
        return HF_DONE;
    }
    for (const struct hf_json *member = document->root->child; member; member = member->next) {
        if (!hf_bytes_equal_string(member->name, "version") &&
            !hf_bytes_equal_string(member->name, "rules")) {
            hf_problems_add_name(document, member,
                                 "no member `%.*s` is known here; a policy has `version` and "
                                 "`rules`",
                                 HF_PRINT(member->name));
        }
    }
    HF_TRY(read_version(document, policy));
    return read_rules(document, policy);
}

static hf_status read_text(hf_bytes text, struct hf_problems *problems, struct hf_policy *policy)
{
    struct hf_document document = {.text = text, .code = HF_POLICY_INVALID, .problems = problems};
    struct hf_arena parsed = hf_arena_init(ARENA_MAX_BYTES);
    struct hf_problem problem = {0};
    size_t n_before = problems->n + problems->n_left_out;
    hf_status status = hf_json_parse(text, &JSON_LIMITS, &parsed, &document.root, &problem);
    if (hf_is_ok(status)) {
        status = read_document(&document, policy);
        if (hf_is_ok(status) && problems->n + problems->n_left_out > n_before) {
            status = hf_status_of(HF_POLICY_INVALID);
        }
    } else if (status.code == HF_JSON_MALFORMED || status.code == HF_LIMIT) {
        hf_problems_take(problems, &problem);
        status = hf_status_of(HF_POLICY_INVALID);
    }
    hf_arena_clear(&parsed);
    return status;
}

hf_status hf_policy_compile(hf_bytes text, struct hf_problems *problems,
                            struct hf_policy **ret_policy)
{
    HF_CLEANUP(policy_cleanup) struct hf_policy *policy = calloc(1, sizeof(*policy));
    if (!policy) {
        HF_FAIL(NOMEM);
    }
    policy->arena = hf_arena_init(ARENA_MAX_BYTES);
    HF_TRY(read_text(text, problems, policy));
    hf_sha256_of(text, policy->digest);
    *ret_policy = policy;
    policy = NULL;
    return HF_DONE;
}

/* ---- matching ---- */

static bool list_has(const hf_bytes *texts, size_t n, hf_bytes text)
{
    for (size_t i = 0; i < n; i++) {
        if (hf_bytes_equal(texts[i], text)) {
            return true;
        }
    }
    return n == 0;
}

/* "payment" or "tax/payment". */
static bool dataset_matches(const struct hf_rule_when *when, hf_bytes dataset)
{
    const uint8_t *slash = memchr(dataset.data, '/', dataset.size);
    hf_bytes name = slash ? hf_bytes_skip(dataset, (size_t)(slash - dataset.data) + 1) : dataset;
    return list_has(when->datasets, when->n_datasets, dataset) ||
           list_has(when->datasets, when->n_datasets, name);
}

static bool source_matches(const struct hf_rule_when *when, const struct hf_operation *operation)
{
    enum hf_source source;
    return when->sources == 0 ||
           (hf_source_by_name(hf_catalog_source(operation->catalog), &source) &&
            (when->sources >> source & 1));
}

/* What is known from the catalog alone. */
static bool matches_leaf(const struct hf_rule_when *when, const struct hf_operation *operation,
                         const struct hf_schema_field *field)
{
    return (when->classes == 0 || (when->classes & field->class)) &&
           field->level >= when->level_at_least &&
           list_has(when->identifiers, when->n_identifiers, field->identifier) &&
           source_matches(when, operation) && dataset_matches(when, operation->dataset) &&
           list_has(when->fields, when->n_fields, field->path);
}

/* What is known from the request. */
static bool matches_request(const struct hf_rule_when *when, const struct hf_rule_facts *facts)
{
    bool purpose = when->purposes == 0 || (when->purposes & facts->purpose);
    bool actions =
        when->actions == 0 || (facts->actions != 0 && (facts->actions & ~when->actions) == 0);
    bool kind = when->subject_kinds == 0 || (when->subject_kinds & (unsigned)facts->subject_kind);
    return purpose && actions && kind && list_has(when->banks, when->n_banks, facts->bank);
}

const struct hf_rule *hf_policy_decide(const struct hf_policy *policy,
                                       const struct hf_rule_facts *facts)
{
    for (size_t i = 0; i < policy->n_rules; i++) {
        const struct hf_rule *rule = &policy->rules[i];
        if (matches_leaf(&rule->when, facts->operation, facts->field) &&
            matches_request(&rule->when, facts)) {
            return rule;
        }
    }
    return NULL;
}

bool hf_rule_reaches(const struct hf_rule *rule, const struct hf_operation *operation,
                     const struct hf_schema_field *field, bool *ret_always)
{
    const struct hf_rule_when *when = &rule->when;
    *ret_always =
        when->purposes == 0 && when->actions == 0 && when->subject_kinds == 0 && when->n_banks == 0;
    return matches_leaf(when, operation, field);
}

hf_bytes hf_policy_version(const struct hf_policy *policy)
{
    return policy->version;
}

const uint8_t *hf_policy_digest(const struct hf_policy *policy)
{
    return policy->digest;
}

size_t hf_policy_n_rules(const struct hf_policy *policy)
{
    return policy->n_rules;
}

const struct hf_rule *hf_policy_rule(const struct hf_policy *policy, size_t index)
{
    return index < policy->n_rules ? &policy->rules[index] : NULL;
}
