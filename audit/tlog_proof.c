/*
 * The C2SP tlog-proof file: lines that a third party keeps beside a record. Strict line by line;
 * the `extra` line is unauthenticated by design and therefore only noticed, never used.
 */
#include "audit/line.h"
#include "audit/proof.h"
#include "crypto/base64.h"

#define FIRST_LINE "c2sp.org/tlog-proof@v1\n"

hf_status hf_tlog_proof_write(uint64_t index, const struct hf_proof *proof, hf_bytes checkpoint,
                              hf_buf *buf)
{
    HF_TRY(hf_buf_printf(buf, FIRST_LINE "index %llu\n", (unsigned long long)index));
    for (size_t i = 0; i < proof->n_hashes; i++) {
        HF_TRY(hf_base64_encode(hf_bytes_of(proof->hashes[i], HF_SHA256_BYTES), buf));
        HF_TRY(hf_buf_append_byte(buf, '\n'));
    }
    HF_TRY(hf_buf_append_byte(buf, '\n'));
    return hf_buf_append(buf, checkpoint);
}

static hf_status refuse(struct hf_problem *reterr, unsigned line, const char *what)
{
    if (reterr) {
        reterr->line = line;
    }
    return hf_problem_set(reterr, HF_LOG_TAMPERED, "proof", "%s", what);
}

/* The lines between the first and the empty one. */
static hf_status take_body(hf_bytes *rest, struct hf_tlog_proof *proof, struct hf_problem *reterr)
{
    hf_bytes line;
    unsigned line_number = 2;
    bool has_line = hf_line_take(rest, &line);
    if (has_line && hf_bytes_starts_with(line, HF_LITERAL("extra "))) {
        proof->has_extra = true;
        line_number++;
        has_line = hf_line_take(rest, &line);
    }
    if (!has_line || !hf_bytes_starts_with(line, HF_LITERAL("index ")) ||
        !hf_line_number(hf_bytes_skip(line, 6), &proof->index)) {
        return refuse(reterr, line_number, "the line `index N` is missing or wrong");
    }
    for (;;) {
        line_number++;
        if (!hf_line_take(rest, &line)) {
            return refuse(reterr, line_number, "the empty line before the checkpoint is missing");
        }
        if (line.size == 0) {
            return HF_DONE;
        }
        struct hf_proof *hashes = &proof->proof;
        if (hashes->n_hashes == HF_PROOF_MAX_HASHES ||
            !hf_line_hash(line, hashes->hashes[hashes->n_hashes])) {
            return refuse(reterr, line_number, "not a hash in base64, or too many of them");
        }
        hashes->n_hashes++;
    }
}

hf_status hf_tlog_proof_parse(hf_bytes text, struct hf_tlog_proof *ret_proof,
                              struct hf_problem *reterr)
{
    if (text.size > HF_TLOG_PROOF_MAX_BYTES) {
        return hf_problem_set(reterr, HF_LIMIT, "proof", "longer than %d bytes",
                              HF_TLOG_PROOF_MAX_BYTES);
    }
    if (!hf_bytes_starts_with(text, HF_LITERAL(FIRST_LINE))) {
        return refuse(reterr, 1, "the first line is not c2sp.org/tlog-proof@v1");
    }
    struct hf_tlog_proof proof = {0};
    hf_bytes rest = hf_bytes_skip(text, sizeof(FIRST_LINE) - 1);
    HF_TRY(take_body(&rest, &proof, reterr));
    if (rest.size == 0) {
        return refuse(reterr, 0, "no checkpoint");
    }
    proof.checkpoint = rest;
    *ret_proof = proof;
    return HF_DONE;
}
