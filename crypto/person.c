/*
 * One name for one person, wherever it is made: at enrolment, for the subject of a request, for the
 * owner of a field. Folding stands here and not with the callers, for two names of one person would
 * be two persons.
 *
 * Whether the number is one (GB 11643) is for whoever read it to say.
 */
#include "crypto/person.h"

#include "crypto/base64.h"

void hf_person_name(const struct hf_mac_key *pseudonym, hf_bytes id_number,
                    char ret_name[static HF_PARTY_MAX_BYTES + 1])
{
    static const char prefix[] = "person:";
    uint8_t tag[HF_SHA256_BYTES];
    bool is_small_x = id_number.size > 0 && id_number.data[id_number.size - 1] == 'x';
    const hf_bytes parts[] = {
        HF_LITERAL("id:"),
        {id_number.data, id_number.size - is_small_x},
        is_small_x ? HF_LITERAL("X") : (hf_bytes){NULL, 0},
    };
    hf_mac(pseudonym, parts, 3, tag);
    memcpy(ret_name, prefix, sizeof prefix - 1);
    hf_base64url_encode_fixed(hf_bytes_of(tag, sizeof tag), ret_name + sizeof prefix - 1);
}
