/*
 * Whose a value is, and that it leaves only if that person lets it. An object may show its owner
 * behind what is the owner's: such a value is written, and waits; all that comes after it is held
 * with it, and when the owner is known it stays or is cut out.
 *
 * Invariant: what waits lies in one list, outermost first, and nothing behind its first byte has
 * been handed out (redact.c asks hf_owners_hold()). When an object ends nothing of it waits: an
 * owner that was never named lets nothing leave.
 *
 * Nothing but a resident ID names a person here, and only if somebody of the view bears the name
 * made of it; nobody else's number is compared with anything, let alone kept.
 */
#include "policy/redact_state.h"

#include "crypto/person.h"
#include "policy/resident.h"

#include <stdlib.h>

/* What an object has shown of one of its owners; zero: nothing. Else also a bit for each person. */
enum { SHOWN = 1 << HF_VIEW_MAX_PERSONS };

/* A value that stands in the output, its comma and name included, and waits for its owner. */
struct waiting {
    size_t begin; /* as hf_out_mark() */
    size_t end;
    uint16_t depth; /* of its object */
    uint8_t owner;
    uint8_t persons;
    uint8_t class_index;
    bool any;         /* something of its object stands before it */
    bool is_released; /* and counted as that */
};

struct hf_owners {
    size_t n_waiting;
    unsigned n_slots; /* in use */
    uint16_t found;   /* what the string at hand names: a bit for each person */
    uint16_t slots[HF_VIEW_MAX_OWNER_SLOTS];
    uint64_t object_offsets[HF_REDACT_MAX_DEPTH];
    struct waiting waiting[HF_VIEW_MAX_OWNED];
};

hf_status hf_owners_new(struct hf_owners **ret_owners)
{
    struct hf_owners *owners = calloc(1, sizeof *owners);
    if (!owners) {
        HF_FAIL(NOMEM);
    }
    *ret_owners = owners;
    return HF_DONE;
}

void hf_owners_free(struct hf_owners *owners)
{
    free(owners);
}

void hf_owners_reset(struct hf_owners *owners)
{
    owners->n_waiting = 0;
    owners->n_slots = 0;
    owners->found = 0;
}

/* --- what is held --- */

bool hf_owners_hold(const struct hf_redact *redact, struct hf_held *ret_held)
{
    const struct hf_owners *owners = redact->owners;
    if (owners->n_waiting == 0) {
        return false;
    }
    const struct waiting *outermost = &owners->waiting[0];
    *ret_held = (struct hf_held){.mark = outermost->begin,
                                 .offset = owners->object_offsets[outermost->depth - 1],
                                 .rule = HF_RULE_owner_length};
    return true;
}

void hf_owners_shift(struct hf_owners *owners, size_t forth, size_t back)
{
    for (size_t i = 0; i < owners->n_waiting; i++) {
        owners->waiting[i].begin += forth - back;
        owners->waiting[i].end += forth - back;
    }
}

/* --- objects --- */

void hf_owners_open(struct hf_redact *redact, struct hf_frame *frame, uint64_t at)
{
    struct hf_owners *owners = redact->owners;
    frame->owners_at = (uint16_t)owners->n_slots;
    owners->object_offsets[frame - redact->frames] = at;
    for (unsigned i = 0; i < frame->node->n_owners; i++) {
        owners->slots[owners->n_slots++] = 0;
    }
}

/* What becomes of a value that waits in the innermost object. */
enum verdict { STAYS, WAITS, GOES };

static enum verdict judge(const struct hf_redact *redact, const struct waiting *value, bool is_over)
{
    const struct hf_owners *owners = redact->owners;
    const struct hf_frame *frame = &redact->frames[redact->depth - 1];
    uint16_t slot = owners->slots[frame->owners_at + value->owner - 1];
    if (slot & value->persons) {
        return STAYS;
    }
    return slot == 0 && !is_over ? WAITS : GOES;
}

/* A copy of the output over itself that leaves something out. */
struct cut {
    uint8_t *base;
    size_t from;
    size_t to;
    bool any; /* something of the object stands before `to` */
};

/* Keeps what stands from `from` up to @end; the first of an object has no comma before it. */
static void keep(struct cut *cut, size_t end)
{
    if (!cut->any && cut->from < end && cut->base[cut->from] == ',') {
        cut->from++;
    }
    if (cut->from < end) {
        memmove(cut->base + cut->to, cut->base + cut->from, end - cut->from);
        cut->to += end - cut->from;
        cut->any = true;
    }
    cut->from = end;
}

static void withhold(struct hf_redact *redact, unsigned class_index, bool is_released)
{
    redact->stats.released[class_index] -= is_released;
    redact->stats.withheld[class_index][HF_WITHHELD_OWNER]++;
}

static size_t first_of_object(const struct hf_redact *redact)
{
    const struct hf_owners *owners = redact->owners;
    size_t first = owners->n_waiting;
    while (first > 0 && owners->waiting[first - 1].depth == redact->depth) {
        first--;
    }
    return first;
}

/* Settles what waits in the innermost object, as far as its owners are known. */
static void settle(struct hf_redact *redact, bool is_over)
{
    struct hf_owners *owners = redact->owners;
    size_t n_left = first_of_object(redact);
    if (n_left == owners->n_waiting || !hf_redact_check_held(redact, hf_out_mark(redact))) {
        return;
    }
    struct cut cut = {.base = redact->out_buf->data,
                      .from = owners->waiting[n_left].begin,
                      .to = owners->waiting[n_left].begin,
                      .any = owners->waiting[n_left].any};
    for (size_t i = n_left; i < owners->n_waiting; i++) {
        struct waiting value = owners->waiting[i];
        enum verdict verdict = judge(redact, &value, is_over);
        keep(&cut, value.begin);
        if (verdict == GOES) {
            withhold(redact, value.class_index, value.is_released);
            cut.from = value.end;
            continue;
        }
        size_t end = value.end;
        value.any = cut.any;
        value.begin = cut.to;
        keep(&cut, end);
        value.end = cut.to;
        if (verdict == WAITS) {
            owners->waiting[n_left++] = value;
        }
    }
    keep(&cut, hf_out_mark(redact));
    owners->n_waiting = n_left;
    redact->out = cut.base + cut.to;
    hf_redact_top(redact)->any = cut.any;
}

void hf_owners_close(struct hf_redact *redact, const struct hf_frame *frame)
{
    settle(redact, true);
    redact->owners->n_slots = frame->owners_at;
}

/* --- values --- */

void hf_owner_read(struct hf_redact *redact, hf_bytes text)
{
    const struct hf_view_leaf *leaf = &redact->target->leaf;
    const struct hf_view *view = redact->view;
    char name[HF_PARTY_MAX_BYTES + 1];
    bool is_too_long = leaf->max_chars && leaf->max_chars < HF_RESIDENT_CHARS;
    if (!redact->person_key || is_too_long || !hf_resident_is_valid(text)) {
        return;
    }
    hf_person_name(redact->person_key, text, name);
    for (unsigned i = 0; i < view->n_persons; i++) {
        redact->owners->found |= hf_bytes_equal_string(view->persons[i], name) ? 1u << i : 0;
    }
}

struct hf_owned hf_owned_begin(const struct hf_redact *redact)
{
    redact->owners->found = 0;
    return (struct hf_owned){
        .mark = hf_out_mark(redact),
        .any = redact->depth > 0 && redact->frames[redact->depth - 1].any,
        .n_released = redact->stats.released[redact->target->class_index],
    };
}

/* What is known of the owner of the leaf at hand: SHOWN and its persons, or 0. */
static unsigned owner_of(const struct hf_redact *redact, const struct hf_view_leaf *leaf)
{
    const struct hf_owners *owners = redact->owners;
    if (leaf->owner == HF_VIEW_OWNER_ITSELF) {
        return SHOWN | owners->found;
    }
    return owners->slots[redact->frames[redact->depth - 1].owners_at + leaf->owner - 1];
}

/* The value was written: it stays, goes, or waits. */
static void end_owned(struct hf_redact *redact, const struct hf_owned *value)
{
    const struct hf_view_node *node = redact->target;
    struct hf_owners *owners = redact->owners;
    unsigned owner = owner_of(redact, &node->leaf);
    bool is_released = redact->stats.released[node->class_index] != value->n_released;
    if (owner & node->leaf.persons) {
        return;
    }
    if (owner != 0) {
        hf_redact_take_back(redact, value->mark, value->any);
        withhold(redact, node->class_index, is_released);
        return;
    }
    owners->waiting[owners->n_waiting++] = (struct waiting){
        .begin = value->mark,
        .end = hf_out_mark(redact),
        .depth = (uint16_t)redact->depth,
        .owner = node->leaf.owner,
        .persons = node->leaf.persons,
        .class_index = node->class_index,
        .any = value->any,
        .is_released = is_released,
    };
}

void hf_owned_end(struct hf_redact *redact, const struct hf_owned *value)
{
    const struct hf_view_leaf *leaf = &redact->target->leaf;
    struct hf_owners *owners = redact->owners;
    if (redact->rule != HF_RULE_none) { /* nobody has been asked whose it is, and nobody will be */
        hf_redact_take_back(redact, value->mark, value->any);
        return;
    }
    if (leaf->owner && hf_out_mark(redact) > value->mark) {
        end_owned(redact, value);
    }
    if (leaf->names_owner) {
        size_t slot = hf_redact_top(redact)->owners_at + leaf->names_owner - 1u;
        owners->slots[slot] = (uint16_t)(SHOWN | owners->found);
        settle(redact, false);
    }
}
