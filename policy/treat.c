/*
 * The vocabulary of treatments: their names, the step of rounding, and which treatment can be done
 * to which type. What is not in the table does not exist: a policy that names it is refused.
 */
#include "policy/treat.h"

static const char *const names[HF_N_TREATMENTS] = {
    [HF_TREAT_DROP] = "drop",           [HF_TREAT_KEEP] = "keep",
    [HF_TREAT_NULL] = "null",           [HF_TREAT_MASK] = "mask",
    [HF_TREAT_ROUND] = "round",         [HF_TREAT_TRUNCATE_DATE] = "truncate_date",
    [HF_TREAT_SCAN] = "scan",           [HF_TREAT_BUCKET] = "bucket",
    [HF_TREAT_PSEUDONYM] = "pseudonym",
};

const char *hf_treatment_name(enum hf_treatment_kind kind)
{
    return (unsigned)kind < HF_N_TREATMENTS ? names[kind] : "?";
}

hf_status hf_treatment_by_name(hf_bytes name, enum hf_treatment_kind *ret_kind)
{
    for (unsigned i = 0; i < HF_N_TREATMENTS; i++) {
        if (hf_bytes_equal_string(name, names[i])) {
            *ret_kind = (enum hf_treatment_kind)i;
            return HF_DONE;
        }
    }
    HF_FAIL(NOT_FOUND);
}

static bool step_fits(const struct hf_step *step, unsigned types)
{
    if (step->units == 0 || step->units >= UINT64_C(100000000000000000) ||
        step->decimals > HF_STEP_MAX_DECIMALS) {
        return false;
    }
    return !(types & HF_LEAF_INTEGER) || step->decimals == 0;
}

/* Whether @types names something, and nothing outside @allowed. */
static bool only(unsigned types, unsigned allowed)
{
    return types != 0 && (types & ~allowed) == 0;
}

bool hf_treatment_fits(const struct hf_treatment *treatment, unsigned types)
{
    switch (treatment->kind) {
    case HF_TREAT_DROP:
    case HF_TREAT_KEEP:
    case HF_TREAT_NULL:
        return true;
    case HF_TREAT_MASK:
        return only(types, HF_LEAF_STRING | HF_LEAF_DATE) &&
               treatment->keep_first <= HF_MASK_MAX_CHARS &&
               treatment->keep_last <= HF_MASK_MAX_CHARS;
    case HF_TREAT_ROUND:
        return only(types, HF_LEAF_INTEGER | HF_LEAF_DECIMAL) && step_fits(&treatment->step, types);
    case HF_TREAT_BUCKET:
        return only(types, HF_LEAF_INTEGER | HF_LEAF_DECIMAL) &&
               hf_is_ok(hf_edges_check(&treatment->edges));
    case HF_TREAT_TRUNCATE_DATE:
        return types == HF_LEAF_DATE && (unsigned)treatment->to <= HF_DATE_UNIT_YEAR;
    case HF_TREAT_SCAN:
    case HF_TREAT_PSEUDONYM:
        return only(types, HF_LEAF_STRING | HF_LEAF_INTEGER);
    case HF_N_TREATMENTS:
        break;
    }
    return false;
}

hf_status hf_step_parse(hf_bytes text, struct hf_step *ret_step)
{
    struct hf_step step = {0};
    bool point = false;
    size_t n_digits = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte == '.' && !point && i > 0 && i + 1 < text.size) {
            point = true;
            continue;
        }
        if (byte < '0' || byte > '9' || ++n_digits > HF_STEP_MAX_DIGITS) {
            HF_FAIL(POLICY_INVALID);
        }
        step.units = step.units * 10 + (uint64_t)(byte - '0');
        step.decimals += point;
    }
    if (step.units == 0 || step.decimals > HF_STEP_MAX_DECIMALS) {
        HF_FAIL(POLICY_INVALID);
    }
    *ret_step = step;
    return HF_DONE;
}
