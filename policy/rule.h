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

enum { HF_POLICY_MAX_BYTES = 1 << 20, HF_POLICY_MAX_RULES = 1024 };

struct hf_policy;

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

/**
 * hf_policy_check_fit() - whether every treatment fits every leaf of @catalog that it can reach
 * @policy_text: the text that @policy was read from, for line and column
 * @problems:    every misfit is added, at the rule's place in the policy
 *
 * A rule can reach a leaf when its `when` agrees with all that is known of the leaf from the
 * catalog (class, level, identifier, source, dataset, field); purpose, action, bank and subject
 * kind are unknown here and count as agreeing. A rule that stands behind one that matches the leaf
 * whatever the request does not reach it. Cost: O(leaves × rules). Errors: POLICY_INVALID.
 */
hf_status hf_policy_check_fit(const struct hf_policy *policy, hf_bytes policy_text,
                              const struct hf_catalog *catalog, struct hf_problems *problems);

/* "version" of the document. */
hf_bytes hf_policy_version(const struct hf_policy *policy);

/* The text's SHA-256: what a `config` record names. */
const uint8_t *hf_policy_digest(const struct hf_policy *policy);
