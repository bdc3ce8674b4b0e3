/*
 * Assertions on the redactor, each over a set of chunk sizes: what comes out, where it stops and
 * what is counted must not depend on how the input is cut.
 */
#pragma once

#include "tests/support/redacting.h"
#include "tests/unit/unit.h"

#include <stdio.h>

static const size_t chunk_sizes[] = {0, 1, 2, 3, 7, 64, 1000, 16384};

static inline struct redacting redacting_of(const char *view_text)
{
    struct redacting redacting = {
        .view = redacting_view(view_text, NULL),
        .limits = hf_redact_limits_default(),
    };
    assert_non_null(redacting.view);
    return redacting;
}

/* The result, equal over all chunk sizes and machines; clear with redacted_clear(). */
static inline struct redacted redact_all_ways(const struct redacting *redacting, hf_bytes document)
{
    const size_t n_sizes = sizeof chunk_sizes / sizeof chunk_sizes[0];
    struct redacted whole = redacting_run(redacting, document, 0);
    for (size_t i = 0; i < 2 * n_sizes; i++) {
        struct redacting any = *redacting;
        any.plain = i >= n_sizes;
        struct redacted pieces = redacting_run(&any, document, chunk_sizes[i % n_sizes]);
        const char *difference = redacted_difference(&whole, &pieces);
        if (difference) {
            print_message("%s differs in chunks of %zu%s\n  %.*s\n  %.*s\n", difference,
                          chunk_sizes[i % n_sizes], any.plain ? ", plain" : "", HF_PRINT(whole.out),
                          HF_PRINT(pieces.out));
        }
        assert_null(difference);
        redacted_clear(&pieces);
    }
    return whole;
}

static inline void assert_text(hf_bytes text, const char *expected)
{
    if (!hf_bytes_equal_string(text, expected)) {
        print_message("output:   %.*s\nexpected: %s\n", HF_PRINT(text), expected);
    }
    assert_true(hf_bytes_equal_string(text, expected));
}

static inline void assert_becomes(const struct redacting *redacting, hf_bytes document,
                                  const char *expected)
{
    struct redacted redacted = redact_all_ways(redacting, document);
    assert_string_equal(redacted.problem.where, "");
    assert_ok(redacted.status);
    assert_text(hf_buf_view(&redacted.out), expected);
    redacted_clear(&redacted);
}

static inline void assert_breaks(const struct redacting *redacting, hf_bytes document,
                                 const char *rule, const char *prefix)
{
    struct redacted redacted = redact_all_ways(redacting, document);
    assert_string_equal(redacted.problem.where, rule);
    assert_code(redacted.status, SOURCE_MALFORMED);
    assert_text(hf_buf_view(&redacted.out), prefix);
    redacted_clear(&redacted);
}

/* A document becomes @expected under the view that @view spells. */
static inline void redacts(const char *view, const char *document, const char *expected)
{
    struct redacting redacting = redacting_of(view);
    assert_becomes(&redacting, hf_bytes_of_string(document), expected);
    hf_view_unref(redacting.view);
}

/* A document breaks @rule, after @prefix has left. */
static inline void breaks(const char *view, const char *document, const char *rule,
                          const char *prefix)
{
    struct redacting redacting = redacting_of(view);
    assert_breaks(&redacting, hf_bytes_of_string(document), rule, prefix);
    hf_view_unref(redacting.view);
}
