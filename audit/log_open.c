/*
 * Making, opening and closing a log: the folder, the lock, recovery, the first record after a
 * crash, the thread. Here is decided in which order these happen; what recovery accepts is
 * recover.c's.
 *
 * Invariant: when hf_log_open() returns OK, all records are on disk and under a signed checkpoint.
 */
#include "audit/checkpoint.h"
#include "audit/detail.h"
#include "audit/log.h"
#include "audit/log_state.h"
#include "audit/note.h"
#include "audit/origin.h"
#include "base/file.h"
#include "crypto/base64.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    DEFAULT_SEGMENT_BYTES = 64 << 20,
    DEFAULT_SEGMENT_AGE_S = 24 * 3600,
    DEFAULT_PREWRITE_BYTES = 1 << 20,
    DEFAULT_CHECKPOINT_INTERVAL_MS = 1000,
    DEFAULT_MAX_PENDING = 65536,
    BOOT_ID_BYTES = 36
};

static hf_status create_folders(const char *folder)
{
    static const char *const names[] = {"wal", "torn", "tree"};
    HF_TRY(hf_folder_create(folder, 0750));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[PATH_MAX];
        HF_TRY(hf_path_join(path, sizeof(path), folder, names[i]));
        HF_TRY(hf_folder_create(path, 0750));
    }
    return HF_DONE;
}

hf_status hf_log_create(const char *folder, const char *origin)
{
    char path[PATH_MAX];
    HF_CLEANUP(hf_buf_clear) hf_buf line = hf_buf_init(HF_LOG_ORIGIN_MAX_BYTES + 1);
    if (!hf_log_origin_is_valid(hf_bytes_of_string(origin))) {
        HF_FAIL(CONFIG_INVALID);
    }
    HF_TRY(create_folders(folder));
    HF_TRY(hf_path_join(path, sizeof(path), folder, "origin"));
    HF_TRY(hf_buf_printf(&line, "%s\n", origin));
    return hf_file_create_durable(path, hf_buf_view(&line), 0644);
}

static void read_boot_id(char ret_id[static BOOT_ID_BYTES + 1])
{
    ret_id[0] = '\0';
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t n = read(fd, ret_id, BOOT_ID_BYTES);
        ret_id[n == BOOT_ID_BYTES ? BOOT_ID_BYTES : 0] = '\0';
        close(fd);
    }
}

/* Takes the lock; @ret_boot_before is what the last holder had written there. */
static hf_status take_lock(struct hf_log *log, char ret_boot_before[static BOOT_ID_BYTES + 1],
                           struct hf_problem *reterr)
{
    char path[PATH_MAX];
    char boot[BOOT_ID_BYTES + 1];
    char line[96];
    HF_TRY(hf_path_join(path, sizeof(path), log->folder, "LOCK"));
    log->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (log->lock_fd < 0) {
        return hf_problem_set(reterr, HF_IO, "LOCK", "cannot be opened");
    }
    if (flock(log->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        return hf_problem_set(reterr, HF_LOG_LOCKED, "LOCK", "another process holds the log");
    }
    ssize_t n = pread(log->lock_fd, ret_boot_before, BOOT_ID_BYTES, 0);
    ret_boot_before[n == BOOT_ID_BYTES ? BOOT_ID_BYTES : 0] = '\0';
    read_boot_id(boot);
    int size = snprintf(line, sizeof(line), "%s %ld\n", boot, (long)getpid());
    if (ftruncate(log->lock_fd, 0) != 0 || pwrite(log->lock_fd, line, (size_t)size, 0) != size) {
        return hf_problem_set(reterr, HF_IO, "LOCK", "cannot be written");
    }
    return HF_DONE;
}

static uint64_t or_default(uint64_t value, uint64_t fallback)
{
    return value ? value : fallback;
}

static hf_status check_options(const struct hf_log_options *options, struct hf_problem *reterr)
{
    if (!options->signer || hf_key_alg(options->signer) != HF_ALG_ED25519 ||
        !hf_key_has_private(options->signer)) {
        return hf_problem_set(reterr, HF_CONFIG_INVALID, "log.key",
                              "the log signs with an Ed25519 key pair");
    }
    if (options->n_recipients == 0 || options->n_recipients > HF_SEAL_MAX_RECIPIENTS ||
        options->tag_key.size != HF_LOG_TAG_KEY_BYTES || options->segment_age_s < 0 ||
        options->checkpoint_interval_ms < 0) {
        return hf_problem_set(reterr, HF_CONFIG_INVALID, "log",
                              "recipients, tag key or limits are out of bounds");
    }
    return HF_DONE;
}

static void fill_defaults(struct hf_log_options *options)
{
    options->segment_bytes = or_default(options->segment_bytes, DEFAULT_SEGMENT_BYTES);
    options->prewrite_bytes = or_default(options->prewrite_bytes, DEFAULT_PREWRITE_BYTES);
    if (options->prewrite_bytes > options->segment_bytes) {
        options->prewrite_bytes = options->segment_bytes;
    }
    options->max_pending = (size_t)or_default(options->max_pending, DEFAULT_MAX_PENDING);
    if (options->segment_age_s == 0) {
        options->segment_age_s = DEFAULT_SEGMENT_AGE_S;
    }
    if (options->checkpoint_interval_ms == 0) {
        options->checkpoint_interval_ms = DEFAULT_CHECKPOINT_INTERVAL_MS;
    }
    if (!options->clock.unix_ms) {
        options->clock = hf_clock_system();
    }
}

/* Writes the record that tells of the crash. */
static hf_status write_recover_record(struct hf_log *log, const struct hf_recovered *recovered,
                                      const char *boot_before)
{
    static const char *const notes[] = {[HF_LOG_ENDING_FRESH] = "fresh",
                                        [HF_LOG_ENDING_SEALED] = "not wholly signed",
                                        [HF_LOG_ENDING_CLEAN] = "killed between two batches",
                                        [HF_LOG_ENDING_TORN] = "killed within a batch"};
    char boot[BOOT_ID_BYTES + 1];
    char digest[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1];
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_DETAIL_MAX_BYTES);
    read_boot_id(boot);
    hf_base64url_encode_fixed(hf_bytes_of(recovered->seal.cut_sha256, HF_SHA256_BYTES), digest);
    struct hf_detail detail = {
        .batch = HF_DETAIL_NUMBER(recovered->state.batch),
        .boot_id = hf_bytes_of_string(boot),
        .boot_id_before = hf_bytes_of_string(boot_before),
        .cut_bytes = HF_DETAIL_NUMBER(recovered->seal.cut_bytes),
        .cut_sha256 = hf_bytes_of_string(recovered->seal.cut_bytes ? digest : ""),
        .note = hf_bytes_of_string(notes[recovered->report.ending]),
        .time_ms = HF_DETAIL_NUMBER((uint64_t)hf_clock_unix_ms(&log->options.clock)),
    };
    HF_TRY(hf_detail_write(&detail, &text));
    struct hf_log_entry entry = {.kind = HF_RECORD_RECOVER, .detail = hf_buf_view(&text)};
    struct hf_log_entry *list = &entry;
    return hf_log_write_batch(log, &list);
}

/* Shows readers the checkpoint that recovery found. */
static hf_status adopt_checkpoint(struct hf_log *log, struct hf_recovered *recovered)
{
    struct hf_checkpoint checkpoint;
    if (recovered->checkpoint.size == 0) {
        return HF_DONE;
    }
    HF_TRY(hf_checkpoint_parse(hf_buf_view(&recovered->checkpoint), &checkpoint, NULL));
    HF_TRY(hf_log_writer_publish(&log->writer, hf_buf_view(&recovered->checkpoint)));
    log->writer.signed_head = log->head = checkpoint.head;
    return hf_buf_append(&log->checkpoint, hf_buf_view(&recovered->checkpoint));
}

/* From the recovered state to one that may take records. */
static hf_status begin(struct hf_log *log, struct hf_recovered *recovered, const char *boot_before)
{
    log->recovery = recovered->report;
    log->segments = recovered->segments;
    log->n_segments = recovered->n_segments;
    recovered->segments = NULL;
    HF_TRY(hf_log_writer_init(&log->writer, &log->options, log->origin, log->store, recovered));
    HF_TRY(adopt_checkpoint(log, recovered));
    if (recovered->needs_record) {
        HF_TRY(write_recover_record(log, recovered, boot_before));
        HF_TRY(hf_log_sign(log));
    }
    atomic_store(&log->durable_size, log->writer.state.tree.size);
    return HF_DONE;
}

static hf_status recover(struct hf_log *log, const char *boot_before, struct hf_problem *reterr)
{
    struct hf_log_fault fault = {0};
    struct hf_recovered recovered = {0};
    const struct hf_recover_request request = {log->folder, log->origin, log->options.signer,
                                               log->store};
    errno = 0;
    hf_status status = hf_recover(&request, &recovered, &fault);
    if (status.code == HF_LOG_CORRUPT || status.code == HF_LOG_ROLLBACK ||
        status.code == HF_CONFIG_INVALID) {
        return hf_log_fault_raise(&fault, status.code, reterr);
    }
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, fault.file, "cannot be read or repaired");
    }
    status = begin(log, &recovered, boot_before);
    hf_recovered_clear(&recovered);
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, "log", "%s", log->writer.fault);
    }
    return HF_DONE;
}

/* The log thread takes no signals: they are the daemon's, and EINTR has no place in a write. */
static hf_status start_thread(struct hf_log *log)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    log->has_thread = pthread_create(&log->thread, NULL, hf_log_run, log) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return log->has_thread ? HF_DONE : hf_status_of(HF_NOMEM);
}

static void init_locks(struct hf_log *log)
{
    pthread_mutex_init(&log->waiters_mutex, NULL);
    pthread_mutex_init(&log->reading_mutex, NULL);
}

static void free_log(struct hf_log *log)
{
    hf_log_writer_clear(&log->writer);
    hf_tree_store_free(log->store);
    free(log->segments);
    hf_buf_clear(&log->checkpoint);
    hf_key_unref(log->options.signer);
    if (log->lock_fd >= 0) {
        close(log->lock_fd);
    }
    if (log->wakeup_fd >= 0) {
        close(log->wakeup_fd);
    }
    pthread_mutex_destroy(&log->waiters_mutex);
    pthread_mutex_destroy(&log->reading_mutex);
    free(log);
}

static hf_status open_log(struct hf_log *log, struct hf_problem *reterr)
{
    char boot_before[BOOT_ID_BYTES + 1];
    hf_status status = hf_log_origin_read(log->folder, log->origin);
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, "origin", "no access log is there");
    }
    HF_TRY(take_lock(log, boot_before, reterr));
    status = hf_segment_check_space(log->folder, 2 * log->options.segment_bytes);
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, "log",
                              "less than two segments of free space on its file system");
    }
    status = hf_tree_store_open(log->folder, &log->store);
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, "tree", "cannot be made");
    }
    HF_TRY(recover(log, boot_before, reterr));
    return start_thread(log);
}

hf_status hf_log_open(const struct hf_log_options *options, struct hf_log **ret_log,
                      struct hf_problem *reterr)
{
    HF_TRY(check_options(options, reterr));
    struct hf_log *log = calloc(1, sizeof(*log));
    if (!log) {
        HF_FAIL(NOMEM);
    }
    log->options = *options;
    log->options.signer = hf_key_ref(options->signer);
    log->lock_fd = -1;
    log->wakeup_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    log->writer.segment.fd = -1;
    log->checkpoint = hf_buf_init(HF_NOTE_MAX_BYTES);
    fill_defaults(&log->options);
    init_locks(log);
    snprintf(log->folder, sizeof(log->folder), "%s", options->folder);
    log->options.folder = log->folder;
    hf_status status = log->wakeup_fd >= 0 ? open_log(log, reterr) : hf_status_of(HF_IO);
    if (!hf_is_ok(status)) {
        free_log(log);
        return status;
    }
    *ret_log = log;
    return HF_DONE;
}

static void join_thread(struct hf_log *log)
{
    if (log->has_thread) {
        pthread_join(log->thread, NULL);
        log->has_thread = false;
    }
}

void hf_log_await_failed(struct hf_log *log)
{
    if (hf_log_has_failed(log)) {
        join_thread(log);
    }
}

hf_status hf_log_close(struct hf_log *log)
{
    atomic_store(&log->is_closing, true);
    hf_log_nudge(log);
    join_thread(log);
    bool has_failed = hf_log_has_failed(log);
    free_log(log);
    if (has_failed) {
        HF_FAIL(LOG_UNAVAILABLE);
    }
    return HF_DONE;
}

const char *hf_log_origin(const struct hf_log *log)
{
    return log->origin;
}

struct hf_log_recovery hf_log_recovery(const struct hf_log *log)
{
    return log->recovery;
}

bool hf_log_has_failed(const struct hf_log *log)
{
    return atomic_load(&log->has_failed);
}

uint64_t hf_log_durable_size(const struct hf_log *log)
{
    return atomic_load(&log->durable_size);
}
