/*
 * What becomes of a value that the view names: what the view says of its kind (view_plan.c) is
 * done, its date is held against the range, its treatment is carried out, and it is counted.
 *
 * Deny is the way everything falls: a leaf is written only at the end of the checks. A string comes
 * here whole or piece by piece, and one judge serves both, so that the cut makes no difference.
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

void hf_row_begin(struct hf_redact *redact, const struct hf_frame *array, uint64_t at)
{
    struct hf_row *row = &redact->row;
    row->open = true;
    row->failed = !array->node->item->dated;
    row->any = array->any;
    row->mark = hf_out_mark(redact);
    row->offset = at;
    memcpy(row->released, redact->stats.released, sizeof row->released);
}

void hf_row_end(struct hf_redact *redact, struct hf_frame *array)
{
    struct hf_row *row = &redact->row;
    if (!hf_redact_check_held(redact, hf_out_mark(redact))) {
        row->failed = true;
    }
    row->open = false;
    if (!row->failed) {
        redact->stats.n_rows_passed++;
        return;
    }
    hf_out_rewind(redact, row->mark);
    array->any = row->any;
    memcpy(redact->stats.released, row->released, sizeof row->released);
    redact->stats.n_rows_withheld++;
}

/* Whether @text is a date. That of a `date` leaf lies wholly inside the range, or its row goes. */
static bool judge_date(struct hf_redact *redact, hf_bytes text)
{
    const struct hf_view_range *range = &redact->view->range;
    struct hf_date_span span = {0};
    bool is_date = hf_date_read(text, &span);
    if (redact->target->leaf.date && redact->row.open) {
        redact->row.failed |=
            !is_date || span.first_day < range->from_day || span.last_day > range->to_day;
    }
    return is_date;
}

/* --- all types --- */

static unsigned plan_of(const struct hf_redact *redact, enum hf_scalar scalar)
{
    return redact->target->plans[scalar];
}

static bool is_dropped(unsigned plan)
{
    return plan == HF_PLAN_DROP || plan == (HF_PLAN_DROP | HF_PLAN_LOOK);
}

/* It names nobody. */
void hf_leaf_container(struct hf_redact *redact)
{
    bool dropped = is_dropped(plan_of(redact, HF_SCALAR_STRING));
    withhold(redact, dropped ? HF_WITHHELD_POLICY : HF_WITHHELD_TYPE);
    fail_row(redact, redact->target);
    if (redact->target->owning) {
        struct hf_owned nothing = hf_owned_begin(redact);
        hf_owned_end(redact, &nothing);
    }
}

/* Settles what the view alone withholds; false when the value is to leave or be changed. */
static bool settled(struct hf_redact *redact, unsigned plan)
{
    bool refused = plan == HF_PLAN_REFUSE || plan == (HF_PLAN_REFUSE | HF_PLAN_LOOK);
    if (is_dropped(plan) || refused) {
        withhold(redact, refused ? HF_WITHHELD_TYPE : HF_WITHHELD_POLICY);
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
    } else if (treatment->kind == HF_TREAT_BUCKET) {
        status = hf_treat_bucket(value, &treatment->edges, out);
    } else if (treatment->kind == HF_TREAT_PSEUDONYM) {
        const struct hf_pseudonyms names = {redact->person_key, redact->bank};
        status = hf_treat_pseudonym(value, &names, out);
    } else if (treatment->kind == HF_TREAT_TRUNCATE_DATE) {
        status = hf_treat_truncate_date(value, treatment->to, out);
    }
    redact->out = out->data + out->size;
    redact->out_end = out->data + out->capacity_bytes;
    return status;
}

void hf_redact_take_back(struct hf_redact *redact, size_t mark, bool any)
{
    hf_out_rewind(redact, mark);
    if (redact->depth > 0) {
        hf_redact_top(redact)->any = any;
    } else {
        redact->root_written = false;
    }
}

/*
 * Writes the treated @value; one that the treatment cannot take is withheld, and a full output is a
 * fault: else what leaves would hang on where the chunks end. In a row that has failed its dates
 * nothing is treated: what would be written is taken back anyway.
 */
static void release_treated(struct hf_redact *redact, hf_bytes value)
{
    if (redact->row.open && redact->row.failed) {
        return;
    }
    size_t mark = hf_out_mark(redact);
    bool any = redact->depth > 0 && hf_redact_top(redact)->any;
    hf_out_lead(redact);
    hf_status status = write_treated(redact, value);
    if (hf_is_ok(status)) {
        count_released(redact);
        return;
    }
    hf_redact_take_back(redact, mark, any);
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
    if (string->copy) {
        hf_out_lead(redact);
    }
}

static void drop_string(struct hf_redact *redact, enum hf_withheld reason)
{
    struct hf_string *string = &redact->string;
    if (string->tentative) {
        hf_redact_take_back(redact, string->mark, string->mark_any);
    }
    string->copy = false;
    string->scan = false;
    string->gathered = hf_bytes_of(NULL, 0);
    string->capture = false;
    string->count = false;
    string->tentative = false;
    string->dropped = true;
    withhold(redact, reason);
}

/* As settled(), but what is dropped may still have to be looked at. */
static bool settled_string(struct hf_redact *redact)
{
    unsigned plan = plan_of(redact, HF_SCALAR_STRING);
    return plan != (HF_PLAN_DROP | HF_PLAN_LOOK) && settled(redact, plan);
}

/* Says what is done with the bytes of the string that begins. */
static void plan_string(struct hf_redact *redact)
{
    struct hf_string *string = &redact->string;
    const struct hf_view_node *node = redact->target;
    *string = (struct hf_string){0};
    redact->n_text = 0;
    redact->text_overflow = false;
    if (!node) {
        return;
    }
    if (settled_string(redact)) {
        string->dropped = true;
        return;
    }
    string->capture = node->needs_text;
    string->count = node->leaf.max_chars != 0;
    bool is_scanned = node->leaf.treatment.kind == HF_TREAT_SCAN;
    bool is_copied = node->leaf.treatment.kind == HF_TREAT_KEEP || is_scanned;
    string->scan = is_scanned && !(redact->row.open && redact->row.failed);
    string->copy = is_copied && (string->scan || !is_scanned);
    string->tentative = is_copied && (string->capture || string->count || node->owning);
}

void hf_leaf_string_begin(struct hf_redact *redact)
{
    redact->step = HF_STEP_STRING;
    plan_string(redact);
    if (redact->string.copy || redact->string.tentative) {
        open_copy(redact);
    }
    if (redact->string.scan) {
        hf_text_begin(redact);
    } else if (redact->string.copy) {
        hf_out_put_byte(redact, '"');
    }
}

static bool names_subject(const struct hf_redact *redact, hf_bytes text)
{
    return redact->n_subject > 0 &&
           hf_bytes_equal(text, hf_bytes_of(redact->subject, redact->n_subject));
}

/*
 * A source that names another party has answered another question: nothing of that answer is
 * believed, whether what names the party comes before or behind the rest, and whether policy lets
 * it out or not. Said at the end of the string, so that what else is wrong with it is found first
 * however it is cut.
 */
static void fault_other_subject(struct hf_redact *redact)
{
    if (redact->string.names_other && redact->n_subject > 0) {
        hf_redact_fault_at(redact, HF_RULE_subject, redact->string_offset, NULL);
    }
}

/* A string that is too long is no date, nor the subject. */
static enum hf_withheld judge_long(struct hf_redact *redact)
{
    fail_row(redact, redact->target);
    redact->string.names_other = redact->target->leaf.subject_echo;
    return redact->target->leaf.subject_echo ? HF_WITHHELD_SUBJECT : HF_WITHHELD_LENGTH;
}

/* A held string may take half of what a row may: the sum is the bound of `hold`. */
static bool too_long(const struct hf_redact *redact, size_t n_raw_bytes, size_t n_chars)
{
    uint32_t max_chars = redact->target->leaf.max_chars;
    return (max_chars != 0 && n_chars > max_chars) || n_raw_bytes > redact->max_held_string_bytes;
}

void hf_leaf_string_measure(struct hf_redact *redact)
{
    if (too_long(redact, redact->string.n_raw_bytes, redact->string.n_chars)) {
        drop_string(redact, judge_long(redact));
    }
}

/*
 * Looks at a whole string, of which @text is the decoded form: why it is withheld, or N_WITHHELD.
 * A `date` leaf decides here over its row, dropped or not.
 */
static enum hf_withheld judge_string(struct hf_redact *redact, hf_bytes text, bool is_long)
{
    const struct hf_view_leaf *leaf = &redact->target->leaf;
    if (is_long) {
        return judge_long(redact);
    }
    if (redact->target->owning) {
        hf_owner_read(redact, text);
    }
    if (leaf->subject_echo && !names_subject(redact, text)) {
        redact->string.names_other = true;
        return HF_WITHHELD_SUBJECT;
    }
    if (leaf->date || !(leaf->types & HF_LEAF_STRING)) {
        bool is_date = judge_date(redact, text);
        return is_date || (leaf->types & HF_LEAF_STRING) ? HF_N_WITHHELD : HF_WITHHELD_TYPE;
    }
    return HF_N_WITHHELD;
}

/* As release_treated(), of a whole text. */
static void release_scanned(struct hf_redact *redact, hf_bytes quoted)
{
    if (!redact->row.open || !redact->row.failed) {
        hf_text_whole(redact, quoted);
        count_released(redact);
    }
}

void hf_leaf_string_release(struct hf_redact *redact, hf_bytes text, hf_bytes rest)
{
    switch (redact->target->leaf.treatment.kind) {
    case HF_TREAT_KEEP:
        hf_out_put(redact, rest.data, rest.size);
        count_released(redact);
        break;
    case HF_TREAT_NULL:
        write_null(redact);
        withhold(redact, HF_WITHHELD_POLICY);
        break;
    case HF_TREAT_MASK:
    case HF_TREAT_ROUND:
    case HF_TREAT_BUCKET:
    case HF_TREAT_TRUNCATE_DATE:
    case HF_TREAT_PSEUDONYM:
        release_treated(redact, text);
        break;
    case HF_TREAT_SCAN:
        release_scanned(redact, rest);
        break;
    case HF_TREAT_DROP:
    case HF_N_TREATMENTS:
        withhold(redact, HF_WITHHELD_POLICY);
        break;
    }
}

/* What policy drops is withheld by policy, whatever else could be said against it. */
static enum hf_withheld reason_of(const struct hf_redact *redact, enum hf_withheld judged)
{
    bool dropped = redact->target->leaf.treatment.kind == HF_TREAT_DROP;
    return dropped ? HF_WITHHELD_POLICY : judged;
}

/* The string of a leaf, read to its end, unless it was dropped before. */
static void end_string(struct hf_redact *redact)
{
    const struct hf_string *string = &redact->string;
    const struct hf_view_leaf *leaf = &redact->target->leaf;
    hf_bytes text = hf_bytes_of(redact->text, redact->n_text);
    if (string->dropped) {
        return;
    }
    bool is_long = redact->text_overflow || (string->count && string->n_chars > leaf->max_chars);
    enum hf_withheld reason = judge_string(redact, text, is_long);
    if (reason == HF_N_WITHHELD && string->scan) {
        hf_text_end(redact);
        count_released(redact);
    } else if (reason == HF_N_WITHHELD) {
        hf_leaf_string_release(redact, text, HF_LITERAL("\""));
    } else {
        drop_string(redact, reason_of(redact, reason));
    }
    redact->string.tentative = false;
}

/* The same, of a leaf that has or names an owner: some of it may be written already. */
static void end_owned_string(struct hf_redact *redact)
{
    struct hf_owned owned = hf_owned_begin(redact);
    if (redact->string.tentative) {
        owned.mark = redact->string.mark;
        owned.any = redact->string.mark_any;
    }
    end_string(redact);
    hf_owned_end(redact, &owned);
}

void hf_leaf_string_end(struct hf_redact *redact)
{
    if (redact->target && redact->target->owning) {
        end_owned_string(redact);
    } else if (redact->target) {
        end_string(redact);
    }
    fault_other_subject(redact);
    hf_walk_value_end(redact);
}

/* As a string that comes in pieces is measured on its way and at its end. */
static bool whole_is_long(const struct hf_redact *redact, hf_bytes text)
{
    const struct hf_view_node *node = redact->target;
    uint32_t max_chars = node->leaf.max_chars;
    if (text.size <= node->short_bytes && text.size <= redact->max_held_string_bytes) {
        return false;
    }
    bool is_copied =
        node->leaf.treatment.kind == HF_TREAT_KEEP || node->leaf.treatment.kind == HF_TREAT_SCAN;
    bool is_held = is_copied && (node->needs_text || max_chars != 0 || node->owning);
    return (node->needs_text && text.size > HF_TREAT_MAX_BYTES) ||
           (is_held && text.size > redact->max_held_string_bytes) ||
           (max_chars != 0 && hf_scan_count(text.data, text.size) > max_chars);
}

bool hf_leaf_string_passes(struct hf_redact *redact, hf_bytes text)
{
    if (settled_string(redact)) {
        return false;
    }
    redact->string.names_other = false;
    enum hf_withheld reason = judge_string(redact, text, whole_is_long(redact, text));
    if (reason == HF_N_WITHHELD) {
        return true;
    }
    withhold(redact, reason_of(redact, reason));
    fault_other_subject(redact);
    return false;
}

static inline void take_whole(struct hf_redact *redact, hf_bytes quoted)
{
    hf_bytes text = hf_bytes_of(quoted.data + 1, quoted.size - 2);
    if (hf_leaf_string_passes(redact, text)) {
        if (redact->target->leaf.treatment.kind == HF_TREAT_KEEP) {
            hf_out_lead(redact);
        }
        hf_leaf_string_release(redact, text, quoted);
    }
}

void hf_leaf_string_whole(struct hf_redact *redact, hf_bytes quoted)
{
    if (redact->target->owning) {
        struct hf_owned owned = hf_owned_begin(redact);
        take_whole(redact, quoted);
        hf_owned_end(redact, &owned);
    } else {
        take_whole(redact, quoted);
    }
}

/* --- numbers and words --- */

/* A number where it must be looked at: at a `date` leaf it may be one. */
static void look_at_number(struct hf_redact *redact, hf_bytes number, bool is_integer)
{
    if (!redact->target->leaf.date) {
        return;
    }
    if (is_integer && number.size <= HF_NUMBER_MAX_BYTES) {
        judge_date(redact, number);
    } else {
        fail_row(redact, redact->target);
    }
}

/* Whether an integer that would leave as it is names somebody. Amounts are typed as numbers. */
static bool is_identifier(const struct hf_view_node *node, hf_bytes number, bool is_integer)
{
    enum hf_treatment_kind kind = node->leaf.treatment.kind;
    bool is_whole_leaf =
        (node->leaf.types & HF_LEAF_INTEGER) && !(node->leaf.types & HF_LEAF_DECIMAL);
    return is_integer && is_whole_leaf && (kind == HF_TREAT_KEEP || kind == HF_TREAT_SCAN) &&
           hf_detect_is_integer(number);
}

static void take_number(struct hf_redact *redact, hf_bytes number, bool is_integer)
{
    const struct hf_view_node *node = redact->target;
    unsigned plan = plan_of(redact, is_integer ? HF_SCALAR_INTEGER : HF_SCALAR_DECIMAL);
    if (plan & HF_PLAN_LOOK) {
        look_at_number(redact, number, is_integer);
    }
    if (settled(redact, plan)) {
        return;
    }
    if (number.size > HF_NUMBER_MAX_BYTES || node->leaf.subject_echo) {
        withhold(redact, node->leaf.subject_echo ? HF_WITHHELD_SUBJECT : HF_WITHHELD_LENGTH);
    } else if (is_identifier(node, number, is_integer)) {
        withhold(redact, HF_WITHHELD_IDENTIFIER);
    } else if (node->leaf.treatment.kind == HF_TREAT_KEEP ||
               node->leaf.treatment.kind == HF_TREAT_SCAN) {
        hf_out_lead(redact);
        hf_out_put(redact, number.data, number.size);
        count_released(redact);
    } else if (node->leaf.treatment.kind == HF_TREAT_NULL) {
        write_null(redact);
        withhold(redact, HF_WITHHELD_POLICY);
    } else {
        release_treated(redact, number);
    }
}

void hf_leaf_number(struct hf_redact *redact, const uint8_t *lexeme, size_t size, bool is_integer)
{
    hf_bytes number = hf_bytes_of(lexeme, size);
    if (redact->target && redact->target->owning) {
        struct hf_owned owned = hf_owned_begin(redact);
        take_number(redact, number, is_integer);
        hf_owned_end(redact, &owned);
    } else if (redact->target) {
        take_number(redact, number, is_integer);
    }
}

/* No date can be read from null, and it is nobody's name. */
static void end_null(struct hf_redact *redact)
{
    const struct hf_view_node *node = redact->target;
    unsigned plan = plan_of(redact, HF_SCALAR_NULL);
    fail_row(redact, node);
    if (node->kind == HF_NODE_LEAF && node->leaf.subject_echo && !is_dropped(plan)) {
        withhold(redact, HF_WITHHELD_SUBJECT);
    } else if (!settled(redact, plan)) {
        write_null(redact);
        count_released(redact);
    }
}

static void take_boolean(struct hf_redact *redact, enum hf_literal literal)
{
    fail_row(redact, redact->target);
    if (settled(redact, plan_of(redact, HF_SCALAR_BOOLEAN))) {
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

static void take_literal(struct hf_redact *redact, enum hf_literal literal)
{
    if (literal == HF_LITERAL_NULL) {
        end_null(redact);
    } else {
        take_boolean(redact, literal);
    }
}

void hf_leaf_literal(struct hf_redact *redact, enum hf_literal literal)
{
    if (redact->target && redact->target->owning) {
        struct hf_owned owned = hf_owned_begin(redact);
        take_literal(redact, literal);
        hf_owned_end(redact, &owned);
    } else if (redact->target) {
        take_literal(redact, literal);
    }
}
