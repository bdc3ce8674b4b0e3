/*
 * Proofs over the tree: that a leaf is in it (inclusion), that a tree is the beginning of another
 * (consistency), and the C2SP tlog-proof file that carries one with its checkpoint.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash.h"

enum {
    HF_PROOF_MAX_HASHES = 64, /* inclusion: at most the height of a tree of 2^63 leaves */
    HF_PROOF_MAX_CONSISTENCY_HASHES = 65
};

/* Hashes of a proof, leaf to root. */
struct hf_proof {
    uint8_t hashes[HF_PROOF_MAX_CONSISTENCY_HASHES][HF_SHA256_BYTES];
    size_t n_hashes;
};

/**
 * hf_proof_verify_inclusion() - that @leaf_hash is leaf @index of the tree (@size, @root)
 *
 * Cost: O(log n). Errors: LOG_TAMPERED. Source: RFC 9162 2.1.3.2.
 */
hf_status hf_proof_verify_inclusion(const struct hf_proof *proof, uint64_t index, uint64_t size,
                                    const uint8_t leaf_hash[static HF_SHA256_BYTES],
                                    const uint8_t root[static HF_SHA256_BYTES]);

struct hf_tree_head {
    uint64_t size;
    uint8_t root[HF_SHA256_BYTES];
};

/**
 * hf_proof_verify_consistency() - that the tree @older is the beginning of @newer
 *
 * A size of 0 in @older is an error: nothing can be proved from it; who begins with nothing has
 * nothing to ask. Errors: LOG_TAMPERED. Source: RFC 9162 2.1.4.2.
 */
hf_status hf_proof_verify_consistency(const struct hf_proof *proof,
                                      const struct hf_tree_head *older,
                                      const struct hf_tree_head *newer);

/* Where hashes of complete subtrees come from (audit/tree.h: levels of 8). */
struct hf_hash_source {
    /* Reads @n hashes of @level from number @first on. Errors: IO, NOT_FOUND. */
    hf_status (*read)(void *context, unsigned level, uint64_t first, size_t n,
                      uint8_t (*ret_hashes)[HF_SHA256_BYTES]);
    void *context;
};

/* The root of the first @size leaves. Cost: O(log n) reads. Errors: the source's. */
hf_status hf_proof_root(const struct hf_hash_source *source, uint64_t size,
                        uint8_t ret_root[static HF_SHA256_BYTES]);

/* Errors: NOT_FOUND (index >= size), the source's. Source: RFC 6962 2.1.1. */
hf_status hf_proof_make_inclusion(const struct hf_hash_source *source, uint64_t index,
                                  uint64_t size, struct hf_proof *ret_proof);

/* 1 <= older <= newer. Errors: NOT_FOUND, the source's. Source: RFC 6962 2.1.2. */
hf_status hf_proof_make_consistency(const struct hf_hash_source *source, uint64_t older_size,
                                    uint64_t newer_size, struct hf_proof *ret_proof);

/* A tlog-proof file. Views point into the parsed text. */
struct hf_tlog_proof {
    bool has_extra;
    uint64_t index;
    struct hf_proof proof;
    hf_bytes checkpoint; /* the signed note, verbatim */
};

enum { HF_TLOG_PROOF_MAX_BYTES = 1 << 17 };

/* Appends the file. Errors: LIMIT, NOMEM. Source: C2SP tlog-proof@v1. */
hf_status hf_tlog_proof_write(uint64_t index, const struct hf_proof *proof, hf_bytes checkpoint,
                              hf_buf *buf);

/**
 * hf_tlog_proof_parse() - read such a file; the checkpoint in it is not judged here
 * @text: untrusted; must outlive @ret_proof
 *
 * Errors: LOG_TAMPERED (with line and what), LIMIT.
 */
hf_status hf_tlog_proof_parse(hf_bytes text, struct hf_tlog_proof *ret_proof,
                              struct hf_problem *reterr);
