/* What the verifier asks of the details, which it does with a key only. */
#include "audit/verify.h"

#include "tests/unit/audit/forge.h"
#include "tests/unit/audit/log_verify.h"

static int set_up(void **state)
{
    *state = log_folder_new();
    return 0;
}

static int tear_down(void **state)
{
    log_folder_free(*state);
    return 0;
}

static void append_as(struct hf_log *log, enum hf_record_kind kind, const char *detail)
{
    struct hf_log_entry entry = {.kind = kind, .detail = hf_bytes_of_string(detail)};
    assert_ok(hf_log_append_wait(log, &entry));
}

/* An access, and its outcome behind it that has no detail of its own. */
static void append_told(struct hf_log *log, const char *detail)
{
    struct hf_log_entry entry = {
        .kind = HF_RECORD_ACCESS, .detail = hf_bytes_of_string(detail), .with_outcome = true};
    assert_ok(hf_log_append_wait(log, &entry));
    assert_int_equal(entry.outcome_index, entry.index + 1);
}

#define FIRST_ID "AAAAAAAAAAAAAAAAAAAAAA"
#define SECOND_ID "BBBBBBBBBBBBBBBBBBBBBA"

static void accesses_are_paired_with_their_outcomes(void **state)
{
    struct log_folder *folder = *state;
    struct hf_log *log = log_folder_open(folder);
    append_as(log, HF_RECORD_ACCESS, "{\"access_id\":\"" FIRST_ID "\"}");
    append_as(log, HF_RECORD_ACCESS, "{\"access_id\":\"" SECOND_ID "\"}");
    append_as(log, HF_RECORD_OUTCOME, "{\"access_id\":\"" FIRST_ID "\"}");
    append_as(log, HF_RECORD_OUTCOME, "{\"access\":1,\"access_id\":\"" SECOND_ID "\"}");
    assert_ok(hf_log_close(log));
    struct hf_log_report report =
        log_folder_verify(folder, hf_bytes_of(NULL, 0), &folder->operator_key);
    assert_int_equal(report.verdict, HF_VERIFY_YES);
    assert_int_equal(report.n_details, 4);
    log = log_folder_open(folder);
    append_as(log, HF_RECORD_ACCESS, "{\"access_id\":\"" FIRST_ID "\"}");
    assert_ok(hf_log_close(log));
    report = log_folder_verify(folder, hf_bytes_of(NULL, 0), &folder->operator_key);
    assert_int_equal(report.verdict, HF_VERIFY_PARTIAL);
    assert_int_equal(report.n_open_accesses, 1);
    assert_int_equal(report.first_open_access, 4);
    assert_int_equal(verify(folder).verdict, HF_VERIFY_YES); /* without the key nothing is asked */
}

static void an_access_may_tell_its_outcome(void **state)
{
    struct log_folder *folder = *state;
    struct hf_log *log = log_folder_open(folder);
    append_told(log, "{\"access_id\":\"" FIRST_ID "\",\"status\":200}");
    append_as(log, HF_RECORD_ACCESS, "{\"access_id\":\"" SECOND_ID "\"}");
    append_as(log, HF_RECORD_OUTCOME, "{\"access_id\":\"" SECOND_ID "\",\"status\":200}");
    assert_ok(hf_log_close(log));
    struct hf_log_report report =
        log_folder_verify(folder, hf_bytes_of(NULL, 0), &folder->operator_key);
    assert_int_equal(report.verdict, HF_VERIFY_YES);
    assert_int_equal(report.n_open_accesses, 0);
    assert_int_equal(report.n_details, report.n_records);
    assert_int_equal(report.n_by_kind[HF_RECORD_OUTCOME], 2);
    assert_int_equal(verify(folder).verdict, HF_VERIFY_YES);
}

static void refused_at(struct log_folder *folder, uint64_t index, const char *what)
{
    struct hf_log_report report =
        log_folder_verify(folder, hf_bytes_of(NULL, 0), &folder->operator_key);
    assert_int_equal(report.verdict, HF_VERIFY_TAMPERED);
    assert_int_equal(report.fault.index, index);
    assert_string_equal(report.fault.what, what);
}

/* Appends one record to an empty log and expects the verdict over it, with the key. */
static void refused_with_a_key(struct log_folder *folder, enum hf_record_kind kind,
                               const char *detail, const char *what)
{
    struct hf_log *log = log_folder_open(folder);
    uint64_t index = hf_log_durable_size(log);
    append_as(log, kind, detail);
    assert_ok(hf_log_close(log));
    refused_at(folder, index, what);
}

static void an_access_needs_an_id(void **state)
{
    refused_with_a_key(*state, HF_RECORD_ACCESS, "{}", "an access without an id");
}

static void an_outcome_needs_its_access(void **state)
{
    refused_with_a_key(*state, HF_RECORD_OUTCOME, "{\"access_id\":\"" FIRST_ID "\"}",
                       "an outcome of an access that is not open");
}

static void an_access_ends_once(void **state)
{
    struct hf_log *log = log_folder_open(*state);
    append_told(log, "{\"access_id\":\"" FIRST_ID "\",\"status\":200}");
    assert_ok(hf_log_close(log));
    refused_with_a_key(*state, HF_RECORD_OUTCOME, "{\"access_id\":\"" FIRST_ID "\",\"status\":200}",
                       "an outcome of an access that is not open");
}

/* In the same batch, so also before the next record comes. */
static void an_outcome_that_was_told_is_there(void **state)
{
    struct hf_log *log = log_folder_open(*state);
    append_as(log, HF_RECORD_ACCESS, "{\"access_id\":\"" FIRST_ID "\",\"status\":200}");
    assert_ok(hf_log_close(log));
    refused_at(*state, 1, "an access told its end, and its outcome is missing");
}

static void an_outcome_without_a_detail_was_told(void **state)
{
    struct hf_log *log = log_folder_open(*state);
    append_told(log, "{\"access_id\":\"" FIRST_ID "\"}");
    assert_ok(hf_log_close(log));
    refused_at(*state, 1, "an outcome without a detail, whose access told no end");
}

static void an_access_that_tells_its_end_needs_an_id(void **state)
{
    refused_with_a_key(*state, HF_RECORD_ACCESS, "{\"status\":200}", "an access without an id");
}

static void two_accesses_have_two_ids(void **state)
{
    struct hf_log *log = log_folder_open(*state);
    append_as(log, HF_RECORD_ACCESS, "{\"access_id\":\"" FIRST_ID "\"}");
    assert_ok(hf_log_close(log));
    refused_with_a_key(*state, HF_RECORD_ACCESS, "{\"access_id\":\"" FIRST_ID "\"}",
                       "an access with the id of another that is open");
}

static void an_outcome_names_its_own_access(void **state)
{
    struct hf_log *log = log_folder_open(*state);
    append_as(log, HF_RECORD_ACCESS, "{\"access_id\":\"" FIRST_ID "\"}");
    assert_ok(hf_log_close(log));
    refused_with_a_key(*state, HF_RECORD_OUTCOME, "{\"access\":7,\"access_id\":\"" FIRST_ID "\"}",
                       "an outcome that names another record than its access's");
}

static void a_detail_has_one_spelling(void **state)
{
    refused_with_a_key(*state, HF_RECORD_GRANT, "{ }", "the detail is not in its one spelling");
}

static void swap_boxes(struct forge *forge)
{
    size_t a = forge_find(forge, HF_FRAME_DETAIL, 1);
    size_t b = forge_find(forge, HF_FRAME_DETAIL, 2);
    struct hf_frame first = forge->frames[a].frame;
    struct hf_frame second = forge->frames[b].frame;
    forge_swap(forge, a, b);
    forge->frames[a].frame.number = first.number;
    forge->frames[a].frame.batch = first.batch;
    forge->frames[b].frame.number = second.number;
    forge->frames[b].frame.batch = second.batch;
}

/* The public log does not cover the boxes: who has a key sees it, and only who has one. */
static void details_are_judged_with_a_key_only(void **state)
{
    struct log_folder *folder = *state;
    struct hf_log *log = log_folder_open(folder);
    append_as(log, HF_RECORD_GRANT, "{}");
    append_as(log, HF_RECORD_GRANT, "{}");
    append_as(log, HF_RECORD_GRANT, "{}");
    assert_ok(hf_log_close(log));
    struct forge *forge = forge_new(folder->path, 0);
    swap_boxes(forge);
    forge_write(forge);
    free(forge);
    assert_int_equal(verify(folder).verdict, HF_VERIFY_YES);
    struct hf_log_report report =
        log_folder_verify(folder, hf_bytes_of(NULL, 0), &folder->operator_key);
    assert_int_equal(report.verdict, HF_VERIFY_TAMPERED);
    assert_int_equal(report.fault.index, 1);
    assert_non_null(strstr(report.fault.what, "does not open"));
}

static void a_box_of_another_version_is_called_so(void **state)
{
    struct log_folder *folder = *state;
    struct hf_log *log = log_folder_open(folder);
    append_as(log, HF_RECORD_GRANT, "{}");
    assert_ok(hf_log_close(log));
    struct forge *forge = forge_new(folder->path, 0);
    forge->frames[forge_find(forge, HF_FRAME_DETAIL, 0)].payload[0] = 3;
    forge_write(forge);
    free(forge);
    struct hf_log_report report =
        log_folder_verify(folder, hf_bytes_of(NULL, 0), &folder->operator_key);
    assert_int_equal(report.verdict, HF_VERIFY_TAMPERED);
    assert_non_null(strstr(report.fault.what, "of another version"));
}

#define ON_AN_EMPTY_LOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_AN_EMPTY_LOG(accesses_are_paired_with_their_outcomes),
        ON_AN_EMPTY_LOG(an_access_needs_an_id),
        ON_AN_EMPTY_LOG(an_access_may_tell_its_outcome),
        ON_AN_EMPTY_LOG(an_outcome_that_was_told_is_there),
        ON_AN_EMPTY_LOG(an_outcome_without_a_detail_was_told),
        ON_AN_EMPTY_LOG(an_access_that_tells_its_end_needs_an_id),
        ON_AN_EMPTY_LOG(an_access_ends_once),
        ON_AN_EMPTY_LOG(an_outcome_needs_its_access),
        ON_AN_EMPTY_LOG(two_accesses_have_two_ids),
        ON_AN_EMPTY_LOG(an_outcome_names_its_own_access),
        ON_AN_EMPTY_LOG(a_detail_has_one_spelling),
        ON_AN_EMPTY_LOG(details_are_judged_with_a_key_only),
        ON_AN_EMPTY_LOG(a_box_of_another_version_is_called_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
