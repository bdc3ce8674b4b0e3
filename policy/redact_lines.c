/*
 * Answers of lines: each line is read as if it were a document, and becomes what it would as an
 * element of the array that stands for the answer. Outside of a document stands no bracket or comma
 * that could be read twice: a second value on a line is what it is behind any document, a fault.
 *
 * Where lines end is for redact.c to find. That is sure before anything is read: no JSON text holds
 * a raw LF but as white space, so what a line breaks in two is no value on either side.
 */
#include "policy/redact_state.h"

void hf_lines_begin(struct hf_redact *redact)
{
    const struct hf_view_node *root = redact->view->root;
    redact->lines.node = root;
    redact->lines.rows = root->rows && redact->view->range.bounded;
    redact->step = HF_STEP_LINE;
}

const uint8_t *hf_step_line(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    p += redact->scan->space(p, (size_t)(end - p));
    if (p == end) {
        return p;
    }
    redact->target = redact->lines.node->item;
    redact->member = NULL;
    if (redact->lines.rows) {
        hf_row_begin(redact, &redact->lines, hf_redact_at(redact, p));
    }
    return hf_step_value(redact, p, end);
}

void hf_line_value_end(struct hf_redact *redact)
{
    if (redact->lines.rows) {
        hf_row_end(redact, &redact->lines);
        redact->root_written = redact->root_written && !redact->row.failed;
    }
    if (redact->root_written) {
        hf_out_put_byte(redact, '\n');
    }
    redact->root_written = false;
}

void hf_line_end(struct hf_redact *redact)
{
    bool is_whole =
        redact->step == HF_STEP_LINE || redact->step == HF_STEP_DONE ||
        (redact->step == HF_STEP_NUMBER && redact->depth == 0 && hf_number_finish(redact));
    if (!is_whole) {
        hf_redact_fault_at(redact, HF_RULE_truncated, redact->offset, NULL);
    }
    redact->step = HF_STEP_LINE;
}
