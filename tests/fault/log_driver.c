/*
 * Writes an access log as the daemon does, and says what was acknowledged. The tests run it on
 * disks that fail and kill it, start it again, and look at what is there.
 *
 *   log_driver create FOLDER               FOLDER/log, FOLDER/keys, FOLDER/log.policy
 *   log_driver run FOLDER N [THREADS [SEGMENT_BYTES]]
 *                                          N records by each thread, one after the other, then
 * close
 *
 * Lines: "open ENDING RECORDS CUT", "ok INDEX NAME" behind the acknowledgement of the record whose
 * detail has that name as note, "no NAME CODE", "failed WHAT", "closed".
 * Exit: 0 closed, 65 and 66 refused as damaged or rolled back, 70 failed while running, 1
 * otherwise.
 */
#include "audit/detail.h"
#include "audit/log.h"
#include "audit/tlog_policy.h"
#include "base/file.h"
#include "crypto/rand.h"
#include "crypto/secret_file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ORIGIN "gw1.example/fault-log"
enum { MAX_THREADS = 64 };

static const char *in(const char *folder, const char *name, char path[static 4096])
{
    snprintf(path, 4096, "%s/%s", folder, name);
    return path;
}

static hf_status create(const char *folder)
{
    char path[4096];
    struct hf_key *key = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf policy = hf_buf_init(1024);
    HF_TRY(hf_folder_create(in(folder, "keys", path), 0700));
    HF_TRY(hf_secret_file_create(in(folder, "keys/operator.key", path)));
    HF_TRY(hf_secret_file_create(in(folder, "keys/tag.key", path)));
    HF_TRY(hf_key_generate(HF_ALG_ED25519, &key));
    hf_status status = hf_key_file_create(in(folder, "keys/log.key", path), key);
    if (hf_is_ok(status)) {
        status = hf_tlog_policy_write(ORIGIN, key, &policy);
    }
    hf_key_unref(key);
    HF_TRY(status);
    HF_TRY(hf_file_write_durable(in(folder, "log.policy", path), hf_buf_view(&policy), 0644));
    return hf_log_create(in(folder, "log", path), ORIGIN);
}

struct run {
    struct hf_log *log;
    unsigned long n_records;
    unsigned number; /* of the thread */
    pthread_t thread;
};

static void append(const struct run *run, unsigned long i)
{
    char name[64];
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_DETAIL_MAX_BYTES);
    snprintf(name, sizeof(name), "%ld.%u.%lu", (long)getpid(), run->number, i);
    const struct hf_detail detail = {.note = hf_bytes_of_string(name)};
    hf_status status = hf_detail_write(&detail, &text);
    struct hf_log_entry entry = {.kind = HF_RECORD_ACCESS,
                                 .bank = HF_LITERAL("91350100M000100Y43"),
                                 .enterprise = HF_LITERAL("uscc:91350100M000100Y43"),
                                 .detail = hf_buf_view(&text)};
    if (hf_is_ok(status)) {
        status = hf_log_append_wait(run->log, &entry);
    }
    if (hf_is_ok(status)) {
        printf("ok %llu %s\n", (unsigned long long)entry.index, name);
    } else {
        printf("no %s %s\n", name, hf_code_info(status.code)->name);
    }
}

static void *append_all(void *context)
{
    const struct run *run = context;
    for (unsigned long i = 0; i < run->n_records; i++) {
        append(run, i);
    }
    return NULL;
}

static void say_failed(void *context, hf_status status, const char *detail)
{
    (void)context;
    printf("failed %s: %s\n", hf_code_info(status.code)->name, detail);
}

static hf_status open_log(const char *folder, uint64_t segment_bytes, struct hf_log **ret_log)
{
    char path[4096];
    struct hf_problem problem = {0};
    struct hf_secret operator_secret = {0};
    struct hf_secret tag_secret = {0};
    static struct hf_seal_key operator_key;
    static const struct hf_seal_key *recipients[] = {&operator_key};
    struct hf_log_options options = {.folder = in(folder, "log", path),
                                     .recipients = recipients,
                                     .n_recipients = 1,
                                     .segment_bytes = segment_bytes,
                                     .prewrite_bytes = 8192,
                                     .checkpoint_interval_ms = 1,
                                     .on_failed = say_failed};
    char key_path[4096];
    HF_TRY(hf_key_file_read(in(folder, "keys/log.key", key_path), &options.signer, NULL));
    HF_TRY(hf_secret_file_read(in(folder, "keys/operator.key", key_path), &operator_secret, NULL));
    HF_TRY(hf_secret_file_read(in(folder, "keys/tag.key", key_path), &tag_secret, NULL));
    HF_TRY(
        hf_seal_key_init(&operator_key, hf_bytes_of(operator_secret.data, operator_secret.size)));
    options.tag_key = hf_bytes_of(tag_secret.data, tag_secret.size);
    hf_status status = hf_log_open(&options, ret_log, &problem);
    hf_key_unref(options.signer);
    hf_secret_clear(&operator_secret);
    hf_secret_clear(&tag_secret);
    if (!hf_is_ok(status)) {
        printf("refused %s %s: %s\n", hf_code_info(status.code)->name, problem.where,
               problem.detail);
    }
    return status;
}

static int run(const char *folder, unsigned long n_records, unsigned n_threads,
               uint64_t segment_bytes)
{
    static struct run runs[MAX_THREADS];
    struct hf_log *log = NULL;
    hf_status status = open_log(folder, segment_bytes, &log);
    if (!hf_is_ok(status)) {
        return status.code == HF_LOG_CORRUPT ? 65 : status.code == HF_LOG_ROLLBACK ? 66 : 1;
    }
    struct hf_log_recovery recovery = hf_log_recovery(log);
    printf("open %d %llu %llu\n", (int)recovery.ending, (unsigned long long)recovery.n_records,
           (unsigned long long)recovery.cut_bytes);
    for (unsigned i = 0; i < n_threads; i++) {
        runs[i] = (struct run){.log = log, .n_records = n_records, .number = i};
        if (pthread_create(&runs[i].thread, NULL, append_all, &runs[i]) != 0) {
            return 1;
        }
    }
    for (unsigned i = 0; i < n_threads; i++) {
        pthread_join(runs[i].thread, NULL);
    }
    if (!hf_is_ok(hf_log_close(log))) {
        return 70;
    }
    puts("closed");
    return 0;
}

static unsigned long number(char **argv, int argc, int i, unsigned long fallback)
{
    return i < argc ? strtoul(argv[i], NULL, 10) : fallback;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 3 || !hf_is_ok(hf_crypto_init())) {
        return 2;
    }
    if (strcmp(argv[1], "create") == 0) {
        return hf_is_ok(create(argv[2])) ? 0 : 1;
    }
    unsigned long n_threads = number(argv, argc, 4, 1);
    if (strcmp(argv[1], "run") != 0 || argc < 4 || n_threads > MAX_THREADS) {
        return 2;
    }
    return run(argv[2], number(argv, argc, 3, 0), (unsigned)n_threads,
               number(argv, argc, 5, 1UL << 20));
}
