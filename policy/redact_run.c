/*
 * The common way: members of one object, each whole in the chunk, none spelled in an uncommon way,
 * read one behind the other in one loop, and then those of the next object of the same array.
 * Sources repeat the same members in the same order, so the name is mostly known before it is read,
 * and a kept member leaves with its name in one copy.
 *
 * Nothing is judged here but what the table of ways settles (enum hf_string_way); all else goes to
 * redact_leaf.c, and at anything uncommon the loop stops, before the name or before the value, and
 * the steps go on from there. So the steps alone define what the redactor does, and inputs cut into
 * single bytes, which never come here, must give the same.
 *
 * This file is built twice where there may be AVX2: HF_RUN_MEMBERS names what the other one offers.
 */
#include "policy/redact_run.h"

#include "base/date.h"
#include "policy/block.h"

#ifndef HF_RUN_MEMBERS
#define HF_RUN_MEMBERS hf_run_members
#endif

enum { MONTH_BYTES = 7 /* of YYYY-MM */ };

/* --- what leaves --- */

/* Does with a value what needs more than a copy of blocks. */
ASIDE void ask(struct hf_redact *redact, const struct hf_member *member, const uint8_t *value,
               const uint8_t *behind, bool is_integer)
{
    hf_bytes bytes = hf_bytes_of(value, (size_t)(behind - value));
    set_target(redact, member);
    if (!member->node) {
        return;
    }
    if (*value == '"') {
        redact->string_offset = hf_redact_at(redact, value);
        hf_leaf_string_whole(redact, bytes);
    } else {
        hf_leaf_number(redact, bytes.data, bytes.size, is_integer);
    }
}

RUN void ask_aside(struct run *run, const struct found *found, const uint8_t *behind,
                   bool is_integer)
{
    save_out(run);
    ask(run->redact, found->member, found->value, behind, is_integer);
    load_out(run, found->value);
}

/* Whether name and value stand together as we write them. */
RUN bool is_compact(const struct found *found)
{
    return found->value[-1] == ':';
}

/* Copies them as they stand, of a value within its block; what is behind it is written over. */
RUN void copy(struct run *run, const struct found *found, const uint8_t *name,
              const uint8_t *behind)
{
    *run->out = ',';
    run->out += run->any;
    run->any = true;
    hf_block_copy(run->out, name);
    hf_block_copy(run->out + HF_BLOCK_BYTES, name + HF_BLOCK_BYTES);
    run->redact->stats.released[found->member->class_index]++;
    run->out += behind - name;
}

/* --- strings --- */

/* Whether what is written would be taken back: then nothing is changed, let alone written. */
RUN bool is_row_lost(const struct run *run)
{
    return run->redact->row.open && run->redact->row.failed;
}

/* As hf_treat_mask(), of a plain string: stars over its inner characters. */
RUN void copy_starred(struct run *run, const struct found *found, const uint8_t *name,
                      const uint8_t *behind)
{
    size_t size = (size_t)(behind - found->value) - 2;
    size_t first = found->member->keep_first;
    size_t last = found->member->keep_last;
    if (size <= first + last + 2) {
        first = 0;
        last = 0;
    }
    copy(run, found, name, behind);
    hf_fill_few(run->out - 1 - size + first, '*', size - first - last);
}

/* As hf_treat_truncate_date(), of a day. */
RUN void copy_month(struct run *run, const struct found *found, const uint8_t *name,
                    const uint8_t *behind)
{
    copy(run, found, name, behind);
    run->out -= HF_DATE_CHARS - MONTH_BYTES;
    run->out[-1] = '"';
}

/*
 * A string that must be a day, spelled as usual; its row fails when it lies outside of the range.
 * Its end; NULL: it is none such.
 */
RUN const uint8_t *run_day(struct run *run, const struct found *found, const uint8_t *name)
{
    uint64_t key;
    struct hf_redact *redact = run->redact;
    const struct hf_member *member = found->member;
    const uint8_t *behind = found->value + HF_DATE_CHARS + 2;
    if (behind[-1] != '"' || !is_compact(found) || !hf_block_day(found->value + 1, &key)) {
        return NULL;
    }
    if (member->dated && redact->row.open) {
        redact->row.failed |= key < redact->view->first_key || key > redact->view->last_key;
    }
    if (member->string_way == HF_WAY_DAY) {
        copy(run, found, name, behind);
    } else if (!is_row_lost(run)) {
        copy_month(run, found, name, behind);
    }
    return behind;
}

/* A string of not more than a block, all ASCII, that ends at @behind. */
RUN void run_plain(struct run *run, const struct found *found, const uint8_t *name,
                   const uint8_t *behind)
{
    const struct hf_member *member = found->member;
    bool fits = is_compact(found) && (member->string_way == HF_WAY_KEEP ||
                                      behind - found->value - 2 <= member->short_bytes);
    if (LIKELY(fits &&
               (member->string_way == HF_WAY_KEEP || member->string_way == HF_WAY_KEEP_FEW))) {
        copy(run, found, name, behind);
    } else if (member->string_way == HF_WAY_DROP) {
        run->redact->stats.withheld[member->class_index][HF_WITHHELD_POLICY]++;
    } else if (fits && member->string_way == HF_WAY_MASK) {
        if (!is_row_lost(run)) {
            copy_starred(run, found, name, behind);
        }
    } else {
        ask_aside(run, found, behind, false);
    }
}

/* Any other that ends within its block. */
RUN void run_text(struct run *run, const struct found *found, const uint8_t *name,
                  const uint8_t *behind)
{
    const struct hf_member *member = found->member;
    if (member->string_way == HF_WAY_DROP) {
        run->redact->stats.withheld[member->class_index][HF_WITHHELD_POLICY]++;
    } else if (member->string_way == HF_WAY_KEEP && is_compact(found)) {
        copy(run, found, name, behind);
    } else {
        ask_aside(run, found, behind, false);
    }
}

/* One that does not; its end, which has a byte behind it, or NULL. */
ASIDE const uint8_t *ask_long(struct hf_redact *redact, const struct hf_member *member,
                              const uint8_t *value, const uint8_t *end)
{
    size_t size = redact->scan->text(value + 1, (size_t)(end - value - 1));
    const uint8_t *quote = value + 1 + size;
    bool is_whole = end - quote > 1 && *quote == '"';
    if (!is_whole || size > redact->limits.max_string_bytes) {
        return NULL;
    }
    ask(redact, member, value, quote + 1, false);
    return quote + 1;
}

/* Does what is to be done with the string; returns its end, or NULL: read it step by step. */
RUN const uint8_t *run_string(struct run *run, const struct found *found, const uint8_t *name)
{
    if (found->member->string_way >= HF_WAY_DAY) {
        const uint8_t *behind = run_day(run, found, name);
        if (LIKELY(behind)) {
            return behind;
        }
    }
    const uint8_t *quote = found->value + 1 + hf_block_first(hf_block_stops(found->value + 1));
    if (LIKELY(*quote == '"')) {
        run_plain(run, found, name, quote + 1);
        return quote + 1;
    }
    unsigned n = hf_block_text(found->value + 1);
    if (LIKELY(n < HF_BLOCK_BYTES)) {
        run_text(run, found, name, found->value + 1 + n + 1);
        return found->value + 1 + n + 1;
    }
    save_out(run);
    const uint8_t *behind = ask_long(run->redact, found->member, found->value, run->end);
    load_out(run, found->value);
    return behind;
}

/* --- numbers and words --- */

/* The end of a number of less than half a block and without exponent; NULL: it is none such. */
RUN const uint8_t *end_of_number(const struct run *run, const uint8_t *value, bool *ret_integer)
{
    struct hf_half_number number = hf_half_number(value);
    unsigned first = *value == '-';
    unsigned n = hf_block_first(number.ends | 1u << HF_HALF_BYTES);
    uint32_t inside = (1u << n) - 1;
    uint32_t digits = number.digits & inside;
    uint32_t point = inside & ~digits & ~first; /* all that is no digit */
    bool is_bordered = (digits >> first & 1) && (digits << 1 >> n & 1);
    bool has_zero = value[first] == '0' && (digits >> first & 2);
    bool is_spelled = n < HF_HALF_BYTES && is_bordered && !has_zero && !(point & (point - 1)) &&
                      (!point || value[hf_block_first(point)] == '.');
    *ret_integer = !point;
    return is_spelled && run->end - value > n ? value + n : NULL;
}

/* As run_string(), of a number. */
RUN const uint8_t *run_number(struct run *run, const struct found *found, const uint8_t *name)
{
    bool is_integer;
    const uint8_t *behind = end_of_number(run, found->value, &is_integer);
    if (!behind) {
        return NULL;
    }
    enum hf_scalar scalar = is_integer ? HF_SCALAR_INTEGER : HF_SCALAR_DECIMAL;
    bool is_short = !is_integer || behind - found->value < HF_DETECT_MIN_INTEGER_DIGITS;
    if (LIKELY(found->member->plans[scalar] == HF_PLAN_KEEP && is_compact(found) && is_short)) {
        copy(run, found, name, behind);
    } else {
        ask_aside(run, found, behind, is_integer);
    }
    return behind;
}

/* As run_string(), of true, false and null. */
RUN const uint8_t *run_word(struct run *run, const struct found *found)
{
    save_out(run);
    set_target(run->redact, found->member);
    const uint8_t *behind = hf_literal_whole(run->redact, found->value, run->end);
    load_out(run, found->value);
    return behind;
}

/* Reads the value; returns its end, or NULL: read it step by step. */
RUN const uint8_t *run_value(struct run *run, struct found *found, const uint8_t *name)
{
    if (UNLIKELY(*found->value != '"')) {
        found->value += *found->value == ' ';
    }
    if (LIKELY(*found->value == '"')) {
        return run_string(run, found, name);
    }
    bool is_word = *found->value >= 'a' && *found->value <= 'z';
    return is_word ? run_word(run, found) : run_number(run, found, name);
}

/* --- the loop --- */

/* Whether at @p the object ends and the next of the same array begins, as rows do. */
static inline bool turns(const struct run *run, const uint8_t *p)
{
    static const uint8_t turn[] = {'}', ',', '{', '"'};
    const struct hf_frame *frame = run->frame;
    return p < run->limit && memcmp(p, turn, sizeof turn) == 0 && run->redact->depth > 1 &&
           !frame[-1].is_object && (frame->node != NULL) == (frame[-1].node != NULL);
}

/* Nothing of the object that begins has been named or written. */
RUN void forget(struct run *run)
{
    const struct hf_members *members = &run->frame->node->members;
    uint64_t *seen = run->redact->seen + run->frame->seen_at;
    for (uint32_t i = 0; i < members->n_words; i++) {
        seen[i] = 0;
    }
    run->first = members->list;
    run->next = members->list;
    run->any = false;
}

/* A row has ended, and the next begins behind the comma at @p. False: a rule is broken. */
RUN bool turn_row(struct run *run, struct hf_frame *array, const uint8_t *p)
{
    struct hf_redact *redact = run->redact;
    redact->out = run->out;
    hf_row_end(redact, array);
    if (redact->rule != HF_RULE_none) {
        return false;
    }
    hf_row_begin(redact, array, hf_redact_at(redact, p));
    run->out = redact->out;
    return true;
}

/* What waits for an owner of the object that ends at @p is settled. False: a rule is broken. */
ASIDE bool turn_owners_of(struct hf_redact *redact, struct hf_frame *object, const uint8_t *p)
{
    hf_owners_close(redact, object);
    hf_owners_open(redact, object, hf_redact_at(redact, p + 2));
    return redact->rule == HF_RULE_none;
}

RUN bool turn_owners(struct run *run, const uint8_t *p)
{
    save_out(run);
    bool is_fine = turn_owners_of(run->redact, run->frame, p);
    run->out = run->redact->out;
    return is_fine;
}

/* The object turns at @p: does what the steps would. False: a rule is broken. */
RUN bool turn(struct run *run, const uint8_t *p)
{
    struct hf_redact *redact = run->redact;
    struct hf_frame *object = run->frame;
    struct hf_frame *array = object - 1;
    note_all(run);
    object->n_members = 0;
    if (!object->node) {
        return true;
    }
    hf_walk_check_dates(redact, object);
    if (UNLIKELY(object->node->n_owners > 0) && !turn_owners(run, p)) {
        return false;
    }
    *run->out++ = '}';
    if (array->rows && !turn_row(run, array, p + 1)) {
        return false;
    }
    *run->out = ',';
    run->out += array->any;
    *run->out++ = '{';
    array->any = true;
    forget(run);
    return true;
}

RUN void end_run(struct run *run, enum hf_redact_step step)
{
    save_out(run);
    note_all(run);
    if (run->frame->node) {
        run->frame->guess = (uint16_t)(run->next - run->frame->node->members.list);
    }
    run->redact->step = step;
}

const uint8_t *HF_RUN_MEMBERS(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    struct run run;
    bool goes_on = begin_run(&run, redact, p, end);
    while (goes_on && p < run.limit) {
        struct found found = find_member(&run, p);
        if (UNLIKELY(!found.value)) {
            const uint8_t *name = p + redact->scan->space(p, (size_t)(end - p));
            goes_on = name > p;
            p = name;
            continue;
        }
        const uint8_t *behind = run_value(&run, &found, p);
        if (UNLIKELY(!behind)) {
            set_target(redact, found.member);
            end_run(&run, HF_STEP_VALUE);
            return found.value;
        }
        p = behind + 1;
        if (LIKELY(*behind == ',')) {
            continue;
        }
        if (!turns(&run, behind)) {
            end_run(&run, HF_STEP_AFTER);
            return behind;
        }
        if (!turn(&run, behind)) {
            return p;
        }
        p = behind + 3;
    }
    end_run(&run, HF_STEP_NAME);
    return p;
}
