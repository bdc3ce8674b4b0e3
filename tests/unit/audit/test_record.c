#include "audit/record.h"

#include "tests/unit/unit.h"

#include <stdio.h>

static struct hf_record sample(void)
{
    struct hf_record record = {.kind = HF_RECORD_ACCESS, .index = 123, .time_unix_s = 1790000000};
    memset(record.bank, 1, sizeof(record.bank));
    memset(record.commit, 2, sizeof(record.commit));
    memset(record.enterprise, 3, sizeof(record.enterprise));
    memset(record.nonce, 4, sizeof(record.nonce));
    memset(record.prev, 5, sizeof(record.prev));
    return record;
}

static const char golden[] =
    "{\"bank\":\"AQEBAQEBAQEBAQEBAQEBAQ\",\"commit\":"
    "\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\","
    "\"decision\":\"allow\",\"enterprise\":\"AwMDAwMDAwMDAwMDAwMDAw\",\"epoch\":\"2026-09\","
    "\"index\":123,\"kind\":\"access\",\"nonce\":\"BAQEBAQEBAQEBAQEBAQEBA\","
    "\"prev\":\"BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU\",\"time\":1790000000,\"v\":1}";

static void a_record_has_one_spelling(void **state)
{
    (void)state;
    struct hf_record record = sample();
    char text[HF_RECORD_MAX_BYTES];
    size_t size = 0;
    assert_ok(hf_record_write(&record, text, &size));
    assert_true(hf_bytes_equal_string(hf_bytes_of(text, size), golden));
}

static void what_was_written_reads_back(void **state)
{
    (void)state;
    for (int kind = HF_RECORD_ACCESS; kind < HF_N_RECORD_KINDS; kind++) {
        struct hf_record record = sample();
        record.kind = (enum hf_record_kind)kind;
        record.index = kind == HF_RECORD_DENY ? HF_RECORD_MAX_NUMBER : 0;
        char text[HF_RECORD_MAX_BYTES];
        size_t size = 0;
        struct hf_record back = {0};
        assert_ok(hf_record_write(&record, text, &size));
        assert_ok(hf_record_parse(hf_bytes_of(text, size), &back, NULL));
        assert_memory_equal(&back, &record, sizeof(back));
    }
}

static void what_cannot_be_written_is_a_bug(void **state)
{
    (void)state;
    char text[HF_RECORD_MAX_BYTES];
    size_t size = 0;
    struct hf_record record = sample();
    record.index = HF_RECORD_MAX_NUMBER + 1;
    assert_code(hf_record_write(&record, text, &size), BUG);
    record = sample();
    record.time_unix_s = -1;
    assert_code(hf_record_write(&record, text, &size), BUG);
    record = sample();
    record.kind = (enum hf_record_kind)0;
    assert_code(hf_record_write(&record, text, &size), BUG);
}

/* Whatever is accepted is what the writer writes. */
static void every_changed_bit_is_refused_or_another_record(void **state)
{
    (void)state;
    size_t size = sizeof(golden) - 1;
    for (size_t bit = 0; bit < size * 8; bit++) {
        char text[sizeof(golden)];
        memcpy(text, golden, sizeof(golden));
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        struct hf_record record;
        if (hf_is_ok(hf_record_parse(hf_bytes_of(text, size), &record, NULL))) {
            char again[HF_RECORD_MAX_BYTES];
            size_t again_size = 0;
            assert_ok(hf_record_write(&record, again, &again_size));
            assert_int_equal(again_size, size);
            assert_memory_equal(again, text, size);
        }
    }
}

static void every_prefix_is_refused(void **state)
{
    (void)state;
    struct hf_record record;
    for (size_t size = 0; size < sizeof(golden) - 1; size++) {
        assert_code(hf_record_parse(hf_bytes_of(golden, size), &record, NULL), LOG_TAMPERED);
    }
    assert_code(hf_record_parse(hf_bytes_of(golden, sizeof(golden)), &record, NULL), LOG_TAMPERED);
}

/* Replaces the first @from in the golden record by @to and expects a refusal that names @where. */
static void refused(const char *from, const char *to, const char *where)
{
    char text[1024];
    const char *at = strstr(golden, from);
    assert_non_null(at);
    size_t before = (size_t)(at - golden);
    int size = snprintf(text, sizeof(text), "%.*s%s%s", (int)before, golden, to, at + strlen(from));
    struct hf_record record;
    struct hf_problem problem = {0};
    assert_code(hf_record_parse(hf_bytes_of(text, (size_t)size), &record, &problem), LOG_TAMPERED);
    assert_string_equal(problem.where, where);
}

static void other_spellings_are_refused(void **state)
{
    (void)state;
    refused("{\"bank\"", "{ \"bank\"", "bank");
    refused("\"bank\"", "\"Bank\"", "bank");
    refused("AQEBAQEBAQEBAQEBAQEBAQ", "AQEBAQEBAQEBAQEBAQEBAR", "bank"); /* unused bits */
    refused("AQEBAQEBAQEBAQEBAQEBAQ", "AQEBAQEBAQEBAQEBAQEBAQ==", "commit");
    refused("\"decision\":\"allow\"", "\"decision\":\"deny\"", "decision");
    refused("\"decision\":\"allow\"", "\"decision\":\"\"", "decision");
    refused("2026-09", "2026-10", "epoch");
    refused(":123,", ":0123,", "index");
    refused(":123,", ":-1,", "index");
    refused(":123,", ":1e2,", "kind");
    refused(":123,", ":9007199254740992,", "index");
    refused("\"kind\":\"access\"", "\"kind\":\"excess\"", "kind");
    refused(":1790000000", ":99999999999999999", "time");
    refused("\"v\":1}", "\"v\":2}", "v");
    refused("\"v\":1}", "\"v\":1}\n", "v");
    refused("\"v\":1}", "\"v\":1,\"w\":1}", "v");
}

static void a_leaf_hash_has_its_own_prefix(void **state)
{
    (void)state;
    uint8_t hash[HF_SHA256_BYTES];
    uint8_t expected[HF_SHA256_BYTES];
    hf_record_leaf_hash(HF_LITERAL("abc"), hash);
    hf_sha256_of(hf_bytes_of("\0abc", 4), expected);
    assert_memory_equal(hash, expected, sizeof(hash));
}

static void an_epoch_is_a_utc_month(void **state)
{
    (void)state;
    char epoch[HF_RECORD_EPOCH_CHARS + 1];
    hf_record_epoch(0, epoch);
    assert_string_equal(epoch, "1970-01");
    hf_record_epoch(1772323199, epoch); /* 2026-02-28T23:59:59Z */
    assert_string_equal(epoch, "2026-02");
    hf_record_epoch(1772323200, epoch);
    assert_string_equal(epoch, "2026-03");
    hf_record_epoch(-5, epoch);
    assert_string_equal(epoch, "1970-01");
    hf_record_epoch(INT64_MAX, epoch);
    assert_string_equal(epoch, "9999-12");
}

static void kinds_have_names_and_back(void **state)
{
    (void)state;
    enum hf_record_kind kind = HF_RECORD_ACCESS;
    assert_true(hf_record_kind_by_name(HF_LITERAL("denysum"), &kind));
    assert_int_equal(kind, HF_RECORD_DENYSUM);
    assert_false(hf_record_kind_by_name(HF_LITERAL("den"), &kind));
    assert_string_equal(hf_record_kind_name((enum hf_record_kind)99), "?");
    assert_string_equal(hf_record_decision(HF_RECORD_DENY), "deny");
    assert_string_equal(hf_record_decision(HF_RECORD_OUTCOME), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_has_one_spelling),
        cmocka_unit_test(what_was_written_reads_back),
        cmocka_unit_test(what_cannot_be_written_is_a_bug),
        cmocka_unit_test(every_changed_bit_is_refused_or_another_record),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(other_spellings_are_refused),
        cmocka_unit_test(a_leaf_hash_has_its_own_prefix),
        cmocka_unit_test(an_epoch_is_a_utc_month),
        cmocka_unit_test(kinds_have_names_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
