/*
 * One access as people describe it to the tool, on a command line or in a case of `policy test`:
 * who asks whom for what, with which consents. Judged and compiled by what the gateway judges and
 * compiles with, but for what only the gateway can know: signature, state, uses, certificate.
 */
#pragma once

#include "base/arena.h"
#include "base/uscc.h"
#include "cli/command.h"
#include "consent/agreement.h"
#include "consent/ceiling.h"
#include "consent/claims.h"
#include "consent/judge.h"
#include "policy/compile.h"
#include "policy/redact.h"

/* What is said of it. NULL: not said. All borrowed. */
struct hf_access_words {
    const char *operation; /* "GET /payment/{uscc}.json" */
    const char *bank;
    const char *purpose;
    const char *actions;   /* "query,analyse" */
    const char *subject;   /* else sub of the first claims */
    const char *agreement; /* files */
    const char *ceilings;
    const char *deployment; /* whose key makes the names of persons */
    const char *person_key; /* or that key itself: 43 characters of base64url */
    const char *claims[HF_CONSENTS_MAX];
    size_t n_claims;
    int64_t at_unix_s; /* when: agreements and ceilings have their days */
};

struct hf_access {
    const struct hf_access_words *words;
    const struct hf_operation *operation;
    const struct hf_policy *policy;
    struct hf_arena arena; /* holds claims and agreement */
    struct hf_claims claims[HF_CONSENTS_MAX];
    size_t n_claims;
    char bank[HF_USCC_CHARS + 1];
    char subject[HF_PARTY_MAX_BYTES + 1]; /* "uscc:…", "person:…" */
    enum hf_subject_kind subject_kind;
    unsigned purpose;
    unsigned actions;
    bool has_agreement;
    struct hf_agreement agreement;
    bool has_person_key;
    struct hf_mac_key person_key; /* makes the names of persons */
    struct hf_ceilings *ceilings; /* NULL: none */
    struct hf_ceiling ceiling;    /* what of it met the access */
    struct hf_consent_judgement judgement;
    struct hf_grant_scope scopes[HF_COVERS_MAX]; /* of request; one for each cover */
    struct hf_view_request request;              /* once it is judged */
};

/* An access of nobody. hf_access_clear() frees what reading it took. */
void hf_access_init(struct hf_access *access);
void hf_access_clear(struct hf_access *access);

/* The options by which a command line describes an access, for a command's own list. */
#define HF_ACCESS_OPTIONS                                                                          \
    {.name = "policy", .value = "FILE", .help = "the operator's rules", .is_required = true},      \
        {.name = "operation",                                                                      \
         .value = "OPERATION",                                                                     \
         .help = "as the catalog writes it: 'GET /payment/{uscc}.json'",                           \
         .is_required = true},                                                                     \
        {.name = "bank", .value = "USCC", .help = "the bank that asks", .is_required = true},      \
        {.name = "consent-claims",                                                                 \
         .value = "FILE",                                                                          \
         .help = "claims of a consent that is presented",                                          \
         .is_repeatable = true},                                                                   \
        {.name = "purpose", .value = "P", .help = "pre_loan, in_loan or post_loan"},               \
        {.name = "actions", .value = "A,A", .help = "of query, process, analyse, use"},            \
        {.name = "subject",                                                                        \
         .value = "PARTY",                                                                         \
         .help = "whom the answer is about; else the first consent's sub"},                        \
        {.name = "agreement",                                                                      \
         .value = "FILE",                                                                          \
         .help = "<bank>.<source>.json, the outer bound; else all classes are agreed"},            \
        {.name = "ceilings", .value = "FILE", .help = "the operator's ceilings; else none"},       \
        {.name = "deployment",                                                                     \
         .value = "DIR",                                                                           \
         .help = "whose keys/pseudonym.key names owners and makes pseudonyms"},                    \
    {                                                                                              \
        .name = "at", .value = "UNIX", .help = "the moment to judge at, instead of now"            \
    }

/**
 * hf_access_words_of() - the words of a command line with HF_ACCESS_OPTIONS
 *
 * Prints a usage error. Returns HF_EXIT_YES or HF_EXIT_USAGE.
 */
enum hf_exit hf_access_words_of(const struct hf_cli *cli, const struct hf_arguments *arguments,
                                struct hf_access_words *ret_words);

/* What an operation and its rules come from. */
struct hf_access_documents {
    const struct hf_catalog *catalog;
    const struct hf_policy *policy;
};

/**
 * hf_access_read() - read what the words name: operation, parties, claims, agreement, ceilings
 * @words:     kept
 * @documents: outlive @access
 * @access:    initialised; caller clears it whatever is returned
 * @reterr:    filled when a word is wrong: `where` is its name
 *
 * HF_EXIT_USAGE: a word is wrong, and nothing is printed. What else is no HF_EXIT_YES has been
 * printed, with file, line and column where there are some.
 */
enum hf_exit hf_access_read(const struct hf_cli *cli, const struct hf_access_words *words,
                            const struct hf_access_documents *documents, struct hf_access *access,
                            struct hf_problem *reterr);

/**
 * hf_access_judge() - judge consents, ceilings and agreement, and fill `request`
 *
 * Errors: those of hf_consents_judge(), of consent/ceiling.h and hf_agreement_judge().
 */
hf_status hf_access_judge(struct hf_access *access, struct hf_problem *reterr);

/**
 * hf_access_redactor() - the redactor that the gateway would put such an answer through
 * @ret_redact: caller owns, hf_redact_free()
 *
 * A person's ID number is not known here, only the pseudonym: no echo of it matches.
 * Errors: LIMIT, NOMEM.
 */
hf_status hf_access_redactor(const struct hf_access *access, const struct hf_compiled_view *view,
                             const struct hf_redact_limits *limits, struct hf_redact **ret_redact);

/* Whether that redactor withholds what the gateway's would not: whom an answer names decides over
 * some leaf of the view, or one leaves as a pseudonym, and no key was given for that. */
bool hf_access_lacks_key(const struct hf_access *access, const struct hf_compiled_view *view);
