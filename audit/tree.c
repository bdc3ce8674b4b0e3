/*
 * The compact form of the tree: one root for each bit of the size, as in a binary counter.
 * Appending a leaf is adding one: equal subtrees merge as carries do. Roots of complete subtrees of
 * 256^l leaves pass by on the way and are what proofs and tiles are made of later.
 *
 * Invariant: peaks[i] is meaningful exactly where bit i of size is set.
 */
#include "audit/tree.h"

void hf_tree_node(const uint8_t left[static HF_SHA256_BYTES],
                  const uint8_t right[static HF_SHA256_BYTES],
                  uint8_t ret_node[static HF_SHA256_BYTES])
{
    HF_UNINITIALISED uint8_t input[1 + 2 * HF_SHA256_BYTES];
    HF_UNINITIALISED struct hf_sha256 state;
    input[0] = 0x01; /* = RFC 6962 2.1: nodes and leaves hash with different prefixes */
    memcpy(input + 1, left, HF_SHA256_BYTES);
    memcpy(input + 1 + HF_SHA256_BYTES, right, HF_SHA256_BYTES);
    hf_sha256_init(&state);
    hf_sha256_block(&state, input);
    hf_sha256_short(&state, 1, hf_bytes_of(input + HF_SHA256_BLOCK_BYTES, 1), ret_node);
}

unsigned hf_tree_append(struct hf_tree *tree, const uint8_t leaf_hash[static HF_SHA256_BYTES])
{
    uint8_t hash[HF_SHA256_BYTES];
    memcpy(hash, leaf_hash, sizeof(hash));
    memcpy(tree->complete[0], hash, sizeof(hash));
    unsigned n_levels = 1;
    unsigned bit = 0;
    for (; (tree->size >> bit) & 1; bit++) {
        hf_tree_node(tree->peaks[bit], hash, hash);
        if ((bit + 1) % HF_TREE_LEVEL_BITS == 0) {
            memcpy(tree->complete[(bit + 1) / HF_TREE_LEVEL_BITS], hash, sizeof(hash));
            n_levels++;
        }
    }
    memcpy(tree->peaks[bit], hash, sizeof(hash));
    tree->size++;
    return n_levels;
}

void hf_tree_root(const struct hf_tree *tree, uint8_t ret_root[static HF_SHA256_BYTES])
{
    if (tree->size == 0) { /* = RFC 6962 2.1: the hash of an empty list */
        hf_sha256_of(hf_bytes_of(NULL, 0), ret_root);
        return;
    }
    unsigned bit = (unsigned)__builtin_ctzll(tree->size);
    uint8_t hash[HF_SHA256_BYTES];
    memcpy(hash, tree->peaks[bit], sizeof(hash));
    for (bit++; bit < 64 && tree->size >> bit; bit++) {
        if ((tree->size >> bit) & 1) {
            hf_tree_node(tree->peaks[bit], hash, hash);
        }
    }
    memcpy(ret_root, hash, sizeof(hash));
}

void hf_tree_copy(struct hf_tree *to, const struct hf_tree *from)
{
    size_t n_bits = from->size ? 64 - (size_t)__builtin_clzll(from->size) : 0;
    memcpy(to->peaks, from->peaks, n_bits * HF_SHA256_BYTES);
    memcpy(to->complete, from->complete, (n_bits / HF_TREE_LEVEL_BITS + 1) * HF_SHA256_BYTES);
    to->size = from->size;
}
