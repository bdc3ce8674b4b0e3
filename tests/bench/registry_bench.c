/*
 * The registry with many consents: how long a start takes, and a look-up of a consent that is not
 * in memory.
 *
 *   registry_bench [CONSENTS [LOOKUPS]]     in a folder of its own under $TMPDIR or /var/tmp
 *
 * The consents are written as the registry writes them, each with a token of 1.5 KB; then the
 * registry is opened and asked for consents in random order, none twice.
 */
#include "base/store.h"
#include "consent/registry.h"
#include "consent/stored.h"
#include "crypto/rand.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 1000, TOKEN_BYTES = 1500, CONSENTS_OF_ISSUER = 100, NOW = 1790000000 };

static void die(const char *what, hf_status status)
{
    if (!hf_is_ok(status)) {
        fprintf(stderr, "registry_bench: %s: %s\n", what, hf_code_info(status.code)->name);
        _exit(1);
    }
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* Names without order: ids are random. */
static uint64_t mix(uint64_t n)
{
    n = (n ^ (n >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    n = (n ^ (n >> 27)) * UINT64_C(0x94d049bb133111eb);
    return n ^ (n >> 31);
}

static struct hf_consent_id id_of(size_t i)
{
    struct hf_consent_id id;
    uint64_t issuer = mix(i / CONSENTS_OF_ISSUER + 1);
    snprintf(id.iss, sizeof id.iss, "person:%016llx%016llx%011u", (unsigned long long)issuer,
             (unsigned long long)mix(issuer), 0U);
    snprintf(id.jti, sizeof id.jti, "%016llx%016llx", (unsigned long long)mix(i + 77),
             (unsigned long long)i);
    return id;
}

/* A consent in the order of ids. */
struct place {
    uint64_t issuer;
    uint64_t jti;
    size_t i;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    if (left->issuer != right->issuer) {
        return left->issuer < right->issuer ? -1 : 1;
    }
    return (left->jti > right->jti) - (left->jti < right->jti);
}

static struct hf_entry_facts facts_of(size_t i)
{
    struct hf_entry_facts facts = {.id = id_of(i),
                                   .rcpt = "uscc:911100001000044477",
                                   .received_unix_s = NOW,
                                   .iat_unix_s = NOW,
                                   .nbf_unix_s = NOW,
                                   .exp_unix_s = NOW + (int64_t)(mix(i) % 7000000),
                                   .max_total = 1000,
                                   .has_window = true,
                                   .window = HF_WINDOW_DAY,
                                   .window_count = 10};
    hf_rand_bytes(facts.token_sha256, sizeof facts.token_sha256);
    hf_rand_bytes(facts.payload_sha256, sizeof facts.payload_sha256);
    return facts;
}

typedef void put_one(struct hf_store_batch *batch, size_t i);

static void put_facts(struct hf_store_batch *batch, size_t i)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    const struct hf_entry_facts facts = facts_of(i);
    die("consent", hf_stored_consent_write(&facts, true, &value));
    hf_store_batch_put(batch,
                       hf_bytes_of_string(hf_stored_key_of(HF_STORED_CONSENT, &facts.id).text),
                       hf_buf_view(&value));
}

static void put_token(struct hf_store_batch *batch, size_t i)
{
    char token[TOKEN_BYTES];
    const struct hf_consent_id id = id_of(i);
    memset(token, 'x', sizeof token);
    hf_store_batch_put(batch, hf_bytes_of_string(hf_stored_key_of(HF_STORED_TOKEN, &id).text),
                       hf_bytes_of(token, sizeof token));
}

static void put_expiry(struct hf_store_batch *batch, size_t i)
{
    const struct hf_entry_facts facts = facts_of(i);
    hf_store_batch_put(batch, hf_bytes_of_string(hf_stored_expiry_key(&facts).text),
                       (hf_bytes){NULL, 0});
}

static void put_all(struct hf_store *store, const struct place *places, size_t n, put_one *put)
{
    for (size_t i = 0; i < n;) {
        struct hf_store_batch *batch = NULL;
        die("batch", hf_store_batch_new(&batch));
        for (size_t in_batch = 0; in_batch < BATCH && i < n; in_batch++, i++) {
            put(batch, places[i].i);
        }
        die("write", hf_store_write(store, batch, 0));
        hf_store_batch_free(batch);
    }
}

/* In the order of keys, so that the store is as tidy as it is when it has had time to tidy up. */
static void fill(const char *path, size_t n_consents)
{
    struct hf_store *store = NULL;
    struct place *places = calloc(n_consents, sizeof *places);
    if (!places) {
        _exit(1);
    }
    for (size_t i = 0; i < n_consents; i++) {
        places[i] = (struct place){mix(i / CONSENTS_OF_ISSUER + 1), mix(i + 77), i};
    }
    qsort(places, n_consents, sizeof *places, compare_places);
    die("open", hf_store_open(path, &store, NULL));
    put_all(store, places, n_consents, put_facts);
    put_all(store, places, n_consents, put_token);
    put_all(store, places, n_consents, put_expiry);
    hf_store_close(store);
    free(places);
}

static int compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* By the clock, and by the time that the thread itself ran: on a busy machine the first tells of
 * its neighbours. */
struct took {
    uint32_t *clock_ns;
    uint32_t *thread_ns;
};

static void print_times(const char *what, uint32_t *took_ns, size_t n)
{
    qsort(took_ns, n, sizeof *took_ns, compare);
    printf("%-44s %8.1f us p50  %8.1f us p99  %8.1f us worst\n", what, took_ns[n / 2] / 1e3,
           took_ns[n * 99 / 100] / 1e3, took_ns[n - 1] / 1e3);
}

static void look_up(struct hf_registry *registry, size_t n_consents, size_t n_lookups)
{
    struct took took = {calloc(n_lookups, sizeof(uint32_t)), calloc(n_lookups, sizeof(uint32_t))};
    if (!took.clock_ns || !took.thread_ns) {
        _exit(1);
    }
    for (size_t i = 0; i < n_lookups; i++) {
        struct hf_entry *entry = NULL;
        /* A step that has no factor in common with the number: none comes twice. */
        const struct hf_consent_id id = id_of(i * 7919 % n_consents);
        uint64_t clock_ns = now_ns(CLOCK_MONOTONIC);
        uint64_t thread_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
        die("find", hf_registry_find(registry, &id, &entry));
        took.thread_ns[i] = (uint32_t)(now_ns(CLOCK_THREAD_CPUTIME_ID) - thread_ns);
        took.clock_ns[i] = (uint32_t)(now_ns(CLOCK_MONOTONIC) - clock_ns);
        hf_entry_unref(entry);
    }
    print_times("look-up of a consent not in memory", took.clock_ns, n_lookups);
    print_times("  of it the thread's own", took.thread_ns, n_lookups);
    free(took.clock_ns);
    free(took.thread_ns);
}

static int remove_one(const char *path, const struct stat *about, int type, struct FTW *place)
{
    (void)about;
    (void)type;
    (void)place;
    return remove(path);
}

int main(int argc, char **argv)
{
    size_t n_consents = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    size_t n_lookups = argc > 2 ? strtoull(argv[2], NULL, 10) : 100000;
    const char *under = getenv("TMPDIR");
    char path[512];
    struct hf_clock_fixed values = {.unix_ms = (int64_t)NOW * 1000};
    const struct hf_registry_options options = {.path = path, .clock = hf_clock_fixed(&values)};
    struct hf_registry *registry = NULL;
    snprintf(path, sizeof path, "%s/hufu-registry-XXXXXX", under ? under : "/var/tmp");
    if (n_consents == 0 || n_lookups == 0 || n_lookups > n_consents || !mkdtemp(path)) {
        fputs("usage: registry_bench [CONSENTS [LOOKUPS]]\n", stderr);
        return 2;
    }
    die("crypto", hf_crypto_init());
    uint64_t from = now_ns(CLOCK_MONOTONIC);
    fill(path, n_consents);
    printf("%-44s %8.1f s\n", "written", (double)(now_ns(CLOCK_MONOTONIC) - from) / 1e9);
    from = now_ns(CLOCK_MONOTONIC);
    die("open", hf_registry_open(&options, &registry, NULL));
    printf("%-44s %8.3f s with %zu consents\n", "start of the registry",
           (double)(now_ns(CLOCK_MONOTONIC) - from) / 1e9, n_consents);
    look_up(registry, n_consents, n_lookups);
    hf_registry_close(registry);
    nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}
