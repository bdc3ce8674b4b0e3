/*
 * Free text, whose identifiers are masked on its way out. What the chunk holds of it is gathered
 * and handed to the detector as one piece, however many escapes and limits it was read by; a text
 * that stands whole in the chunk is handed over whole, and mostly leaves as it came.
 *
 * Decides nothing about the text as a value: length, type and row are judged in redact_leaf.c, and
 * what is found is policy/detect.h's to say. What the detector holds back at a fault never leaves.
 */
#include "policy/redact_state.h"

/* Lets the detector, which appends to a buffer, write into the output. */
static hf_buf *open_buf(struct hf_redact *redact)
{
    redact->out_buf->size = hf_out_mark(redact);
    return redact->out_buf;
}

/* Takes the output back; a full one is a fault. */
static void close_buf(struct hf_redact *redact, hf_status status)
{
    const hf_buf *out = redact->out_buf;
    redact->out = out->data + out->size;
    redact->out_end = out->data + out->capacity_bytes;
    if (!hf_is_ok(status)) {
        redact->out_failure = status;
        redact->out_end = redact->out; /* less may not slip in behind what is missing */
        hf_redact_fault_at(redact, HF_RULE_output, redact->offset, NULL);
    }
}

/* Writes @text if something in it is masked; false: it may leave as it is. */
static bool write_masked(struct hf_redact *redact, hf_bytes text)
{
    bool any = false;
    if (redact->rule == HF_RULE_none) {
        hf_status status = hf_detect_whole(redact->detect, text, open_buf(redact), &any);
        close_buf(redact, status);
    }
    return any;
}

void hf_text_begin(struct hf_redact *redact)
{
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
    hf_bytes *gathered = &redact->string.gathered;
    size_t n = whole_part(raw, left);
    if (gathered->size > 0 && gathered->data + gathered->size != raw.data) {
        hf_text_settle(redact);
    }
    gathered->data = gathered->size > 0 ? gathered->data : raw.data;
    gathered->size += n;
}

void hf_text_settle(struct hf_redact *redact)
{
    struct hf_string *string = &redact->string;
    hf_bytes text = string->gathered;
    string->gathered = hf_bytes_of(NULL, 0);
    if (text.size == 0 || redact->rule != HF_RULE_none) {
        return;
    }
    if (!string->is_cut) {
        string->is_cut = true;
        hf_detect_begin(redact->detect);
    }
    close_buf(redact, hf_detect_push(redact->detect, text, open_buf(redact)));
}

void hf_text_end(struct hf_redact *redact)
{
    hf_bytes text = redact->string.gathered;
    if (redact->string.is_cut) {
        hf_text_settle(redact);
        if (redact->rule == HF_RULE_none) {
            close_buf(redact, hf_detect_end(redact->detect, open_buf(redact)));
        }
    } else if (text.size > 0 && !write_masked(redact, text)) {
        hf_out_put(redact, text.data, text.size);
    }
    redact->string.gathered = hf_bytes_of(NULL, 0);
    hf_out_put_byte(redact, '"');
}

void hf_text_whole(struct hf_redact *redact, hf_bytes quoted)
{
    hf_bytes text = hf_bytes_of(quoted.data + 1, quoted.size - 2);
    hf_out_lead(redact);
    hf_out_put_byte(redact, '"');
    if (write_masked(redact, text)) {
        hf_out_put_byte(redact, '"');
    } else {
        hf_out_put(redact, text.data, text.size + 1);
    }
}
