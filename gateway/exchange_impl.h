/*
 * What the files of the exchange share: exchange.c (the table), exchange_states.c (its cells),
 * exchange_source.c (the call to the source), exchange_body.c (what becomes of its body),
 * exchange_record.c (what is put on record), exchange_answer.c (HEADERS and trailers). Nobody else
 * includes this.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/deflate.h"
#include "gateway/decide.h"
#include "gateway/exchange.h"
#include "gateway/fields.h"
#include "gateway/gate.h"
#include "gateway/held.h"
#include "gateway/task.h"
#include "gateway/upstream.h"
#include "policy/redact.h"
#include "policy/route.h"

enum {
    HF_EXCHANGE_ARENA_BYTES = 512 << 10,
    HF_ACCESS_ID_BYTES = 16,
    HF_ACCESS_ID_CHARS = 22,
    HF_RELEASE_BYTES = 16384, /* this much redacted output opens the HEADERS … */
    HF_RELEASE_MS = 200,      /* … or so much time since the source's HEADERS */
    HF_RECORD_WAIT_MS = 20,   /* the access record may wait so long, to tell of a quick answer */
    HF_PIECE_BYTES = 8192,    /* pushed through the redactor at once */
    HF_OUTPUT_BYTES = 320 << 10
};

enum hf_exchange_state {
    HF_X_READING,   /* the body of a POST arrives */
    HF_X_DENYING,   /* a denial is on its way to disk */
    HF_X_RECORDING, /* the access record is; the source is asked only after it */
    HF_X_ASKING,    /* the source was asked and has not answered */
    HF_X_HOLDING,   /* it answers; redacted output waits for the gate */
    HF_X_RELAYING,  /* HEADERS have left, the body flows */
    HF_X_CLOSING,   /* all is redacted; the outcome record is on its way */
    HF_X_FAILING,   /* nothing has left; the outcome tells why, then the answer does */
    HF_X_SENDING,   /* the whole answer is handed over; its end is awaited */
    HF_X_ENDED,     /* freed as soon as its records have settled */
    HF_N_X_STATES
};

enum hf_exchange_event {
    HF_X_BODY_END,   /* the request's body is complete */
    HF_X_RECORDED,   /* the first record (access or denial) is on disk */
    HF_X_UNRECORDED, /* a record could not be written: the log has failed */
    HF_X_HEAD,       /* the source's status and fields */
    HF_X_DATA,       /* bytes of its body */
    HF_X_DATA_END,   /* its body is complete */
    HF_X_FAULT,      /* it failed */
    HF_X_DUE,        /* the exchange's timer */
    HF_X_WRITABLE,   /* the stream takes more, or has framed all */
    HF_X_OUTCOME,    /* the outcome record is on disk */
    HF_X_WITHDRAWN,  /* what it rests on is gone: `code` says why */
    HF_X_SENT,       /* the whole answer has been framed */
    HF_X_GONE,       /* the stream was reset or its connection is gone */
    HF_N_X_EVENTS
};

/* What comes with an event. */
struct hf_exchange_input {
    int status; /* HEAD */
    const struct hf_h2_field *fields;
    size_t n_fields;
    hf_bytes bytes;    /* DATA */
    size_t n_taken;    /* DATA: how many of them were taken */
    enum hf_code code; /* FAULT, WITHDRAWN */
};

/* One record on its way to the log; its memory stays put until it has settled. */
struct hf_exchange_record {
    struct hf_log_entry entry;
    hf_buf detail;
    bool is_queued;
    bool is_durable;
};

struct hf_exchange {
    struct hf_task task; /* first: events of the stream */
    struct hf_worker *worker;
    struct hf_watched watched;
    enum hf_exchange_state state;
    struct hf_arena arena;
    struct hf_timer timer;

    /* what is asked; views of the request live until the stream is released */
    struct hf_snapshot *snapshot; /* the one that it began with: a reference */
    const struct hf_bank *bank;   /* in the snapshot */
    struct hf_route route;
    hf_bytes subject; /* "uscc:…" or "person:…"; empty until it is known */
    hf_buf body;      /* of a POST */

    /* what was decided */
    size_t n_held; /* consents that hold: all that were presented, or none */
    struct hf_decision decision;
    uint64_t judged_generation; /* of the snapshot under which it last held */
    int64_t judged_unix_s;      /* and when */
    enum hf_code refusal;       /* why it was denied, failed or cut; OK: not */

    /* its records */
    uint8_t id[HF_ACCESS_ID_BYTES];
    char id_text[HF_ACCESS_ID_CHARS + 1];
    struct hf_exchange_record access; /* or the denial */
    struct hf_exchange_record outcome;
    unsigned n_pending;

    /* the answer */
    size_t source; /* index of the source in the configuration */
    struct hf_call *call;
    struct hf_redact *redact;
    struct hf_gunzip *gunzip; /* NULL: the body has no coding */
    struct hf_gate gate;
    hf_buf output; /* redacted, not handed over */
    uint64_t n_redacted_bytes;
    uint64_t n_left_bytes; /* framed */
    bool headers_left;
    bool body_is_complete; /* the redactor has finished */
    bool held_long;        /* HF_RELEASE_MS have passed */
    bool is_gzip;          /* so the source says of its body */
    char last_modified[32];

    /* From here on an exchange begins without being zeroed: each is counted by another member, ends
     * with a NUL, or is written before it is read. With hundreds under way that is a third of the
     * memory that a request would drag through the cache. */
    struct hf_request_fields fields;
    struct hf_held_consent consents[HF_REQUEST_MAX_CONSENTS]; /* n_held */
    struct hf_held_uses uses;
    char attribute[96];      /* the one to blame; empty: none */
    struct hf_sha256 digest; /* of all redacted output */
    uint8_t digest_value[HF_SHA256_BYTES];
};

/* Runs the cell of the present state; frees the exchange when it has ended. */
void hf_exchange_dispatch(struct hf_exchange *x, enum hf_exchange_event event,
                          struct hf_exchange_input *input);

/* The cells of the table: each answers an event and returns the next state. */
typedef enum hf_exchange_state hf_exchange_cell(struct hf_exchange *x,
                                                struct hf_exchange_input *input);
hf_exchange_cell hf_x_read_body, hf_x_answer_denial, hf_x_ask, hf_x_record, hf_x_hold, hf_x_take,
    hf_x_release, hf_x_hold_due, hf_x_complete, hf_x_source_fault, hf_x_relay, hf_x_relay_writable,
    hf_x_relay_complete, hf_x_cut_by_source, hf_x_close_writable, hf_x_finish, hf_x_explain,
    hf_x_unrecorded, hf_x_withdraw, hf_x_withdraw_open, hf_x_abandon, hf_x_end;

/* Judges the request once all of it is there; the first state after. */
enum hf_exchange_state hf_exchange_judge(struct hf_exchange *x);

/* Denies: the record first, then the answer. @attribute may be NULL. */
enum hf_exchange_state hf_exchange_deny(struct hf_exchange *x, enum hf_code code,
                                        const char *attribute);

/* What decide.c wants to know of @x, under @snapshot. */
struct hf_decide_request hf_exchange_decide_request(const struct hf_exchange *x,
                                                    const struct hf_snapshot *snapshot);

/* Whether the access may still go on; cheap while nothing has changed. */
enum hf_code hf_exchange_standing(struct hf_exchange *x);

/* --- exchange_source.c --- */

/* Sends the rebuilt request. Errors: those of hf_upstream_call(). */
hf_status hf_exchange_call(struct hf_exchange *x);
void hf_exchange_cancel(struct hf_exchange *x); /* gives the call up, if there is one */

/* The code that a source's status means; OK for 200. */
enum hf_code hf_exchange_source_code(int status);

/* Whether the fields say what the operation answers, with no coding but gzip; keeps last-modified.
 */
bool hf_exchange_accepts_head(struct hf_exchange *x, const struct hf_exchange_input *input);

/* --- exchange_body.c --- */

/* Makes ready for the body that the source's head has announced. Errors: LIMIT, NOMEM. */
hf_status hf_exchange_open_body(struct hf_exchange *x);

/*
 * Takes some of what is offered (input->n_taken grows) and appends what may leave of it to
 * x->output. On failure x->output ends in a clean prefix. Errors: SOURCE_MALFORMED, LIMIT, NOMEM.
 */
hf_status hf_exchange_take_piece(struct hf_exchange *x, struct hf_exchange_input *input);

/* The body has ended: the rest of x->output, and the digest of all. Errors: as above. */
hf_status hf_exchange_close_body(struct hf_exchange *x);

/* Forgets how the body is read, once the redactor's counts are on record; fine when there is
 * nothing. */
void hf_exchange_drop_body(struct hf_exchange *x);

/* --- exchange_record.c --- */

/* Queue a record. On failure nothing is queued. Errors: those of hf_log_append(), LIMIT, NOMEM. */
hf_status hf_exchange_record_denial(struct hf_exchange *x);
hf_status hf_exchange_record_access(struct hf_exchange *x); /* fine when it is queued already */

/* The end, and the access with it if that is not queued yet; fine when the end is queued. */
hf_status hf_exchange_record_outcome(struct hf_exchange *x);

/* The uses of an access whose outcome cannot be recorded: used if the access is on record. */
void hf_exchange_end_uses(struct hf_exchange *x);

/* --- exchange_answer.c --- */

hf_status hf_exchange_send_headers(struct hf_exchange *x);
hf_status hf_exchange_send_trailers(struct hf_exchange *x);

/* The problem of x->refusal, with the indices of the records that are on disk. */
void hf_exchange_send_problem(struct hf_exchange *x);
