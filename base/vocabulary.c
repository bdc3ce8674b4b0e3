/*
 * Tables of names. A bit is the place of its name in its table, so a name and its bit cannot drift
 * apart, and a bit outside a table has no name. Nothing here folds case, trims or guesses.
 */
#include "base/vocabulary.h"

static const char *const purposes[] = {"pre_loan", "in_loan", "post_loan"};
static const char *const actions[] = {"query", "process", "analyse", "use"};
static const char *const fields[] = {"public", "trade_secret", "personal", "sensitive_personal"};
static const char *const subject_kinds[] = {"legal", "sole_trader", "person"};
static const char *const details[] = {"summary", "records"};
static const char *const sources[HF_N_SOURCES] = {
    [HF_SOURCE_TAX] = "tax",      [HF_SOURCE_SAMR] = "samr",     [HF_SOURCE_CUSTOMS] = "customs",
    [HF_SOURCE_COURT] = "court",  [HF_SOURCE_WATER] = "water",   [HF_SOURCE_POWER] = "power",
    [HF_SOURCE_GAS] = "gas",      [HF_SOURCE_SOCIAL] = "social", [HF_SOURCE_HOUSING] = "housing",
    [HF_SOURCE_CREDIT] = "credit"};

#define N_NAMES(table) (unsigned)(sizeof(table) / sizeof((table)[0]))

static bool index_of(const char *const *names, unsigned n_names, hf_bytes name, unsigned *ret_index)
{
    for (unsigned i = 0; i < n_names; i++) {
        if (hf_bytes_equal_string(name, names[i])) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

static bool bit_of(const char *const *names, unsigned n_names, hf_bytes name, unsigned *ret_bit)
{
    unsigned index;
    if (!index_of(names, n_names, name, &index)) {
        return false;
    }
    *ret_bit = 1u << index;
    return true;
}

static const char *name_of_bit(const char *const *names, unsigned n_names, unsigned bit)
{
    for (unsigned i = 0; i < n_names; i++) {
        if (bit == 1u << i) {
            return names[i];
        }
    }
    return NULL;
}

bool hf_purpose_by_name(hf_bytes name, unsigned *ret_bit)
{
    return bit_of(purposes, N_NAMES(purposes), name, ret_bit);
}

bool hf_action_by_name(hf_bytes name, unsigned *ret_bit)
{
    return bit_of(actions, N_NAMES(actions), name, ret_bit);
}

bool hf_field_by_name(hf_bytes name, unsigned *ret_bit)
{
    return bit_of(fields, N_NAMES(fields), name, ret_bit);
}

bool hf_subject_kind_by_name(hf_bytes name, unsigned *ret_bit)
{
    return bit_of(subject_kinds, N_NAMES(subject_kinds), name, ret_bit);
}

bool hf_source_by_name(hf_bytes name, enum hf_source *ret_source)
{
    unsigned index;
    if (!index_of(sources, HF_N_SOURCES, name, &index)) {
        return false;
    }
    *ret_source = (enum hf_source)index;
    return true;
}

bool hf_detail_by_name(hf_bytes name, enum hf_detail_kind *ret_detail)
{
    unsigned index;
    if (!index_of(details, N_NAMES(details), name, &index)) {
        return false;
    }
    *ret_detail = (enum hf_detail_kind)index;
    return true;
}

const char *hf_purpose_name(unsigned bit)
{
    return name_of_bit(purposes, N_NAMES(purposes), bit);
}

const char *hf_action_name(unsigned bit)
{
    return name_of_bit(actions, N_NAMES(actions), bit);
}

const char *hf_field_name(unsigned bit)
{
    return name_of_bit(fields, N_NAMES(fields), bit);
}

const char *hf_subject_kind_name(unsigned bit)
{
    return name_of_bit(subject_kinds, N_NAMES(subject_kinds), bit);
}

const char *hf_source_name(enum hf_source source)
{
    return (unsigned)source < HF_N_SOURCES ? sources[source] : NULL;
}

const char *hf_detail_name(enum hf_detail_kind detail)
{
    return (unsigned)detail < N_NAMES(details) ? details[detail] : NULL;
}

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

bool hf_dataset_name_ok(hf_bytes name)
{
    if (name.size == 0 || name.size > HF_DATASET_MAX_BYTES || !is_lower(name.data[0])) {
        return false;
    }
    for (size_t i = 1; i < name.size; i++) {
        uint8_t c = name.data[i];
        if (!is_lower(c) && !(c >= '0' && c <= '9') && c != '_') {
            return false;
        }
    }
    return true;
}

bool hf_dataset_split(hf_bytes dataset, enum hf_source *ret_source, hf_bytes *ret_name)
{
    const uint8_t *slash = dataset.size > 0 ? memchr(dataset.data, '/', dataset.size) : NULL;
    if (!slash) {
        return false;
    }
    size_t source_bytes = (size_t)(slash - dataset.data);
    hf_bytes name = hf_bytes_skip(dataset, source_bytes + 1);
    enum hf_source source;
    if (!hf_source_by_name((hf_bytes){dataset.data, source_bytes}, &source) ||
        !hf_dataset_name_ok(name)) {
        return false;
    }
    *ret_source = source;
    *ret_name = name;
    return true;
}
