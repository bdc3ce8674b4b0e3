/*
 * The name of a list is 128 random bits: it is never used twice, and a stranger who has not been
 * told of a list finds none by trying.
 */
#include "consent/slot.h"

bool hf_slot_list_is_valid(hf_bytes name)
{
    if (name.size != HF_SLOT_LIST_CHARS) {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
            return false;
        }
    }
    return true;
}
