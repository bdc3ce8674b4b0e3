/*
 * The common way: members of one object, each whole in the chunk, none spelled in an uncommon way,
 * read one behind the other in one loop. Sources repeat the same members in the same order, so the
 * name is mostly known before it is read, and a kept member leaves with its name in one copy.
 *
 * Nothing is judged here: what the table of plans does not settle goes to redact_leaf.c, and at
 * anything uncommon the loop stops, before the name or before the value, and the steps go on from
 * there. So the steps alone define what the redactor does, and inputs cut into single bytes, which
 * never come here, must give the same.
 */
#include "policy/block.h"
#include "policy/redact_state.h"

enum {
    /* A block for the name, one for the value, and what stands between them. */
    MARGIN_BYTES = 2 * HF_BLOCK_BYTES + 4,
    COPY_BYTES = 2 * HF_BLOCK_BYTES /* of a short member, however short: no call, no loop */
};

/*
 * What the loop has at hand. The compiler keeps it in registers; the members of hf_redact it would
 * read anew after each byte that is written, and the redactor would take an eighth longer.
 */
struct run {
    struct hf_redact *redact;
    struct hf_frame *frame;
    const struct hf_member *list;
    const struct hf_member *list_end;
    const struct hf_member *next; /* the member expected */
    uint64_t *seen;
    const uint8_t *end;
    uint8_t *out;
    uint8_t *out_end;
    uint32_t n_members_left; /* of those that one object may have */
    bool any;                /* as in hf_frame */
};

/* What the member at hand is. */
struct found {
    const struct hf_member *member; /* NULL: none of the view's */
    const uint8_t *value;           /* behind its colon; NULL: read it step by step */
};

static inline struct run begin_run(struct hf_redact *redact, const uint8_t *end)
{
    struct hf_frame *frame = hf_redact_top(redact);
    struct run run = {.redact = redact, .frame = frame, .end = end};
    if (frame->node) {
        const struct hf_members *members = &frame->node->members;
        run.list = members->list;
        run.list_end = members->list + members->n;
        run.next = members->list + frame->guess;
        run.seen = redact->seen + frame->seen_at;
    }
    run.out = redact->out;
    run.out_end = redact->out_end;
    run.n_members_left = redact->limits.max_members - frame->n_members;
    run.any = frame->any;
    return run;
}

/* Before others write, and after. */
static inline void save_out(struct run *run)
{
    run->redact->out = run->out;
    run->frame->any = run->any;
}

static inline void load_out(struct run *run)
{
    run->out = run->redact->out;
    run->out_end = run->redact->out_end;
    run->any = run->frame->any;
}

/* The member that is passed on to a step or a leaf. */
static inline void set_target(const struct run *run, const struct hf_member *member)
{
    if (member) {
        run->redact->member = member;
    }
    run->redact->target = member ? member->node : NULL;
}

/* --- names --- */

/* Whether `"name":` stands at @p as we write it, which is how most sources write it. */
static inline bool spells(const struct hf_member *member, const uint8_t *p)
{
    return (~(uint64_t)hf_block_same(p, member->text + 1) & member->block) == 0;
}

/* Looks the name up that begins behind the quote at @p. */
static struct found look_up(const struct hf_frame *frame, const uint8_t *p)
{
    uint32_t stops = hf_block_stops(p + 1);
    size_t size = (size_t)__builtin_ctz(stops | 1u << 31);
    if (p[1 + size] != '"' || p[2 + size] != ':') {
        return (struct found){0};
    }
    int ordinal = frame->node ? hf_members_find(&frame->node->members, p + 1, size) : -1;
    const struct hf_member *member = ordinal < 0 ? NULL : &frame->node->members.list[ordinal];
    return (struct found){member, p + size + 3};
}

/* The member named at @p: the one expected, or that behind it (many objects lack one), or any. */
static inline struct found find_member(const struct run *run, const uint8_t *p)
{
    const struct hf_member *member = run->next;
    if (run->list_end - member >= 1 && spells(member, p)) {
        return (struct found){member, p + member->text_bytes - 1};
    }
    if (run->list_end - member >= 2 && spells(member + 1, p)) {
        return (struct found){member + 1, p + member[1].text_bytes - 1};
    }
    return look_up(run->frame, p);
}

/* Takes note of the member at @p. */
static inline struct found begin_member(struct run *run, const uint8_t *p)
{
    const struct found uncommon = {0};
    struct found found = find_member(run, p);
    if (!found.value || run->n_members_left == 0) {
        return uncommon;
    }
    if (found.member) {
        uint64_t *word = &run->seen[found.member->ordinal / 64];
        uint64_t bit = UINT64_C(1) << (found.member->ordinal % 64);
        if (*word & bit) {
            return uncommon; /* the step knows what to say of it */
        }
        *word |= bit;
        run->next = found.member + 1;
    } else {
        run->redact->stats.withheld[0][HF_WITHHELD_UNKNOWN] += run->frame->node != NULL;
    }
    run->n_members_left--;
    return found;
}

/* --- values --- */

/* Lets out the member of which the name stands at @p and the value ends at @behind. */
static inline void keep(struct run *run, const struct found *found, const uint8_t *p,
                        const uint8_t *behind)
{
    size_t size = (size_t)(behind - p);
    bool is_compact = found->value[-1] == ':';
    run->redact->stats.released[found->member->node->class_index]++;
    if (is_compact && size <= COPY_BYTES && run->out_end - run->out > COPY_BYTES) {
        *run->out = ',';
        run->out += run->any;
        memcpy(run->out, p, COPY_BYTES);
        run->out += size;
        run->any = true;
        return;
    }
    set_target(run, found->member);
    save_out(run);
    hf_out_lead(run->redact);
    hf_out_put(run->redact, found->value, (size_t)(behind - found->value));
    load_out(run);
}

/* The end of a string that is long or not ASCII; NULL: it is cut, or has an escape or a fault. */
static inline const uint8_t *end_of_any_string(const struct run *run, const uint8_t *value)
{
    size_t size = run->redact->scan->text(value + 1, (size_t)(run->end - value - 1));
    const uint8_t *quote = value + 1 + size;
    bool is_whole = quote < run->end && *quote == '"';
    return is_whole && size <= run->redact->limits.max_string_bytes ? quote + 1 : NULL;
}

static inline const uint8_t *end_of_string(const struct run *run, const uint8_t *value)
{
    uint32_t stops = hf_block_stops(value + 1);
    const uint8_t *quote = value + 1 + __builtin_ctz(stops | 1u << 31);
    return *quote == '"' ? quote + 1 : end_of_any_string(run, value);
}

/* Whether a string that the view alone does not settle may leave, as it is or changed. */
static inline bool judge_string(const struct run *run, const struct found *found,
                                const uint8_t *behind)
{
    struct hf_redact *redact = run->redact;
    redact->string_offset = hf_redact_at(redact, found->value);
    set_target(run, found->member);
    return hf_leaf_string_passes(
        redact, hf_bytes_of(found->value + 1, (size_t)(behind - found->value) - 2));
}

/* Does what the view says of the string that ends at @behind; true when it is to be kept. */
static inline bool run_string(struct run *run, const struct found *found, const uint8_t *behind)
{
    const struct hf_view_node *node = found->member->node;
    unsigned plan = node->plans[HF_SCALAR_STRING];
    size_t size = (size_t)(behind - found->value) - 2;
    if (plan == HF_PLAN_DROP) {
        run->redact->stats.withheld[node->class_index][HF_WITHHELD_POLICY]++;
        return false;
    }
    bool is_short = size <= node->short_bytes && size <= run->redact->max_held_string_bytes;
    bool is_plain = is_short && (plan == HF_PLAN_KEEP || plan == HF_PLAN_CHANGE);
    if (!is_plain && !judge_string(run, found, behind)) {
        return false;
    }
    if (node->leaf.treatment.kind == HF_TREAT_KEEP) {
        return true;
    }
    set_target(run, found->member);
    save_out(run);
    hf_leaf_string_release(run->redact, hf_bytes_of(found->value + 1, size),
                           hf_bytes_of(found->value, size + 2));
    load_out(run);
    return false;
}

static inline const uint8_t *skip_digits(const uint8_t *p, const uint8_t *end)
{
    while (p < end && (uint8_t)(*p - '0') < 10) {
        p++;
    }
    return p;
}

/* The end of a number without exponent; NULL: it is cut, or spelled otherwise. */
static inline const uint8_t *end_of_number(const uint8_t *value, const uint8_t *end,
                                           bool *ret_integer)
{
    const uint8_t *whole = value + (*value == '-');
    const uint8_t *p = skip_digits(whole, end);
    if (p == whole || (*whole == '0' && p > whole + 1)) {
        return NULL;
    }
    *ret_integer = true;
    if (p < end && *p == '.') {
        const uint8_t *fraction = p + 1;
        *ret_integer = false;
        p = skip_digits(fraction, end);
        if (p == fraction) {
            return NULL;
        }
    }
    return p < end && (*p == ',' || *p == '}' || *p <= ' ') ? p : NULL;
}

/* As run_string(), of a number. */
static inline bool run_number(struct run *run, const struct found *found, const uint8_t *behind,
                              bool is_integer)
{
    size_t size = (size_t)(behind - found->value);
    enum hf_scalar scalar = is_integer ? HF_SCALAR_INTEGER : HF_SCALAR_DECIMAL;
    if (found->member->node->plans[scalar] == HF_PLAN_KEEP && size <= HF_NUMBER_MAX_BYTES) {
        return true;
    }
    set_target(run, found->member);
    save_out(run);
    hf_leaf_number(run->redact, found->value, size, is_integer);
    load_out(run);
    return false;
}

/* Reads the value of the member at @p; returns its end, or NULL: read it step by step. */
static inline const uint8_t *run_value(struct run *run, const struct found *found, const uint8_t *p)
{
    bool is_string = *found->value == '"';
    bool is_integer = false;
    const uint8_t *behind = is_string ? end_of_string(run, found->value)
                                      : end_of_number(found->value, run->end, &is_integer);
    if (!behind || !found->member) {
        return behind;
    }
    bool is_kept =
        is_string ? run_string(run, found, behind) : run_number(run, found, behind, is_integer);
    if (is_kept) {
        keep(run, found, p, behind);
    }
    return behind;
}

/* --- the loop --- */

static inline const uint8_t *skip_space(const struct run *run, const uint8_t *p)
{
    return p + run->redact->scan->space(p, (size_t)(run->end - p));
}

static inline const uint8_t *end_run(struct run *run, enum hf_redact_step step, const uint8_t *p)
{
    save_out(run);
    run->frame->guess = (uint16_t)(run->next - run->list);
    run->frame->n_members = run->redact->limits.max_members - run->n_members_left;
    run->redact->step = step;
    return p;
}

const uint8_t *hf_run_members(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    struct run run = begin_run(redact, end);
    while (end - p > MARGIN_BYTES) {
        if (*p != '"') {
            p = skip_space(&run, p);
            if (end - p <= MARGIN_BYTES || *p != '"') {
                break;
            }
        }
        struct found found = begin_member(&run, p);
        if (!found.value) {
            break;
        }
        if (*found.value == ' ') {
            found.value++;
        }
        const uint8_t *behind = run_value(&run, &found, p);
        if (!behind) {
            set_target(&run, found.member);
            return end_run(&run, HF_STEP_VALUE, found.value);
        }
        if (behind == end || *behind != ',' || redact->rule != HF_RULE_none) {
            return end_run(&run, HF_STEP_AFTER, behind);
        }
        p = behind + 1;
    }
    return end_run(&run, HF_STEP_NAME, p);
}
