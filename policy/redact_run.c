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

/* What find_member() says besides an ordinal. */
enum { UNKNOWN = -1, UNCOMMON = -2 };

/* --- names --- */

/* Whether `"name":` stands at @p as we write it, which is how most sources write it. */
static inline bool spells(const struct hf_member *member, const uint8_t *p)
{
    size_t size = member->text_bytes - (size_t)1;
    return size <= HF_BLOCK_BYTES &&
           (~hf_block_same(p, member->text + 1) & (UINT32_MAX >> (HF_BLOCK_BYTES - size))) == 0;
}

/* Looks the name up that begins behind the quote at @p. */
static int look_up(const struct hf_members *members, const uint8_t *p, size_t *ret_size)
{
    struct hf_block block = hf_block_look(p + 1);
    if (!block.ends) {
        return UNCOMMON;
    }
    size_t size = (size_t)__builtin_ctz(block.ends);
    if (p[1 + size] != '"' || p[2 + size] != ':') {
        return UNCOMMON;
    }
    *ret_size = size + 3;
    int ordinal = members ? hf_members_find(members, p + 1, size) : UNKNOWN;
    bool is_ascii = (block.high & ((UINT32_C(1) << size) - 1)) == 0;
    /* an unknown name may not be UTF-8; those that the view knows all are */
    return ordinal == UNKNOWN && !is_ascii ? UNCOMMON : ordinal;
}

/* The ordinal of the member named at @p; @ret_size: of its name, quotes and colon included. */
static inline int find_member(const struct hf_frame *frame, const uint8_t *p, size_t *ret_size)
{
    if (!frame->node) {
        return look_up(NULL, p, ret_size);
    }
    const struct hf_members *members = &frame->node->members;
    /* the one behind the last, and the one behind that: many objects lack a member */
    for (unsigned i = frame->guess; i < members->n && i < frame->guess + 2u; i++) {
        if (spells(&members->list[i], p)) {
            *ret_size = members->list[i].text_bytes - (size_t)1;
            return (int)i;
        }
    }
    return look_up(members, p, ret_size);
}

/* Takes note of the name at @p. Returns where its value stands; NULL: read it step by step. */
static inline const uint8_t *begin_member(struct hf_redact *redact, struct hf_frame *frame,
                                          const uint8_t *p)
{
    size_t size = 0;
    int ordinal = find_member(frame, p, &size);
    if (ordinal == UNCOMMON || frame->n_members >= redact->limits.max_members) {
        return NULL;
    }
    if (ordinal == UNKNOWN) {
        redact->stats.withheld[0][HF_WITHHELD_UNKNOWN] += frame->node != NULL;
        redact->target = NULL;
    } else {
        uint64_t *word = &redact->seen[frame->seen_at + ordinal / 64];
        uint64_t bit = UINT64_C(1) << (ordinal % 64);
        if (*word & bit) {
            return NULL; /* the step knows what to say of it */
        }
        *word |= bit;
        frame->guess = (uint16_t)(ordinal + 1);
        redact->member = &frame->node->members.list[ordinal];
        redact->target = redact->member->node;
    }
    frame->n_members++;
    p += size;
    return p + (*p == ' ');
}

/* --- values --- */

/* Lets out the member of which the name stands at @p and the value from @value to @behind. */
static inline void keep(struct hf_redact *redact, struct hf_frame *frame, const uint8_t *p,
                        const uint8_t *value, const uint8_t *behind)
{
    size_t size = (size_t)(behind - p);
    bool is_compact = value[-1] == ':';
    redact->stats.released[redact->target->class_index]++;
    if (is_compact && size <= COPY_BYTES && redact->out_end - redact->out > COPY_BYTES) {
        uint8_t *out = redact->out;
        *out = ',';
        out += frame->any;
        memcpy(out, p, COPY_BYTES);
        redact->out = out + size;
        frame->any = true;
    } else {
        hf_out_lead(redact);
        hf_out_put(redact, value, (size_t)(behind - value));
    }
}

/* The string at @value; NULL: it is cut, or has an escape or a fault. Else where it ends. */
static inline const uint8_t *end_of_string(const struct hf_redact *redact, const uint8_t *value,
                                           const uint8_t *end)
{
    struct hf_block block = hf_block_look(value + 1);
    uint32_t before = block.ends ^ (block.ends - 1); /* up to the first end, and with it */
    size_t size = (size_t)__builtin_ctz(block.ends | 1u << 31);
    if (!block.ends || (block.high & before)) {
        size = redact->scan->text(value + 1, (size_t)(end - value - 1));
    }
    const uint8_t *quote = value + 1 + size;
    if (quote == end || *quote != '"' || size > redact->limits.max_string_bytes) {
        return NULL;
    }
    return quote + 1;
}

/* Whether a string is within its length by its bytes already: characters are never more. */
static inline bool short_enough(const struct hf_redact *redact, size_t n_bytes)
{
    uint32_t max_chars = redact->target->leaf.max_chars;
    return max_chars == 0 || (n_bytes <= max_chars && n_bytes <= redact->max_held_string_bytes);
}

static inline const uint8_t *run_string(struct hf_redact *redact, struct hf_frame *frame,
                                        const uint8_t *p, const uint8_t *value, const uint8_t *end)
{
    const struct hf_view_node *target = redact->target;
    const uint8_t *behind = end_of_string(redact, value, end);
    if (!behind || !target) {
        return behind;
    }
    size_t size = (size_t)(behind - value);
    if (target->plans[HF_SCALAR_STRING] == HF_PLAN_KEEP && short_enough(redact, size - 2)) {
        keep(redact, frame, p, value, behind);
    } else if (target->plans[HF_SCALAR_STRING] == HF_PLAN_DROP) {
        redact->stats.withheld[target->class_index][HF_WITHHELD_POLICY]++;
    } else {
        redact->string_offset = hf_redact_at(redact, value);
        hf_leaf_string_whole(redact, hf_bytes_of(value, size));
    }
    return behind;
}

static inline const uint8_t *skip_digits(const uint8_t *p, const uint8_t *end)
{
    while (p < end && (uint8_t)(*p - '0') < 10) {
        p++;
    }
    return p;
}

/* Whether a byte cannot belong to a number. */
static inline bool ends_number(uint8_t byte)
{
    return byte == ',' || byte == '}' || byte <= ' ';
}

/* A number without exponent; NULL: it is cut, or spelled otherwise. Else where it ends. */
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
    return p < end && ends_number(*p) ? p : NULL;
}

static inline const uint8_t *run_number(struct hf_redact *redact, struct hf_frame *frame,
                                        const uint8_t *p, const uint8_t *value, const uint8_t *end)
{
    bool is_integer = false;
    const struct hf_view_node *target = redact->target;
    const uint8_t *behind = end_of_number(value, end, &is_integer);
    if (!behind || !target) {
        return behind;
    }
    size_t size = (size_t)(behind - value);
    enum hf_scalar scalar = is_integer ? HF_SCALAR_INTEGER : HF_SCALAR_DECIMAL;
    if (target->plans[scalar] == HF_PLAN_KEEP && size <= HF_NUMBER_MAX_BYTES) {
        keep(redact, frame, p, value, behind);
    } else {
        hf_leaf_number(redact, value, size, is_integer);
    }
    return behind;
}

/* Reads the value at @value of the member at @p; NULL: read it step by step. */
static inline const uint8_t *run_value(struct hf_redact *redact, struct hf_frame *frame,
                                       const uint8_t *p, const uint8_t *value, const uint8_t *end)
{
    if (*value == '"') {
        return run_string(redact, frame, p, value, end);
    }
    if ((uint8_t)(*value - '0') < 10 || *value == '-') {
        return run_number(redact, frame, p, value, end);
    }
    return NULL;
}

static inline const uint8_t *skip_space(const struct hf_redact *redact, const uint8_t *p,
                                        const uint8_t *end)
{
    return p < end && *p <= ' ' ? p + redact->scan->space(p, (size_t)(end - p)) : p;
}

const uint8_t *hf_run_members(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    struct hf_frame *frame = hf_redact_top(redact);
    redact->step = HF_STEP_NAME;
    while (end - p > MARGIN_BYTES) {
        const uint8_t *value = *p == '"' ? begin_member(redact, frame, p) : NULL;
        if (!value) {
            break;
        }
        const uint8_t *behind = run_value(redact, frame, p, value, end);
        if (!behind) {
            redact->step = HF_STEP_VALUE;
            return value;
        }
        if (behind == end || *behind != ',' || redact->rule != HF_RULE_none) {
            redact->step = HF_STEP_AFTER;
            return behind;
        }
        redact->step = HF_STEP_NAME;
        p = skip_space(redact, behind + 1, end);
    }
    return p;
}
