/*
 * Making and checking proofs. Checking is pure arithmetic on what an outsider has; making asks a
 * source for the roots of complete subtrees and knows nothing of where they lie.
 *
 * The checks follow RFC 9162 step by step, because its words have been checked by many. A proof
 * that is too long, too short or for a size that cannot be is refused before any hash is compared.
 */
#include "audit/proof.h"

#include "audit/tree.h"

static bool is_same_hash(const uint8_t a[static HF_SHA256_BYTES],
                         const uint8_t b[static HF_SHA256_BYTES])
{
    return memcmp(a, b, HF_SHA256_BYTES) == 0;
}

hf_status hf_proof_verify_inclusion(const struct hf_proof *proof, uint64_t index, uint64_t size,
                                    const uint8_t leaf_hash[static HF_SHA256_BYTES],
                                    const uint8_t root[static HF_SHA256_BYTES])
{
    if (index >= size || proof->n_hashes > HF_PROOF_MAX_HASHES) { /* = RFC 9162 2.1.3.2 step 1 */
        HF_FAIL(LOG_TAMPERED);
    }
    uint64_t fn = index;
    uint64_t sn = size - 1;
    uint8_t r[HF_SHA256_BYTES];
    memcpy(r, leaf_hash, sizeof(r));
    for (size_t i = 0; i < proof->n_hashes; i++) { /* step 4 */
        if (sn == 0) {
            HF_FAIL(LOG_TAMPERED);
        }
        if ((fn & 1) || fn == sn) {
            hf_tree_node(proof->hashes[i], r, r);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            hf_tree_node(r, proof->hashes[i], r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    if (sn != 0 || !is_same_hash(r, root)) { /* step 5 */
        HF_FAIL(LOG_TAMPERED);
    }
    return HF_DONE;
}

/* The two roots that a consistency proof leads to. */
struct folding {
    uint64_t fn;
    uint64_t sn;
    uint8_t fr[HF_SHA256_BYTES];
    uint8_t sr[HF_SHA256_BYTES];
};

/* = RFC 9162 2.1.4.2 step 6, for one hash. False: the proof is too long. */
static bool fold_consistency(struct folding *f, const uint8_t c[static HF_SHA256_BYTES])
{
    if (f->sn == 0) {
        return false;
    }
    if ((f->fn & 1) || f->fn == f->sn) {
        hf_tree_node(c, f->fr, f->fr);
        hf_tree_node(c, f->sr, f->sr);
        while (!(f->fn & 1) && f->fn != 0) {
            f->fn >>= 1;
            f->sn >>= 1;
        }
    } else {
        hf_tree_node(f->sr, c, f->sr);
    }
    f->fn >>= 1;
    f->sn >>= 1;
    return true;
}

hf_status hf_proof_verify_consistency(const struct hf_proof *proof,
                                      const struct hf_tree_head *older,
                                      const struct hf_tree_head *newer)
{
    if (older->size == 0 || older->size > newer->size ||
        proof->n_hashes > HF_PROOF_MAX_CONSISTENCY_HASHES) {
        HF_FAIL(LOG_TAMPERED);
    }
    if (older->size == newer->size) {
        if (proof->n_hashes != 0 || !is_same_hash(older->root, newer->root)) {
            HF_FAIL(LOG_TAMPERED);
        }
        return HF_DONE;
    }
    /* Steps 1 to 5: a complete older tree is its own first hash and stands in no proof. */
    bool is_complete = (older->size & (older->size - 1)) == 0;
    size_t next = is_complete ? 0 : 1;
    if (proof->n_hashes < 1) {
        HF_FAIL(LOG_TAMPERED);
    }
    struct folding f = {.fn = older->size - 1, .sn = newer->size - 1};
    while (f.fn & 1) {
        f.fn >>= 1;
        f.sn >>= 1;
    }
    const uint8_t *first = is_complete ? older->root : proof->hashes[0];
    memcpy(f.fr, first, HF_SHA256_BYTES);
    memcpy(f.sr, first, HF_SHA256_BYTES);
    for (; next < proof->n_hashes; next++) {
        if (!fold_consistency(&f, proof->hashes[next])) {
            HF_FAIL(LOG_TAMPERED);
        }
    }
    if (f.sn != 0 || !is_same_hash(f.fr, older->root) || !is_same_hash(f.sr, newer->root)) {
        HF_FAIL(LOG_TAMPERED);
    }
    return HF_DONE;
}

/* Folds 2^k neighbouring hashes, in place, to their common root in hashes[0]. */
static void fold_complete(uint8_t (*hashes)[HF_SHA256_BYTES], size_t n)
{
    for (; n > 1; n /= 2) {
        for (size_t i = 0; i < n / 2; i++) {
            hf_tree_node(hashes[2 * i], hashes[2 * i + 1], hashes[i]);
        }
    }
}

/* The root of the complete subtree of 2^bits leaves that begins at leaf @begin. */
static hf_status subtree_root(const struct hf_hash_source *source, uint64_t begin, unsigned bits,
                              uint8_t *ret_hash)
{
    uint8_t hashes[1 << (HF_TREE_LEVEL_BITS - 1)][HF_SHA256_BYTES];
    unsigned level = bits / HF_TREE_LEVEL_BITS;
    size_t n = (size_t)1 << bits % HF_TREE_LEVEL_BITS;
    HF_TRY(source->read(source->context, level, begin >> (level * HF_TREE_LEVEL_BITS), n, hashes));
    fold_complete(hashes, n);
    memcpy(ret_hash, hashes[0], HF_SHA256_BYTES);
    return HF_DONE;
}

/*
 * MTH(D[begin:end]) where @begin is a multiple of every power of two in the length, as in every
 * range that RFC 6962 asks for: complete subtrees from the left, folded from the right.
 */
static hf_status range_root(const struct hf_hash_source *source, uint64_t begin, uint64_t end,
                            uint8_t *ret_hash)
{
    uint8_t hash[HF_SHA256_BYTES];
    bool has_hash = false;
    uint64_t length = end - begin;
    for (unsigned bits = 0; bits < 64 && length >> bits; bits++) {
        if (!((length >> bits) & 1)) {
            continue;
        }
        end -= UINT64_C(1) << bits;
        uint8_t left[HF_SHA256_BYTES];
        HF_TRY(subtree_root(source, end, bits, left));
        if (has_hash) {
            hf_tree_node(left, hash, hash);
        } else {
            memcpy(hash, left, sizeof(hash));
            has_hash = true;
        }
    }
    memcpy(ret_hash, hash, sizeof(hash));
    return HF_DONE;
}

hf_status hf_proof_root(const struct hf_hash_source *source, uint64_t size,
                        uint8_t ret_root[static HF_SHA256_BYTES])
{
    if (size == 0) {
        hf_sha256_of(hf_bytes_of(NULL, 0), ret_root);
        return HF_DONE;
    }
    return range_root(source, 0, size, ret_root);
}

/* The largest power of two below @n; n > 1. */
static uint64_t split_of(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

static void reverse(struct hf_proof *proof)
{
    for (size_t i = 0, j = proof->n_hashes; i + 1 < j; i++) {
        uint8_t hash[HF_SHA256_BYTES];
        j--;
        memcpy(hash, proof->hashes[i], sizeof(hash));
        memcpy(proof->hashes[i], proof->hashes[j], sizeof(hash));
        memcpy(proof->hashes[j], hash, sizeof(hash));
    }
}

hf_status hf_proof_make_inclusion(const struct hf_hash_source *source, uint64_t index,
                                  uint64_t size, struct hf_proof *ret_proof)
{
    if (index >= size) {
        HF_FAIL(NOT_FOUND);
    }
    struct hf_proof proof = {.n_hashes = 0};
    uint64_t begin = 0;
    uint64_t end = size;
    while (end - begin > 1) { /* from the root down: each step names the sibling */
        uint64_t middle = begin + split_of(end - begin);
        uint8_t *sibling = proof.hashes[proof.n_hashes++];
        if (index < middle) {
            HF_TRY(range_root(source, middle, end, sibling));
            end = middle;
        } else {
            HF_TRY(range_root(source, begin, middle, sibling));
            begin = middle;
        }
    }
    reverse(&proof);
    *ret_proof = proof;
    return HF_DONE;
}

hf_status hf_proof_make_consistency(const struct hf_hash_source *source, uint64_t older_size,
                                    uint64_t newer_size, struct hf_proof *ret_proof)
{
    if (older_size == 0 || older_size > newer_size) {
        HF_FAIL(NOT_FOUND);
    }
    struct hf_proof proof = {.n_hashes = 0};
    uint64_t begin = 0;
    uint64_t end = newer_size;
    while (end != older_size) { /* = RFC 6962 2.1.2 SUBPROOF, as a loop from the root down */
        uint64_t middle = begin + split_of(end - begin);
        uint8_t *sibling = proof.hashes[proof.n_hashes++];
        if (older_size <= middle) {
            HF_TRY(range_root(source, middle, end, sibling));
            end = middle;
        } else {
            HF_TRY(range_root(source, begin, middle, sibling));
            begin = middle;
        }
    }
    if (begin != 0) { /* the older tree's last part is not known to who has only its root */
        HF_TRY(range_root(source, begin, end, proof.hashes[proof.n_hashes]));
        proof.n_hashes++;
    }
    reverse(&proof);
    *ret_proof = proof;
    return HF_DONE;
}
