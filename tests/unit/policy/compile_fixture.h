/*
 * Views of the example catalogs under the example policy, for one bank and an enterprise's consent,
 * and what they let through: each claim of the compiler is judged by the bytes that leave.
 */
#pragma once

#include "crypto/person.h"
#include "policy/compile.h"
#include "policy/redact.h"
#include "policy/view.h"
#include "tests/unit/policy/rule_fixture.h"

#define COMPILE_BANK "91999999MA0000D34W"
#define COMPILE_A "91350100M000100Y43"
#define COMPILE_PERSON_KEY "whose names these are"

static struct hf_catalog *compile_catalog;
static struct hf_policy *compile_policy;
static struct hf_compiled_view *compile_view;
static struct hf_grant_scope compile_scopes[4];
static struct hf_view_request compile_request;
static hf_bytes compile_datasets[2];

/* A scope of the enterprise's consent that covers tax/payment in 2024 and 2025. */
static inline struct hf_grant_scope compile_scope(void)
{
    compile_datasets[0] = HF_LITERAL("tax/payment");
    compile_datasets[1] = HF_LITERAL("t/all");
    return (struct hf_grant_scope){
        .consent = 0,
        .grantor_kind = HF_SUBJECT_LEGAL,
        .grantor = HF_LITERAL("uscc:" COMPILE_A),
        .datasets = compile_datasets,
        .n_datasets = 2,
        .purposes = HF_PURPOSE_PRE_LOAN,
        .actions = HF_ACTION_QUERY | HF_ACTION_ANALYSE,
        .classes = HF_FIELD_TRADE_SECRET,
        .has_range = true,
        .range = {hf_date_of_civil(2024, 1, 1), hf_date_of_civil(2025, 12, 31)},
        .detail = HF_DETAIL_SUMMARY};
}

/* The party that an ID number names under COMPILE_PERSON_KEY; kept for HF_GRANT_MAX_CONSENTS calls.
 */
static inline hf_bytes compile_person(const char *number)
{
    static char names[HF_GRANT_MAX_CONSENTS][HF_PARTY_MAX_BYTES + 1];
    static size_t n;
    struct hf_mac_key person_key;
    char *name = names[n++ % HF_GRANT_MAX_CONSENTS];
    hf_mac_key_init(&person_key, HF_LITERAL(COMPILE_PERSON_KEY));
    hf_person_name(&person_key, hf_bytes_of_string(number), name);
    return hf_bytes_of_string(name);
}

/* A request for the first operation of @catalog_text with no scope yet. */
static inline void compile_open(const char *catalog_text, const char *policy_text)
{
    compile_catalog = fixture_compiled(catalog_text);
    compile_policy = rule_compiled(policy_text);
    compile_request =
        (struct hf_view_request){.generation = 1,
                                 .operation = hf_catalog_operation(compile_catalog, 0),
                                 .policy = compile_policy,
                                 .bank = HF_LITERAL(COMPILE_BANK),
                                 .purpose = HF_PURPOSE_PRE_LOAN,
                                 .actions = HF_ACTION_QUERY,
                                 .subject_kind = HF_SUBJECT_LEGAL,
                                 .agreement_classes = HF_FIELD_ALL,
                                 .scopes = compile_scopes};
}

static inline int compile_close(void **state)
{
    (void)state;
    hf_compiled_view_unref(compile_view);
    hf_policy_free(compile_policy);
    hf_catalog_free(compile_catalog);
    compile_view = NULL;
    compile_policy = NULL;
    compile_catalog = NULL;
    return 0;
}

/* A person's scope like that of compile_scope(), of personal classes and the consent @consent. */
static inline struct hf_grant_scope compile_persons_scope(const char *number, unsigned consent)
{
    struct hf_grant_scope scope = compile_scope();
    scope.consent = consent;
    scope.grantor_kind = HF_SUBJECT_PERSON;
    scope.grantor = compile_person(number);
    scope.classes = HF_FIELD_OF_PERSON;
    return scope;
}

/* Adds a scope to the request. */
static inline struct hf_grant_scope *compile_add(struct hf_grant_scope scope)
{
    compile_scopes[compile_request.n_scopes] = scope;
    return &compile_scopes[compile_request.n_scopes++];
}

static inline void compile_compile(void)
{
    hf_compiled_view_unref(compile_view);
    compile_view = NULL;
    assert_ok(hf_view_compile(&compile_request, &compile_view));
}

/* What leaves of @document under the request as it stands. */
static inline const char *compile_run(const char *document)
{
    static char left[8 << 10];
    const struct hf_redact_limits limits = hf_redact_limits_default();
    struct hf_mac_key person_key;
    hf_mac_key_init(&person_key, HF_LITERAL(COMPILE_PERSON_KEY));
    const struct hf_redact_access access = {.subject = HF_LITERAL(COMPILE_A),
                                            .person_key = &person_key};
    struct hf_redact *redact = NULL;
    hf_buf out = hf_buf_init(sizeof(left) - 1);
    compile_compile();
    assert_ok(hf_redact_new(compile_view->view, &access, &limits, &redact));
    assert_ok(hf_redact_push(redact, hf_bytes_of_string(document), &out, NULL));
    assert_ok(hf_redact_finish(redact, &out, NULL));
    memcpy(left, out.data, out.size);
    left[out.size] = '\0';
    hf_redact_free(redact);
    hf_buf_clear(&out);
    return left;
}
