/*
 * Free text, whose identifiers are masked on its way out. A text that stands whole in the chunk is
 * searched first, and mostly leaves as it came; one that is cut passes the detector piece by piece.
 *
 * Decides nothing about the text as a value: length, type and row are judged in redact_leaf.c, and
 * what is found is policy/detect.h's to say. What the detector holds back at a fault never leaves.
 */
#include "policy/redact_state.h"

typedef hf_status detect_fn(struct hf_detect *detect, hf_bytes raw, hf_buf *out);

static hf_status end_detect(struct hf_detect *detect, hf_bytes raw, hf_buf *out)
{
    (void)raw;
    return hf_detect_end(detect, out);
}

/* Lets the detector, which appends to a buffer, write into the output; a full one is a fault. */
static void write_detected(struct hf_redact *redact, detect_fn *detect, hf_bytes raw)
{
    hf_buf *out = redact->out_buf;
    if (redact->rule != HF_RULE_none) {
        return;
    }
    out->size = hf_out_mark(redact);
    hf_status status = detect(redact->detect, raw, out);
    redact->out = out->data + out->size;
    redact->out_end = out->data + out->capacity_bytes;
    if (!hf_is_ok(status)) {
        redact->out_failure = status;
        redact->out_end = redact->out; /* less may not slip in behind what is missing */
        hf_redact_fault_at(redact, HF_RULE_output, redact->offset, NULL);
    }
}

void hf_text_begin(struct hf_redact *redact)
{
    hf_detect_begin(redact->detect);
    hf_out_put_byte(redact, '"');
}

/* How much of @raw, characters or one row of escapes, may be taken when only @left bytes may. */
static size_t whole_part(hf_bytes raw, size_t left)
{
    const size_t unit = 6; /* of `\uXXXX` */
    if (raw.size <= left) {
        return raw.size;
    }
    if (raw.data[0] == '\\') {
        bool is_pair = raw.size == 2 * unit && (raw.data[2] | 0x20) == 'd' && raw.data[3] >= '8';
        return raw.size < unit || is_pair ? 0 : left - left % unit;
    }
    while (left > 0 && (raw.data[left] & 0xc0) == 0x80) {
        left--;
    }
    return left;
}

void hf_text_take(struct hf_redact *redact, hf_bytes raw, size_t left)
{
    size_t n = whole_part(raw, left);
    write_detected(redact, hf_detect_push, hf_bytes_of(raw.data, n));
}

void hf_text_end(struct hf_redact *redact)
{
    write_detected(redact, end_detect, hf_bytes_of(NULL, 0));
    hf_out_put_byte(redact, '"');
}

void hf_text_whole(struct hf_redact *redact, hf_bytes quoted)
{
    hf_bytes text = hf_bytes_of(quoted.data + 1, quoted.size - 2);
    hf_out_lead(redact);
    if (!hf_detect_search(redact->detect, text)) {
        hf_out_put(redact, quoted.data, quoted.size);
        return;
    }
    hf_text_begin(redact);
    hf_text_take(redact, text, text.size);
    hf_text_end(redact);
}
