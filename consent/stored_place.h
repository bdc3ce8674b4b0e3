/*
 * How the registry spells a place in a status list and what it tells: short and of fixed columns,
 * for all of them are read each time that the lists are published. Inside consent/ only.
 *
 *   i/<list>;<idx>   value, exp, received, iat, and the consent's id
 *   l/<iss>;<jti>    the key above, of a place that is known from the log alone
 */
#pragma once

#include "consent/slot.h"
#include "consent/status_list.h"
#include "consent/stored.h"

struct hf_stored_place {
    struct hf_status_slot slot;
    struct hf_consent_id id;
    enum hf_status_value value; /* but for what time and the end of all add */
    int64_t exp_unix_s;
    int64_t received_unix_s;
    int64_t iat_unix_s;
};

struct hf_stored_key hf_stored_place_key(const struct hf_status_slot *slot);

/* Of all keys of a list. */
struct hf_stored_key hf_stored_place_prefix(const char *list);

/* False: it is no such key. */
bool hf_stored_place_key_read(hf_bytes key, struct hf_status_slot *ret_slot);

/* The value: all but the slot. Errors: LIMIT, NOMEM. */
hf_status hf_stored_place_write(const struct hf_stored_place *place, hf_buf *value);

/* Reads it back; the slot is left alone. False: damaged. */
bool hf_stored_place_read(hf_bytes value, struct hf_stored_place *place);
