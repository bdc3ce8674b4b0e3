/*
 * Decides who may read what of the log over HTTP. Its hashes are for everybody; a record's detail
 * is opened for the bank that the detail names, and to any other it is as if it did not exist. How
 * much was withheld is not the bank's to know: what it reads of that follows from the view alone.
 */
#include "gateway/endpoint_impl.h"
#include "gateway/tile_name.h"

#include <inttypes.h>

enum { ANSWER_BYTES = 128 << 10, MAX_DIGITS = 15 };

#define TEXT "text/plain; charset=utf-8"

static void answer_or_refuse(struct hf_endpoint_call *call, hf_status status,
                             const char *content_type, hf_bytes body)
{
    if (hf_is_ok(status)) {
        hf_endpoint_answer(call, 200, content_type, body);
    } else {
        hf_endpoint_refuse(call, status.code == HF_NOT_FOUND ? HF_ROUTE_UNKNOWN : status.code,
                           NULL);
    }
}

/* Digits without a leading zero, alone. */
static hf_status read_index(hf_bytes text, uint64_t *ret_index)
{
    uint64_t index = 0;
    if (text.size == 0 || text.size > MAX_DIGITS || (text.size > 1 && text.data[0] == '0')) {
        HF_FAIL(NOT_FOUND);
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            HF_FAIL(NOT_FOUND);
        }
        index = index * 10 + (text.data[i] - '0');
    }
    *ret_index = index;
    return HF_DONE;
}

void hf_endpoint_checkpoint(struct hf_endpoint_call *call)
{
    HF_CLEANUP(hf_buf_clear) hf_buf note = hf_buf_init(ANSWER_BYTES);
    hf_status status = hf_log_checkpoint(call->worker->gateway->log, &note);
    answer_or_refuse(call, status, TEXT, hf_buf_view(&note));
}

static hf_status read_proof(struct hf_endpoint_call *call, hf_buf *proof)
{
    uint64_t index = 0;
    HF_TRY(read_index(call->rest, &index));
    return hf_log_proof(call->worker->gateway->log, index, proof);
}

void hf_endpoint_proof(struct hf_endpoint_call *call)
{
    HF_CLEANUP(hf_buf_clear) hf_buf proof = hf_buf_init(ANSWER_BYTES);
    hf_status status = read_proof(call, &proof);
    answer_or_refuse(call, status, TEXT, hf_buf_view(&proof));
}

/* Counts tell how many rows, penalties or persons there are beyond what was consented to. */
static hf_status write_for_bank(struct hf_detail *detail, hf_buf *text)
{
    detail->n_kept = (struct hf_detail_number){0};
    detail->n_withheld = (struct hf_detail_number){0};
    detail->n_rows_withheld = (struct hf_detail_number){0};
    return hf_detail_write(detail, text);
}

/* {"detail":…,"record":…}: the record's bytes stand there exactly as they were hashed. */
static hf_status read_record(struct hf_endpoint_call *call, hf_buf *answer)
{
    const struct hf_gateway *gateway = call->worker->gateway;
    HF_CLEANUP(hf_buf_clear) hf_buf record = hf_buf_init(HF_RECORD_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_DETAIL_MAX_BYTES);
    struct hf_detail detail;
    uint64_t index = 0;
    HF_TRY(read_index(call->rest, &index));
    HF_TRY(hf_log_record(gateway->log, index, gateway->operator_key, &record, &text));
    HF_TRY(hf_detail_parse(hf_buf_view(&text), &call->arena, &detail, NULL));
    if (!hf_bytes_equal_string(detail.bank, call->bank->uscc)) {
        HF_FAIL(NOT_FOUND);
    }
    HF_TRY(hf_buf_append_string(answer, "{\"detail\":"));
    HF_TRY(write_for_bank(&detail, answer));
    HF_TRY(hf_buf_append_string(answer, ",\"record\":"));
    HF_TRY(hf_buf_append(answer, hf_buf_view(&record)));
    return hf_buf_append_string(answer, "}\n");
}

void hf_endpoint_record(struct hf_endpoint_call *call)
{
    HF_CLEANUP(hf_buf_clear) hf_buf answer = hf_buf_init(ANSWER_BYTES);
    hf_status status = read_record(call, &answer);
    answer_or_refuse(call, status, "application/json", hf_buf_view(&answer));
}

static hf_status read_tile(struct hf_endpoint_call *call, hf_buf *hashes)
{
    struct hf_tile_name name;
    HF_TRY(hf_tile_name_parse(call->rest, &name));
    return hf_log_tile(call->worker->gateway->log, name.level, name.number, name.n_hashes, hashes);
}

void hf_endpoint_tile(struct hf_endpoint_call *call)
{
    HF_CLEANUP(hf_buf_clear) hf_buf hashes = hf_buf_init(ANSWER_BYTES);
    hf_status status = read_tile(call, &hashes);
    answer_or_refuse(call, status, "application/octet-stream", hf_buf_view(&hashes));
}
