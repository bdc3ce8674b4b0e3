/*
 * Decides what is put on record about an access and when its uses are settled. The first record
 * (access or denial) says who asked whom for what under which consents; the outcome says what came
 * of it. Where that is known before the access is on record, one detail says both and both records
 * commit to it. Ids and digests only: no record ever holds a value of the data.
 *
 * Invariant: a use ends once: with its outcome, or with the exchange when there will be none. It is
 * given back only by an outcome that is on disk, with no byte left and a fault that is the
 * source's.
 */
#include "gateway/exchange_impl.h"

#include "crypto/base64.h"

#include <string.h>

static uint64_t now_ms(const struct hf_exchange *x)
{
    return (uint64_t)hf_worker_unix_ms(x->worker);
}

/* Hands a finished detail to the log. */
static hf_status append(struct hf_exchange *x, struct hf_exchange_record *record,
                        const struct hf_detail *detail, enum hf_record_kind kind,
                        hf_log_settled_fn *on_settled)
{
    hf_buf_reset(&record->detail);
    HF_TRY(hf_detail_write(detail, &record->detail));
    record->entry = (struct hf_log_entry){
        .kind = kind,
        .with_outcome = kind == HF_RECORD_ACCESS && hf_detail_tells_end(detail),
        .bank = hf_bytes_of_string(x->bank->uscc),
        .enterprise = x->subject,
        .detail = hf_buf_view(&record->detail),
        .on_settled = on_settled,
        .context = x,
    };
    HF_TRY(hf_log_append(x->worker->waiter, &record->entry));
    record->is_queued = true;
    x->n_pending++;
    return HF_DONE;
}

static void settled(struct hf_exchange *x, struct hf_exchange_record *record, hf_status status,
                    enum hf_exchange_event event)
{
    struct hf_exchange_input input = {.code = status.code};
    x->n_pending--;
    record->is_durable = hf_is_ok(status);
    hf_exchange_dispatch(x, hf_is_ok(status) ? event : HF_X_UNRECORDED, &input);
}

static void on_first_settled(struct hf_log_entry *entry, hf_status status)
{
    struct hf_exchange *x = entry->context;
    hf_gate_access_settled(&x->gate, status);
    settled(x, &x->access, status, HF_X_RECORDED);
}

/* = design: only no byte at all and a fault of the source make a use not used. */
static bool gives_back(const struct hf_exchange *x)
{
    return x->n_left_bytes == 0 && !x->headers_left &&
           hf_code_info(x->refusal)->class == HF_CLASS_UPSTREAM;
}

void hf_exchange_end_uses(struct hf_exchange *x)
{
    for (size_t i = 0; i < x->uses.n_uses; i++) {
        if (x->access.is_durable) {
            hf_use_settle(&x->uses.uses[i], x->access.entry.index);
        } else if (!x->access.is_queued) {
            hf_use_cancel(&x->uses.uses[i]);
        } /* else the log has failed, and nothing is counted any more */
    }
    x->uses.n_uses = 0;
}

static void on_outcome_settled(struct hf_log_entry *entry, hf_status status)
{
    struct hf_exchange *x = entry->context;
    for (size_t i = 0; hf_is_ok(status) && i < x->uses.n_uses; i++) {
        if (gives_back(x)) {
            hf_use_give_back(&x->uses.uses[i], entry->index);
        } else {
            hf_use_settle(&x->uses.uses[i], entry->index);
        }
    }
    x->uses.n_uses = 0;
    hf_gate_outcome_settled(&x->gate, status);
    settled(x, &x->outcome, status, HF_X_OUTCOME);
}

/* Of an access that told its outcome: the outcome that is pending, too, keeps the exchange alive
 * between the two. */
static void on_both_settled(struct hf_log_entry *entry, hf_status status)
{
    struct hf_exchange *x = entry->context;
    x->outcome.entry.index = entry->outcome_index;
    on_first_settled(entry, status);
    on_outcome_settled(entry, status);
}

/* What denial and access have in common. */
static hf_status describe_request(struct hf_exchange *x, struct hf_detail *detail)
{
    const struct hf_decide_request request = hf_exchange_decide_request(x, x->snapshot);
    detail->bank = hf_bytes_of_string(x->bank->uscc);
    detail->enterprise = x->subject;
    detail->generation = HF_DETAIL_NUMBER(x->snapshot->generation);
    detail->time_ms = HF_DETAIL_NUMBER(now_ms(x));
    return hf_decide_describe(&request, &x->decision, &x->arena, detail);
}

static hf_status describe_operation(struct hf_exchange *x, struct hf_detail *detail)
{
    const struct hf_operation *operation = x->route.operation;
    const hf_bytes parts[] = {
        operation->method == HF_METHOD_POST ? HF_LITERAL("POST ") : HF_LITERAL("GET "),
        operation->path,
    };
    detail->datasets = (struct hf_detail_list){&operation->dataset, 1};
    return hf_arena_join(&x->arena, parts, 2, &detail->operation);
}

static hf_status describe_digest(struct hf_exchange *x, const uint8_t *digest, hf_bytes *ret_text)
{
    char text[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1];
    hf_base64url_encode_fixed(hf_bytes_of(digest, HF_SHA256_BYTES), text);
    return hf_arena_copy(&x->arena, hf_bytes_of_string(text), ret_text);
}

hf_status hf_exchange_record_denial(struct hf_exchange *x)
{
    struct hf_detail detail = {.code = hf_bytes_of_string(hf_code_info(x->refusal)->name)};
    HF_TRY(describe_request(x, &detail));
    if (x->route.operation) {
        HF_TRY(describe_operation(x, &detail));
    }
    return append(x, &x->access, &detail, HF_RECORD_DENY, on_first_settled);
}

/*
 * A person's body is digested with the person's name where the ID number stands: a digest over the
 * number could be tried out by whoever opens the record, there being some 10^11 of them.
 */
static void digest_request(const struct hf_exchange *x, uint8_t ret_digest[static HF_SHA256_BYTES])
{
    struct hf_sha256 hash;
    hf_bytes rest = x->route.body;
    hf_bytes number = x->route.subject_kind == HF_SUBJECT_PERSON ? x->route.subject : (hf_bytes){0};
    hf_sha256_init(&hash);
    while (number.size > 0 && rest.size > 0) {
        const uint8_t *at = memmem(rest.data, rest.size, number.data, number.size);
        if (!at) {
            break;
        }
        hf_sha256_update(&hash, hf_bytes_of(rest.data, (size_t)(at - rest.data)));
        hf_sha256_update(&hash, x->subject);
        rest = hf_bytes_skip(rest, (size_t)(at - rest.data) + number.size);
    }
    hf_sha256_update(&hash, rest);
    hf_sha256_final(&hash, ret_digest);
}

static hf_status describe_access(struct hf_exchange *x, struct hf_detail *detail)
{
    detail->access_id = hf_bytes_of_string(x->id_text);
    HF_TRY(describe_request(x, detail));
    HF_TRY(describe_operation(x, detail));
    if (x->route.body.size) {
        uint8_t digest[HF_SHA256_BYTES];
        digest_request(x, digest);
        HF_TRY(describe_digest(x, digest, &detail->request_sha256));
    }
    return HF_DONE;
}

hf_status hf_exchange_record_access(struct hf_exchange *x)
{
    struct hf_detail detail = {.access_id = {0}};
    if (x->access.is_queued) {
        return HF_DONE;
    }
    HF_TRY(describe_access(x, &detail));
    return append(x, &x->access, &detail, HF_RECORD_ACCESS, on_first_settled);
}

static uint64_t count_withheld(const struct hf_redact_stats *stats)
{
    uint64_t n = 0;
    for (size_t i = 0; i <= HF_VIEW_N_CLASSES; i++) {
        for (int reason = 0; reason < HF_N_WITHHELD; reason++) {
            n += stats->withheld[i][reason];
        }
    }
    return n;
}

/* Nothing is missing: either all of it has left, or it waits for the records to leave at once. */
static bool is_whole_answer(const struct hf_exchange *x)
{
    return x->body_is_complete && x->refusal == HF_OK &&
           (!x->headers_left || x->n_left_bytes == x->n_redacted_bytes);
}

/* A count of none is left out, as anything that says nothing. */
static struct hf_detail_number count(uint64_t n)
{
    return (struct hf_detail_number){n != 0, n};
}

/*
 * What was done to the answer. The manifest is a function of the view alone, and the access record
 * names the view; the counts stand here, sealed: a digest over counts would tell nobody anything
 * and could be tried out by anybody.
 */
static hf_status describe_answer(struct hf_exchange *x, struct hf_detail *detail)
{
    const struct hf_redact_stats *stats = hf_redact_stats(x->redact);
    uint64_t n_released = 0;
    for (size_t i = 0; i <= HF_VIEW_N_CLASSES; i++) {
        n_released += stats->released[i];
    }
    detail->n_kept = count(n_released);
    detail->n_withheld = count(count_withheld(stats));
    detail->n_rows_withheld = count(stats->n_rows_withheld);
    return is_whole_answer(x) ? describe_digest(x, x->digest_value, &detail->body_sha256) : HF_DONE;
}

/* A complete answer tells of all its bytes, a cut one of those that left. */
static hf_status describe_outcome(struct hf_exchange *x, struct hf_detail *detail)
{
    bool is_whole = is_whole_answer(x);
    detail->bytes = HF_DETAIL_NUMBER(is_whole ? x->n_redacted_bytes : x->n_left_bytes);
    if (x->refusal != HF_OK) {
        detail->fault = hf_bytes_of_string(hf_code_info(x->refusal)->name);
    } else if (!is_whole) {
        detail->fault = HF_LITERAL("client_gone");
    }
    int status = x->headers_left || is_whole
                     ? 200
                     : (x->refusal != HF_OK ? hf_code_info(x->refusal)->http_status : 0);
    detail->status = HF_DETAIL_NUMBER((uint64_t)status);
    return x->redact ? describe_answer(x, detail) : HF_DONE;
}

/* Who asked whom for what stands in the access record, which has the same access id. */
static hf_status record_outcome_alone(struct hf_exchange *x)
{
    struct hf_detail detail = {.access_id = hf_bytes_of_string(x->id_text)};
    detail.time_ms = HF_DETAIL_NUMBER(now_ms(x));
    if (x->access.is_durable) {
        detail.access = HF_DETAIL_NUMBER(x->access.entry.index);
    }
    HF_TRY(describe_outcome(x, &detail));
    return append(x, &x->outcome, &detail, HF_RECORD_OUTCOME, on_outcome_settled);
}

static hf_status record_both(struct hf_exchange *x)
{
    struct hf_detail detail = {.access_id = {0}};
    HF_TRY(describe_access(x, &detail));
    HF_TRY(describe_outcome(x, &detail));
    HF_TRY(append(x, &x->access, &detail, HF_RECORD_ACCESS, on_both_settled));
    x->outcome.is_queued = true;
    x->n_pending++;
    return HF_DONE;
}

hf_status hf_exchange_record_outcome(struct hf_exchange *x)
{
    if (x->outcome.is_queued) {
        return HF_DONE;
    }
    return x->access.is_queued ? record_outcome_alone(x) : record_both(x);
}
