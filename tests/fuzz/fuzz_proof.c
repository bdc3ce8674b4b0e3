/* Targets: audit/tlog_proof.c, audit/proof.c. Claims: a file without `extra` that is accepted is
 * what the writer writes again; and its hashes can be judged for any size. */
#include "audit/proof.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_tlog_proof proof;
    static const uint8_t leaf[HF_SHA256_BYTES];
    HF_CLEANUP(hf_buf_clear) hf_buf again = hf_buf_init(HF_TLOG_PROOF_MAX_BYTES);
    if (!hf_is_ok(hf_tlog_proof_parse(hf_bytes_of(data, size), &proof, NULL))) {
        return 0;
    }
    if (!proof.has_extra) {
        fuzz_require(
            hf_is_ok(hf_tlog_proof_write(proof.index, &proof.proof, proof.checkpoint, &again)));
        fuzz_require(hf_bytes_equal(hf_buf_view(&again), hf_bytes_of(data, size)));
    }
    for (unsigned bits = 0; bits < 64; bits++) {
        const struct hf_tree_head older = {.size = proof.index};
        const struct hf_tree_head newer = {.size = UINT64_C(1) << bits};
        hf_ignore(hf_proof_verify_inclusion(&proof.proof, proof.index, newer.size, leaf, leaf));
        hf_ignore(hf_proof_verify_consistency(&proof.proof, &older, &newer));
    }
    return 0;
}
