#include "consent/stored.h"

#include "tests/unit/consent/payload.h"

#include <stdio.h>

static struct {
    hf_buf value;
    struct hf_arena arena;
} held;

static int start(void **state)
{
    (void)state;
    held.value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    held.arena = hf_arena_init(1 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hf_buf_clear(&held.value);
    hf_arena_clear(&held.arena);
    return 0;
}

static struct hf_entry_facts usual_facts(void)
{
    struct hf_entry_facts facts = {.rcpt = "uscc:" PAYLOAD_BANK,
                                   .token_sha256 = {1, 2, 3},
                                   .payload_sha256 = {4, 5, 6},
                                   .received_unix_s = 1767225700,
                                   .iat_unix_s = 1767225500,
                                   .nbf_unix_s = 1767225600,
                                   .exp_unix_s = 1774915200,
                                   .max_total = 100000,
                                   .has_window = true,
                                   .window = HF_WINDOW_MONTH,
                                   .window_count = 1000};
    assert_ok(hf_consent_id_of(HF_LITERAL(PAYLOAD_ISS), HF_LITERAL(PAYLOAD_JTI), &facts.id));
    return facts;
}

static void a_consent_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct hf_entry_facts facts = usual_facts();
    struct hf_entry_facts read;
    bool is_registered = true;
    for (int i = 0; i < 2; i++) {
        hf_buf_reset(&held.value);
        facts.has_window = i == 0;
        facts.window = i == 0 ? HF_WINDOW_MONTH : HF_WINDOW_HOUR;
        facts.window_count = i == 0 ? 1000 : 0;
        assert_ok(hf_stored_consent_write(&facts, i == 0, &held.value));
        assert_ok(
            hf_stored_consent_read(hf_buf_view(&held.value), &facts.id, &read, &is_registered));
        assert_memory_equal(&read.id, &facts.id, sizeof facts.id);
        assert_string_equal(read.rcpt, facts.rcpt);
        assert_memory_equal(read.token_sha256, facts.token_sha256, HF_SHA256_BYTES);
        assert_memory_equal(read.payload_sha256, facts.payload_sha256, HF_SHA256_BYTES);
        assert_int_equal(read.received_unix_s, facts.received_unix_s);
        assert_int_equal(read.iat_unix_s, facts.iat_unix_s);
        assert_int_equal(read.nbf_unix_s, facts.nbf_unix_s);
        assert_int_equal(read.exp_unix_s, facts.exp_unix_s);
        assert_int_equal(read.max_total, facts.max_total);
        assert_int_equal(read.has_window, facts.has_window);
        assert_int_equal(read.window, facts.window);
        assert_int_equal(read.window_count, facts.window_count);
        assert_int_equal(is_registered, i == 0);
    }
}

static void uses_are_read_as_they_were_written(void **state)
{
    (void)state;
    struct hf_use_counts counts = {
        .total = 7,
        .n_records = UINT64_C(1) << 40,
        .windows = {[HF_WINDOW_DAY] = {20454, 3}, [HF_WINDOW_MONTH] = {672, 7}}};
    struct hf_use_counts read;
    assert_ok(hf_stored_uses_write(&counts, &held.value));
    assert_ok(hf_stored_uses_read(hf_buf_view(&held.value), &read));
    assert_memory_equal(&read, &counts, sizeof counts);
}

static void the_replay_mark_is_read_as_it_was_written(void **state)
{
    (void)state;
    uint64_t from = 0;
    assert_ok(hf_stored_replay_write(123456789012, &held.value));
    assert_ok(hf_stored_replay_read(hf_buf_view(&held.value), &from));
    assert_int_equal(from, 123456789012);
}

static void damage_is_no_fresh_start(void **state)
{
    (void)state;
    struct hf_entry_facts facts = usual_facts();
    struct hf_entry_facts read;
    struct hf_use_counts counts;
    uint64_t from = 77;
    bool is_registered;
    static const char *const damaged[] = {"", "{", "{}", "{\"v\":2}", "{\"v\":1,\"x\":1}", "null"};
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        hf_bytes value = hf_bytes_of_string(damaged[i]);
        assert_code(hf_stored_consent_read(value, &facts.id, &read, &is_registered), IO);
        assert_code(hf_stored_uses_read(value, &counts), IO);
        assert_code(hf_stored_replay_read(value, &from), IO);
    }
    assert_int_equal(from, 77);
    assert_ok(hf_stored_consent_write(&facts, true, &held.value));
    const char *whole;
    assert_ok(hf_buf_string(&held.value, &whole));
    char *changed = text_with(whole, "\"window\":\"month\"", "\"window\":\"year\"");
    assert_code(
        hf_stored_consent_read(hf_bytes_of_string(changed), &facts.id, &read, &is_registered), IO);
    free(changed);
}

/* ---- each member for itself ---- */

typedef hf_status read_value(hf_bytes value);

static hf_status read_consent(hf_bytes value)
{
    const struct hf_entry_facts facts = usual_facts();
    struct hf_entry_facts read;
    bool is_registered;
    return hf_stored_consent_read(value, &facts.id, &read, &is_registered);
}

static hf_status read_uses(hf_bytes value)
{
    struct hf_use_counts counts;
    return hf_stored_uses_read(value, &counts);
}

static hf_status read_replay(hf_bytes value)
{
    uint64_t from;
    return hf_stored_replay_read(value, &from);
}

static hf_status read_act(hf_bytes value)
{
    struct hf_stored_act act;
    return hf_stored_act_read(value, &act);
}

/* Reads @text with `"name":…` replaced. Nothing in our values holds a comma or a brace. */
static hf_status read_with(read_value *read, const char *text, const char *name, const char *new)
{
    char quoted[32];
    char changed[1024];
    (void)snprintf(quoted, sizeof quoted, "\"%s\":", name);
    const char *at = strstr(text, quoted);
    assert_non_null(at);
    const char *value = at + strlen(quoted);
    const char *end = value + (*value == '{' ? strcspn(value, "}") + 1 : strcspn(value, ",}"));
    if (!new[0] && *end == ',') {
        end++; /* the member goes with its comma: behind it, or before it */
    } else if (!new[0] && at[-1] == ',') {
        at--;
    }
    (void)snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, new, end);
    return read(hf_bytes_of_string(changed));
}

static void assert_each_needed(read_value *read, const char *text, const char *const *names)
{
    assert_ok(read(hf_bytes_of_string(text)));
    for (; *names; names++) {
        char of_another_type[40];
        (void)snprintf(of_another_type, sizeof of_another_type, "\"%s\":null", *names);
        assert_code(read_with(read, text, *names, ""), IO);
        assert_code(read_with(read, text, *names, of_another_type), IO);
    }
}

static void a_value_that_lacks_a_member_is_damage(void **state)
{
    (void)state;
    static const char *const of_consents[] = {"v",
                                              "rcpt",
                                              "received",
                                              "nbf",
                                              "exp",
                                              "max_total",
                                              "window_count",
                                              "token_sha256",
                                              "payload_sha256",
                                              "registered",
                                              NULL};
    static const char *const of_uses[] = {"v", "total", "records", "index", "count", NULL};
    static const char *const of_acts[] = {"v", "at", "iat", "state", NULL};
    static const char *const of_replay[] = {"v", "from", NULL};
    const struct hf_entry_facts facts = usual_facts();
    const char *text;
    assert_ok(hf_stored_consent_write(&facts, true, &held.value));
    assert_ok(hf_buf_string(&held.value, &text));
    assert_each_needed(read_consent, text, of_consents);
    assert_each_needed(read_uses,
                       "{\"v\":1,\"total\":3,\"records\":9,\"day\":{\"index\":7,\"count\":2}}",
                       of_uses);
    assert_each_needed(read_act, "{\"v\":1,\"at\":1,\"iat\":1,\"state\":\"paused\"}", of_acts);
    assert_each_needed(read_replay, "{\"v\":1,\"from\":7}", of_replay);
}

static void a_member_that_may_lack_is_of_its_type(void **state)
{
    (void)state;
    const struct hf_entry_facts facts = usual_facts();
    const char *text;
    assert_ok(hf_stored_consent_write(&facts, true, &held.value));
    assert_ok(hf_buf_string(&held.value, &text));
    assert_ok(read_with(read_consent, text, "iat", "")); /* earlier ones did not say */
    assert_code(read_with(read_consent, text, "iat", "\"iat\":\"1\""), IO);
    assert_code(read_with(read_consent, text, "window", "\"window\":1"), IO);
    assert_code(read_with(read_uses, "{\"v\":1,\"total\":0,\"records\":0,\"week\":{}}", "week",
                          "\"week\":7"),
                IO);
}

static void values_are_bounded(void **state)
{
    (void)state;
    struct hf_entry_facts facts = usual_facts();
    hf_buf small = hf_buf_init(64);
    assert_code(hf_stored_consent_write(&facts, true, &small), LIMIT);
    hf_buf_clear(&small);
}

static void keys_sort_by_issuer_and_end(void **state)
{
    (void)state;
    struct hf_entry_facts facts = usual_facts();
    int64_t exp = 0;
    assert_string_equal(hf_stored_key_of(HF_STORED_CONSENT, &facts.id).text,
                        "c/" PAYLOAD_ISS ";" PAYLOAD_JTI);
    assert_string_equal(hf_stored_key_of(HF_STORED_USES, &facts.id).text,
                        "u/" PAYLOAD_ISS ";" PAYLOAD_JTI);
    struct hf_stored_key key = hf_stored_expiry_key(&facts);
    assert_string_equal(key.text, "x/" PAYLOAD_ISS ";01774915200;" PAYLOAD_JTI);
    assert_string_equal(hf_stored_expiry_prefix(PAYLOAD_ISS).text, "x/" PAYLOAD_ISS ";");
    struct hf_stored_key word = hf_stored_word_key(&facts.id, 1767225700);
    struct hf_consent_id id;
    assert_string_equal(word.text, "z/" PAYLOAD_ISS ";01767225700;" PAYLOAD_JTI);
    assert_string_equal(hf_stored_word_prefix(PAYLOAD_ISS).text, "z/" PAYLOAD_ISS ";");
    assert_true(hf_stored_key_read(hf_bytes_of_string(word.text), &id, &exp));
    assert_string_equal(id.jti, PAYLOAD_JTI);
    assert_int_equal(exp, 1767225700);
    assert_true(hf_stored_expiry_of(hf_bytes_of_string(key.text), &exp));
    assert_int_equal(exp, 1774915200);
    assert_false(hf_stored_expiry_of(HF_LITERAL("x/uscc;0177491520"), &exp));
    assert_false(hf_stored_expiry_of(HF_LITERAL("x/uscc;0177491520x;jti"), &exp));
    assert_false(hf_stored_expiry_of((hf_bytes){NULL, 0}, &exp));
    assert_true(
        hf_stored_key_read(HF_LITERAL("x/" PAYLOAD_ISS ";09876543210;" PAYLOAD_JTI), &id, &exp));
    assert_int_equal(exp, 9876543210);
    static const char *const others[] = {"",
                                         "x/",
                                         "x/" PAYLOAD_ISS ";0987654321;" PAYLOAD_JTI,
                                         "x/" PAYLOAD_ISS ";098765432x0;" PAYLOAD_JTI,
                                         "x/" PAYLOAD_ISS ";098765432:0;" PAYLOAD_JTI,
                                         "x/" PAYLOAD_ISS ";098765432/0;" PAYLOAD_JTI,
                                         "x/" PAYLOAD_ISS ";09876543210;" PAYLOAD_JTI ";x",
                                         "y/" PAYLOAD_ISS ";09876543210;" PAYLOAD_JTI};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(hf_stored_key_read(hf_bytes_of_string(others[i]), &id, &exp));
    }
}

static void a_revocation_keeps_its_evidence(void **state)
{
    (void)state;
    const struct hf_act act = {
        .jti = "0123456789012345678901", .iat_unix_s = 5, .reason = HF_REVOCATION_ENDED};
    assert_ok(hf_stored_act_write(&act, 9, 0, HF_LITERAL("a.b.c"), &held.value));
    const char *text;
    assert_ok(hf_buf_string(&held.value, &text));
    assert_string_equal(text,
                        "{\"v\":1,\"at\":9,\"iat\":5,\"state\":\"revoked\",\"reason\":\"ended\","
                        "\"jti\":\"0123456789012345678901\",\"token\":\"a.b.c\"}");
}

static void an_act_is_read_as_it_was_written(void **state)
{
    (void)state;
    static const enum hf_act_kind kinds[] = {HF_ACT_REVOKE, HF_ACT_PAUSE, HF_ACT_RESUME};
    for (size_t i = 0; i < 3; i++) {
        const struct hf_act act = {
            .kind = kinds[i], .iat_unix_s = 7, .reference = "\xe9\x97\xbd \"12\""};
        struct hf_stored_act read;
        hf_buf_reset(&held.value);
        assert_ok(hf_stored_act_write(&act, 9, 0, (hf_bytes){NULL, 0}, &held.value));
        assert_ok(hf_stored_act_read(hf_buf_view(&held.value), &read));
        assert_int_equal(read.kind, kinds[i]);
        assert_int_equal(read.at_unix_s, 9);
        assert_int_equal(read.iat_unix_s, 7);
    }
}

static void an_act_is_given_another_moment(void **state)
{
    (void)state;
    const struct hf_act act = {
        .jti = "0123456789012345678901", .iat_unix_s = 5, .reason = HF_REVOCATION_ENDED};
    hf_buf moved = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    assert_ok(hf_stored_act_write(&act, 9, 0, HF_LITERAL("a.b.c"), &held.value));
    assert_ok(hf_stored_act_redate(hf_buf_view(&held.value), 1767225700, &moved));
    const char *text;
    assert_ok(hf_buf_string(&moved, &text));
    assert_string_equal(
        text, "{\"v\":1,\"at\":1767225700,\"iat\":5,\"state\":\"revoked\",\"reason\":\"ended\","
              "\"jti\":\"0123456789012345678901\",\"token\":\"a.b.c\"}");
    hf_buf_reset(&moved);
    assert_code(hf_stored_act_redate(HF_LITERAL("{\"v\":1,\"at\":9}"), 1, &moved), IO);
    hf_buf_clear(&moved);
}

static void a_damaged_act_is_no_act(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{}",
        "{\"v\":1,\"at\":1,\"iat\":1}",
        "{\"v\":2,\"at\":1,\"iat\":1,\"state\":\"paused\"}",
        "{\"v\":1,\"at\":1,\"iat\":1,\"state\":\"resting\"}",
        "{\"v\":1,\"at\":1,\"iat\":1,\"state\":\"paused\",\"x\":1}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct hf_stored_act act;
        assert_code(hf_stored_act_read(hf_bytes_of_string(texts[i]), &act), IO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_consent_is_read_as_it_was_written, start, stop),
        cmocka_unit_test_setup_teardown(uses_are_read_as_they_were_written, start, stop),
        cmocka_unit_test_setup_teardown(the_replay_mark_is_read_as_it_was_written, start, stop),
        cmocka_unit_test_setup_teardown(damage_is_no_fresh_start, start, stop),
        cmocka_unit_test_setup_teardown(a_value_that_lacks_a_member_is_damage, start, stop),
        cmocka_unit_test_setup_teardown(a_member_that_may_lack_is_of_its_type, start, stop),
        cmocka_unit_test_setup_teardown(values_are_bounded, start, stop),
        cmocka_unit_test_setup_teardown(keys_sort_by_issuer_and_end, start, stop),
        cmocka_unit_test_setup_teardown(a_revocation_keeps_its_evidence, start, stop),
        cmocka_unit_test_setup_teardown(an_act_is_read_as_it_was_written, start, stop),
        cmocka_unit_test_setup_teardown(an_act_is_given_another_moment, start, stop),
        cmocka_unit_test_setup_teardown(a_damaged_act_is_no_act, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
