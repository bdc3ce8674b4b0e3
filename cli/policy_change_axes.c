/*
 * Decides which accesses can be told apart, and which of two treatments shows more.
 *
 * Invariant: an axis has every value that some rule of either side can tell apart, and one that
 * stands for all others; so an access that is not listed is decided like one that is.
 */
#include "cli/policy_change_parts.h"

#include "policy/explain.h"

#include <stdio.h>

enum { MAX_TEXTS = 4096, TEXT_BYTES = 64 << 10 };

static const char *const REACHES[] = {"covered", "not_covered", "no_consent", "unsaid"};
static const char *const PURPOSES[] = {"pre_loan", "in_loan", "post_loan"};
static const char *const KINDS[] = {"legal", "sole_trader", "person"};

/* ---- axes ---- */

size_t hf_changes_n_values(const struct hf_policy_changes *changes, enum hf_axis axis)
{
    return changes->n_values[axis];
}

const char *hf_changes_value(const struct hf_policy_changes *changes, enum hf_axis axis,
                             size_t index)
{
    switch (axis) {
    case HF_AXIS_REACH:
        return REACHES[index];
    case HF_AXIS_BANK:
        return (const char *)changes->banks[index].data;
    case HF_AXIS_PURPOSE:
        return PURPOSES[index];
    case HF_AXIS_SUBJECT_KIND:
        return KINDS[index];
    case HF_AXIS_ACTIONS:
        return changes->action_texts[index];
    case HF_N_AXES:
        break;
    }
    return "?";
}

static bool has_bank(const hf_bytes *banks, size_t n, hf_bytes bank)
{
    for (size_t i = 0; i < n; i++) {
        if (hf_bytes_equal(banks[i], bank)) {
            return true;
        }
    }
    return false;
}

static hf_status list_banks(struct hf_policy_changes *changes)
{
    hf_bytes *banks = hf_arena_alloc_array(&changes->arena, HF_CHANGE_MAX_BANKS + 1, sizeof *banks);
    size_t n = 0;
    if (!banks) {
        HF_FAIL(NOMEM);
    }
    for (size_t side = 0; side < 2; side++) {
        const struct hf_policy *policy = changes->sides[side]->policy;
        for (size_t i = 0; i < hf_policy_n_rules(policy); i++) {
            const struct hf_rule_when *when = &hf_policy_rule(policy, i)->when;
            for (size_t k = 0; k < when->n_banks; k++) {
                if (has_bank(banks, n, when->banks[k])) {
                    continue;
                }
                if (n == HF_CHANGE_MAX_BANKS) {
                    HF_FAIL(LIMIT);
                }
                HF_TRY(hf_arena_copy(&changes->arena, when->banks[k], &banks[n++]));
            }
        }
    }
    banks[n++] = HF_LITERAL("other");
    changes->banks = banks;
    changes->n_values[HF_AXIS_BANK] = n;
    return HF_DONE;
}

static bool names_actions(const struct hf_policy *policy)
{
    for (size_t i = 0; i < hf_policy_n_rules(policy); i++) {
        if (hf_policy_rule(policy, i)->when.actions != 0) {
            return true;
        }
    }
    return false;
}

/* Every set of actions, if a rule asks for actions at all; else one that stands for any. */
static void list_actions(struct hf_policy_changes *changes)
{
    bool are_told_apart =
        names_actions(changes->sides[0]->policy) || names_actions(changes->sides[1]->policy);
    size_t n = 0;
    for (unsigned mask = are_told_apart ? 1 : HF_ACTION_ALL; mask <= HF_ACTION_ALL; mask++) {
        size_t size = 0;
        char *text = changes->action_texts[n];
        for (unsigned bit = 1; bit <= HF_ACTION_ALL; bit <<= 1) {
            if (mask & bit) {
                int more = snprintf(text + size, sizeof(changes->action_texts[n]) - size, "%s%s",
                                    size ? "," : "", hf_action_name(bit));
                size += more > 0 ? (size_t)more : 0;
            }
        }
        changes->action_masks[n++] = mask;
    }
    changes->n_values[HF_AXIS_ACTIONS] = n;
}

bool hf_change_point_next(const struct hf_policy_changes *changes, struct hf_change_point *point)
{
    for (int axis = HF_N_AXES - 1; axis >= 0; axis--) {
        if (++point->at[axis] < changes->n_values[axis]) {
            return true;
        }
        point->at[axis] = 0;
    }
    return false;
}

/* ---- texts ---- */

static hf_status text_number(struct hf_policy_changes *changes, const char *text,
                             const struct hf_treatment *treatment, uint16_t *ret_number)
{
    struct hf_treatment *kept = NULL;
    hf_bytes copy;
    for (size_t i = 0; i < changes->n_texts; i++) {
        if (strcmp(changes->texts[i].text, text) == 0) {
            *ret_number = (uint16_t)i;
            return HF_DONE;
        }
    }
    if (changes->n_texts == MAX_TEXTS) {
        HF_FAIL(LIMIT);
    }
    HF_TRY(hf_arena_copy(&changes->arena, hf_bytes_of_string(text), &copy));
    if (treatment) {
        kept = hf_arena_alloc(&changes->arena, sizeof(*kept));
        if (!kept) {
            HF_FAIL(NOMEM);
        }
        *kept = *treatment;
    }
    changes->texts[changes->n_texts] = (struct hf_change_side){(const char *)copy.data, kept};
    *ret_number = (uint16_t)changes->n_texts++;
    return HF_DONE;
}

hf_status hf_change_number(struct hf_policy_changes *changes, const struct hf_treatment *treatment,
                           uint16_t *ret_number)
{
    const char *text = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(TEXT_BYTES);
    HF_TRY(hf_treatment_write(treatment, &buf));
    HF_TRY(hf_buf_string(&buf, &text));
    return text_number(changes, text, treatment, ret_number);
}

/* ---- what opens ---- */

/* 0: nothing to see, 1: something, 2: all of it. Marks of an operation are told apart likewise. */
static int openness(const struct hf_change_side *side)
{
    if (!side->treatment) {
        return strcmp(side->text, "summary") == 0 || strcmp(side->text, "no owner") == 0 ||
                       strncmp(side->text, "not ", 4) == 0
                   ? 2
                   : 0;
    }
    if (side->treatment->kind == HF_TREAT_DROP || side->treatment->kind == HF_TREAT_NULL) {
        return 0;
    }
    return side->treatment->kind == HF_TREAT_KEEP ? 2 : 1;
}

static int sign_of(double difference)
{
    return (difference > 0) - (difference < 0);
}

static double size_of(const struct hf_step *step)
{
    double size = (double)step->units;
    for (unsigned i = 0; i < step->decimals; i++) {
        size /= 10;
    }
    return size;
}

/* Whether each edge of @few is one of @many: then each range of @many lies in one of @few. */
static bool are_among(const struct hf_edges *few, const struct hf_edges *many)
{
    size_t k = 0;
    for (size_t i = 0; i < few->n; i++, k++) {
        while (k < many->n && hf_decimal_compare(&many->list[k].value, &few->list[i].value) < 0) {
            k++;
        }
        if (k == many->n || hf_decimal_compare(&many->list[k].value, &few->list[i].value) != 0) {
            return false;
        }
    }
    return true;
}

/* Of two treatments of one kind: above 0 if the second shows more; 0 if nobody can say. */
static int finer(const struct hf_treatment *before, const struct hf_treatment *after)
{
    if (before->kind == HF_TREAT_MASK) {
        int first = sign_of((double)after->keep_first - (double)before->keep_first);
        int last = sign_of((double)after->keep_last - (double)before->keep_last);
        return first * last < 0 ? 0 : first + last;
    }
    if (before->kind == HF_TREAT_ROUND) {
        return sign_of(size_of(&before->step) - size_of(&after->step));
    }
    if (before->kind == HF_TREAT_BUCKET) {
        return are_among(&before->edges, &after->edges) - are_among(&after->edges, &before->edges);
    }
    if (before->kind == HF_TREAT_TRUNCATE_DATE) {
        return (int)before->to - (int)after->to;
    }
    return 0;
}

hf_status hf_change_tell(const struct hf_policy_changes *changes, struct hf_policy_change *change)
{
    const struct hf_treatment *before = change->old_side.treatment;
    const struct hf_treatment *after = change->new_side.treatment;
    int opened = openness(&change->new_side) - openness(&change->old_side);
    if (opened == 0 && before && after && before->kind == after->kind) {
        opened = finer(before, after);
    }
    change->kind = opened > 0 ? HF_CHANGE_OPENS : opened < 0 ? HF_CHANGE_CLOSES : HF_CHANGE_CHANGES;
    return changes->visitor->visit(changes->visitor->context, changes, change);
}

/* ---- all of it ---- */

hf_status hf_changes_open(struct hf_policy_changes *changes)
{
    uint16_t number;
    changes->texts = hf_arena_alloc_array(&changes->arena, MAX_TEXTS, sizeof(*changes->texts));
    if (!changes->texts) {
        HF_FAIL(NOMEM);
    }
    HF_TRY(text_number(changes, "absent", NULL, &number));
    HF_TRY(text_number(changes, "refused", NULL, &number));
    HF_TRY(list_banks(changes));
    changes->n_values[HF_AXIS_REACH] = sizeof(REACHES) / sizeof(REACHES[0]);
    changes->n_values[HF_AXIS_PURPOSE] = sizeof(PURPOSES) / sizeof(PURPOSES[0]);
    changes->n_values[HF_AXIS_SUBJECT_KIND] = sizeof(KINDS) / sizeof(KINDS[0]);
    list_actions(changes);
    changes->n_accesses = 1;
    for (size_t axis = 0; axis < HF_N_AXES; axis++) {
        changes->n_accesses *= changes->n_values[axis];
    }
    return HF_DONE;
}
