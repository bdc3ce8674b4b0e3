#include "gateway/generation.h"

#include "audit/replay.h"
#include "tests/unit/audit/log_folder.h"
#include "tests/unit/gateway/world.h"

#include <signal.h>
#include <sys/resource.h>

enum { CHARS = HF_BASE64URL_CHARS(HF_SHA256_BYTES) };

/* What the last config record says. */
struct said {
    uint64_t generation;
    size_t n;
    char agreements[CHARS + 1];
    char banks[CHARS + 1];
    char catalogs[CHARS + 1];
    char ceilings[CHARS + 1]; /* empty: there are none */
    char policy[CHARS + 1];
};

struct past {
    struct world *world;
    struct log_folder *log_folder;
    struct hf_log *log;
};

static int setup(void **state)
{
    struct past *past = calloc(1, sizeof *past);
    assert_non_null(past);
    assert_int_equal(world_setup((void **)&past->world), 0);
    past->log_folder = log_folder_new();
    past->log = log_folder_open(past->log_folder);
    *state = past;
    return 0;
}

static int teardown(void **state)
{
    struct past *past = *state;
    assert_ok(hf_log_close(past->log));
    log_folder_free(past->log_folder);
    assert_int_equal(world_teardown((void **)&past->world), 0);
    free(past);
    return 0;
}

static void nothing(void *context)
{
    (void)context;
}

static void copy(hf_bytes text, char *ret_text)
{
    assert_int_equal(text.size, CHARS);
    memcpy(ret_text, text.data, CHARS);
}

static hf_status hear(void *context, const struct hf_replay_entry *entry)
{
    struct said *said = context;
    assert_int_equal(entry->record.kind, HF_RECORD_CONFIG);
    assert_true(hf_bytes_equal_string(entry->detail.change, "in_force"));
    assert_int_equal(entry->detail.time_ms.value, 1790000000123);
    said->n++;
    said->generation = entry->detail.generation.value;
    copy(entry->detail.agreements_sha256, said->agreements);
    copy(entry->detail.banks_sha256, said->banks);
    copy(entry->detail.catalogs_sha256, said->catalogs);
    copy(entry->detail.policy_sha256, said->policy);
    if (entry->detail.ceilings_sha256.size > 0) {
        copy(entry->detail.ceilings_sha256, said->ceilings);
    }
    return HF_DONE;
}

static struct said record(const struct past *past, const struct hf_snapshot *snapshot)
{
    struct said said = {.n = 0};
    int64_t recorded_unix_s = 0;
    assert_ok(hf_generation_record(snapshot, past->log, 1790000000123, &recorded_unix_s));
    assert_ok(hf_log_replay(past->log, 0, &past->log_folder->operator_key, hear, &said));
    return said;
}

static void a_generation_is_recorded_with_its_number(void **state)
{
    const struct past *past = *state;
    struct said said = record(past, past->world->snapshot);
    assert_int_equal(said.n, 1);
    assert_int_equal(said.generation, past->world->snapshot->generation);
}

/* As an auditor does who was given the file: sha256sum policy.json. */
static void the_policy_is_named_by_the_digest_of_its_file(void **state)
{
    const struct past *past = *state;
    char path[512];
    char expected[CHARS + 1];
    uint8_t digest[HF_SHA256_BYTES];
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(1 << 20);
    (void)snprintf(path, sizeof path, "%s/policy.json", past->world->folder->path);
    assert_ok(hf_file_read(path, &text));
    hf_sha256_of(hf_buf_view(&text), digest);
    hf_base64url_encode_fixed(hf_bytes_of(digest, sizeof digest), expected);
    assert_string_equal(record(past, past->world->snapshot).policy, expected);
}

/* As by: sha256sum *.json, in the folder, and that through sha256sum again. */
static void the_banks_are_named_by_the_digest_of_their_list(void **state)
{
    const struct past *past = *state;
    char path[512];
    char expected[CHARS + 1];
    uint8_t digest[HF_SHA256_BYTES];
    struct hf_sha256 list;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(1 << 20);
    (void)snprintf(path, sizeof path, "%s/banks/" PAYLOAD_BANK ".json", past->world->folder->path);
    assert_ok(hf_file_read(path, &text));
    hf_sha256_init(&list);
    hf_sha256_list(&list, hf_buf_view(&text), PAYLOAD_BANK ".json");
    hf_sha256_final(&list, digest);
    hf_base64url_encode_fixed(hf_bytes_of(digest, sizeof digest), expected);
    assert_string_equal(record(past, past->world->snapshot).banks, expected);
}

/* Loads the deployment as it is now and records it as the next generation. */
static struct said reload(const struct past *past)
{
    struct hf_snapshot *next = NULL;
    struct hf_snapshot_report report;
    assert_ok(hf_snapshot_load(past->world->config, 2, &next, &report));
    struct said said = record(past, next);
    hf_snapshot_unref(next);
    assert_int_equal(said.generation, 2);
    return said;
}

static void what_changes_is_told_from_what_stays(void **state)
{
    const struct past *past = *state;
    struct said before = record(past, past->world->snapshot);
    struct said same = reload(past);
    assert_string_equal(same.agreements, before.agreements);
    assert_string_equal(same.catalogs, before.catalogs);
    (void)test_folder_write(past->world->folder, "agreements/" PAYLOAD_BANK ".tax.json",
                            WORLD_AGREEMENT " ");
    struct said after = reload(past);
    assert_string_not_equal(after.agreements, before.agreements);
    assert_string_equal(after.banks, before.banks);
    assert_string_equal(after.catalogs, before.catalogs);
    assert_string_equal(after.policy, before.policy);
}

static void ceilings_are_named_by_the_digest_of_their_file(void **state)
{
    const struct past *past = *state;
    static const char text[] = "{\"rules\":[{\"purpose\":\"pre_loan\",\"max_range_days\":9,"
                               "\"do\":\"clamp\"}]}\n";
    char expected[CHARS + 1];
    uint8_t digest[HF_SHA256_BYTES];
    assert_string_equal(record(past, past->world->snapshot).ceilings, "");
    past->world->config->paths.ceilings =
        test_folder_write(past->world->folder, "ceilings.json", text);
    hf_sha256_of(HF_LITERAL(text), digest);
    hf_base64url_encode_fixed(hf_bytes_of(digest, sizeof digest), expected);
    assert_string_equal(reload(past).ceilings, expected);
}

static hf_status record_quietly(const struct past *past)
{
    int64_t recorded_unix_s = 0;
    hf_status status =
        hf_generation_record(past->world->snapshot, past->log, 1790000000123, &recorded_unix_s);
    assert_int_equal(hf_is_ok(status), recorded_unix_s != 0); /* outputs only on success */
    return status;
}

/* Nobody is served by what could not be put on record. */
static void a_log_that_takes_nothing_takes_no_generation(void **state)
{
    struct past *past = *state;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    hf_status first = record_quietly(past);
    hf_status second = record_quietly(past);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_code(first, LOG_UNAVAILABLE);
    assert_code(second, LOG_UNAVAILABLE);
    assert_code(hf_log_close(past->log), LOG_UNAVAILABLE);
    past->log = log_folder_open(past->log_folder);
}

static void a_log_with_too_many_askers_takes_no_generation(void **state)
{
    struct past *past = *state;
    static struct hf_log_waiter *waiters[HF_LOG_MAX_WAITERS];
    for (size_t i = 0; i < HF_LOG_MAX_WAITERS; i++) {
        assert_ok(hf_log_waiter_new(past->log, nothing, NULL, &waiters[i]));
    }
    assert_code(record_quietly(past), LIMIT);
    for (size_t i = 0; i < HF_LOG_MAX_WAITERS; i++) {
        hf_log_waiter_free(waiters[i]);
    }
    assert_ok(record_quietly(past));
}

static void the_time_of_its_record_never_goes_back(void **state)
{
    const struct past *past = *state;
    int64_t first_unix_s = 0;
    int64_t second_unix_s = 0;
    const struct hf_snapshot *snapshot = past->world->snapshot;
    assert_ok(hf_generation_record(snapshot, past->log, 1790000000123, &first_unix_s));
    assert_int_equal(first_unix_s, past->log_folder->now.unix_ms / 1000);
    past->log_folder->now.unix_ms -= 3600 * 1000;
    assert_ok(hf_generation_record(snapshot, past->log, 1790000000123, &second_unix_s));
    assert_int_equal(second_unix_s, first_unix_s);
}

static void a_catalog_that_changes_is_told(void **state)
{
    const struct past *past = *state;
    char path[512];
    const char *text = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf catalog = hf_buf_init(1 << 20);
    struct said before = record(past, past->world->snapshot);
    (void)snprintf(path, sizeof path, "%s/catalogs/tax.json", past->world->folder->path);
    assert_ok(hf_file_read(path, &catalog));
    assert_ok(hf_buf_append_byte(&catalog, '\n'));
    assert_ok(hf_buf_string(&catalog, &text));
    (void)test_folder_write(past->world->folder, "catalogs/tax.json", text);
    assert_string_not_equal(reload(past).catalogs, before.catalogs);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_generation_is_recorded_with_its_number),
        TEST(the_policy_is_named_by_the_digest_of_its_file),
        TEST(the_banks_are_named_by_the_digest_of_their_list),
        TEST(what_changes_is_told_from_what_stays),
        TEST(a_catalog_that_changes_is_told),
        TEST(ceilings_are_named_by_the_digest_of_their_file),
        TEST(the_time_of_its_record_never_goes_back),
        TEST(a_log_that_takes_nothing_takes_no_generation),
        TEST(a_log_with_too_many_askers_takes_no_generation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
