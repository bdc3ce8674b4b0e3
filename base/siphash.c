/*
 * SipHash-2-4 and the key that this process uses for its hash tables.
 *
 * AT_RANDOM also seeds the stack protector of the C library, so the raw bytes are never a key: the
 * key is a SipHash of constants under them, which tells nothing about them.
 */
#include "base/siphash.h"

#include <sys/auxv.h>

struct state {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate_left(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static inline void mix(struct state *s)
{
    s->v0 += s->v1;
    s->v1 = rotate_left(s->v1, 13) ^ s->v0;
    s->v0 = rotate_left(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate_left(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate_left(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate_left(s->v1, 17) ^ s->v2;
    s->v2 = rotate_left(s->v2, 32);
}

static inline void absorb(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    mix(s);
    mix(s);
    s->v0 ^= word;
}

/* @n ≤ 8 bytes as a little-endian number, whatever this machine's order. */
static inline uint64_t little_endian(const uint8_t *data, size_t n)
{
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++) {
        word |= (uint64_t)data[i] << (8 * i);
    }
    return word;
}

uint64_t hf_siphash(const struct hf_siphash_key *key, uint64_t prefix, hf_bytes bytes)
{
    struct state s = {
        key->k0 ^ 0x736f6d6570736575,
        key->k1 ^ 0x646f72616e646f6d,
        key->k0 ^ 0x6c7967656e657261,
        key->k1 ^ 0x7465646279746573,
    };
    absorb(&s, prefix);
    size_t at = 0;
    for (; bytes.size - at >= 8; at += 8) {
        absorb(&s, little_endian(bytes.data + at, 8));
    }
    uint64_t total = (uint64_t)bytes.size + 8;
    hf_bytes tail = hf_bytes_skip(bytes, at);
    absorb(&s, total << 56 | little_endian(tail.data, tail.size));
    s.v2 ^= 0xff;
    mix(&s);
    mix(&s);
    mix(&s);
    mix(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

struct hf_siphash_key hf_siphash_process_key(void)
{
    struct hf_siphash_key raw = {0};
    const void *random = (const void *)getauxval(AT_RANDOM); /* Linux always provides it */
    if (random) {
        memcpy(&raw, random, sizeof raw);
    }
    return (struct hf_siphash_key){
        hf_siphash(&raw, 0, HF_LITERAL("hufu hash table")),
        hf_siphash(&raw, 1, HF_LITERAL("hufu hash table")),
    };
}
