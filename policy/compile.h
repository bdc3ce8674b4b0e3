/*
 * Operation ∩ agreement ∩ scopes ∩ policy → a view: what happens to each field of one answer. The
 * caller has verified every consent whose scopes it hands in; here only their reach is judged.
 */
#pragma once

#include "base/bytes.h"
#include "base/date.h"
#include "base/status.h"
#include "base/vocabulary.h"
#include "crypto/base64.h"
#include "crypto/hash.h"
#include "policy/catalog.h"
#include "policy/route.h"
#include "policy/rule.h"

enum { HF_GRANT_MAX_SCOPES = 128, HF_GRANT_MAX_CONSENTS = 8 };

/* One scope of one consent that holds. All borrowed during the call. Masks: base/vocabulary.h. */
struct hf_grant_scope {
    unsigned consent;                  /* 0..7: which of the presented consents, in their order */
    enum hf_subject_kind grantor_kind; /* of iss */
    hf_bytes grantor;                  /* iss */
    bool by_subject;          /* the person whom the access is about: the subject, or who trades
                                 as the sole trader that is the subject */
    const hf_bytes *datasets; /* "tax/payment" ... */
    size_t n_datasets;
    unsigned purposes; /* mask: the token's, narrowed by the scope's own */
    unsigned actions;  /* mask */
    unsigned classes;  /* mask; public needs no bit */
    bool has_range;
    struct hf_date_span range; /* both ends belong to it */
    const hf_bytes *fields;    /* paths; n_fields 0: every leaf whose class is covered */
    size_t n_fields;
    enum hf_detail_kind detail;
};

/* Everything that a view depends on. */
struct hf_view_request {
    uint64_t generation; /* of the configuration: only a key of the cache */
    const struct hf_operation *operation;
    const struct hf_policy *policy;
    hf_bytes bank;    /* USCC, bare */
    unsigned purpose; /* one bit; 0: none said (public access) */
    unsigned actions; /* mask; 0: none said */
    enum hf_subject_kind subject_kind;
    unsigned agreement_classes; /* mask: the agreement's outer bound, public included; 0: nothing */
    const struct hf_grant_scope *scopes; /* in the order presented */
    size_t n_scopes;
};

struct hf_view;

struct hf_compiled_view {
    struct hf_view *view;            /* what the redactor runs */
    uint8_t digest[HF_SHA256_BYTES]; /* over the canonical description … */
    char
        digest_text[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1]; /* … and as the field access-policy */
    uint32_t charged;  /* bit i: consent i releases a field of this view */
    bool releases_any; /* some field may leave */
    /*
     * OK when some scope covers operation, purpose, actions, detail and (for dated answers) has a
     * range. Else why the nearest scope does not: SCOPE_DENIED, PURPOSE_DENIED, ACTION_DENIED,
     * RANGE_DENIED; CONSENT_MISSING without any scope. A public operation may be answered all the
     * same, with what the policy gives without consent.
     */
    enum hf_code coverage;
    unsigned n_refs;
};

/**
 * hf_view_compile() - decide every field of an answer
 * @ret_view: set only on success; caller owns, hf_compiled_view_unref()
 *
 * A non-public field is released only if ONE scope covers dataset, actions, purpose, detail, class,
 * field and dates together; a sole trader's only if a scope of the person covers it likewise. Of
 * several scopes that cover the operation the first, in the order presented, sets the range of
 * dates; another adds fields only if its own range contains that one. Cost: O(fields × (rules +
 * scopes)). Errors: LIMIT, NOMEM.
 */
hf_status hf_view_compile(const struct hf_view_request *request,
                          struct hf_compiled_view **ret_view);

/**
 * hf_compiled_view_judge() - whether an access may be made at all with this view
 * @has_consents: some consent was presented
 *
 * An operation that is not public needs a scope that covers it, and an answer of which nothing may
 * be released is not fetched. Errors: `coverage` as it is; SCOPE_DENIED, CONSENT_MISSING.
 */
hf_status hf_compiled_view_judge(const struct hf_compiled_view *view,
                                 const struct hf_operation *operation, bool has_consents,
                                 struct hf_problem *reterr);

/* One thread's references; a view that is handed to another thread is compiled there. */
struct hf_compiled_view *hf_compiled_view_ref(struct hf_compiled_view *view);
void hf_compiled_view_unref(struct hf_compiled_view *view); /* NULL is fine */

/**
 * hf_view_cache: compiled views of one worker thread, least recently used out first.
 *
 * Its key is the SHA-256 of all members of the request (the scopes by content), so a reload, which
 * raises the generation, never meets an old view.
 */
struct hf_view_cache;

hf_status hf_view_cache_new(size_t max_views, struct hf_view_cache **ret_cache);
void hf_view_cache_free(struct hf_view_cache *cache); /* NULL is fine */

/**
 * hf_view_cache_get() - the view of @request, compiled when it is not in the cache
 * @ret_view: set only on success; caller owns a reference, hf_compiled_view_unref()
 *
 * Cost: one SHA-256 over the request when cached. Errors: LIMIT, NOMEM.
 */
hf_status hf_view_cache_get(struct hf_view_cache *cache, const struct hf_view_request *request,
                            struct hf_compiled_view **ret_view);
