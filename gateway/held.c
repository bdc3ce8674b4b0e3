/*
 * Decides whether each presented consent is one that stands now. What it allows is decided by
 * consent/judge.h; this file only looks at whose it is before it looks at anything else, so that
 * nobody learns what has become of another bank's consent: a name of one is as good as none.
 *
 * Invariant: what is cached was verified under the cache's generation; the recipient, the hour, the
 * key's standing and the state are judged here every time, cached or not.
 */
#include "gateway/held.h"

#include <string.h>

void hf_held_consents_clear(struct hf_held_consent *consents, size_t n_consents)
{
    for (size_t i = 0; i < n_consents; i++) {
        hf_token_unref(consents[i].token);
        hf_entry_unref(consents[i].entry);
        consents[i] = (struct hf_held_consent){0};
    }
}

static hf_status missing(struct hf_problem *reterr)
{
    return hf_problem_set(reterr, HF_CONSENT_MISSING, "consent-id", "no such consent of this bank");
}

static hf_status judge_recipient(const struct hf_held_context *context,
                                 const struct hf_presented *presented, hf_bytes rcpt,
                                 struct hf_problem *reterr)
{
    const hf_bytes lead = HF_LITERAL("uscc:");
    if (hf_bytes_starts_with(rcpt, lead) &&
        hf_bytes_equal(hf_bytes_skip(rcpt, lead.size), context->bank)) {
        return HF_DONE;
    }
    return presented->is_name
               ? missing(reterr)
               : hf_problem_set(reterr, HF_RECIPIENT_MISMATCH, "rcpt", "names another bank");
}

/* A registered consent: its token is stored, and verified again under this generation's keys. */
static hf_status find_by_name(const struct hf_held_context *context,
                              const struct hf_presented *presented, struct hf_held_consent *held,
                              struct hf_problem *reterr)
{
    struct hf_consent_id id;
    struct hf_token *token = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_JWS_MAX_BYTES);
    HF_TRY(hf_consent_id_parse(presented->text, &id));
    hf_status found = hf_registry_find(context->registry, &id, &held->entry);
    if (found.code == HF_CONSENT_MISSING) {
        return missing(reterr);
    }
    HF_TRY(found);
    HF_TRY(judge_recipient(context, presented,
                           hf_bytes_of_string(hf_entry_facts(held->entry)->rcpt), reterr));
    HF_TRY(hf_registry_read_token(context->registry, &id, &text));
    HF_TRY(hf_token_verify(&context->token, hf_buf_view(&text), &token, reterr));
    held->token = token;
    return HF_DONE;
}

/* A token by value: known under its id already, or met for the first time. */
static hf_status find_by_token(const struct hf_held_context *context,
                               const struct hf_presented *presented,
                               const uint8_t sha256[static HF_SHA256_BYTES],
                               struct hf_held_consent *held, struct hf_problem *reterr)
{
    struct hf_token *token = NULL;
    HF_TRY(hf_token_verify_hashed(&context->token, presented->text, sha256, &token, reterr));
    held->token = token;
    HF_TRY(judge_recipient(context, presented, token->claims.rcpt, reterr));
    hf_status found = hf_registry_find_seen(context->registry, &token->claims.id, &held->entry);
    if (hf_is_ok(found)) {
        const struct hf_entry_facts *facts = hf_entry_facts(held->entry);
        return memcmp(facts->payload_sha256, token->payload_sha256, HF_SHA256_BYTES) == 0
                   ? HF_DONE
                   : hf_problem_set(reterr, HF_JTI_CONFLICT, "jti", "another payload has this id");
    }
    if (found.code != HF_CONSENT_MISSING) {
        return found;
    }
    HF_TRY(hf_token_judge(&context->token, token, context->token.now_unix_s, reterr));
    HF_TRY(hf_ceilings_admit(context->ceilings, &token->claims, reterr));
    return hf_registry_admit(context->registry, token, &held->entry);
}

static hf_status judge(const struct hf_held_context *context, const struct hf_held_consent *held,
                       struct hf_problem *reterr)
{
    HF_TRY(hf_token_judge(&context->token, held->token,
                          hf_entry_facts(held->entry)->received_unix_s, reterr));
    return hf_entry_judge_state(held->entry);
}

/* @ret_key: the digest of what was presented, under which it is put when it was not found. */
static bool find_cached(const struct hf_held_context *context, const struct hf_presented *presented,
                        uint8_t ret_key[static HF_SHA256_BYTES],
                        struct hf_cached_consent *ret_cached)
{
    return presented->is_name ? hf_token_cache_find_name(context->cache, context->generation,
                                                         presented->text, ret_key, ret_cached)
                              : hf_token_cache_find_text(context->cache, context->generation,
                                                         presented->text, ret_key, ret_cached);
}

static hf_status resolve_one(const struct hf_held_context *context,
                             const struct hf_presented *presented, struct hf_held_consent *held,
                             struct hf_problem *reterr)
{
    uint8_t key[HF_SHA256_BYTES];
    struct hf_cached_consent cached;
    bool is_known = find_cached(context, presented, key, &cached);
    hf_metrics_add(context->metrics, is_known ? HF_METRIC_CACHE_HITS : HF_METRIC_CACHE_MISSES, 1);
    if (is_known) {
        held->token = hf_token_ref(cached.token);
        held->entry = hf_entry_ref(cached.entry);
        HF_TRY(judge_recipient(context, presented, held->token->claims.rcpt, reterr));
        return judge(context, held, reterr);
    }
    HF_TRY(presented->is_name ? find_by_name(context, presented, held, reterr)
                              : find_by_token(context, presented, key, held, reterr));
    cached = (struct hf_cached_consent){held->token, held->entry};
    hf_token_cache_put(context->cache, context->generation, key, &cached);
    return judge(context, held, reterr);
}

hf_status hf_held_resolve(const struct hf_held_context *context,
                          const struct hf_presented *presented, size_t n_presented,
                          struct hf_held_consent *ret_consents, struct hf_problem *reterr)
{
    struct hf_held_consent held[HF_REQUEST_MAX_CONSENTS] = {0};
    for (size_t i = 0; i < n_presented; i++) {
        hf_status status = resolve_one(context, &presented[i], &held[i], reterr);
        if (status.code == HF_JTI_CONFLICT && context->ret_conflict && held[i].token) {
            *context->ret_conflict = hf_token_ref(held[i].token);
        }
        if (!hf_is_ok(status)) {
            hf_held_consents_clear(held, n_presented);
            return status;
        }
    }
    memcpy(ret_consents, held, n_presented * sizeof *held);
    return HF_DONE;
}

bool hf_held_stand(const struct hf_held_consent *consents, size_t n_consents)
{
    for (size_t i = 0; i < n_consents; i++) {
        if (!hf_entry_stands(consents[i].entry)) {
            return false;
        }
    }
    return true;
}
