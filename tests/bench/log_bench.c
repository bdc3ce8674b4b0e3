/*
 * How fast the access log is: durable records a second and their latency with many waiting at once,
 * then the verifier over what was written.
 *
 *   log_bench [RECORDS [WAITING [WORKERS]]]     in a folder of its own under $TMPDIR or /var/tmp
 *
 * Each of WORKERS threads keeps WAITING / WORKERS records in flight and appends the next one when
 * one is durable, as a gateway's worker does: one publication a turn, asleep when nothing is to do.
 */
#include "audit/detail.h"
#include "audit/log.h"
#include "audit/tlog_policy.h"
#include "audit/verify.h"
#include "crypto/rand.h"

#include <ftw.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define ORIGIN "bench.example/log"
/* What an access has: 370 bytes, so 512 in its box. */
#define DETAIL                                                                                     \
    "{\"access_id\":\"q7yK0nXf2Jr5v8w1Zt3BcA\",\"actions\":[\"query\"],\"bank\":"                  \
    "\"91350100M000100Y43\",\"consents\":[\"uscc:91350100M000100Y43;eVhiYmg7VlOJFpcnpNKtyg\"],"    \
    "\"datasets\":[\"tax/payment\"],\"enterprise\":\"uscc:91350100M000100Y43\",\"generation\":1,"  \
    "\"operation\":\"GET /payment/{uscc}.json\",\"purpose\":\"pre_loan\",\"time_ms\":"             \
    "1790000000123,\"view_sha256\":\"yMGclSFjHNyTtHY0e7GCPNmOzp39nA7quMi1WUEQ95s\"}"

enum { MAX_WORKERS = 16, MAX_WAITING = 4096 };

static void die(const char *what, hf_status status)
{
    if (!hf_is_ok(status)) {
        fprintf(stderr, "log_bench: %s: %s\n", what, hf_code_info(status.code)->name);
        _exit(1);
    }
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

struct slot {
    struct hf_log_entry entry;
    struct worker *worker;
    uint64_t appended_ns;
};

struct worker {
    struct hf_log *log;
    struct hf_log_waiter *waiter;
    int wakeup_fd;
    size_t n_slots;
    uint64_t n_left; /* to append */
    uint64_t n_done;
    uint32_t *latencies_ns;
    struct slot slots[MAX_WAITING];
    pthread_t thread;
};

static void append(struct slot *slot)
{
    struct worker *worker = slot->worker;
    if (worker->n_left == 0) {
        return;
    }
    worker->n_left--;
    slot->appended_ns = now_ns(CLOCK_MONOTONIC);
    die("append", hf_log_append(worker->waiter, &slot->entry));
}

static void on_settled(struct hf_log_entry *entry, hf_status status)
{
    struct slot *slot = entry->context;
    struct worker *worker = slot->worker;
    die("record", status);
    worker->latencies_ns[worker->n_done++] =
        (uint32_t)(now_ns(CLOCK_MONOTONIC) - slot->appended_ns);
    append(slot);
}

static void wake(void *context)
{
    const uint64_t one = 1;
    if (write(((struct worker *)context)->wakeup_fd, &one, sizeof(one)) < 0) {
        _exit(1);
    }
}

static void *work(void *context)
{
    struct worker *worker = context;
    uint64_t count;
    for (size_t i = 0; i < worker->n_slots; i++) {
        append(&worker->slots[i]);
    }
    while (hf_log_n_pending(worker->waiter) > 0) {
        if (hf_log_sleep(worker->waiter)) {
            struct pollfd wakeup = {.fd = worker->wakeup_fd, .events = POLLIN};
            poll(&wakeup, 1, -1);
            if (read(worker->wakeup_fd, &count, sizeof(count)) < 0) {
                continue;
            }
            hf_log_awake(worker->waiter);
        }
        hf_log_poll(worker->waiter);
    }
    return NULL;
}

static struct worker *start(struct hf_log *log, uint64_t n_records, size_t n_slots)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    worker->log = log;
    worker->n_left = n_records;
    worker->n_slots = n_slots;
    worker->latencies_ns = calloc(n_records, sizeof(uint32_t));
    worker->wakeup_fd = eventfd(0, EFD_CLOEXEC);
    die("waiter", hf_log_waiter_new(log, wake, worker, &worker->waiter));
    for (size_t i = 0; i < n_slots; i++) {
        worker->slots[i] =
            (struct slot){.worker = worker,
                          .entry = {.kind = HF_RECORD_ANCHOR,
                                    .bank = HF_LITERAL("91350100M000100Y43"),
                                    .enterprise = HF_LITERAL("uscc:91350100M000100Y43"),
                                    .detail = HF_LITERAL(DETAIL),
                                    .on_settled = on_settled}};
        worker->slots[i].entry.context = &worker->slots[i];
    }
    if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
        _exit(1);
    }
    return worker;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void bench_append(struct hf_log *log, uint64_t n_records, size_t n_waiting, size_t n_workers)
{
    static struct worker *workers[MAX_WORKERS];
    uint64_t began = now_ns(CLOCK_MONOTONIC);
    uint64_t cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (size_t i = 0; i < n_workers; i++) {
        workers[i] = start(log, n_records / n_workers, n_waiting / n_workers);
    }
    for (size_t i = 0; i < n_workers; i++) {
        pthread_join(workers[i]->thread, NULL);
    }
    double seconds = (double)(now_ns(CLOCK_MONOTONIC) - began) / 1e9;
    double cpu_us = (double)(now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1e3;
    uint32_t *all = calloc(n_records, sizeof(uint32_t));
    size_t n = 0;
    for (size_t i = 0; i < n_workers; i++) {
        memcpy(all + n, workers[i]->latencies_ns, workers[i]->n_done * sizeof(uint32_t));
        n += workers[i]->n_done;
        hf_log_waiter_free(workers[i]->waiter);
    }
    qsort(all, n, sizeof(uint32_t), compare);
    printf("durable records        %zu, %zu waiting, %zu workers\n", n, n_waiting, n_workers);
    printf("records a second       %.0f\n", (double)n / seconds);
    printf("latency p50 p99 max    %.2f %.2f %.2f ms\n", all[n / 2] / 1e6, all[n * 99 / 100] / 1e6,
           all[n - 1] / 1e6);
    printf("CPU a record           %.2f us\n", cpu_us / (double)n);
    free(all);
}

static void bench_verify(const char *folder, const struct hf_key *key)
{
    struct hf_tlog_policy *policy = NULL;
    struct hf_log_report report;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(1024);
    die("policy", hf_tlog_policy_write(ORIGIN, key, &text));
    die("policy", hf_tlog_policy_parse(hf_buf_view(&text), &policy, NULL));
    const struct hf_log_verify_request request = {.folder = folder, .policy = policy};
    hf_log_verify(&request, &report); /* brings the log into the page cache */
    uint64_t cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
    hf_log_verify(&request, &report);
    double seconds = (double)(now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) / 1e9;
    printf("verified               verdict %d, %llu records, %llu bytes\n", report.verdict,
           (unsigned long long)report.n_records, (unsigned long long)report.n_bytes);
    printf("records a second, core %.0f\n", (double)report.n_records / seconds);
    hf_tlog_policy_free(policy);
}

static unsigned long number(char **argv, int argc, int i, unsigned long fallback)
{
    return i < argc ? strtoul(argv[i], NULL, 10) : fallback;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

/* Append, close, verify. */
static void bench(const char *folder, unsigned long n_records, unsigned long n_waiting,
                  unsigned long n_workers)
{
    struct hf_key *key = NULL;
    struct hf_seal_key operator_key = {0};
    const struct hf_seal_key *recipients[] = {&operator_key};
    struct hf_log *log = NULL;
    uint8_t secret[HF_SEAL_KEY_BYTES] = {1};
    die("key", hf_key_generate(HF_ALG_ED25519, &key));
    die("key", hf_seal_key_init(&operator_key, hf_bytes_of(secret, sizeof(secret))));
    die("create", hf_log_create(folder, ORIGIN));
    const struct hf_log_options options = {.folder = folder,
                                           .signer = key,
                                           .recipients = recipients,
                                           .n_recipients = 1,
                                           .tag_key = hf_bytes_of(secret, sizeof(secret))};
    die("open", hf_log_open(&options, &log, NULL));
    bench_append(log, n_records, n_waiting, n_workers);
    die("close", hf_log_close(log));
    bench_verify(folder, key);
    hf_key_unref(key);
    hf_seal_key_clear(&operator_key);
}

int main(int argc, char **argv)
{
    char folder[4096];
    const char *place = getenv("TMPDIR");
    unsigned long n_waiting = number(argv, argc, 2, 64);
    unsigned long n_workers = number(argv, argc, 3, 1);
    if (n_workers == 0 || n_workers > MAX_WORKERS || n_waiting / n_workers > MAX_WAITING) {
        return 2;
    }
    die("init", hf_crypto_init());
    snprintf(folder, sizeof(folder), "%s/hufu-log-bench-XXXXXX", place ? place : "/var/tmp");
    if (!mkdtemp(folder)) {
        die("folder", hf_status_of(HF_IO));
    }
    bench(folder, number(argv, argc, 1, 300000), n_waiting, n_workers);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
