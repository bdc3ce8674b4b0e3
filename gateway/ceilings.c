/*
 * Brings an access before the operator's table: one look-up, for all consents of an access share
 * its bank, purpose and dataset.
 *
 * Invariant: whatever was narrowed here is noted as clamped, so that no bank and no record is left
 * with the impression that the consent was honoured whole.
 */
#include "gateway/ceilings.h"

static struct hf_ceiling_window counted_by(const struct hf_held_consent *held)
{
    const struct hf_entry_facts *facts = hf_entry_facts(held->entry);
    return (struct hf_ceiling_window){.unit = facts->window,
                                      .count = facts->has_window ? facts->window_count : 0};
}

hf_status hf_ceilings_meet(const struct hf_ceilings_request *request,
                           struct hf_consent_judgement *judgement, struct hf_ceiling *ret_ceiling,
                           struct hf_problem *reterr)
{
    struct hf_ceiling ceiling;
    hf_ceilings_find(request->ceilings, request->bank, request->purpose, request->dataset,
                     &ceiling);
    for (size_t i = 0; request->ceilings && i < request->n_consents; i++) {
        const struct hf_held_consent *held = &request->consents[i];
        HF_TRY(hf_ceiling_judge(&ceiling, &held->token->claims, counted_by(held),
                                request->now_unix_s, reterr));
    }
    for (size_t i = 0; request->ceilings && judgement && i < judgement->n_covers; i++) {
        struct hf_cover *cover = &judgement->covers[i];
        if (cover->scope->has_range) {
            HF_TRY(hf_ceiling_judge_range(&ceiling, &cover->range, reterr));
        }
    }
    *ret_ceiling = ceiling;
    return HF_DONE;
}

hf_status hf_ceilings_list(const struct hf_ceiling *ceiling, struct hf_arena *arena,
                           const hf_bytes **ret_items, size_t *ret_n_items)
{
    size_t n = 0;
    hf_bytes *items = hf_arena_alloc_array(arena, HF_N_CEILINGS, sizeof *items);
    if (!items) {
        HF_FAIL(NOMEM);
    }
    for (int kind = 0; kind < HF_N_CEILINGS; kind++) {
        char text[HF_CEILING_TEXT_BYTES];
        if (ceiling->clamped >> kind & 1) {
            hf_ceiling_tell(ceiling, (enum hf_ceiling_kind)kind, text);
            HF_TRY(hf_arena_copy(arena, hf_bytes_of_string(text), &items[n++]));
        }
    }
    *ret_items = items;
    *ret_n_items = n;
    return HF_DONE;
}
