/*
 * A place in a status list: which list, and where in it. A plain value.
 */
#pragma once

#include "base/bytes.h"

#include <stdint.h>

enum { HF_SLOT_LIST_CHARS = 22 };

struct hf_status_slot {
    char list[HF_SLOT_LIST_CHARS + 1]; /* its name; empty: no place */
    uint32_t idx;
};

/* Whether @name may name a list: 22 of [A-Za-z0-9_-]. */
bool hf_slot_list_is_valid(hf_bytes name);
