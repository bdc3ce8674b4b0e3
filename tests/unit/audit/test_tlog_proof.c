#include "audit/proof.h"

#include "tests/unit/unit.h"

#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define HEAD "c2sp.org/tlog-proof@v1\n"

static void a_proof_reads_back(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(HF_TLOG_PROOF_MAX_BYTES);
    struct hf_proof proof = {.n_hashes = 2, .hashes = {{1}, {2}}};
    struct hf_tlog_proof back;
    assert_ok(hf_tlog_proof_write(77, &proof, HF_LITERAL("the\n\nnote\n"), &buf));
    assert_ok(hf_tlog_proof_parse(hf_buf_view(&buf), &back, NULL));
    assert_int_equal(back.index, 77);
    assert_false(back.has_extra);
    assert_int_equal(back.proof.n_hashes, 2);
    assert_memory_equal(back.proof.hashes, proof.hashes, 64);
    assert_true(hf_bytes_equal_string(back.checkpoint, "the\n\nnote\n"));
}

static void an_extra_line_is_noticed(void **state)
{
    (void)state;
    struct hf_tlog_proof proof;
    assert_ok(hf_tlog_proof_parse(HF_LITERAL(HEAD "extra AAAA\nindex 0\n\nx\n"), &proof, NULL));
    assert_true(proof.has_extra);
}

static void refused(const char *text, unsigned line)
{
    struct hf_tlog_proof proof;
    struct hf_problem problem = {0};
    assert_code(hf_tlog_proof_parse(hf_bytes_of_string(text), &proof, &problem), LOG_TAMPERED);
    assert_int_equal(problem.line, line);
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    refused("", 1);
    refused("c2sp.org/tlog-proof@v2\nindex 0\n\nx\n", 1);
    refused(HEAD, 2);
    refused(HEAD "index\n\nx\n", 2);
    refused(HEAD "index 01\n\nx\n", 2);
    refused(HEAD "index -1\n\nx\n", 2);
    refused(HEAD "index 99999999999999999999\n\nx\n", 2);
    refused(HEAD "extra a\n", 3);
    refused(HEAD "index 0\n", 3);
    refused(HEAD "index 0\nAAAA\n\nx\n", 3);
    refused(HEAD "index 0\n" HASH "index 1\n\nx\n", 4);
    refused(HEAD "index 0\n" HASH, 4);
    refused(HEAD "index 0\n\n", 0);
    refused(HEAD "index 0\r\n\nx\n", 2);
}

static void too_many_hashes_are_refused(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(HF_TLOG_PROOF_MAX_BYTES);
    struct hf_proof proof = {.n_hashes = HF_PROOF_MAX_HASHES + 1};
    struct hf_tlog_proof back;
    assert_ok(hf_tlog_proof_write(0, &proof, HF_LITERAL("x\n"), &buf));
    assert_code(hf_tlog_proof_parse(hf_buf_view(&buf), &back, NULL), LOG_TAMPERED);
}

static void a_file_has_a_limit(void **state)
{
    (void)state;
    static uint8_t text[HF_TLOG_PROOF_MAX_BYTES + 1];
    struct hf_tlog_proof proof;
    assert_code(hf_tlog_proof_parse(hf_bytes_of(text, sizeof(text)), &proof, NULL), LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proof_reads_back),      cmocka_unit_test(an_extra_line_is_noticed),
        cmocka_unit_test(other_texts_are_refused), cmocka_unit_test(too_many_hashes_are_refused),
        cmocka_unit_test(a_file_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
