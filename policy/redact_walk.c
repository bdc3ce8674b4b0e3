/*
 * The structure of the document: which step follows, which node of the view stands beside the
 * value at hand, and the separators of what is written.
 *
 * A frame without a node is inside something dropped: there everything is checked and nothing is
 * written, and no member is looked up. Invariant: `target` is NULL exactly when the value at hand
 * is dropped unseen, and `member` is the name that precedes it in the output.
 */
#include "policy/block.h"
#include "policy/redact_state.h"

/*
 * Skips white space; true when a byte is left to look at. Steps go on to the next step where they
 * can, so @p may be at the end already.
 */
static inline bool skip_space(struct hf_redact *redact, const uint8_t **p, const uint8_t *end)
{
    if (*p < end && **p <= ' ') {
        *p += redact->scan->space(*p, (size_t)(end - *p));
    }
    return *p < end;
}

void hf_walk_value_end(struct hf_redact *redact)
{
    if (redact->depth > 0) {
        redact->step = HF_STEP_AFTER;
        if (hf_redact_top(redact)->rows) {
            hf_row_end(redact, hf_redact_top(redact));
        }
        return;
    }
    redact->step = HF_STEP_DONE;
    if (redact->view->lines) {
        hf_line_value_end(redact);
    } else if (!redact->root_written) {
        hf_out_put(redact, (const uint8_t *)"null", 4);
    }
}

/* --- containers --- */

/* Whether the container that opens is one that the view lets through. */
static bool target_is(const struct hf_redact *redact, enum hf_node_kind kind)
{
    return redact->target && redact->target->kind == kind;
}

static void clear_seen(struct hf_redact *redact, struct hf_frame *frame)
{
    frame->seen_at = (uint16_t)redact->n_seen_words;
    for (uint32_t i = 0; i < frame->node->members.n_words; i++) {
        redact->seen[redact->n_seen_words++] = 0;
    }
}

static const uint8_t *open_container(struct hf_redact *redact, const uint8_t *p, bool is_object)
{
    if (redact->depth == HF_REDACT_MAX_DEPTH) {
        return hf_redact_fault(redact, HF_RULE_depth, p);
    }
    const struct hf_view_node *node = NULL;
    if (target_is(redact, is_object ? HF_NODE_OBJECT : HF_NODE_ARRAY)) {
        node = redact->target;
        hf_out_lead(redact);
        hf_out_put_byte(redact, *p);
    } else if (redact->target) {
        hf_leaf_container(redact);
    }
    struct hf_frame *frame = &redact->frames[redact->depth++];
    *frame = (struct hf_frame){.node = node, .is_object = is_object, .empty = true};
    if (node && is_object) {
        clear_seen(redact, frame);
        if (node->n_owners > 0) {
            hf_owners_open(redact, frame, hf_redact_at(redact, p));
        }
    } else if (node) {
        frame->rows = node->rows && redact->view->range.bounded;
    }
    redact->step = is_object ? HF_STEP_FIRST_NAME : HF_STEP_FIRST_ELEMENT;
    return p + 1;
}

static bool dates_are_complete(const struct hf_redact *redact, const struct hf_frame *frame)
{
    if (!frame->is_object) {
        return !frame->empty;
    }
    const struct hf_members *members = &frame->node->members;
    for (uint32_t i = 0; i < members->n_words; i++) {
        if (members->dated[i] & ~redact->seen[frame->seen_at + i]) {
            return false;
        }
    }
    return true;
}

void hf_walk_check_dates(struct hf_redact *redact, const struct hf_frame *frame)
{
    if (redact->row.open && frame->node->dated && !dates_are_complete(redact, frame)) {
        redact->row.failed = true;
    }
}

static const uint8_t *close_container(struct hf_redact *redact, const uint8_t *p)
{
    const struct hf_frame *frame = hf_redact_top(redact);
    if (*p != (frame->is_object ? '}' : ']')) {
        return hf_redact_fault(redact, HF_RULE_separator, p);
    }
    if (frame->node) {
        hf_walk_check_dates(redact, frame);
        if (frame->is_object && frame->node->n_owners > 0) {
            hf_owners_close(redact, frame);
            if (redact->rule != HF_RULE_none) {
                return p; /* what waits is unsettled: its row stays open, and goes with it */
            }
        }
        hf_out_put_byte(redact, *p);
        if (frame->is_object) {
            redact->n_seen_words = frame->seen_at;
        }
    }
    redact->depth--;
    hf_walk_value_end(redact);
    return p + 1;
}

/* The next value is an element of the innermost array; @p: where it, or its comma, stands. */
static void begin_element(struct hf_redact *redact, const uint8_t *p)
{
    struct hf_frame *frame = hf_redact_top(redact);
    redact->target = frame->node ? frame->node->item : NULL;
    redact->member = NULL;
    redact->step = HF_STEP_VALUE;
    if (frame->rows) {
        hf_row_begin(redact, frame, hf_redact_at(redact, p));
    }
    frame->empty = false;
}

/* --- names --- */

/* The member of this ordinal was named. */
static void found_member(struct hf_redact *redact, struct hf_frame *frame, size_t ordinal,
                         uint64_t at)
{
    uint64_t *word = &redact->seen[frame->seen_at + ordinal / 64];
    uint64_t bit = UINT64_C(1) << (ordinal % 64);
    if (*word & bit) {
        hf_redact_fault_at(redact, HF_RULE_duplicate_member, at, NULL);
        return;
    }
    *word |= bit;
    if (frame->guess <= ordinal) {
        frame->guess = (uint16_t)(ordinal + 1);
    }
    redact->member = &frame->node->members.list[ordinal];
    redact->target = redact->member->node;
    redact->step = HF_STEP_COLON;
}

void hf_walk_name(struct hf_redact *redact, const uint8_t *name, size_t size, uint64_t at)
{
    struct hf_frame *frame = hf_redact_top(redact);
    int ordinal = -1;
    if (size <= HF_VIEW_MAX_NAME_BYTES) {
        ordinal = hf_members_find(&frame->node->members, name, size);
    }
    if (ordinal >= 0) {
        found_member(redact, frame, (size_t)ordinal, at);
        return;
    }
    redact->stats.withheld[0][HF_WITHHELD_UNKNOWN]++;
    redact->target = NULL;
    redact->step = HF_STEP_COLON;
}

/* A name that stands whole in this chunk, without escapes; NULL: read it piece by piece. */
static const uint8_t *whole_name(struct hf_redact *redact, struct hf_frame *frame, const uint8_t *p,
                                 const uint8_t *end)
{
    size_t size = redact->scan->text(p + 1, (size_t)(end - p - 1));
    const uint8_t *quote = p + 1 + size;
    if (quote == end || *quote != '"' || size > redact->limits.max_string_bytes) {
        return NULL;
    }
    if (frame->node) {
        hf_walk_name(redact, p + 1, size, hf_redact_at(redact, p));
    } else {
        redact->target = NULL;
        redact->step = HF_STEP_COLON;
    }
    return quote + 1;
}

const uint8_t *hf_step_name(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    redact->step = HF_STEP_NAME;
    if (redact->max_held_string_bytes >= HF_BLOCK_BYTES &&
        redact->limits.max_string_bytes >= HF_BLOCK_BYTES) {
        p = redact->run_members(redact, p, end);
    }
    if (redact->step != HF_STEP_NAME || redact->rule != HF_RULE_none ||
        !skip_space(redact, &p, end)) {
        return p;
    }
    if (*p != '"') {
        return hf_redact_fault(redact, HF_RULE_name, p);
    }
    struct hf_frame *frame = hf_redact_top(redact);
    if (++frame->n_members > redact->limits.max_members) {
        return hf_redact_fault(redact, HF_RULE_members, p);
    }
    const uint8_t *behind = whole_name(redact, frame, p, end);
    if (!behind) {
        hf_string_begin_name(redact);
        return p + 1;
    }
    return behind;
}

const uint8_t *hf_step_first_name(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    if (!skip_space(redact, &p, end)) {
        return p;
    }
    return *p == '}' ? close_container(redact, p) : hf_step_name(redact, p, end);
}

const uint8_t *hf_step_colon(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    if (!skip_space(redact, &p, end)) {
        return p;
    }
    if (*p != ':') {
        return hf_redact_fault(redact, HF_RULE_colon, p);
    }
    redact->step = HF_STEP_VALUE;
    return p + 1;
}

/* --- values --- */

/* A string that stands whole in this chunk and needs no decoding; NULL: read it piece by piece. */
static inline const uint8_t *whole_string(struct hf_redact *redact, const uint8_t *p,
                                          const uint8_t *end)
{
    size_t size = redact->scan->text(p + 1, (size_t)(end - p - 1));
    const uint8_t *quote = p + 1 + size;
    if (quote == end || *quote != '"' || size > redact->limits.max_string_bytes) {
        return NULL;
    }
    if (redact->target) {
        hf_leaf_string_whole(redact, hf_bytes_of(p, size + 2));
    }
    hf_walk_value_end(redact);
    return quote + 1;
}

static const uint8_t *begin_string(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    redact->string_offset = hf_redact_at(redact, p);
    const uint8_t *behind = whole_string(redact, p, end);
    if (behind) {
        return behind;
    }
    hf_leaf_string_begin(redact);
    return p + 1;
}

const uint8_t *hf_step_value(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    if (!skip_space(redact, &p, end)) {
        return p;
    }
    switch (*p) {
    case '"':
        return begin_string(redact, p, end);
    case '{':
    case '[':
        return open_container(redact, p, *p == '{');
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return hf_number_begin(redact, p, end);
    case 't':
    case 'f':
    case 'n':
        return hf_literal_begin(redact, p, end);
    default:
        return hf_redact_fault(redact, HF_RULE_value, p);
    }
}

const uint8_t *hf_step_first_element(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    if (!skip_space(redact, &p, end)) {
        return p;
    }
    if (*p == ']') {
        return close_container(redact, p);
    }
    begin_element(redact, p);
    return hf_step_value(redact, p, end);
}

const uint8_t *hf_step_after(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    if (!skip_space(redact, &p, end)) {
        return p;
    }
    if (*p != ',') {
        return close_container(redact, p);
    }
    if (hf_redact_top(redact)->is_object) {
        redact->step = HF_STEP_NAME;
        return hf_step_name(redact, p + 1, end);
    }
    begin_element(redact, p);
    return hf_step_value(redact, p + 1, end);
}

const uint8_t *hf_step_done(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    if (skip_space(redact, &p, end)) {
        return hf_redact_fault(redact, HF_RULE_trailing, p);
    }
    return p;
}
