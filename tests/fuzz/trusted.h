/*
 * The root of authority.h, trusted with its lists, and pieces of an input.
 */
#pragma once

#include "crypto/chain.h"
#include "crypto/rand.h"
#include "tests/fuzz/authority.h"
#include "tests/fuzz/fuzz.h"

static inline struct hf_chain_root *fuzz_new_root(void)
{
    struct hf_chain_root *root = NULL;
    fuzz_require(hf_is_ok(hf_crypto_init()));
    fuzz_require(hf_is_ok(hf_chain_root_new(HF_LITERAL(FUZZ_ROOT), &root, NULL)));
    return root;
}

/* Made once. */
static inline const struct hf_chain_root *fuzz_root(void)
{
    static struct hf_chain_root *root;
    if (!root) {
        root = fuzz_new_root();
        fuzz_require(hf_is_ok(hf_chain_root_add_crl(root, HF_LITERAL(FUZZ_ROOT_LIST), NULL)));
        fuzz_require(hf_is_ok(hf_chain_root_add_crl(root, HF_LITERAL(FUZZ_MIDDLE_LIST), NULL)));
    }
    return root;
}

/* A list that anyone may write is taken for the root's only when the root signed it. */
static inline void fuzz_add_list(hf_bytes list)
{
    struct hf_chain_root *root = fuzz_new_root();
    hf_ignore(hf_chain_root_add_crl(root, list, NULL));
    hf_chain_root_free(root);
}

static inline void fuzz_read_root(hf_bytes pem)
{
    struct hf_chain_root *root = NULL;
    hf_status status = hf_chain_root_new(pem, &root, NULL);
    fuzz_require(hf_is_ok(status) == (root != NULL));
    hf_chain_root_free(root);
}

/* Cuts pieces of two bytes of length each off; the last takes what is left. */
static inline size_t fuzz_split(hf_bytes in, hf_bytes *pieces, size_t max_pieces)
{
    size_t n = 0;
    while (in.size >= 2 && n < max_pieces) {
        size_t size = (size_t)in.data[0] << 8 | in.data[1];
        in = hf_bytes_skip(in, 2);
        size = size < in.size ? size : in.size;
        pieces[n++] = hf_bytes_of(in.data, size);
        in = hf_bytes_skip(in, size);
    }
    return n;
}
