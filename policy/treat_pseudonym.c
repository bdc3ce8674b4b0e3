/*
 * A name instead of a value: the same for one bank wherever the value stands, and another one for
 * every other bank, so that a bank can join what it was given and two banks cannot. Without the key
 * nobody can try values out, however few there are.
 *
 * Its words are apart from those by which persons are named (crypto/person.c), under the same key.
 */
#include "policy/treat.h"

enum { TAG_BITS = 128, BASE32_BITS = 5 };

_Static_assert(HF_PSEUDONYM_CHARS == (TAG_BITS + BASE32_BITS - 1) / BASE32_BITS, "all bits");

/* = RFC 4648 6, without padding. */
static void write_base32(const uint8_t *tag, uint8_t ret_text[static HF_PSEUDONYM_CHARS])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint32_t bits = 0;
    unsigned n_bits = 0;
    size_t n_read = 0;
    for (size_t i = 0; i < HF_PSEUDONYM_CHARS; i++) {
        if (n_bits < BASE32_BITS) {
            bits = bits << 8 | (n_read < TAG_BITS / 8 ? tag[n_read] : 0);
            n_read++;
            n_bits += 8;
        }
        n_bits -= BASE32_BITS;
        ret_text[i] = (uint8_t)alphabet[bits >> n_bits & 31];
    }
}

hf_status hf_treat_pseudonym(hf_bytes value, const struct hf_pseudonyms *names, hf_buf *out)
{
    uint8_t tag[HF_SHA256_BYTES];
    const hf_bytes parts[] = {HF_LITERAL("bank:"), names->bank, HF_LITERAL(":"), value};
    if (!names->key || names->bank.size == 0) {
        HF_FAIL(NOT_FOUND);
    }
    HF_TRY(hf_buf_reserve(out, HF_PSEUDONYM_CHARS + 2));
    hf_mac(names->key, parts, sizeof parts / sizeof *parts, tag);
    uint8_t *text = out->data + out->size;
    text[0] = text[1 + HF_PSEUDONYM_CHARS] = '"';
    write_base32(tag, text + 1);
    out->size += HF_PSEUDONYM_CHARS + 2;
    return HF_DONE;
}
