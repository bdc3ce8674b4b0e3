/*
 * What a natural person is called: a keyed pseudonym of the ID number. The number itself is in no
 * token, record, file or log; an unkeyed digest of it could be tried out, there being some 10^11.
 */
#pragma once

#include "base/uscc.h"
#include "crypto/mac.h"

/**
 * hf_person_name() - the party that an ID number names
 * @pseudonym: the deployment's key, which never changes: names last as long as consents
 * @id_number: 18 characters, checked by the caller; a last `x` counts as `X`
 * @ret_name:  "person:" and 43 characters of base64url of HMAC-SHA-256("id:" ‖ number), and a NUL
 *
 * Cannot fail, allocates nothing.
 */
void hf_person_name(const struct hf_mac_key *pseudonym, hf_bytes id_number,
                    char ret_name[static HF_PARTY_MAX_BYTES + 1]);
