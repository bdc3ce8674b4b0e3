/*
 * Fixed columns, read as strictly as they are written: a value that is not ours is damage.
 */
#include "consent/stored_place.h"

#include <stdio.h>

enum {
    IDX_CHARS = 6,
    MOMENT_CHARS = 11, /* wide enough for any NumericDate */
    HEAD_CHARS = 1 + 3 * MOMENT_CHARS,
    KEY_CHARS = 2 + HF_SLOT_LIST_CHARS + 1 + IDX_CHARS
};

struct hf_stored_key hf_stored_place_key(const struct hf_status_slot *slot)
{
    struct hf_stored_key key;
    snprintf(key.text, sizeof key.text, "i/%s;%0*u", slot->list, IDX_CHARS, (unsigned)slot->idx);
    return key;
}

struct hf_stored_key hf_stored_place_prefix(const char *list)
{
    struct hf_stored_key key;
    snprintf(key.text, sizeof key.text, "i/%s;", list);
    return key;
}

static bool read_digits(const uint8_t *text, size_t n, int64_t *ret_number)
{
    int64_t number = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        number = number * 10 + (text[i] - '0');
    }
    *ret_number = number;
    return true;
}

bool hf_stored_place_key_read(hf_bytes key, struct hf_status_slot *ret_slot)
{
    struct hf_status_slot slot = {.idx = 0};
    int64_t idx = 0;
    if (key.size != KEY_CHARS || !hf_bytes_starts_with(key, HF_LITERAL("i/")) ||
        key.data[2 + HF_SLOT_LIST_CHARS] != ';' ||
        !hf_slot_list_is_valid(hf_bytes_of(key.data + 2, HF_SLOT_LIST_CHARS)) ||
        !read_digits(key.data + KEY_CHARS - IDX_CHARS, IDX_CHARS, &idx) ||
        idx >= HF_STATUS_LIST_ENTRIES) {
        return false;
    }
    memcpy(slot.list, key.data + 2, HF_SLOT_LIST_CHARS);
    slot.idx = (uint32_t)idx;
    *ret_slot = slot;
    return true;
}

hf_status hf_stored_place_write(const struct hf_stored_place *place, hf_buf *value)
{
    return hf_buf_printf(value, "%u%0*lld%0*lld%0*lld%s;%s", (unsigned)place->value, MOMENT_CHARS,
                         (long long)place->exp_unix_s, MOMENT_CHARS,
                         (long long)place->received_unix_s, MOMENT_CHARS,
                         (long long)place->iat_unix_s, place->id.iss, place->id.jti);
}

bool hf_stored_place_read(hf_bytes value, struct hf_stored_place *place)
{
    const uint8_t *text = value.data;
    int64_t number = 0;
    if (value.size <= HEAD_CHARS || !read_digits(text, 1, &number) ||
        number > HF_STATUS_SUSPENDED || !read_digits(text + 1, MOMENT_CHARS, &place->exp_unix_s) ||
        !read_digits(text + 1 + MOMENT_CHARS, MOMENT_CHARS, &place->received_unix_s) ||
        !read_digits(text + 1 + 2 * MOMENT_CHARS, MOMENT_CHARS, &place->iat_unix_s)) {
        return false;
    }
    place->value = (enum hf_status_value)number;
    return hf_is_ok(hf_consent_id_parse(hf_bytes_skip(value, HEAD_CHARS), &place->id));
}
