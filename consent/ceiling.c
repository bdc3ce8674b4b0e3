/*
 * Judges consents against the operator's table. Where a rule clamps, a consent is honoured as if it
 * had asked for what the ceiling allows; where it rejects, it is refused, so that a bank which asks
 * for too much finds out at once.
 *
 * Invariant: a ceiling only ever narrows. Nothing here can make a consent reach further than its
 * grantor signed.
 */
#include "consent/ceiling.h"

#include "consent/ceiling_parts.h"

#include <stdio.h>

enum { DAY_S = 86400 };

void hf_ceiling_tell(const struct hf_ceiling *ceiling, enum hf_ceiling_kind kind,
                     char ret_text[static HF_CEILING_TEXT_BYTES])
{
    static const char *const names[] = {[HF_CEILING_VALIDITY] = "exp",
                                        [HF_CEILING_RANGE] = "range",
                                        [HF_CEILING_FREQUENCY] = "fetch",
                                        [HF_CEILING_DATA_LIFE] = "data_life_days"};
    const struct hf_ceiling_limit *limit = &ceiling->limits[kind];
    bool is_frequency = kind == HF_CEILING_FREQUENCY;
    snprintf(ret_text, HF_CEILING_TEXT_BYTES, "%s=%u%s%s", names[kind], (unsigned)limit->most,
             is_frequency ? ";unit=" : "", is_frequency ? hf_window_name(limit->unit) : "");
}

/* Rules stand from the most specific to the least: the first that names a limit gives it. */
void hf_ceilings_find(const struct hf_ceilings *ceilings, hf_bytes bank, unsigned purpose,
                      hf_bytes dataset, struct hf_ceiling *ret_ceiling)
{
    *ret_ceiling = (struct hf_ceiling){.clamped = 0};
    for (size_t i = 0; ceilings && i < ceilings->n_rules; i++) {
        const struct hf_ceiling_rule *rule = &ceilings->rules[i];
        if (rule->purpose != purpose ||
            (rule->bank[0] && !hf_bytes_equal_string(bank, rule->bank)) ||
            (rule->dataset.size > 0 && !hf_bytes_equal(dataset, rule->dataset))) {
            continue;
        }
        for (int kind = 0; kind < HF_N_CEILINGS; kind++) {
            if (!ret_ceiling->limits[kind].is_set) {
                ret_ceiling->limits[kind] = rule->limits[kind];
            }
        }
    }
}

static hf_status exceed(struct hf_problem *reterr, const char *attribute)
{
    return hf_problem_set(reterr, HF_CEILING_EXCEEDED, attribute,
                          "is above what the operator lets a consent have");
}

/* Notes a clamp, or refuses. */
static hf_status meet(struct hf_ceiling *ceiling, enum hf_ceiling_kind kind, const char *attribute,
                      struct hf_problem *reterr)
{
    if (!ceiling->limits[kind].clamps) {
        return exceed(reterr, attribute);
    }
    ceiling->clamped |= 1u << kind;
    return HF_DONE;
}

/* ---- frequency ---- */

/*
 * The most uses that a window of @outer may see when each window of @inner sees one: how many
 * windows of the inner unit touch one of the outer. A longer window may fall whole into a shorter.
 */
static uint32_t windows_within(enum hf_window inner, enum hf_window outer)
{
    static const uint16_t most[HF_N_WINDOWS][HF_N_WINDOWS] = {
        [HF_WINDOW_HOUR] = {1, 24, 168, 744},
        [HF_WINDOW_DAY] = {1, 1, 7, 31},
        [HF_WINDOW_WEEK] = {1, 1, 1, 6}, /* 31 days touch up to six weeks */
        [HF_WINDOW_MONTH] = {1, 1, 2, 1} /* and a week two months */
    };
    return most[inner][outer];
}

static bool may_exceed(const struct hf_ceiling_limit *limit, uint32_t max_total,
                       struct hf_ceiling_window window)
{
    uint64_t possible = max_total;
    if (window.count > 0) {
        uint64_t by_window = (uint64_t)window.count * windows_within(window.unit, limit->unit);
        possible = by_window < possible ? by_window : possible;
    }
    return possible > limit->most;
}

static struct hf_ceiling_window window_of(const struct hf_claims *claims)
{
    return (struct hf_ceiling_window){.unit = claims->window,
                                      .count = claims->has_window ? claims->window_count : 0};
}

static hf_status admit_frequency(struct hf_ceiling *ceiling, struct hf_claims *claims,
                                 struct hf_problem *reterr)
{
    const struct hf_ceiling_limit *limit = &ceiling->limits[HF_CEILING_FREQUENCY];
    if (!limit->is_set || !may_exceed(limit, claims->max_total, window_of(claims))) {
        return HF_DONE;
    }
    HF_TRY(meet(ceiling, HF_CEILING_FREQUENCY, "fetch.per", reterr));
    if (claims->has_window && claims->window != limit->unit) {
        return exceed(reterr, "fetch.per");
    }
    claims->has_window = true;
    claims->window = limit->unit;
    claims->window_count = limit->most;
    claims->window_is_narrowed = true;
    return HF_DONE;
}

static hf_status judge_frequency(struct hf_ceiling *ceiling, const struct hf_claims *claims,
                                 struct hf_ceiling_window counted, struct hf_problem *reterr)
{
    const struct hf_ceiling_limit *limit = &ceiling->limits[HF_CEILING_FREQUENCY];
    if (!limit->is_set) {
        return HF_DONE;
    }
    if (may_exceed(limit, claims->max_total, counted)) {
        return exceed(reterr, "fetch.per");
    }
    if (claims->window_is_narrowed || may_exceed(limit, claims->max_total, window_of(claims))) {
        ceiling->clamped |= 1u << HF_CEILING_FREQUENCY;
    }
    return HF_DONE;
}

/* ---- validity, life, range ---- */

static hf_status judge_validity(struct hf_ceiling *ceiling, const struct hf_claims *claims,
                                struct hf_problem *reterr)
{
    const struct hf_ceiling_limit *limit = &ceiling->limits[HF_CEILING_VALIDITY];
    if (!limit->is_set || claims->exp_unix_s - claims->nbf_unix_s <= (int64_t)limit->most * DAY_S) {
        return HF_DONE;
    }
    return meet(ceiling, HF_CEILING_VALIDITY, "exp", reterr);
}

static hf_status judge_end(const struct hf_ceiling *ceiling, const struct hf_claims *claims,
                           int64_t now_unix_s, struct hf_problem *reterr)
{
    const struct hf_ceiling_limit *limit = &ceiling->limits[HF_CEILING_VALIDITY];
    if (limit->is_set && now_unix_s >= claims->nbf_unix_s + (int64_t)limit->most * DAY_S) {
        return hf_problem_set(reterr, HF_CONSENT_EXPIRED, "exp",
                              "lies behind the end that the operator sets");
    }
    return HF_DONE;
}

static hf_status judge_data_life(struct hf_ceiling *ceiling, const struct hf_claims *claims,
                                 struct hf_problem *reterr)
{
    const struct hf_ceiling_limit *limit = &ceiling->limits[HF_CEILING_DATA_LIFE];
    if (!limit->is_set || (uint32_t)claims->data_life_days <= limit->most) {
        return HF_DONE;
    }
    return meet(ceiling, HF_CEILING_DATA_LIFE, "data_life_days", reterr);
}

int32_t hf_ceiling_data_life(const struct hf_ceiling *ceiling, int32_t days)
{
    const struct hf_ceiling_limit *limit = &ceiling->limits[HF_CEILING_DATA_LIFE];
    return limit->is_set && (uint32_t)days > limit->most ? (int32_t)limit->most : days;
}

hf_status hf_ceiling_judge_range(struct hf_ceiling *ceiling, struct hf_date_span *range,
                                 struct hf_problem *reterr)
{
    const struct hf_ceiling_limit *limit = &ceiling->limits[HF_CEILING_RANGE];
    int32_t days = range->last_day - range->first_day + 1;
    if (!limit->is_set || days <= (int32_t)limit->most) {
        return HF_DONE;
    }
    HF_TRY(meet(ceiling, HF_CEILING_RANGE, "authorization_details.range", reterr));
    range->first_day = range->last_day - (int32_t)limit->most + 1;
    return HF_DONE;
}

hf_status hf_ceiling_judge(struct hf_ceiling *ceiling, const struct hf_claims *claims,
                           struct hf_ceiling_window counted, int64_t now_unix_s,
                           struct hf_problem *reterr)
{
    HF_TRY(judge_validity(ceiling, claims, reterr));
    HF_TRY(judge_end(ceiling, claims, now_unix_s, reterr));
    HF_TRY(judge_frequency(ceiling, claims, counted, reterr));
    return judge_data_life(ceiling, claims, reterr);
}

/* ---- a consent that is new ---- */

/* What the consent wants for one purpose and dataset. */
static hf_status admit_one(struct hf_ceiling *ceiling, const struct hf_scope *scope,
                           struct hf_claims *claims, struct hf_problem *reterr)
{
    struct hf_date_span range = scope->range;
    HF_TRY(judge_validity(ceiling, claims, reterr));
    HF_TRY(admit_frequency(ceiling, claims, reterr));
    HF_TRY(judge_data_life(ceiling, claims, reterr));
    return scope->has_range ? hf_ceiling_judge_range(ceiling, &range, reterr) : HF_DONE;
}

static hf_status admit_scope(const struct hf_ceilings *ceilings, const struct hf_scope *scope,
                             struct hf_claims *claims, struct hf_problem *reterr)
{
    hf_bytes bank;
    if (!hf_party_uscc(claims->rcpt, &bank)) {
        HF_FAIL(BUG); /* the profile has checked it */
    }
    for (unsigned purpose = 1; purpose <= HF_PURPOSE_ALL; purpose <<= 1) {
        for (size_t i = 0; (scope->purposes & purpose) && i < scope->n_datasets; i++) {
            struct hf_ceiling ceiling;
            hf_ceilings_find(ceilings, bank, purpose, scope->datasets[i], &ceiling);
            HF_TRY(admit_one(&ceiling, scope, claims, reterr));
        }
    }
    return HF_DONE;
}

hf_status hf_ceilings_admit(const struct hf_ceilings *ceilings, struct hf_claims *claims,
                            struct hf_problem *reterr)
{
    for (size_t i = 0; ceilings && i < claims->n_scopes; i++) {
        HF_TRY(admit_scope(ceilings, &claims->scopes[i], claims, reterr));
    }
    return HF_DONE;
}
