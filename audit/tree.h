/*
 * The Merkle tree of RFC 6962, grown leaf by leaf in O(log n) memory: what the writer, recovery and
 * the verifier keep of the whole log.
 */
#pragma once

#include "base/bytes.h"
#include "crypto/hash.h"

/* Hashes are stored by levels of 8: level l holds the roots of complete subtrees of 256^l leaves.
 */
enum { HF_TREE_LEVELS = 8, HF_TREE_LEVEL_BITS = 8 };

struct hf_tree {
    uint64_t size;                      /* leaves */
    uint8_t peaks[64][HF_SHA256_BYTES]; /* i: root of the complete subtree of 2^i leaves,
                                           where bit i of `size` is set */
    uint8_t complete[HF_TREE_LEVELS][HF_SHA256_BYTES]; /* l: the last complete subtree of 256^l */
};

/* HASH(0x01 || left || right): RFC 6962 2.1. */
void hf_tree_node(const uint8_t left[static HF_SHA256_BYTES],
                  const uint8_t right[static HF_SHA256_BYTES],
                  uint8_t ret_node[static HF_SHA256_BYTES]);

/**
 * hf_tree_append() - add one leaf hash
 *
 * Returns how many levels 0..n-1 of `complete` this leaf completed (1 at least: level 0 is the leaf
 * itself). Cost: one node hash on average.
 */
unsigned hf_tree_append(struct hf_tree *tree, const uint8_t leaf_hash[static HF_SHA256_BYTES]);

/* The root; of the empty tree SHA-256(""). Cost: O(log n) node hashes. */
void hf_tree_root(const struct hf_tree *tree, uint8_t ret_root[static HF_SHA256_BYTES]);

/* Copies only what a tree of that size uses: cheaper than assignment. */
void hf_tree_copy(struct hf_tree *to, const struct hf_tree *from);
