/*
 * SipHash-2-4: a keyed hash for tables that are filled by strangers, so that nobody who does not
 * know the key can make keys collide. Not a MAC of ours: those are in crypto/mac.h.
 */
#pragma once

#include "base/bytes.h"

struct hf_siphash_key {
    uint64_t k0;
    uint64_t k1;
};

/**
 * hf_siphash_process_key() - the key of this process's hash tables
 *
 * Derived from the 16 random bytes that the kernel hands to every new process (AT_RANDOM): differs
 * from one start to the next, never fails, asks for no system call. Cost: O(1), some 40 ns.
 */
struct hf_siphash_key hf_siphash_process_key(void);

/**
 * hf_siphash() - hash of the 8 little-endian bytes of @prefix followed by @bytes
 * @prefix: sets tables, owners or kinds apart within one key; 0 when there is nothing to set apart
 *
 * Cost: O(bytes). Errors: none.
 * Source: Aumasson, Bernstein, "SipHash: a fast short-input PRF" (2012), 2.
 */
uint64_t hf_siphash(const struct hf_siphash_key *key, uint64_t prefix, hf_bytes bytes);
