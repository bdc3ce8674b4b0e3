/* Targets: consent/ceiling.c, consent/ceiling_file.c. A table is refused as a whole with its place,
 * or bounds a consent: what a consent was left with is never more than it had. */
#include "consent/ceiling.h"
#include "tests/fuzz/fuzz.h"

static void bound(const struct hf_ceilings *ceilings, unsigned purpose)
{
    struct hf_ceiling ceiling;
    struct hf_date_span range = {0, 1826};
    struct hf_claims claims = {.exp_unix_s = 90 * 86400, .max_total = 1000, .data_life_days = 90};
    hf_ceilings_find(ceilings, HF_LITERAL("911100001000044477"), purpose, HF_LITERAL("tax/payment"),
                     &ceiling);
    hf_status status = hf_ceiling_judge_range(&ceiling, &range, NULL);
    fuzz_require(range.first_day >= 0 && range.first_day <= range.last_day);
    fuzz_require(range.last_day == 1826 && (hf_is_ok(status) || range.first_day == 0));
    int32_t days = hf_ceiling_data_life(&ceiling, claims.data_life_days);
    fuzz_require(days >= 0 && days <= claims.data_life_days);
    const struct hf_ceiling_window none = {HF_WINDOW_HOUR, 0};
    status = hf_ceiling_judge(&ceiling, &claims, none, 0, NULL);
    fuzz_require(hf_is_ok(status) || status.code == HF_CEILING_EXCEEDED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_ceilings *ceilings = NULL;
    struct hf_problem problem = {0};
    hf_status status = hf_ceilings_parse(hf_bytes_of(data, size), &ceilings, &problem);
    fuzz_require(hf_is_ok(status) == (ceilings != NULL) && status.code == problem.code);
    for (unsigned purpose = 1; ceilings && purpose <= HF_PURPOSE_ALL; purpose <<= 1) {
        bound(ceilings, purpose);
    }
    hf_ceilings_free(ceilings);
    return 0;
}
