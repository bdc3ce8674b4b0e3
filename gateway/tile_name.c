/*
 * Decides which paths name a tile at all; whether there is such a tile the log knows.
 */
#include "gateway/tile_name.h"

enum { MAX_GROUPS = 4, MAX_LEVEL = 63 };

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* At most three digits without a zero in front. */
static bool take_number(hf_bytes *path, unsigned *ret_number)
{
    unsigned number = 0;
    size_t n = 0;
    while (n < path->size && n < 3 && is_digit(path->data[n])) {
        number = number * 10 + (path->data[n++] - (unsigned)'0');
    }
    if (n == 0 || (n > 1 && path->data[0] == '0')) {
        return false;
    }
    *path = hf_bytes_skip(*path, n);
    *ret_number = number;
    return true;
}

static bool take(hf_bytes *path, hf_bytes word)
{
    if (!hf_bytes_starts_with(*path, word)) {
        return false;
    }
    *path = hf_bytes_skip(*path, word.size);
    return true;
}

static bool take_group(hf_bytes *path, uint64_t *number)
{
    if (path->size < 3) {
        return false;
    }
    for (int i = 0; i < 3; i++) {
        if (!is_digit(path->data[i])) {
            return false;
        }
        *number = *number * 10 + (path->data[i] - (unsigned)'0');
    }
    *path = hf_bytes_skip(*path, 3);
    return true;
}

/* x001/x234/067 */
static bool take_tile_number(hf_bytes *path, uint64_t *ret_number)
{
    uint64_t number = 0;
    for (int i = 0; i < MAX_GROUPS; i++) {
        bool more = take(path, HF_LITERAL("x"));
        if (!take_group(path, &number) || (more && number == 0)) {
            return false;
        }
        if (!more) {
            *ret_number = number;
            return true;
        }
        if (!take(path, HF_LITERAL("/"))) {
            return false;
        }
    }
    return false;
}

hf_status hf_tile_name_parse(hf_bytes path, struct hf_tile_name *ret_name)
{
    struct hf_tile_name name = {.n_hashes = HF_TILE_HASHES};
    if (!take_number(&path, &name.level) || !take(&path, HF_LITERAL("/")) ||
        !take_tile_number(&path, &name.number)) {
        HF_FAIL(NOT_FOUND);
    }
    if (take(&path, HF_LITERAL(".p/")) &&
        (!take_number(&path, &name.n_hashes) || name.n_hashes >= HF_TILE_HASHES)) {
        HF_FAIL(NOT_FOUND);
    }
    if (path.size || name.level > MAX_LEVEL || name.n_hashes == 0) {
        HF_FAIL(NOT_FOUND);
    }
    *ret_name = name;
    return HF_DONE;
}
