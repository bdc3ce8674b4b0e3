#include "audit/log.h"

#include "audit/checkpoint.h"
#include "audit/proof.h"
#include "audit/replay.h"
#include "audit/tree.h"
#include "tests/unit/audit/log_folder.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

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

static void nothing(void *context)
{
    (void)context;
}

static void records_get_indices_in_order(void **state)
{
    struct hf_log *log = log_folder_open(*state);
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(log_folder_append(log, i), i);
    }
    assert_int_equal(hf_log_durable_size(log), 10);
    assert_ok(hf_log_close(log));
}

static void a_log_that_was_closed_goes_on(void **state)
{
    for (unsigned run = 0; run < 4; run++) {
        struct hf_log *log = log_folder_open(*state);
        assert_int_equal(hf_log_recovery(log).ending,
                         run ? HF_LOG_ENDING_SEALED : HF_LOG_ENDING_FRESH);
        assert_int_equal(hf_log_recovery(log).n_records, run * 3);
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(log_folder_append(log, i), run * 3 + i);
        }
        assert_ok(hf_log_close(log));
    }
}

static void a_log_is_made_once_and_never_implicitly(void **state)
{
    struct log_folder *folder = *state;
    struct hf_log *log = NULL;
    assert_code(hf_log_create(folder->path, LOG_ORIGIN), EXISTS);
    assert_code(hf_log_create(folder->path, "a b"), CONFIG_INVALID);
    folder->options.folder = "/tmp/hufu-no-such-log";
    assert_code(hf_log_open(&folder->options, &log, NULL), NOT_FOUND);
}

static void a_log_has_one_writer(void **state)
{
    struct log_folder *folder = *state;
    struct hf_log *second = NULL;
    struct hf_log *log = log_folder_open(folder);
    assert_code(hf_log_open(&folder->options, &second, NULL), LOG_LOCKED);
    assert_ok(hf_log_close(log));
}

static void options_are_checked(void **state)
{
    struct log_folder *folder = *state;
    struct hf_log *log = NULL;
    struct hf_log_options options = folder->options;
    options.signer = NULL;
    assert_code(hf_log_open(&options, &log, NULL), CONFIG_INVALID);
    options = folder->options;
    options.n_recipients = 0;
    assert_code(hf_log_open(&options, &log, NULL), CONFIG_INVALID);
    options = folder->options;
    options.tag_key.size = 5;
    assert_code(hf_log_open(&options, &log, NULL), CONFIG_INVALID);
    options = folder->options;
    options.segment_bytes = UINT64_MAX / 4; /* room for two of these is nowhere */
    assert_code(hf_log_open(&options, &log, NULL), LOG_UNAVAILABLE);
}

static void entries_that_cannot_be_are_refused_at_once(void **state)
{
    struct hf_log *log = log_folder_open(*state);
    struct hf_log_waiter *waiter = NULL;
    static uint8_t detail[HF_DETAIL_MAX_BYTES + 1];
    assert_ok(hf_log_waiter_new(log, nothing, NULL, &waiter));
    struct hf_log_entry entry = {.kind = HF_N_RECORD_KINDS, .detail = HF_LITERAL("{}")};
    assert_code(hf_log_append(waiter, &entry), BUG);
    entry = (struct hf_log_entry){.detail = HF_LITERAL("{}")};
    assert_code(hf_log_append(waiter, &entry), BUG);
    entry = (struct hf_log_entry){.kind = HF_RECORD_KEY, .detail = HF_LITERAL("{")};
    assert_code(hf_log_append(waiter, &entry), BUG);
    entry.detail = hf_bytes_of(detail, sizeof(detail));
    assert_code(hf_log_append(waiter, &entry), BUG);
    entry = (struct hf_log_entry){
        .kind = HF_RECORD_DENY, .detail = HF_LITERAL("{}"), .with_outcome = true};
    assert_code(hf_log_append(waiter, &entry), BUG);
    assert_int_equal(hf_log_n_pending(waiter), 0);
    hf_log_waiter_free(waiter);
    assert_ok(hf_log_close(log));
}

static void a_waiter_has_a_bound(void **state)
{
    struct log_folder *folder = *state;
    folder->options.max_pending = 2;
    struct hf_log *log = log_folder_open(folder);
    struct hf_log_waiter *waiter = NULL;
    struct hf_log_entry entries[3];
    assert_ok(hf_log_waiter_new(log, nothing, NULL, &waiter));
    for (int i = 0; i < 3; i++) {
        entries[i] = (struct hf_log_entry){.kind = HF_RECORD_KEY, .detail = HF_LITERAL("{}")};
        if (i < 2) {
            assert_ok(hf_log_append(waiter, &entries[i]));
        } else {
            assert_code(hf_log_append(waiter, &entries[i]), OVERLOADED);
        }
    }
    hf_log_publish(waiter);
    while (hf_log_n_pending(waiter) > 0) {
        hf_log_poll(waiter);
    }
    hf_log_waiter_free(waiter);
    assert_ok(hf_log_close(log));
}

static void there_is_a_number_of_waiters(void **state)
{
    struct hf_log *log = log_folder_open(*state);
    static struct hf_log_waiter *waiters[HF_LOG_MAX_WAITERS];
    struct hf_log_waiter *more = NULL;
    for (size_t i = 0; i < HF_LOG_MAX_WAITERS; i++) {
        assert_ok(hf_log_waiter_new(log, nothing, NULL, &waiters[i]));
    }
    assert_code(hf_log_waiter_new(log, nothing, NULL, &more), LIMIT);
    for (size_t i = 0; i < HF_LOG_MAX_WAITERS; i++) {
        hf_log_waiter_free(waiters[i]);
    }
    hf_log_waiter_free(NULL);
    assert_ok(hf_log_close(log));
}

/* --- a worker with many entries in flight --- */

enum { N_WORKERS = 4, N_SLOTS = 32, N_PER_WORKER = 2000 };

struct worker {
    struct hf_log *log;
    struct hf_log_waiter *waiter;
    struct hf_log_entry slots[N_SLOTS];
    unsigned n_left;
    unsigned n_settled;
    uint64_t last_index;
    bool is_in_order;
    atomic_bool is_woken;
    pthread_t thread;
};

static void append_next(struct worker *worker, struct hf_log_entry *entry)
{
    if (worker->n_left > 0) {
        worker->n_left--;
        assert_ok(hf_log_append(worker->waiter, entry));
    }
}

static void settle(struct hf_log_entry *entry, hf_status status)
{
    struct worker *worker = entry->context;
    assert_ok(status);
    worker->is_in_order &= worker->n_settled == 0 || entry->index > worker->last_index;
    worker->last_index = entry->index;
    worker->n_settled++;
    append_next(worker, entry);
}

static void wake_worker(void *context)
{
    atomic_store(&((struct worker *)context)->is_woken, true);
}

static void *work(void *context)
{
    struct worker *worker = context;
    for (int i = 0; i < N_SLOTS; i++) {
        worker->slots[i] = (struct hf_log_entry){.kind = HF_RECORD_ACCESS,
                                                 .detail = HF_LITERAL("{\"bytes\":1}"),
                                                 .on_settled = settle,
                                                 .context = worker};
        append_next(worker, &worker->slots[i]);
    }
    while (hf_log_n_pending(worker->waiter) > 0) {
        if (hf_log_sleep(worker->waiter)) {
            while (!atomic_exchange(&worker->is_woken, false)) {
                usleep(50);
            }
            hf_log_awake(worker->waiter);
        }
        hf_log_poll(worker->waiter);
    }
    return NULL;
}

static void every_worker_sees_its_entries_in_order_and_once(void **state)
{
    struct hf_log *log = log_folder_open(*state);
    static struct worker workers[N_WORKERS];
    for (int i = 0; i < N_WORKERS; i++) {
        workers[i] = (struct worker){.log = log, .n_left = N_PER_WORKER, .is_in_order = true};
        assert_ok(hf_log_waiter_new(log, wake_worker, &workers[i], &workers[i].waiter));
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < N_WORKERS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].n_settled, N_PER_WORKER);
        assert_true(workers[i].is_in_order);
        hf_log_waiter_free(workers[i].waiter);
    }
    assert_int_equal(hf_log_durable_size(log), N_WORKERS * N_PER_WORKER);
    assert_ok(hf_log_close(log));
}

/* --- a disk that takes no more --- */

struct failing {
    unsigned n_failed_calls;
    unsigned n_ok;
    unsigned n_refused;
    bool ok_after_refusal;
    enum hf_code code;
    char detail[128];
};

static void count_failure(void *context, hf_status status, const char *detail)
{
    struct failing *failing = context; /* on the log thread, where no assertion may jump */
    failing->code = status.code;
    snprintf(failing->detail, sizeof(failing->detail), "%s", detail);
    failing->n_failed_calls++;
}

static void count_settled(struct hf_log_entry *entry, hf_status status)
{
    struct failing *failing = entry->context;
    if (hf_is_ok(status)) {
        failing->n_ok++;
        failing->ok_after_refusal |= failing->n_refused > 0;
    } else {
        assert_code(status, LOG_UNAVAILABLE);
        failing->n_refused++;
    }
}

static void append_until_it_fails(struct hf_log *log, struct failing *failing)
{
    enum { N = 200 };
    static struct hf_log_entry entries[N];
    struct hf_log_waiter *waiter = NULL;
    assert_ok(hf_log_waiter_new(log, nothing, NULL, &waiter));
    for (int i = 0; i < N; i++) {
        entries[i] = (struct hf_log_entry){.kind = HF_RECORD_ACCESS,
                                           .detail = HF_LITERAL("{}"),
                                           .on_settled = count_settled,
                                           .context = failing};
        if (!hf_is_ok(hf_log_append(waiter, &entries[i]))) {
            break;
        }
        hf_log_publish(waiter);
        hf_log_poll(waiter);
        usleep(200);
    }
    while (hf_log_n_pending(waiter) > 0) {
        hf_log_poll(waiter);
    }
    assert_true(hf_log_has_failed(log));
    assert_code(hf_log_append(waiter, &entries[0]), LOG_UNAVAILABLE);
    assert_code(hf_log_append_wait(log, &entries[0]), LOG_UNAVAILABLE);
    hf_log_waiter_free(waiter);
}

static void a_failed_write_ends_the_service(void **state)
{
    struct log_folder *folder = *state;
    struct failing failing = {0};
    struct rlimit limit;
    folder->options.on_failed = count_failure;
    folder->options.context = &failing;
    struct hf_log *log = log_folder_open(folder);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const struct rlimit small = {.rlim_cur = 40000, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    hf_log_await_failed(log); /* it has not failed: does not wait */
    append_until_it_fails(log, &failing);
    hf_log_await_failed(log);
    assert_int_equal(failing.n_failed_calls, 1);
    assert_code(hf_log_close(log), LOG_UNAVAILABLE);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(failing.n_failed_calls, 1);
    assert_code(hf_status_of(failing.code), IO);
    assert_non_null(strstr(failing.detail, "writing a batch: "));
    assert_true(failing.n_ok > 0);
    assert_true(failing.n_refused > 0);
    assert_false(failing.ok_after_refusal);
    folder->options.on_failed = NULL;
    log = log_folder_open(folder); /* all that was acknowledged is there */
    assert_true(hf_log_recovery(log).n_records >= failing.n_ok);
    assert_ok(hf_log_close(log));
}

/* --- reading --- */

static void what_is_signed_can_be_proved(void **state)
{
    struct log_folder *folder = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_TLOG_PROOF_MAX_BYTES);
    struct hf_log *log = log_folder_open(folder);
    assert_code(hf_log_checkpoint(log, &text), NOT_FOUND);
    assert_code(hf_log_proof(log, 0, &text), NOT_FOUND);
    for (unsigned i = 0; i < 300; i++) {
        log_folder_append(log, i);
    }
    assert_ok(hf_log_close(log));
    log = log_folder_open(folder);
    for (uint64_t index = 0; index < 300; index += 23) {
        struct hf_tlog_proof proof;
        HF_CLEANUP(hf_buf_clear) hf_buf record = hf_buf_init(HF_RECORD_MAX_BYTES);
        HF_CLEANUP(hf_buf_clear) hf_buf detail = hf_buf_init(HF_DETAIL_MAX_BYTES);
        char expected[64];
        uint8_t leaf[HF_SHA256_BYTES];
        hf_buf_reset(&text);
        assert_ok(hf_log_proof(log, index, &text));
        assert_ok(hf_tlog_proof_parse(hf_buf_view(&text), &proof, NULL));
        assert_ok(hf_log_record(log, index, &folder->operator_key, &record, &detail));
        snprintf(expected, sizeof(expected), "{\"bytes\":%u,\"note\":\"record %u\"}",
                 (unsigned)index, (unsigned)index);
        assert_true(hf_bytes_equal_string(hf_buf_view(&detail), expected));
        hf_record_leaf_hash(hf_buf_view(&record), leaf);
        struct hf_checkpoint checkpoint;
        assert_ok(hf_checkpoint_parse(proof.checkpoint, &checkpoint, NULL));
        assert_ok(hf_proof_verify_inclusion(&proof.proof, index, checkpoint.head.size, leaf,
                                            checkpoint.head.root));
    }
    assert_ok(hf_log_close(log));
}

/* Checkpoints are signed all the while; what is read is of one moment, and read under the lock. */
static void a_proof_is_of_one_checkpoint(void **state)
{
    struct log_folder *folder = *state;
    unsigned n_proofs = 0;
    folder->options.clock = hf_clock_system();
    folder->options.checkpoint_interval_ms = 1;
    struct hf_log *log = log_folder_open(folder);
    for (unsigned i = 0; i < 50; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(1 << 16);
        struct hf_tlog_proof proof;
        struct hf_checkpoint checkpoint;
        log_folder_append(log, i);
        usleep(i * 100); /* now before, now after a checkpoint */
        if (!hf_is_ok(hf_log_proof(log, 0, &text))) {
            continue; /* not signed yet */
        }
        assert_ok(hf_tlog_proof_parse(hf_buf_view(&text), &proof, NULL));
        assert_ok(hf_checkpoint_parse(proof.checkpoint, &checkpoint, NULL));
        uint8_t leaf[HF_SHA256_BYTES];
        HF_CLEANUP(hf_buf_clear) hf_buf record = hf_buf_init(HF_RECORD_MAX_BYTES);
        HF_CLEANUP(hf_buf_clear) hf_buf detail = hf_buf_init(HF_DETAIL_MAX_BYTES);
        assert_ok(hf_log_record(log, 0, NULL, &record, &detail));
        hf_record_leaf_hash(hf_buf_view(&record), leaf);
        assert_ok(hf_proof_verify_inclusion(&proof.proof, 0, checkpoint.head.size, leaf,
                                            checkpoint.head.root));
        n_proofs++;
    }
    assert_ok(hf_log_close(log));
    assert_true(n_proofs > 0);
}

static void what_is_not_there_is_not_found(void **state)
{
    struct log_folder *folder = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf record = hf_buf_init(1024);
    HF_CLEANUP(hf_buf_clear) hf_buf detail = hf_buf_init(1024);
    struct hf_log *log = log_folder_open(folder);
    log_folder_append(log, 0);
    assert_code(hf_log_record(log, 1, NULL, &record, &detail), NOT_FOUND);
    assert_code(hf_log_record(log, UINT64_MAX, NULL, &record, &detail), NOT_FOUND);
    assert_code(hf_log_proof(log, UINT64_MAX, &record), NOT_FOUND);
    assert_code(hf_log_tile(log, 0, 0, 2, &record), NOT_FOUND);
    assert_code(hf_log_tile(log, 99, 0, 1, &record), NOT_FOUND);
    assert_code(hf_log_tile(log, 0, UINT64_MAX, 1, &record), NOT_FOUND);
    assert_ok(hf_log_close(log));
}

static void a_detail_opens_for_its_recipient_only(void **state)
{
    struct log_folder *folder = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf record = hf_buf_init(HF_RECORD_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf detail = hf_buf_init(HF_DETAIL_MAX_BYTES);
    struct hf_seal_key other = {0};
    static const uint8_t secret[HF_SEAL_KEY_BYTES] = {99};
    assert_ok(hf_seal_key_init(&other, hf_bytes_of(secret, sizeof(secret))));
    struct hf_log *log = log_folder_open(folder);
    log_folder_append(log, 0);
    assert_ok(hf_log_close(log));
    log = log_folder_open(folder);
    assert_code(hf_log_record(log, 0, &other, &record, &detail), SEAL_INVALID);
    hf_buf_reset(&record);
    assert_ok(hf_log_record(log, 0, NULL, &record, &detail)); /* the public part needs no key */
    assert_int_equal(detail.size, 0);
    assert_ok(hf_log_close(log));
    hf_seal_key_clear(&other);
}

static void tiles_are_the_hashes_of_complete_subtrees(void **state)
{
    struct log_folder *folder = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf level0 = hf_buf_init(1 << 16);
    HF_CLEANUP(hf_buf_clear) hf_buf level1 = hf_buf_init(1 << 16);
    struct hf_log *log = log_folder_open(folder);
    for (unsigned i = 0; i < 257; i++) {
        log_folder_append(log, i);
    }
    assert_ok(hf_log_close(log));
    log = log_folder_open(folder);
    assert_ok(hf_log_tile(log, 0, 0, 256, &level0));
    assert_ok(hf_log_tile(log, 1, 0, 1, &level1));
    assert_code(hf_log_tile(log, 1, 0, 2, &level1), NOT_FOUND); /* partial ones are not hashed */
    struct hf_tree tree = {0};
    for (size_t i = 0; i < 256; i++) {
        hf_tree_append(&tree, level0.data + i * HF_SHA256_BYTES);
    }
    uint8_t root[HF_SHA256_BYTES];
    hf_tree_root(&tree, root);
    assert_memory_equal(root, level1.data, sizeof(root));
    assert_ok(hf_log_tile(log, 0, 1, 1, &level0));
    assert_ok(hf_log_close(log));
}

static hf_status count(void *context, const struct hf_replay_entry *entry)
{
    uint64_t *n = context;
    assert_int_equal(entry->record.kind, HF_RECORD_ACCESS);
    ++*n;
    return HF_DONE;
}

static void an_outcome_that_was_told_opens_with_its_access(void **state)
{
    struct log_folder *folder = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf record = hf_buf_init(HF_RECORD_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf detail = hf_buf_init(HF_DETAIL_MAX_BYTES);
    struct hf_log_entry entry = {.kind = HF_RECORD_ACCESS,
                                 .detail = HF_LITERAL("{\"access_id\":\"a\",\"status\":200}"),
                                 .with_outcome = true};
    struct hf_log *log = log_folder_open(folder);
    uint64_t n = 0;
    assert_ok(hf_log_append_wait(log, &entry));
    assert_int_equal(entry.index, 0);
    assert_int_equal(entry.outcome_index, 1);
    assert_int_equal(hf_log_durable_size(log), 2);
    assert_ok(hf_log_append_wait(log, &entry));
    assert_int_equal(entry.index, 2);
    assert_ok(hf_log_replay(log, 0, &folder->operator_key, count, &n));
    assert_int_equal(n, 2); /* the outcomes are no news */
    assert_ok(hf_log_close(log));
    log = log_folder_open(folder);
    assert_ok(hf_log_record(log, 1, &folder->operator_key, &record, &detail));
    assert_non_null(memmem(record.data, record.size, "\"outcome\"", 9));
    assert_true(hf_bytes_equal(hf_buf_view(&detail), entry.detail));
    assert_ok(hf_log_close(log));
}

static hf_status visit(void *context, const struct hf_replay_entry *entry)
{
    uint64_t *next = context;
    assert_int_equal(entry->record.index, *next);
    assert_int_equal(entry->detail.bytes.value, *next);
    ++*next;
    return *next == 1000 ? hf_status_of(HF_EXISTS) : HF_DONE;
}

static void a_replay_shows_every_record_from_an_index_on(void **state)
{
    struct log_folder *folder = *state;
    folder->options.segment_bytes = 8192; /* several segments */
    struct hf_log *log = log_folder_open(folder);
    for (unsigned i = 0; i < 40; i++) {
        log_folder_append(log, i);
    }
    for (uint64_t first = 0; first <= 40; first++) {
        uint64_t next = first;
        assert_ok(hf_log_replay(log, first, &folder->operator_key, visit, &next));
        assert_int_equal(next, 40);
    }
    uint64_t next = 99;
    assert_ok(hf_log_replay(log, 99, &folder->operator_key, visit, &next)); /* nothing is there */
    assert_ok(hf_log_close(log));
}

static hf_status stop(void *context, const struct hf_replay_entry *entry)
{
    (void)context;
    return hf_status_of(entry->record.index == 2 ? HF_LIMIT : HF_OK);
}

static void a_replay_ends_where_its_visitor_says(void **state)
{
    struct log_folder *folder = *state;
    struct hf_seal_key other = {0};
    static const uint8_t secret[HF_SEAL_KEY_BYTES] = {98};
    struct hf_log *log = log_folder_open(folder);
    for (unsigned i = 0; i < 5; i++) {
        log_folder_append(log, i);
    }
    assert_code(hf_log_replay(log, 0, &folder->operator_key, stop, NULL), LIMIT);
    assert_ok(hf_seal_key_init(&other, hf_bytes_of(secret, sizeof(secret))));
    assert_code(hf_log_replay(log, 0, &other, stop, NULL), SEAL_INVALID);
    hf_seal_key_clear(&other);
    assert_ok(hf_log_close(log));
}

#define ON_A_LOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_LOG(records_get_indices_in_order),
        ON_A_LOG(a_log_that_was_closed_goes_on),
        ON_A_LOG(a_log_is_made_once_and_never_implicitly),
        ON_A_LOG(a_log_has_one_writer),
        ON_A_LOG(options_are_checked),
        ON_A_LOG(entries_that_cannot_be_are_refused_at_once),
        ON_A_LOG(a_waiter_has_a_bound),
        ON_A_LOG(there_is_a_number_of_waiters),
        ON_A_LOG(every_worker_sees_its_entries_in_order_and_once),
        ON_A_LOG(a_failed_write_ends_the_service),
        ON_A_LOG(what_is_signed_can_be_proved),
        ON_A_LOG(a_proof_is_of_one_checkpoint),
        ON_A_LOG(what_is_not_there_is_not_found),
        ON_A_LOG(a_detail_opens_for_its_recipient_only),
        ON_A_LOG(an_outcome_that_was_told_opens_with_its_access),
        ON_A_LOG(tiles_are_the_hashes_of_complete_subtrees),
        ON_A_LOG(a_replay_shows_every_record_from_an_index_on),
        ON_A_LOG(a_replay_ends_where_its_visitor_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
