/*
 * The operator's policy: an ordered list of rules that say what happens to a field. The first rule
 * whose `when` matches decides; where none matches, the field is dropped. The format is in
 * docs/catalog-and-policy.md. Immutable after hf_policy_compile(); any thread may read it.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "policy/catalog.h"
#include "policy/problems.h"
#include "policy/treat.h"

enum { HF_POLICY_MAX_BYTES = 1 << 20, HF_POLICY_MAX_RULES = 1024 };

struct hf_policy;

/* When a rule matches. An empty list or a mask of 0 means: whatever. Masks: base/vocabulary.h. */
struct hf_rule_when {
    unsigned classes;
    uint32_t level_at_least;
    unsigned sources; /* 1 << enum hf_source */
    unsigned purposes;
    unsigned actions;
    unsigned subject_kinds;
    const hf_bytes *identifiers;
    size_t n_identifiers;
    const hf_bytes *datasets; /* "payment" or "tax/payment" */
    size_t n_datasets;
    const hf_bytes *fields; /* paths */
    size_t n_fields;
    const hf_bytes *banks; /* bare USCC */
    size_t n_banks;
};

struct hf_rule {
    struct hf_rule_when when;
    struct hf_treatment with;    /* `do` */
    struct hf_treatment without; /* `without_consent` */
    size_t index;                /* 0.., in the document */
    size_t offset;               /* of the rule in the text */
};

/* What a rule is asked about. */
struct hf_rule_facts {
    const struct hf_operation *operation;
    const struct hf_schema_field *field; /* a leaf */
    hf_bytes bank;                       /* bare USCC */
    unsigned purpose; /* one bit; 0: none said, then no rule with purpose matches */
    unsigned actions; /* 0: none said, then no rule with action matches */
    enum hf_subject_kind subject_kind;
};

/**
 * hf_policy_compile() - read and check a policy document
 * @text:       borrowed during the call only; at most HF_POLICY_MAX_BYTES
 * @problems:   every mistake found is added; must not be NULL
 * @ret_policy: set only on success; caller owns, hf_policy_free()
 *
 * Errors: POLICY_INVALID (at least one mistake), LIMIT, NOMEM.
 */
hf_status hf_policy_compile(hf_bytes text, struct hf_problems *problems,
                            struct hf_policy **ret_policy);
void hf_policy_free(struct hf_policy *policy); /* NULL is fine */

/* The first rule that matches, or NULL: drop. Cost: O(rules). */
const struct hf_rule *hf_policy_decide(const struct hf_policy *policy,
                                       const struct hf_rule_facts *facts);

/* What the values of a leaf are to a treatment: a mask of enum hf_leaf_type. */
unsigned hf_leaf_types(const struct hf_schema_field *field);

/**
 * hf_leaf_treatment() - what a rule's treatment comes to at @field
 * @ret_treatment: set only when true is returned
 *
 * A kept text is scanned, and nothing else is done to a text than that, `drop` and `null`: what a
 * mask leaves of it could hold an identifier. False: the treatment does not fit.
 */
bool hf_leaf_treatment(const struct hf_treatment *treatment, const struct hf_schema_field *field,
                       struct hf_treatment *ret_treatment);

/**
 * hf_policy_check_fit() - whether every treatment fits every leaf of @catalog that it can reach
 * @policy_text: the text that @policy was read from, for line and column
 * @problems:    every misfit is added, at the rule's place in the policy
 *
 * A rule can reach a leaf when its `when` agrees with all that is known of the leaf from the
 * catalog (class, level, identifier, source, dataset, field); purpose, action, bank and subject
 * kind are unknown here and count as agreeing. A rule that stands behind one that matches the leaf
 * whatever the request does not reach it. A rule for this catalog's source alone that names a
 * dataset or field which the catalog does not have is a mistake, too: its next rule would decide.
 * Cost: O(leaves × rules). Errors: POLICY_INVALID.
 */
hf_status hf_policy_check_fit(const struct hf_policy *policy, hf_bytes policy_text,
                              const struct hf_catalog *catalog, struct hf_problems *problems);

size_t hf_policy_n_rules(const struct hf_policy *policy);
const struct hf_rule *hf_policy_rule(const struct hf_policy *policy, size_t index);

/* "version" of the document. */
hf_bytes hf_policy_version(const struct hf_policy *policy);

/* The text's SHA-256: what a `config` record names. */
const uint8_t *hf_policy_digest(const struct hf_policy *policy);
