/*
 * A small deployment in a temporary folder, with one bank, one grantor, the example catalogs and
 * policy, a registry and the caches of a worker: all that a decision is made over.
 */
#pragma once

#include "base/file.h"
#include "crypto/base64.h"
#include "crypto/cert.h"
#include "gateway/config.h"
#include "gateway/held.h"
#include "gateway/snapshot.h"
#include "policy/compile.h"
#include "tests/unit/consent/fixture.h"
#include "tests/unit/gateway/folder.h"

#define WORLD_PAYMENT "GET /payment/{uscc}.json"
#define WORLD_AGREEMENT                                                                            \
    "{\"bank\":\"" PAYLOAD_BANK "\",\"source\":\"tax\",\"datasets\":[\"payment\",\"arrears\","     \
    "\"rating\"],\"purposes\":[\"pre_loan\",\"in_loan\"],\"classes\":[\"public\","                 \
    "\"trade_secret\",\"personal\"],\"not_before\":1600000000,\"not_after\":2000000000}"

struct world {
    struct test_folder *folder;
    struct fixture consent; /* its folder holds the grantors */
    struct hf_config *config;
    struct hf_snapshot *snapshot;
    struct hf_registry *registry;
    struct hf_token_cache *tokens;
    struct hf_metrics *metrics;
    struct hf_view_cache *views;
    struct hf_clock_fixed clock;
    struct hf_cert_info cert;
};

static inline void world_subfolder(const struct world *world, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", world->folder->path, name);
    assert_ok(hf_folder_create(path, 0700));
}

static inline void world_copy_example(const struct world *world, const char *name)
{
    char path[512];
    const char *text = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf content = hf_buf_init(1 << 20);
    const char *root = getenv("HUFU_SOURCE_ROOT");
    (void)snprintf(path, sizeof path, "%s/examples/%s", root ? root : ".", name);
    assert_ok(hf_file_read(path, &content));
    assert_ok(hf_buf_string(&content, &text));
    (void)test_folder_write(world->folder, name, text);
}

/* The bank's file, with the digest that the consent's cnf names. */
static inline void world_write_bank(const struct world *world, const char *more)
{
    char hex[2 * HF_SHA256_BYTES + 1];
    char text[512];
    for (size_t i = 0; i < HF_SHA256_BYTES; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", world->cert.sha256[i]);
    }
    (void)snprintf(text, sizeof text, "{\"uscc\":\"%s\",\"name\":\"A\",\"certs\":[\"%s\"]%s}",
                   PAYLOAD_BANK, hex, more);
    (void)test_folder_write(world->folder, "banks/" PAYLOAD_BANK ".json", text);
}

static inline void world_write_config(struct world *world)
{
    char text[1024];
    struct hf_problem problem = {0};
    (void)snprintf(text, sizeof text,
                   "{\"audience\":\"https://gw.example.test\",\"origin\":\"gw/log\","
                   "\"listen\":{\"banks\":\"127.0.0.1:1\"},\"sources\":{"
                   "\"tax\":{\"url\":\"https://127.0.0.1:2\",\"ca\":\"ca.pem\"},"
                   "\"samr\":{\"url\":\"https://127.0.0.1:3\",\"ca\":\"ca.pem\"}},"
                   "\"paths\":{\"grantors\":\"%s\"}}",
                   world->consent.folder);
    assert_ok(hf_config_read(test_folder_write(world->folder, "hufud.json", text), &world->config,
                             &problem));
}

static inline hf_status world_load(const struct world *world, uint64_t generation,
                                   struct hf_snapshot **ret_snapshot)
{
    struct hf_snapshot_report report;
    hf_status status = hf_snapshot_load(world->config, generation, ret_snapshot, &report);
    if (!hf_is_ok(status)) {
        print_message("# %s: %s\n", report.file, report.problems.items[0].detail);
    }
    return status;
}

/* As a new run finds it: with what was stored. */
static inline void world_reopen_registry(struct world *world)
{
    const struct hf_registry_options options = {.path = world->config->paths.registry,
                                                .clock = hf_clock_fixed(&world->clock)};
    hf_registry_close(world->registry);
    world->registry = NULL;
    assert_ok(hf_registry_open(&options, &world->registry, NULL));
}

static inline int world_setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    assert_int_equal(test_folder_setup((void **)&world->folder), 0);
    fixture_start(&world->consent);
    assert_ok(
        hf_base64url_decode_fixed(HF_LITERAL(PAYLOAD_X5T), world->cert.sha256, HF_SHA256_BYTES));
    world->cert.not_before_unix_s = 1700000000;
    world->cert.not_after_unix_s = 1900000000;
    world->clock.unix_ms = (int64_t)FIXTURE_NOW * 1000;
    static const char *const folders[] = {"banks", "agreements", "catalogs"};
    for (size_t i = 0; i < 3; i++) {
        world_subfolder(world, folders[i]);
    }
    world_write_bank(world, "");
    (void)test_folder_write(world->folder, "agreements/" PAYLOAD_BANK ".tax.json", WORLD_AGREEMENT);
    world_copy_example(world, "policy.json");
    world_copy_example(world, "catalogs/tax.json");
    world_copy_example(world, "catalogs/samr.json");
    world_write_config(world);
    assert_ok(world_load(world, 1, &world->snapshot));
    world_reopen_registry(world);
    assert_ok(hf_token_cache_new(8, &world->tokens));
    world->metrics = calloc(1, sizeof *world->metrics);
    assert_non_null(world->metrics);
    assert_ok(hf_view_cache_new(8, &world->views));
    *state = world;
    return 0;
}

static inline int world_teardown(void **state)
{
    struct world *world = *state;
    hf_view_cache_free(world->views);
    free(world->metrics);
    hf_token_cache_free(world->tokens);
    hf_registry_close(world->registry);
    hf_snapshot_unref(world->snapshot);
    hf_config_free(world->config);
    fixture_close(&world->consent);
    (void)test_folder_teardown((void **)&world->folder);
    free(world);
    return 0;
}

static inline const struct hf_operation *world_operation(const struct world *world,
                                                         const char *source, const char *name)
{
    for (size_t i = 0; i < world->snapshot->catalogs.n; i++) {
        const struct hf_catalog *catalog = world->snapshot->catalogs.items[i];
        if (hf_bytes_equal_string(hf_catalog_source(catalog), source)) {
            return hf_catalog_find(catalog, hf_bytes_of_string(name));
        }
    }
    return NULL;
}

static inline struct hf_held_context world_held_context(const struct world *world)
{
    return (struct hf_held_context){
        .token = {.grantors = world->snapshot->grantors,
                  .audience = "https://gw.example.test",
                  .limits = hf_claims_limits_default(),
                  .now_unix_s = world->clock.unix_ms / 1000},
        .generation = world->snapshot->generation,
        .bank = HF_LITERAL(PAYLOAD_BANK),
        .registry = world->registry,
        .cache = world->tokens,
        .metrics = world->metrics,
    };
}

/* Registers a token, waiting until it is durable. */
static inline void world_note(void *context, hf_status status)
{
    __atomic_store_n((int *)context, hf_is_ok(status) ? 1 : -1, __ATOMIC_RELEASE);
}

static inline void world_wait(const int *done)
{
    while (__atomic_load_n(done, __ATOMIC_ACQUIRE) == 0) {
        (void)usleep(500);
    }
    assert_int_equal(__atomic_load_n(done, __ATOMIC_ACQUIRE), 1);
}

static inline void world_register(const struct world *world, const struct hf_token *token)
{
    int done = 0;
    assert_ok(hf_registry_register(world->registry, &(struct hf_registration){.token = token},
                                   world_note, &done));
    world_wait(&done);
}

static inline void world_revoke(const struct world *world, const struct hf_consent_id *id)
{
    int done = 0;
    struct hf_act act = {.id = *id, .jti = "r-0123456789abcdef01234567"};
    assert_ok(hf_registry_act(world->registry, &act, HF_LITERAL("token"), world_note, &done));
    world_wait(&done);
}
