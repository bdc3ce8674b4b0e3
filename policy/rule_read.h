/*
 * Reads one rule of a policy document, and what it can reach. Private to policy/rule*.
 */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "policy/rule.h"

/**
 * hf_rule_read() - a rule from its JSON object
 * @document: mistakes are added to its list
 * @arena:    holds the lists of @ret_rule
 *
 * @ret_rule is set also when mistakes were added; the caller counts them. Errors: NOMEM.
 */
hf_status hf_rule_read(const struct hf_document *document, const struct hf_json *node,
                       struct hf_arena *arena, struct hf_rule *ret_rule);

/* Whether @rule can match @field; @ret_always: whatever the request. */
bool hf_rule_reaches(const struct hf_rule *rule, const struct hf_operation *operation,
                     const struct hf_schema_field *field, bool *ret_always);
