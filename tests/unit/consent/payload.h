/*
 * A valid consent payload, and spellings of it that differ in one point.
 */
#pragma once

#include "base/buf.h"

#include "tests/unit/unit.h"

#include <stdlib.h>

#define PAYLOAD_ISS "uscc:91350100M000100Y43"
#define PAYLOAD_BANK "911100001000044477"
#define PAYLOAD_JTI "c-0123456789abcdef0123456789abcdef"
#define PAYLOAD_PERSON "person:sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Y"
#define PAYLOAD_DIGEST "sy3ecP5IWV3ewFNMieXXU01ucSJaT2GNY9NEI2CHI-Y"
#define PAYLOAD_X5T "jNIolscN8ztzRBlhk9CHWqpZhuZeJ7wp-KZDvbOvpv4"
#define PAYLOAD_SCOPE                                                                              \
    "{\"type\":\"credit_data\",\"datatypes\":[\"tax/payment\",\"tax/arrears\"],"                   \
    "\"actions\":[\"query\",\"analyse\",\"use\"],\"classes\":[\"trade_secret\"],"                  \
    "\"range\":{\"from\":\"2023-01-01\",\"to\":\"2025-12-31\"}}"
#define PAYLOAD_SCOPE_2                                                                            \
    "{\"type\":\"credit_data\",\"datatypes\":[\"power/usage\"],\"actions\":[\"query\"],"           \
    "\"classes\":[]}"

static const char PAYLOAD[] =
    "{\"ver\":1,\"iss\":\"" PAYLOAD_ISS "\",\"sub\":\"" PAYLOAD_ISS
    "\",\"aud\":\"https://gw.example.test\",\"rcpt\":\"uscc:" PAYLOAD_BANK
    "\",\"jti\":\"" PAYLOAD_JTI "\",\"iat\":1767225600,\"nbf\":1767225600,\"exp\":1774915200,"
    "\"nonce\":\"AAECAwQFBgcICQoLDA0ODw\",\"purposes\":[\"pre_loan\"],"
    "\"authorization_details\":[" PAYLOAD_SCOPE "," PAYLOAD_SCOPE_2
    "],\"fetch\":{\"max_total\":3,\"per\":{\"unit\":\"day\",\"count\":1}},"
    "\"data_life_days\":90,\"cnf\":{\"x5t#S256\":\"" PAYLOAD_X5T "\"},"
    "\"notice\":{\"id\":\"n-1\",\"ver\":\"2026-01\",\"sha256\":\"" PAYLOAD_DIGEST
    "\",\"lang\":\"zh-CN\"}}";

/* What else the usual issuer signs: all for the usual gateway, about the usual consent. */
#define PAYLOAD_WORD(jti, iat) /* not closed yet */                                                \
    "{\"ver\":1,\"iss\":\"" PAYLOAD_ISS "\",\"aud\":\"https://gw.example.test\",\"jti\":\"" jti    \
    "\",\"iat\":" iat
#define PAYLOAD_REVOCATION(iat, reason)                                                            \
    PAYLOAD_WORD("r-0123456789abcdef0123456789", iat)                                              \
    ",\"revokes\":\"" PAYLOAD_JTI "\",\"reason\":\"" reason "\"}"
#define PAYLOAD_STATUS(iat, state)                                                                 \
    PAYLOAD_WORD("s-0123456789abcdef0123456789", iat)                                              \
    ",\"revokes\":\"" PAYLOAD_JTI "\",\"state\":\"" state "\"}"
#define PAYLOAD_PROOF(iat, htu)                                                                    \
    PAYLOAD_WORD("p-0123456789abcdef0123456789", iat) ",\"htm\":\"GET\",\"htu\":\"" htu "\"}"

/* The text with its only @old replaced; the caller frees. */
static inline char *text_with(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    assert_non_null(at);
    assert_null(strstr(at + 1, old)); /* else the test would not say what it changes */
    size_t head = (size_t)(at - text);
    size_t size = strlen(text) - strlen(old) + strlen(new) + 1;
    char *changed = calloc(1, size);
    assert_non_null(changed);
    memcpy(changed, text, head);
    memcpy(changed + head, new, strlen(new));
    memcpy(changed + head + strlen(new), at + strlen(old), strlen(at + strlen(old)));
    return changed;
}

/* A spelling that is refused, and the member that it is blamed on. */
struct payload_mistake {
    const char *old;
    const char *new;
    const char *where;
};

/* Asserts that @parse, which reports to @problem, refuses each mistake in @text as malformed. */
static inline void assert_each_blamed(const char *text, const struct payload_mistake *mistakes,
                                      size_t n_mistakes, hf_status (*parse)(const char *text),
                                      const struct hf_problem *problem)
{
    for (size_t i = 0; i < n_mistakes; i++) {
        char *changed = text_with(text, mistakes[i].old, mistakes[i].new);
        assert_code(parse(changed), CONSENT_MALFORMED);
        assert_string_equal(problem->where, mistakes[i].where);
        free(changed);
    }
}
