/*
 * A folder that goes away, a grantor with a key in it, and tokens signed with that key.
 */
#pragma once

#include "base/file.h"
#include "consent/token.h"
#include "crypto/rand.h"

#include "tests/unit/consent/payload.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

enum { FIXTURE_NOW = 1767225700 };

struct fixture {
    char folder[64];
    struct hf_key *key;
    struct hf_grantors *grantors;
};

static inline void fixture_path(const struct fixture *fixture, const char *name, char path[512])
{
    snprintf(path, 512, "%s/%s", fixture->folder, name);
}

static inline void fixture_write(const struct fixture *fixture, const char *name, const char *text)
{
    char path[512];
    fixture_path(fixture, name, path);
    assert_ok(hf_file_write_durable(path, hf_bytes_of_string(text), 0644));
}

static inline void fixture_open(struct fixture *fixture)
{
    *fixture = (struct fixture){.folder = "/tmp/hufu-consent-XXXXXX"};
    assert_ok(hf_crypto_init());
    assert_non_null(mkdtemp(fixture->folder));
}

static inline int fixture_remove_one(const char *path, const struct stat *about, int type,
                                     struct FTW *place)
{
    (void)about;
    (void)type;
    (void)place;
    return remove(path);
}

static inline void fixture_close(struct fixture *fixture)
{
    hf_grantors_unref(fixture->grantors);
    hf_key_unref(fixture->key);
    nftw(fixture->folder, fixture_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void fixture_load(struct fixture *fixture)
{
    struct hf_problem problem = {0};
    hf_grantors_unref(fixture->grantors);
    fixture->grantors = NULL;
    hf_status status = hf_grantors_load(fixture->folder, &fixture->grantors, &problem);
    if (!hf_is_ok(status)) {
        print_error("%s: %s\n", problem.where, problem.detail);
    }
    assert_ok(status);
}

/* Puts @key on file for @iss; @times may add `,"not_after":…`. */
static inline void fixture_grant(struct fixture *fixture, const struct hf_key *key, const char *iss,
                                 const char *times)
{
    char name[HF_GRANTOR_FILE_NAME_MAX_BYTES + 1];
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(8192);
    const char *text;
    assert_ok(hf_buf_printf(&buf, "{\"iss\":\"%s\",\"keys\":[", iss));
    assert_ok(hf_key_write_jwk(key, &buf));
    buf.size--; /* its closing brace */
    assert_ok(hf_buf_printf(&buf, "%s}]}", times));
    assert_ok(hf_buf_string(&buf, &text));
    hf_grantor_file_name(iss, name);
    fixture_write(fixture, name, text);
}

/* The usual grantor with a new key. */
static inline void fixture_start(struct fixture *fixture)
{
    fixture_open(fixture);
    assert_ok(hf_key_generate(HF_ALG_ED25519, &fixture->key));
    fixture_grant(fixture, fixture->key, PAYLOAD_ISS, "");
    fixture_load(fixture);
}

static inline struct hf_token_context fixture_context(const struct fixture *fixture)
{
    return (struct hf_token_context){.grantors = fixture->grantors,
                                     .audience = "https://gw.example.test",
                                     .limits = hf_claims_limits_default(),
                                     .now_unix_s = FIXTURE_NOW};
}

/* A token over @payload; the caller frees. */
static inline char *fixture_sign(const struct hf_key *key, const char *typ, const char *payload)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(HF_JWS_MAX_BYTES);
    const char *text;
    assert_ok(hf_jws_sign(key, typ, hf_bytes_of_string(payload), &buf));
    assert_ok(hf_buf_string(&buf, &text));
    char *copy = strdup(text);
    assert_non_null(copy);
    return copy;
}

/* A verified token over @payload; the caller drops it. */
static inline struct hf_token *fixture_token(const struct fixture *fixture, const char *payload)
{
    const struct hf_token_context context = fixture_context(fixture);
    struct hf_problem problem = {0};
    struct hf_token *token = NULL;
    char *text = fixture_sign(fixture->key, "consent+jwt", payload);
    hf_status status = hf_token_verify(&context, hf_bytes_of_string(text), &token, &problem);
    if (!hf_is_ok(status)) {
        print_error("%s: %s\n", problem.where, problem.detail);
    }
    assert_ok(status);
    free(text);
    return token;
}

/* The payload with another jti, and with max_total and `per` as given; the caller frees. */
static inline char *fixture_payload(const char *jti, const char *fetch)
{
    char *text = text_with(PAYLOAD, PAYLOAD_JTI, jti);
    char *changed = text_with(
        text, "\"fetch\":{\"max_total\":3,\"per\":{\"unit\":\"day\",\"count\":1}}", fetch);
    free(text);
    return changed;
}
