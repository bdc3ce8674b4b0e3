/*
 * Calls to a source: what arrives, what is kept back, what is repeated and what never is.
 */
#include "gateway/upstream.h"

#include "tests/support/wire.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <unistd.h>

struct test {
    struct wire wire;
    struct origin origin;
    struct hf_upstream *upstream;
};

struct record {
    struct hf_call *call;
    int status;
    hf_buf body;
    size_t take; /* of each offer; SIZE_MAX: all */
    unsigned n_offers;
    bool has_trailer;
    bool cancels; /* at the first body bytes */
    bool ended;
    bool failed;
    struct hf_call_fault fault;
};

static void on_headers(void *context, int status, const struct hf_h2_field *fields, size_t n_fields)
{
    struct record *record = context;
    record->status = status;
    for (size_t i = 0; i < n_fields; i++) {
        assert_true(fields[i].name.size > 0);
    }
}

static size_t on_data(void *context, hf_bytes bytes)
{
    struct record *record = context;
    size_t n = bytes.size < record->take ? bytes.size : record->take;
    record->n_offers++;
    assert_ok(hf_buf_append(&record->body, hf_bytes_of(bytes.data, n)));
    if (record->cancels) {
        hf_call_cancel(record->call);
        record->call = NULL;
    }
    return n;
}

static void on_trailers(void *context, const struct hf_h2_field *fields, size_t n_fields)
{
    struct record *record = context;
    record->has_trailer = n_fields == 1 && hf_bytes_equal_string(fields[0].name, "check");
}

static void on_end(void *context)
{
    struct record *record = context;
    assert_false(record->ended || record->failed);
    record->ended = true;
    record->call = NULL;
}

static void on_fault(void *context, const struct hf_call_fault *fault)
{
    struct record *record = context;
    assert_false(record->ended || record->failed);
    record->failed = true;
    record->fault = *fault;
    record->call = NULL;
}

static const struct hf_call_events events = {.on_headers = on_headers,
                                             .on_data = on_data,
                                             .on_trailers = on_trailers,
                                             .on_end = on_end,
                                             .on_fault = on_fault};

static bool is_over(void *context)
{
    const struct record *record = context;
    return record->ended || record->failed;
}

static struct record new_record(void)
{
    return (struct record){.body = hf_buf_init(32 << 20), .take = SIZE_MAX};
}

static hf_status begin_on(struct hf_upstream *upstream, struct record *record, const char *path,
                          hf_bytes body)
{
    const struct hf_call_request request = {.method =
                                                body.size ? HF_LITERAL("POST") : HF_LITERAL("GET"),
                                            .authority = HF_LITERAL("localhost"),
                                            .path = hf_bytes_of_string(path),
                                            .body = body};
    return hf_upstream_call(upstream, &request, &events, record, &record->call);
}

static void begin(struct test *test, struct record *record, const char *path)
{
    assert_ok(begin_on(test->upstream, record, path, hf_bytes_of(NULL, 0)));
    assert_false(is_over(record)); /* no callback inside of the call */
}

static void finish(struct test *test, struct record *record)
{
    wire_run_until(&test->wire, is_over, record, 5000);
}

static struct hf_upstream_config config_for(struct test *test, uint16_t port)
{
    return (struct hf_upstream_config){
        .loop = test->wire.loop, .host = "localhost", .port = port, .tls = test->wire.plain_client};
}

static int setup(void **state)
{
    static struct test test;
    wire_init(&test.wire);
    origin_open(&test.origin, &test.wire, NULL, test.wire.public_server);
    struct hf_upstream_config config = config_for(&test, origin_port(&test.origin));
    config.host = "127.0.0.1";
    config.connect_ms = 200;
    config.first_byte_ms = 150;
    config.whole_ms = 400;
    assert_ok(hf_upstream_new(&config, &test.upstream));
    *state = &test;
    return 0;
}

static int teardown(void **state)
{
    struct test *test = *state;
    hf_upstream_free(test->upstream);
    if (test->origin.service) {
        origin_close(&test->origin);
    }
    wire_clear(&test->wire);
    return 0;
}

static void an_answer_comes_whole(void **state)
{
    struct test *test = *state;
    struct record record = new_record();
    begin(test, &record, "/hello");
    finish(test, &record);
    assert_true(record.ended);
    assert_int_equal(record.status, 200);
    assert_true(hf_bytes_equal_string(hf_buf_view(&record.body), "hello"));
    hf_buf_clear(&record.body);
}

static void a_body_is_sent_whole(void **state)
{
    struct test *test = *state;
    struct record record = new_record();
    static uint8_t body[60000];
    memset(body, 'b', sizeof body);
    assert_ok(begin_on(test->upstream, &record, "/echo", hf_bytes_of(body, sizeof body)));
    finish(test, &record);
    assert_true(record.ended);
    assert_int_equal(record.body.size, sizeof body);
    assert_memory_equal(record.body.data, body, sizeof body);
    hf_buf_clear(&record.body);
}

static void an_answer_without_body_ends_with_its_head(void **state)
{
    struct test *test = *state;
    struct record record = new_record();
    begin(test, &record, "/empty");
    finish(test, &record);
    assert_true(record.ended);
    assert_int_equal(record.status, 204);
    assert_int_equal(record.n_offers, 0);
}

static void trailers_come_before_the_end(void **state)
{
    struct test *test = *state;
    struct record record = new_record();
    begin(test, &record, "/late-trailers");
    finish(test, &record);
    assert_true(record.ended && record.has_trailer);
    hf_buf_clear(&record.body);
}

static void one_connection_serves_many_calls(void **state)
{
    struct test *test = *state;
    struct record records[50];
    for (size_t i = 0; i < 50; i++) {
        records[i] = new_record();
        begin(test, &records[i], "/hello");
    }
    for (size_t i = 0; i < 50; i++) {
        finish(test, &records[i]);
        assert_true(records[i].ended);
        hf_buf_clear(&records[i].body);
    }
    assert_int_equal(hf_h2_service_connections(test->origin.service), 1);
}

/* 100 streams fit on a connection, so 150 calls take two; 1000 take no more than the four allowed.
 */
static void another_connection_is_made_only_when_the_streams_are_used_up(void **state)
{
    struct test *test = *state;
    enum { N = 150 };
    static struct record records[N];
    for (size_t i = 0; i < N; i++) {
        records[i] = new_record();
        begin(test, &records[i], "/late-trailers");
    }
    for (size_t i = 0; i < N; i++) {
        finish(test, &records[i]);
        assert_true(records[i].ended);
        hf_buf_clear(&records[i].body);
    }
    assert_int_equal(hf_h2_service_connections(test->origin.service), 2);
}

static void too_many_waiting_calls_are_refused(void **state)
{
    struct test *test = *state;
    struct hf_upstream *upstream = NULL;
    struct record records[3] = {new_record(), new_record(), new_record()};
    struct hf_upstream_config config = config_for(test, origin_port(&test->origin));
    config.max_waiting = 2;
    assert_ok(hf_upstream_new(&config, &upstream));
    assert_ok(begin_on(upstream, &records[0], "/hello", hf_bytes_of(NULL, 0)));
    assert_ok(begin_on(upstream, &records[1], "/hello", hf_bytes_of(NULL, 0)));
    assert_code(begin_on(upstream, &records[2], "/hello", hf_bytes_of(NULL, 0)), OVERLOADED);
    hf_call_cancel(records[0].call);
    hf_call_cancel(records[1].call);
    hf_upstream_free(upstream);
}

static void bad_fields_are_a_bug(void **state)
{
    struct test *test = *state;
    struct record record = new_record();
    struct hf_h2_field fields[HF_H2_MAX_RESPONSE_FIELDS + 1];
    memset(fields, 0, sizeof fields);
    const struct hf_call_request request = {.method = HF_LITERAL("GET"),
                                            .authority = HF_LITERAL("localhost"),
                                            .path = HF_LITERAL("/hello"),
                                            .fields = fields,
                                            .n_fields = HF_H2_MAX_RESPONSE_FIELDS + 1};
    assert_code(hf_upstream_call(test->upstream, &request, &events, &record, &record.call), BUG);
}

/* --- back-pressure ------------------------------------------------------------------------- */

static void what_is_not_taken_is_not_sent_for(void **state)
{
    struct test *test = *state;
    struct record record = new_record();
    record.take = 0;
    begin(test, &record, "/bytes/1000000");
    wire_run_ms(&test->wire, 60);
    assert_int_equal(record.n_offers, 1);
    /* its window, and what the origin keeps for the stream */
    assert_true(test->origin.n_written_bytes <= 65536 + 65536 + 4096);
    record.take = SIZE_MAX;
    hf_call_resume(record.call);
    finish(test, &record);
    assert_true(record.ended);
    assert_int_equal(record.body.size, 1000000);
    hf_buf_clear(&record.body);
}

static void small_bites_make_the_whole_meal(void **state)
{
    struct test *test = *state;
    struct record record = new_record();
    record.take = 7000;
    begin(test, &record, "/bytes/100000");
    while (!is_over(&record)) {
        hf_call_resume(record.call);
        wire_run_ms(&test->wire, 1);
    }
    assert_true(record.ended);
    assert_int_equal(record.body.size, 100000);
    hf_buf_clear(&record.body);
}

/* The connection's window covers every stream's: sixty that nobody drains stop nobody else. */
static void stalled_calls_do_not_stop_the_others(void **state)
{
    struct test *test = *state;
    enum { N = 90 };
    struct hf_upstream *upstream = NULL;
    static struct record stalled[N];
    struct record lively = new_record();
    struct hf_upstream_config config = config_for(test, origin_port(&test->origin));
    config.max_connections = 1;
    assert_ok(hf_upstream_new(&config, &upstream));
    for (size_t i = 0; i < N; i++) {
        stalled[i] = new_record();
        stalled[i].take = 0;
        assert_ok(begin_on(upstream, &stalled[i], "/bytes/200000", hf_bytes_of(NULL, 0)));
    }
    wire_run_ms(&test->wire, 100);
    assert_ok(begin_on(upstream, &lively, "/bytes/200000", hf_bytes_of(NULL, 0)));
    finish(test, &lively);
    assert_true(lively.ended);
    assert_int_equal(lively.body.size, 200000);
    for (size_t i = 0; i < N; i++) {
        hf_call_cancel(stalled[i].call);
    }
    hf_buf_clear(&lively.body);
    hf_upstream_free(upstream);
}

/* --- giving up ----------------------------------------------------------------------------- */

static void a_cancelled_call_is_never_heard_of_again(void **state)
{
    struct test *test = *state;
    struct record waiting = new_record();
    struct record sent = new_record();
    struct record reading = new_record();
    begin(test, &waiting, "/hello");
    hf_call_cancel(waiting.call); /* no connection yet */
    begin(test, &sent, "/never");
    wire_run_ms(&test->wire, 50);
    hf_call_cancel(sent.call);
    reading.cancels = true;
    begin(test, &reading, "/bytes/1000000");
    wire_run_ms(&test->wire, 50);
    assert_false(is_over(&waiting) || is_over(&sent) || is_over(&reading));
    assert_int_equal(reading.n_offers, 1);
    assert_int_equal(test->origin.n_live, 0);
    assert_int_equal(test->origin.n_ended[HF_H2_END_RESET], 2);
    hf_buf_clear(&reading.body);
}

/* A source counts resets against us: an answer that has come whole is not reset. */
static void a_finished_answer_is_not_reset(void **state)
{
    struct test *test = *state;
    struct record record = new_record();
    record.take = 0;
    begin(test, &record, "/hello");
    wire_run_ms(&test->wire, 50);
    assert_false(is_over(&record));
    hf_call_cancel(record.call);
    wire_run_ms(&test->wire, 20);
    assert_int_equal(test->origin.n_ended[HF_H2_END_COMPLETE], 1);
    assert_int_equal(test->origin.n_ended[HF_H2_END_RESET], 0);
}

static void expect_fault(struct test *test, const char *path, enum hf_code code)
{
    struct record record = new_record();
    begin(test, &record, path);
    finish(test, &record);
    assert_true(record.failed);
    assert_string_equal(hf_code_info(record.fault.code)->name, hf_code_info(code)->name);
    assert_non_null(record.fault.detail);
    hf_buf_clear(&record.body);
}

static void silence_is_a_timeout(void **state)
{
    expect_fault(*state, "/never", HF_SOURCE_TIMEOUT);
}

static void a_body_that_never_ends_is_a_timeout(void **state)
{
    struct test *test = *state;
    expect_fault(test, "/headers-only", HF_SOURCE_TIMEOUT);
    assert_int_equal(test->origin.n_live, 0);
}

static void a_reset_is_unavailable_and_not_repeated(void **state)
{
    struct test *test = *state;
    struct record record = new_record();
    begin(test, &record, "/reset");
    finish(test, &record);
    assert_int_equal(record.fault.code, HF_SOURCE_UNAVAILABLE);
    assert_true(record.fault.was_reset);
    assert_int_equal(record.fault.h2_error, HF_H2_INTERNAL_ERROR);
    assert_int_equal(test->origin.n_requests, 1);
}

static void a_reset_inside_the_body_is_no_end(void **state)
{
    struct test *test = *state;
    struct record record = new_record();
    begin(test, &record, "/reset-body");
    finish(test, &record);
    assert_true(record.failed);
    assert_true(hf_bytes_equal_string(hf_buf_view(&record.body), "hel"));
    hf_buf_clear(&record.body);
}

static void a_lost_connection_fails_its_calls_and_the_next_call_connects_anew(void **state)
{
    struct test *test = *state;
    struct record lost = new_record();
    struct record next = new_record();
    begin(test, &lost, "/never");
    wire_run_ms(&test->wire, 50);
    origin_close(&test->origin);
    finish(test, &lost);
    assert_int_equal(lost.fault.code, HF_SOURCE_UNAVAILABLE);
    begin(test, &next, "/hello");
    finish(test, &next);
    assert_int_equal(next.fault.code, HF_SOURCE_UNAVAILABLE); /* nobody listens there now */
}

static void a_source_that_goes_away_in_order_is_called_again(void **state)
{
    struct test *test = *state;
    struct record record = new_record();
    begin(test, &record, "/goaway");
    finish(test, &record);
    assert_true(record.ended);
    hf_buf_clear(&record.body);
    for (int i = 0; i < 3; i++) {
        record = new_record();
        begin(test, &record, "/hello");
        finish(test, &record);
        assert_true(record.ended);
        hf_buf_clear(&record.body);
    }
}

static void no_one_there_is_unavailable(void **state)
{
    struct test *test = *state;
    origin_close(&test->origin);
    expect_fault(test, "/hello", HF_SOURCE_UNAVAILABLE);
    expect_fault(test, "/hello", HF_SOURCE_UNAVAILABLE);
}

static void a_source_with_a_wrong_certificate_is_unavailable(void **state)
{
    struct test *test = *state;
    struct wire other;
    wire_init(&other);
    hf_h2_service_set_tls(test->origin.service, other.public_server);
    expect_fault(test, "/hello", HF_SOURCE_UNAVAILABLE);
    assert_int_equal(test->origin.n_requests, 0);
    wire_clear(&other);
}

static void a_handshake_that_hangs_is_given_up(void **state)
{
    struct test *test = *state;
    struct hf_upstream *upstream = NULL;
    struct hf_address address;
    struct record record = new_record();
    int listener = -1;
    assert_ok(hf_address_from_literal("127.0.0.1", 0, &address));
    assert_ok(hf_address_listen(&address, 1, &listener)); /* and never accepts */
    address.size_bytes = sizeof address.storage;
    assert_int_equal(
        getsockname(listener, (struct sockaddr *)&address.storage, &address.size_bytes), 0);
    struct hf_upstream_config config = config_for(test, hf_address_port(&address));
    config.connect_ms = 100;
    assert_ok(hf_upstream_new(&config, &upstream));
    assert_ok(begin_on(upstream, &record, "/hello", hf_bytes_of(NULL, 0)));
    finish(test, &record);
    assert_int_equal(record.fault.code, HF_SOURCE_UNAVAILABLE);
    hf_upstream_free(upstream);
    close(listener);
}

static void a_name_that_does_not_exist_is_refused(void **state)
{
    struct test *test = *state;
    struct hf_upstream *upstream = NULL;
    struct hf_upstream_config config = config_for(test, 1);
    config.host = "no such name";
    assert_code(hf_upstream_new(&config, &upstream), SOURCE_UNAVAILABLE);
    assert_null(upstream);
    hf_upstream_free(NULL);
}

static void an_unused_connection_is_closed(void **state)
{
    struct test *test = *state;
    struct hf_upstream *upstream = NULL;
    struct record record = new_record();
    struct hf_upstream_config config = config_for(test, origin_port(&test->origin));
    config.idle_ms = 60;
    assert_ok(hf_upstream_new(&config, &upstream));
    assert_ok(begin_on(upstream, &record, "/hello", hf_bytes_of(NULL, 0)));
    finish(test, &record);
    assert_int_equal(hf_h2_service_connections(test->origin.service), 1);
    wire_run_ms(&test->wire, 250);
    assert_int_equal(hf_h2_service_connections(test->origin.service), 0);
    hf_buf_clear(&record.body);
    hf_upstream_free(upstream);
}

#define over_the_wire(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        over_the_wire(an_answer_comes_whole),
        over_the_wire(a_body_is_sent_whole),
        over_the_wire(an_answer_without_body_ends_with_its_head),
        over_the_wire(trailers_come_before_the_end),
        over_the_wire(one_connection_serves_many_calls),
        over_the_wire(another_connection_is_made_only_when_the_streams_are_used_up),
        over_the_wire(too_many_waiting_calls_are_refused),
        over_the_wire(bad_fields_are_a_bug),
        over_the_wire(what_is_not_taken_is_not_sent_for),
        over_the_wire(small_bites_make_the_whole_meal),
        over_the_wire(stalled_calls_do_not_stop_the_others),
        over_the_wire(a_cancelled_call_is_never_heard_of_again),
        over_the_wire(a_finished_answer_is_not_reset),
        over_the_wire(silence_is_a_timeout),
        over_the_wire(a_body_that_never_ends_is_a_timeout),
        over_the_wire(a_reset_is_unavailable_and_not_repeated),
        over_the_wire(a_reset_inside_the_body_is_no_end),
        over_the_wire(a_lost_connection_fails_its_calls_and_the_next_call_connects_anew),
        over_the_wire(a_source_that_goes_away_in_order_is_called_again),
        over_the_wire(no_one_there_is_unavailable),
        over_the_wire(a_source_with_a_wrong_certificate_is_unavailable),
        over_the_wire(a_handshake_that_hangs_is_given_up),
        over_the_wire(a_name_that_does_not_exist_is_refused),
        over_the_wire(an_unused_connection_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
