/*
 * Policies for tests: compiled from text, or refused with a mistake at a place.
 */
#pragma once

#include "policy/rule.h"
#include "tests/unit/policy/catalog_fixture.h"

#define RULES(rules) "{\"version\":\"1\",\"rules\":[" rules "]}"

static inline struct hf_policy *rule_compiled(const char *text)
{
    struct hf_policy *policy = NULL;
    fixture_problems = (struct hf_problems){0};
    hf_status status = hf_policy_compile(hf_bytes_of_string(text), &fixture_problems, &policy);
    if (fixture_problems.n > 0) {
        fail_msg("%s: %s", fixture_problems.items[0].where, fixture_problems.items[0].detail);
    }
    assert_ok(status);
    return policy;
}

/* Some mistake that was noted stands at @where and holds @words. */
static inline void rule_assert_told(const char *where, const char *words)
{
    for (size_t i = 0; i < fixture_problems.n; i++) {
        if (strcmp(fixture_problems.items[i].where, where) == 0 &&
            strstr(fixture_problems.items[i].detail, words)) {
            assert_true(fixture_problems.items[i].line >= 1);
            assert_true(fixture_problems.items[i].column >= 1);
            return;
        }
    }
    fail_msg("no mistake at %s with the words \"%s\", but %zu others, the first at %s: %s", where,
             words, fixture_problems.n, fixture_problems.items[0].where,
             fixture_problems.items[0].detail);
}

static inline void rule_assert_refused(const char *text, const char *where, const char *words)
{
    struct hf_policy *policy = NULL;
    fixture_problems = (struct hf_problems){0};
    assert_code(hf_policy_compile(hf_bytes_of_string(text), &fixture_problems, &policy),
                POLICY_INVALID);
    assert_null(policy);
    rule_assert_told(where, words);
}
