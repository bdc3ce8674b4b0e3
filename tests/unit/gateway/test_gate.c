/*
 * The gate alone. The functions of the HTTP/2 server are replaced by ones that only count: what
 * reaches them has passed.
 */
#include "gateway/gate.h"

#include "tests/unit/unit.h"

static unsigned n_passed;

hf_status __wrap_hf_h2_respond(struct hf_h2_stream *stream, int status,
                               const struct hf_h2_field *fields, size_t n_fields, bool has_body);
hf_status __wrap_hf_h2_respond(struct hf_h2_stream *stream, int status,
                               const struct hf_h2_field *fields, size_t n_fields, bool has_body)
{
    (void)stream;
    (void)status;
    (void)fields;
    (void)n_fields;
    assert_true(has_body);
    n_passed++;
    return HF_DONE;
}

hf_status __wrap_hf_h2_stream_give(struct hf_h2_stream *stream, hf_buf *bytes);
hf_status __wrap_hf_h2_stream_give(struct hf_h2_stream *stream, hf_buf *bytes)
{
    (void)stream;
    (void)bytes;
    n_passed++;
    return HF_DONE;
}

hf_status __wrap_hf_h2_stream_end(struct hf_h2_stream *stream, const struct hf_h2_field *trailers,
                                  size_t n_trailers);
hf_status __wrap_hf_h2_stream_end(struct hf_h2_stream *stream, const struct hf_h2_field *trailers,
                                  size_t n_trailers)
{
    (void)stream;
    (void)trailers;
    (void)n_trailers;
    n_passed++;
    return HF_DONE;
}

static hf_status log_failed(void)
{
    HF_FAIL(LOG_UNAVAILABLE);
}

static void nothing_passes(struct hf_gate *gate)
{
    hf_buf bytes = hf_buf_init(100);
    n_passed = 0;
    assert_false(hf_gate_lets_bytes(gate));
    assert_code(hf_gate_respond(gate, 200, NULL, 0), BUG);
    assert_code(hf_gate_give(gate, &bytes), BUG);
    assert_code(hf_gate_end(gate, NULL, 0), BUG);
    assert_int_equal(n_passed, 0);
}

static void a_new_gate_is_closed(void **state)
{
    (void)state;
    struct hf_gate gate = hf_gate_init(NULL);
    nothing_passes(&gate);
    gate = (struct hf_gate){0};
    nothing_passes(&gate);
}

static void a_durable_access_lets_bytes_but_not_the_end(void **state)
{
    (void)state;
    struct hf_gate gate = hf_gate_init(NULL);
    hf_buf bytes = hf_buf_init(100);
    hf_gate_access_settled(&gate, HF_DONE);
    n_passed = 0;
    assert_ok(hf_gate_respond(&gate, 200, NULL, 0));
    assert_ok(hf_gate_give(&gate, &bytes));
    assert_false(hf_gate_lets_end(&gate));
    assert_code(hf_gate_end(&gate, NULL, 0), BUG);
    assert_int_equal(n_passed, 2);
}

static void a_durable_outcome_lets_the_end(void **state)
{
    (void)state;
    struct hf_gate gate = hf_gate_init(NULL);
    hf_gate_access_settled(&gate, HF_DONE);
    hf_gate_outcome_settled(&gate, HF_DONE);
    assert_true(hf_gate_lets_end(&gate));
    assert_ok(hf_gate_end(&gate, NULL, 0));
}

static void a_record_that_failed_opens_nothing(void **state)
{
    (void)state;
    struct hf_gate gate = hf_gate_init(NULL);
    hf_gate_access_settled(&gate, log_failed());
    nothing_passes(&gate);
    hf_gate_outcome_settled(&gate, HF_DONE);
    nothing_passes(&gate);
}

static void an_outcome_that_failed_does_not_let_the_end(void **state)
{
    (void)state;
    struct hf_gate gate = hf_gate_init(NULL);
    hf_gate_access_settled(&gate, HF_DONE);
    hf_gate_outcome_settled(&gate, log_failed());
    assert_false(hf_gate_lets_end(&gate));
    assert_code(hf_gate_end(&gate, NULL, 0), BUG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_gate_is_closed),
        cmocka_unit_test(a_durable_access_lets_bytes_but_not_the_end),
        cmocka_unit_test(a_durable_outcome_lets_the_end),
        cmocka_unit_test(a_record_that_failed_opens_nothing),
        cmocka_unit_test(an_outcome_that_failed_does_not_let_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
