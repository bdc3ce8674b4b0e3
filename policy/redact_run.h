/*
 * The first half of redact_run.c: what its loop has at hand, and how the member is found that
 * stands at some place. What becomes of its value is the other half. No other file includes this.
 */
#pragma once

#include "policy/block.h"
#include "policy/redact_state.h"

/*
 * What takes the address of a struct run must vanish into the loop, or the compiler keeps the run
 * in memory; what is not part of the loop must not, or it takes the registers.
 */
#define RUN static inline __attribute__((always_inline))
#define ASIDE static __attribute__((noinline))
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

enum {
    /* A block for the name, one for the value, and what stands between them. */
    MARGIN_BYTES = HF_RUN_MARGIN_BYTES,
    COPY_BYTES = 2 * HF_BLOCK_BYTES /* of a short member, however short: no call, no loop */
};

/*
 * What the loop has at hand, in registers. Invariant: no member at `next` or behind it has been
 * named in this object; so one that is named in the order of the view cannot be there twice, and
 * those from `first` up to `next` are noted together when that order breaks.
 */
struct run {
    struct hf_redact *redact;
    struct hf_frame *frame;
    const struct hf_member *first; /* of those that are named but not noted */
    const struct hf_member *next;  /* the member expected */
    const uint8_t *end;
    const uint8_t *limit; /* a name is read only before it */
    uint8_t *out;         /* with room for all that is left of the chunk, and COPY_BYTES */
    bool any;             /* as in hf_frame */
};

/* The member at hand. */
struct found {
    const struct hf_member *member;
    const uint8_t *value; /* behind its colon; NULL: read it step by step */
};

/* What is expected where no member of the view can come: two that are never named. */
static const struct hf_member none[HF_MEMBER_SENTINELS] = {{.lead_mask = UINT64_MAX},
                                                           {.lead_mask = UINT64_MAX}};

/* What is found where the view has no such member: what it holds is read, and that is all. */
static const struct hf_member unknown = {.string_way = HF_WAY_ASK};

/* Whether all that can leave in blocks before @end has room; what is changed may need more. */
RUN bool has_room(const struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    return redact->out_end - redact->out > end - p + COPY_BYTES;
}

/* Whether so many more members may be named. */
static inline bool may_have(struct hf_redact *redact, size_t n)
{
    return redact->limits.max_members - hf_redact_top(redact)->n_members >= n;
}

static inline size_t n_members_of(const struct hf_view_node *node)
{
    return node ? node->members.n : 0;
}

/* Whether it may run: that no limit is met is seen here once, as if all members were to come. */
RUN bool begin_run(struct run *run, struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    struct hf_frame *frame = hf_redact_top(redact);
    ptrdiff_t margin = MARGIN_BYTES - (ptrdiff_t)redact->n_readable_bytes;
    *run = (struct run){.redact = redact, .frame = frame, .end = end, .limit = p, .next = none};
    if (end - p > margin) {
        run->limit = end - margin;
    }
    if (frame->node) {
        run->next = frame->node->members.list + frame->guess;
    }
    run->first = run->next;
    run->out = redact->out;
    run->any = frame->any;
    return has_room(redact, p, end) && may_have(redact, n_members_of(frame->node));
}

/* Before others write, and after. */
RUN void save_out(struct run *run)
{
    run->redact->out = run->out;
    run->frame->any = run->any;
}

/* Where there is not enough room, or a rule is broken, no further name is read. */
RUN void load_out(struct run *run, const uint8_t *p)
{
    run->out = run->redact->out;
    run->any = run->frame->any;
    if (run->redact->rule != HF_RULE_none || !has_room(run->redact, p, run->end)) {
        run->limit = p;
    }
}

/* The member that is passed on to a step or a leaf. */
static inline void set_target(struct hf_redact *redact, const struct hf_member *member)
{
    if (member->node) {
        redact->member = member;
    }
    redact->target = member->node;
}

/* --- names --- */

/* Whether `"name":` stands at @p as we write it, which is how most sources write it. */
RUN bool spells(const struct hf_member *member, const uint8_t *p)
{
    return (~(uint64_t)hf_block_same(p, member->lead) & member->lead_mask) == 0;
}

/* Notes @n members of the innermost object, which have not been named before, from @first on. */
static inline void note(struct hf_redact *redact, const struct hf_member *first, size_t n)
{
    struct hf_frame *frame = hf_redact_top(redact);
    size_t at = n > 0 ? (size_t)(first - frame->node->members.list) : 0;
    frame->n_members += (uint32_t)n;
    while (n > 0) {
        size_t n_here = 64 - at % 64 < n ? 64 - at % 64 : n;
        redact->seen[frame->seen_at + at / 64] |= UINT64_MAX >> (64 - n_here) << at % 64;
        at += n_here;
        n -= n_here;
    }
}

RUN void note_all(struct run *run)
{
    note(run->redact, run->first, (size_t)(run->next - run->first));
    run->first = run->next;
}

/* Whether @member, of an object of @node, has been noted. */
static inline bool is_noted(struct hf_redact *redact, const struct hf_member *member)
{
    const struct hf_frame *frame = hf_redact_top(redact);
    size_t at = (size_t)(member - frame->node->members.list);
    return redact->seen[frame->seen_at + at / 64] >> at % 64 & 1;
}

/* Looks the name up that begins at @p, if one does; all that were named before it are noted. */
ASIDE struct found look_up(struct hf_redact *redact, const uint8_t *p)
{
    const struct found uncommon = {0};
    const struct hf_view_node *node = hf_redact_top(redact)->node;
    unsigned size = hf_block_first(hf_block_stops(p + 1));
    if (p[0] != '"' || p[1 + size] != '"' || p[2 + size] != ':') {
        return uncommon;
    }
    int ordinal = node ? hf_members_find(&node->members, p + 1, size) : -1;
    if (ordinal < 0 && may_have(redact, n_members_of(node) + 1)) {
        hf_redact_top(redact)->n_members++;
        redact->stats.withheld[0][HF_WITHHELD_UNKNOWN] += node != NULL;
        return (struct found){&unknown, p + size + 3};
    }
    const struct hf_member *member = ordinal < 0 ? NULL : &node->members.list[ordinal];
    if (!member || member->lead_bytes == 0 || is_noted(redact, member)) {
        return uncommon; /* the step knows what to do with it */
    }
    return (struct found){member, p + size + 3};
}

/* The member named at @p, neither the one expected nor that behind it. */
RUN struct found find_any(struct run *run, const uint8_t *p)
{
    note_all(run);
    struct found found = look_up(run->redact, p);
    if (!found.value || found.member == &unknown) {
        return found;
    }
    if (found.member < run->next) {
        note(run->redact, found.member, 1);
    } else {
        run->first = found.member;
        run->next = found.member + 1;
    }
    return found;
}

/* The member named at @p: the one expected, or that behind it (many objects lack one), or any. */
RUN struct found find_member(struct run *run, const uint8_t *p)
{
    const struct hf_member *member = run->next;
    if (LIKELY(spells(member, p))) {
        run->next = member + 1;
        return (struct found){member, p + member->lead_bytes};
    }
    if (spells(member + 1, p)) {
        note_all(run);
        run->first = member + 1;
        run->next = member + 2;
        return (struct found){member + 1, p + member[1].lead_bytes};
    }
    return find_any(run, p);
}
