/*
 * An agreement between the usual bank and a source, as a file and as the source signs it.
 */
#pragma once

#include "consent/agreement.h"
#include "tests/unit/consent/fixture.h"

#define FILE_NAME PAYLOAD_BANK ".tax.json"
#define AGREEMENT                                                                                  \
    "{\"bank\":\"" PAYLOAD_BANK "\",\"source\":\"tax\",\n"                                         \
    " \"datasets\":[\"payment\",\"tax/rating\"],\"purposes\":[\"pre_loan\",\"in_loan\"],\n"        \
    " \"classes\":[\"public\",\"trade_secret\"],\"not_before\":1000,\"not_after\":2000}"

/* A detached JWS of @key over @file; the caller frees. */
static inline char *sign_detached(const struct hf_key *key, const char *typ, const char *file)
{
    char *token = fixture_sign(key, typ, file);
    char *first = strchr(token, '.');
    char *second = strrchr(token, '.');
    memmove(first + 1, second, strlen(second) + 1);
    return token;
}
