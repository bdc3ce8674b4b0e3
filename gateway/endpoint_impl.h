/*
 * What the files of the endpoints share: endpoint.c (routes, life of a call), endpoint_consents.c,
 * endpoint_acts.c, endpoint_read.c, endpoint_receipt.c, endpoint_log.c. Nobody else includes this.
 */
#pragma once

#include "audit/detail.h"
#include "base/arena.h"
#include "consent/status_ref.h"
#include "gateway/answer.h"
#include "gateway/endpoint.h"
#include "gateway/task.h"

enum { HF_ENDPOINT_ARENA_BYTES = 256 << 10, HF_ENDPOINT_BODY_BYTES = HF_JWS_MAX_BYTES };

struct hf_endpoint_route;

/* One call. It is freed when it is answered, its stream has ended and nothing is under way. */
struct hf_endpoint_call {
    struct hf_task task; /* first */
    struct hf_worker *worker;
    struct hf_snapshot *snapshot; /* a reference */
    const struct hf_bank *bank;   /* NULL: public */
    const struct hf_endpoint_route *route;
    hf_bytes target; /* the path with its query; in the request, as both below */
    hf_bytes rest;   /* of it, behind the route's prefix */
    hf_bytes proof;  /* the field request-proof; empty: absent */
    struct hf_arena arena;
    hf_buf body;
    unsigned n_under_way; /* records and registry jobs */
    bool stream_ended;
    bool is_answered;

    /* endpoint_consents.c, endpoint_acts.c */
    struct hf_token *token;
    struct hf_consent_id id;
    struct hf_status_slot slot; /* that was drawn for a registration */
    struct hf_act act;
    struct hf_log_entry entry;
    hf_buf detail;
    struct hf_post post; /* from the registry's thread */
    hf_status registry_status;
};

/* Answers; the call may be freed by it: touch nothing after. */
void hf_endpoint_refuse(struct hf_endpoint_call *call, enum hf_code code, const char *attribute);
void hf_endpoint_answer(struct hf_endpoint_call *call, int status, const char *content_type,
                        hf_bytes body);

/* Counts something under way; the counterpart frees the call when it was the last thing. */
void hf_endpoint_hold(struct hf_endpoint_call *call);
void hf_endpoint_let_go(struct hf_endpoint_call *call);

/* --- endpoint_consents.c: what all that take a token do --- */

/* What it is verified against now. */
struct hf_token_context hf_endpoint_token_context(const struct hf_endpoint_call *call);

/* The bare token of the body: what a text file of it may add is one line's end. */
hf_bytes hf_endpoint_token(const struct hf_endpoint_call *call);

/* Takes one of its issuer's allowance; call->id is known. */
bool hf_endpoint_within_rate(struct hf_endpoint_call *call, enum hf_rate rate);

/* Queues the call's record and holds the call until it is settled. On failure nothing is queued.
 * Errors: those of hf_detail_write() and hf_log_append(). */
hf_status hf_endpoint_record_detail(struct hf_endpoint_call *call, const struct hf_detail *detail,
                                    enum hf_record_kind kind, hf_log_settled_fn *on_settled);

/* As hf_registry_done: runs call->post on the call's worker, with call->registry_status set. */
void hf_endpoint_on_registry_done(void *context, hf_status status);
struct hf_endpoint_call *hf_endpoint_of_post(struct hf_post *post);

/* --- endpoint_read.c --- */

/* Answers with what has become of a consent. @receipt: of a registration; empty: none. */
void hf_endpoint_answer_status(struct hf_endpoint_call *call, int http_status,
                               const struct hf_entry *entry, hf_bytes receipt);

/* --- endpoint_receipt.c --- */

/* Appends a receipt of a registered consent. Errors: those of hf_registry_read_token(),
 * hf_registry_read_history() and hf_receipt_sign(). */
hf_status hf_endpoint_write_receipt(struct hf_endpoint_call *call, const struct hf_entry *entry,
                                    hf_buf *buf);

/* Answers with one. */
void hf_endpoint_answer_receipt(struct hf_endpoint_call *call, const struct hf_entry *entry);

/* Where everybody reads the consent's status; its uri is empty when it has no place in a list. */
void hf_endpoint_status_ref(const struct hf_endpoint_call *call, const struct hf_entry *entry,
                            struct hf_status_ref *ret_ref);

/* The handlers: called once, with the whole body; each answers now or later. */
typedef void hf_endpoint_handler(struct hf_endpoint_call *call);
hf_endpoint_handler hf_endpoint_register, hf_endpoint_show_consent, hf_endpoint_act,
    hf_endpoint_checkpoint, hf_endpoint_keys, hf_endpoint_proof, hf_endpoint_record,
    hf_endpoint_status_list, hf_endpoint_tile;
