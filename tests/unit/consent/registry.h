/*
 * An open registry in a folder that goes away, and its answers waited for.
 */
#pragma once

#include "consent/entry_parts.h"
#include "consent/registry.h"
#include "tests/unit/consent/fixture.h"

#include <pthread.h>

#define JTI_1 "c-1111111111111111111111"
#define JTI_2 "c-2222222222222222222222"
#define JTI_3 "c-3333333333333333333333"

static struct fixture fixture;
static struct hf_clock_fixed clock_values;
static char store_path[128];
static struct hf_registry *registry;
static size_t max_consents;

static inline void open_registry(void)
{
    const struct hf_registry_options options = {.path = store_path,
                                                .clock = hf_clock_fixed(&clock_values),
                                                .max_consents_per_iss = max_consents};
    assert_ok(hf_registry_open(&options, &registry, NULL));
}

static inline void reopen(void)
{
    hf_registry_close(registry);
    registry = NULL;
    open_registry();
}

static inline int start(void **state)
{
    (void)state;
    max_consents = 0;
    fixture_start(&fixture);
    clock_values = (struct hf_clock_fixed){.unix_ms = (int64_t)FIXTURE_NOW * 1000};
    snprintf(store_path, sizeof store_path, "%s/registry", fixture.folder);
    open_registry();
    return 0;
}

static inline int stop(void **state)
{
    (void)state;
    hf_registry_close(registry);
    registry = NULL;
    fixture_close(&fixture);
    return 0;
}

/* ---- waiting for the registry thread ---- */

struct answer {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool is_there;
    hf_status status;
};

static inline void note(void *context, hf_status status)
{
    struct answer *answer = context;
    pthread_mutex_lock(&answer->mutex);
    answer->is_there = true;
    answer->status = status;
    pthread_cond_signal(&answer->cond);
    pthread_mutex_unlock(&answer->mutex);
}

static inline hf_status wait_for(struct answer *answer)
{
    pthread_mutex_lock(&answer->mutex);
    while (!answer->is_there) {
        pthread_cond_wait(&answer->cond, &answer->mutex);
    }
    pthread_mutex_unlock(&answer->mutex);
    return answer->status;
}

#define ANSWER                                                                                     \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false,                                \
        {                                                                                          \
            HF_BUG                                                                                 \
        }                                                                                          \
    }

static inline hf_status register_token(const struct hf_token *token)
{
    struct answer answer = ANSWER;
    assert_ok(
        hf_registry_register(registry, &(struct hf_registration){.token = token}, note, &answer));
    return wait_for(&answer);
}

static inline hf_status carry_out_by(const struct hf_act *act, const char *token)
{
    struct answer answer = ANSWER;
    assert_ok(hf_registry_act(registry, act, hf_bytes_of_string(token), note, &answer));
    return wait_for(&answer);
}

static inline hf_status carry_out(const struct hf_act *act)
{
    return carry_out_by(act, "a.b.c");
}

/* An act of the usual issuer; without @jti of all its consents. */
static inline struct hf_act act_on(const char *jti, enum hf_act_kind kind, int64_t iat_unix_s)
{
    struct hf_act act = {.kind = kind, .jti = "r-1111111111111111111111", .iat_unix_s = iat_unix_s};
    memcpy(act.id.iss, PAYLOAD_ISS, sizeof PAYLOAD_ISS);
    if (jti) {
        assert_ok(hf_consent_id_of(HF_LITERAL(PAYLOAD_ISS), hf_bytes_of_string(jti), &act.id));
    }
    return act;
}

static inline hf_status revoke_jti(const char *jti)
{
    const struct hf_act act = act_on(jti, HF_ACT_REVOKE, FIXTURE_NOW);
    return carry_out(&act);
}

static inline struct hf_token *token_of(const char *jti, const char *fetch)
{
    char *payload = fixture_payload(jti, fetch);
    struct hf_token *token = fixture_token(&fixture, payload);
    free(payload);
    return token;
}

static inline struct hf_consent_id id_of(const char *jti)
{
    struct hf_consent_id id;
    assert_ok(hf_consent_id_of(HF_LITERAL(PAYLOAD_ISS), hf_bytes_of_string(jti), &id));
    return id;
}

static inline struct hf_entry *found(const char *jti)
{
    const struct hf_consent_id id = id_of(jti);
    struct hf_entry *entry = NULL;
    assert_ok(hf_registry_find(registry, &id, &entry));
    return entry;
}

static inline struct hf_entry *admitted(const struct hf_token *token)
{
    struct hf_entry *entry = NULL;
    assert_ok(hf_registry_admit(registry, token, &entry));
    return entry;
}

static inline struct hf_consent_status status_of(const struct hf_entry *entry)
{
    struct hf_consent_status status;
    hf_entry_status(entry, clock_values.unix_ms / 1000, &status);
    return status;
}

#define FETCH_3 "\"fetch\":{\"max_total\":3}"
#define FETCH_DAY "\"fetch\":{\"max_total\":100,\"per\":{\"unit\":\"day\",\"count\":2}}"
