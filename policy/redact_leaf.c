/*
 * What becomes of a value that the view names: its type is held against the leaf, its date against
 * the range, its treatment is done, and it is counted. This is the only file that lets a value out.
 *
 * Deny is the way everything falls: a leaf is written only at the end of the checks, by release().
 */
#include "policy/redact_state.h"

#include "base/date.h"

enum { TREATED_MAX_BYTES = 2 * HF_TREAT_MAX_BYTES }; /* no treatment writes more */

/* --- counts and rows --- */

/* The date of a row cannot be read. */
static void fail_row(struct hf_redact *redact, const struct hf_view_node *node)
{
    if (node->dated) {
        redact->row.failed = true;
    }
}

static void withhold(struct hf_redact *redact, enum hf_withheld reason)
{
    const struct hf_view_node *node = redact->target;
    redact->stats.withheld[node->class_index][reason]++;
    if (reason == HF_WITHHELD_TYPE || reason == HF_WITHHELD_LENGTH) {
        fail_row(redact, node);
    }
}

static void count_released(struct hf_redact *redact)
{
    redact->stats.released[redact->target->class_index]++;
}

void hf_row_begin(struct hf_redact *redact, uint64_t at)
{
    struct hf_row *row = &redact->row;
    const struct hf_frame *frame = hf_redact_top(redact);
    row->open = true;
    row->failed = !frame->node->item->dated;
    row->any = frame->any;
    row->mark = hf_out_mark(redact);
    row->offset = at;
    memcpy(row->released, redact->stats.released, sizeof row->released);
}

void hf_row_end(struct hf_redact *redact)
{
    struct hf_row *row = &redact->row;
    row->open = false;
    if (hf_out_mark(redact) - row->mark > redact->limits.max_hold_bytes) {
        hf_redact_fault_at(redact, HF_RULE_row_length, row->offset, NULL);
        row->failed = true;
    }
    if (!row->failed) {
        redact->stats.n_rows_passed++;
        return;
    }
    hf_out_rewind(redact, row->mark);
    hf_redact_top(redact)->any = row->any;
    memcpy(redact->stats.released, row->released, sizeof row->released);
    redact->stats.n_rows_withheld++;
}

/* A `date` leaf decides over the row it stands in: wholly inside the range, or the row goes. */
static void judge_date(struct hf_redact *redact, hf_bytes text)
{
    const struct hf_view_range *range = &redact->view->range;
    struct hf_date_span span = {0};
    if (!redact->row.open || redact->row.failed) {
        return;
    }
    bool inside = hf_date_read(text, &span) && span.first_day >= range->from_day &&
                  span.last_day <= range->to_day;
    redact->row.failed = !inside;
}

/* --- all types --- */

void hf_leaf_container(struct hf_redact *redact)
{
    bool dropped = redact->target->kind == HF_NODE_DROP ||
                   (redact->target->kind == HF_NODE_LEAF &&
                    redact->target->leaf.treatment.kind == HF_TREAT_DROP);
    withhold(redact, dropped ? HF_WITHHELD_POLICY : HF_WITHHELD_TYPE);
    fail_row(redact, redact->target);
}

/*
 * Settles what needs no look at the value: nothing is wanted here, or a leaf of another type, or a
 * leaf that is dropped. True when it is settled.
 */
static bool settled(struct hf_redact *redact, unsigned type)
{
    const struct hf_view_node *node = redact->target;
    if (!node) {
        return true;
    }
    bool is_leaf = node->kind == HF_NODE_LEAF;
    if (node->kind == HF_NODE_DROP || (is_leaf && node->leaf.treatment.kind == HF_TREAT_DROP)) {
        withhold(redact, HF_WITHHELD_POLICY);
        return true;
    }
    if (!is_leaf || !(node->leaf.types & type)) {
        withhold(redact, HF_WITHHELD_TYPE);
        return true;
    }
    return false;
}

static void put_word(struct hf_redact *redact, hf_bytes word)
{
    hf_out_put(redact, word.data, word.size);
}

static void write_null(struct hf_redact *redact)
{
    hf_out_lead(redact);
    put_word(redact, HF_LITERAL("null"));
}

/* Lets a function that appends to a buffer write into the output. */
static hf_status write_treated(struct hf_redact *redact, hf_bytes value)
{
    const struct hf_treatment *treatment = &redact->target->leaf.treatment;
    hf_buf *out = redact->out_buf;
    hf_status status = hf_status_of(HF_BUG);
    if (redact->rule != HF_RULE_none) {
        return redact->out_failure; /* its lead is missing: it may not slip in behind that */
    }
    out->size = hf_out_mark(redact);
    if (treatment->kind == HF_TREAT_MASK) {
        status = hf_treat_mask(value, treatment, out);
    } else if (treatment->kind == HF_TREAT_ROUND) {
        status = hf_treat_round(value, &treatment->step, out);
    } else if (treatment->kind == HF_TREAT_TRUNCATE_DATE) {
        status = hf_treat_truncate_date(value, treatment->to, out);
    }
    redact->out = out->data + out->size;
    redact->out_end = out->data + out->capacity_bytes;
    return status;
}

/* Takes back what was written of the value at hand, its lead included. */
static void take_back(struct hf_redact *redact, size_t mark, bool any)
{
    hf_out_rewind(redact, mark);
    if (redact->depth > 0) {
        hf_redact_top(redact)->any = any;
    } else {
        redact->root_written = false;
    }
}

/* Writes the treated @value; one that the treatment cannot take is withheld, and a full output is a
 * fault: else what leaves would hang on where the chunks end. */
static void release_treated(struct hf_redact *redact, hf_bytes value)
{
    size_t mark = hf_out_mark(redact);
    bool any = redact->depth > 0 && hf_redact_top(redact)->any;
    hf_out_lead(redact);
    hf_status status = write_treated(redact, value);
    if (hf_is_ok(status)) {
        count_released(redact);
        return;
    }
    take_back(redact, mark, any);
    if (hf_out_room(redact, TREATED_MAX_BYTES)) {
        withhold(redact, HF_WITHHELD_LENGTH);
    }
}

/* --- strings --- */

/* Opens the output of a kept string: all from here on is taken back if the string fails. */
static void open_copy(struct hf_redact *redact)
{
    struct hf_string *string = &redact->string;
    string->mark = hf_out_mark(redact);
    string->mark_any = redact->depth > 0 && hf_redact_top(redact)->any;
    hf_out_lead(redact);
}

static void drop_string(struct hf_redact *redact, enum hf_withheld reason)
{
    struct hf_string *string = &redact->string;
    if (string->tentative) {
        take_back(redact, string->mark, string->mark_any);
    }
    string->copy = false;
    string->capture = false;
    string->count = false;
    string->tentative = false;
    string->dropped = true;
    withhold(redact, reason);
}

/* Whether the value must be decoded: to be changed, compared, or read as a date. */
static bool needs_text(const struct hf_view_leaf *leaf)
{
    return leaf->date || leaf->subject_echo || !(leaf->types & HF_LEAF_STRING) ||
           leaf->treatment.kind == HF_TREAT_MASK || leaf->treatment.kind == HF_TREAT_TRUNCATE_DATE;
}

/* Says what is done with the bytes of the string that begins; false: they are only checked. */
static bool plan_string(struct hf_redact *redact)
{
    struct hf_string *string = &redact->string;
    const struct hf_view_node *node = redact->target;
    *string = (struct hf_string){0};
    redact->n_text = 0;
    redact->text_overflow = false;
    if (!node) {
        return false;
    }
    if (node->kind == HF_NODE_LEAF && node->leaf.date &&
        node->leaf.treatment.kind == HF_TREAT_DROP) {
        string->capture = true;
        return true;
    }
    if (settled(redact, HF_LEAF_STRING | HF_LEAF_DATE)) {
        string->dropped = true;
        return false;
    }
    string->capture = needs_text(&node->leaf);
    string->count = node->leaf.max_chars != 0;
    string->copy = node->leaf.treatment.kind == HF_TREAT_KEEP;
    string->tentative = string->copy && (string->capture || string->count);
    return true;
}

void hf_leaf_string_begin(struct hf_redact *redact)
{
    redact->step = HF_STEP_STRING;
    if (plan_string(redact) && redact->string.copy) {
        open_copy(redact);
        hf_out_put_byte(redact, '"');
    }
}

/* A held string may take half of what a row may: the sum is the bound of `hold`. */
static bool too_long(const struct hf_redact *redact, size_t n_raw_bytes, size_t n_chars)
{
    uint32_t max_chars = redact->target->leaf.max_chars;
    return (max_chars != 0 && n_chars > max_chars) || n_raw_bytes > redact->max_held_string_bytes;
}

static void refuse_other_subject(struct hf_redact *redact)
{
    redact->string.names_other = true;
    drop_string(redact, HF_WITHHELD_SUBJECT);
}

/*
 * A source that names another party has answered another question: nothing of that answer is
 * believed, whether what names the party comes before or behind the rest. Said at the end of the
 * string, so that what else is wrong with it is found first however it is cut.
 */
static void end_value(struct hf_redact *redact)
{
    if (redact->string.names_other && redact->n_subject > 0) {
        hf_redact_fault_at(redact, HF_RULE_subject, redact->string_offset, NULL);
    }
    redact->string.tentative = false;
    hf_walk_value_end(redact);
}

static void drop_long_string(struct hf_redact *redact)
{
    if (redact->target->leaf.subject_echo) {
        refuse_other_subject(redact);
    } else {
        drop_string(redact, HF_WITHHELD_LENGTH);
    }
}

void hf_leaf_string_measure(struct hf_redact *redact)
{
    if (too_long(redact, redact->string.n_raw_bytes, redact->string.n_chars)) {
        drop_long_string(redact);
    }
}

static bool names_subject(const struct hf_redact *redact, hf_bytes text)
{
    return redact->n_subject > 0 &&
           hf_bytes_equal(text, hf_bytes_of(redact->subject, redact->n_subject));
}

/* Checks of a whole string, of which @text is the decoded form; false when it is withheld. */
static bool string_holds(struct hf_redact *redact, hf_bytes text)
{
    const struct hf_view_leaf *leaf = &redact->target->leaf;
    const struct hf_string *string = &redact->string;
    struct hf_date_span span;
    if ((string->capture && (redact->text_overflow || text.size > HF_TREAT_MAX_BYTES)) ||
        (string->count && string->n_chars > leaf->max_chars)) {
        drop_long_string(redact);
        return false;
    }
    if (leaf->subject_echo && !names_subject(redact, text)) {
        refuse_other_subject(redact);
        return false;
    }
    if (!(leaf->types & HF_LEAF_STRING) && !hf_date_read(text, &span)) {
        drop_string(redact, HF_WITHHELD_TYPE);
        return false;
    }
    if (leaf->date) {
        judge_date(redact, text);
    }
    return true;
}

/* A dropped `date` leaf still decides over its row. */
static void end_dropped_date(struct hf_redact *redact, hf_bytes text)
{
    withhold(redact, HF_WITHHELD_POLICY);
    if (redact->text_overflow) {
        fail_row(redact, redact->target);
    } else {
        judge_date(redact, text);
    }
}

/* Ends a string of which @text is the decoded form and @rest the raw bytes not yet written. */
static void end_string(struct hf_redact *redact, hf_bytes text, hf_bytes rest)
{
    enum hf_treatment_kind kind = redact->target->leaf.treatment.kind;
    if (kind == HF_TREAT_DROP) {
        end_dropped_date(redact, text);
    } else if (!string_holds(redact, text)) {
        return;
    } else if (kind == HF_TREAT_KEEP) {
        hf_out_put(redact, rest.data, rest.size);
        count_released(redact);
    } else if (kind == HF_TREAT_NULL) {
        write_null(redact);
        withhold(redact, HF_WITHHELD_POLICY);
    } else {
        release_treated(redact, text);
    }
}

void hf_leaf_string_end(struct hf_redact *redact)
{
    if (redact->target && !redact->string.dropped) {
        end_string(redact, hf_bytes_of(redact->text, redact->n_text), HF_LITERAL("\""));
    }
    end_value(redact);
}

void hf_leaf_string_whole(struct hf_redact *redact, hf_bytes quoted)
{
    struct hf_string *string = &redact->string;
    hf_bytes text = hf_bytes_of(quoted.data + 1, quoted.size - 2);
    if (!plan_string(redact)) {
        hf_walk_value_end(redact);
        return;
    }
    size_t n_chars = string->count ? hf_scan_count(text.data, text.size) : 0;
    bool dropped = string->tentative && too_long(redact, text.size, n_chars);
    string->n_chars = n_chars;
    if (string->copy) {
        open_copy(redact);
    }
    if (dropped) {
        drop_long_string(redact);
    } else {
        end_string(redact, text, quoted);
    }
    end_value(redact);
}

/* --- numbers and words --- */

void hf_leaf_number(struct hf_redact *redact, const uint8_t *lexeme, size_t size, bool is_integer)
{
    const struct hf_view_node *node = redact->target;
    hf_bytes number = hf_bytes_of(lexeme, size);
    if (node && node->kind == HF_NODE_LEAF && node->leaf.date) {
        if (is_integer && size <= HF_NUMBER_MAX_BYTES) {
            judge_date(redact, number);
        } else {
            fail_row(redact, node);
        }
    }
    if (settled(redact, is_integer ? HF_LEAF_INTEGER | HF_LEAF_DECIMAL : HF_LEAF_DECIMAL)) {
        return;
    }
    if (size > HF_NUMBER_MAX_BYTES || node->leaf.subject_echo) {
        withhold(redact, node->leaf.subject_echo ? HF_WITHHELD_SUBJECT : HF_WITHHELD_LENGTH);
    } else if (node->leaf.treatment.kind == HF_TREAT_KEEP) {
        hf_out_lead(redact);
        hf_out_put(redact, lexeme, size);
        count_released(redact);
    } else if (node->leaf.treatment.kind == HF_TREAT_NULL) {
        write_null(redact);
        withhold(redact, HF_WITHHELD_POLICY);
    } else {
        release_treated(redact, number);
    }
}

/* Null is no type of its own: where it may stand it stays, but no date can be read from it. */
static void end_null(struct hf_redact *redact)
{
    const struct hf_view_node *node = redact->target;
    bool dropped = node->kind == HF_NODE_DROP ||
                   (node->kind == HF_NODE_LEAF && node->leaf.treatment.kind == HF_TREAT_DROP);
    fail_row(redact, node);
    if (dropped) {
        withhold(redact, HF_WITHHELD_POLICY);
    } else if (node->kind == HF_NODE_LEAF && node->leaf.subject_echo) {
        withhold(redact, HF_WITHHELD_SUBJECT);
    } else if (node->nullable) {
        write_null(redact);
        count_released(redact);
    } else {
        withhold(redact, HF_WITHHELD_TYPE);
    }
}

void hf_leaf_literal(struct hf_redact *redact, enum hf_literal literal)
{
    if (!redact->target) {
        return;
    }
    if (literal == HF_LITERAL_NULL) {
        end_null(redact);
        return;
    }
    fail_row(redact, redact->target);
    if (settled(redact, HF_LEAF_BOOLEAN)) {
        return;
    }
    if (redact->target->leaf.treatment.kind == HF_TREAT_NULL) {
        write_null(redact);
        withhold(redact, HF_WITHHELD_POLICY);
        return;
    }
    hf_out_lead(redact);
    put_word(redact, literal == HF_LITERAL_TRUE ? HF_LITERAL("true") : HF_LITERAL("false"));
    count_released(redact);
}
