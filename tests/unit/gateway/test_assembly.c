/*
 * What a start refuses before it touches log or registry. That a whole deployment starts, recovers
 * and reloads is shown in tests/e2e/test_life.py.
 */
#include "gateway/assembly.h"

#include "crypto/secret_file.h"
#include "tests/unit/gateway/world.h"

static void put_key(const struct world *world, const char *name, const char *text, mode_t mode)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", world->folder->path, name);
    assert_ok(hf_file_write_durable(path, hf_bytes_of_string(text), mode));
}

static void make_key(const struct world *world, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", world->folder->path, name);
    assert_ok(hf_secret_file_create(path));
}

static void refuse(const struct world *world, enum hf_code code, const char *file)
{
    struct hf_assembly_report report;
    hf_status status = hf_gateway_check(world->config, &report);
    assert_string_equal(hf_code_info(status.code)->name, hf_code_info(code)->name);
    assert_non_null(strstr(report.files.file, file));
    assert_non_null(report.step);
}

static void a_key_that_is_missing(void **state)
{
    world_subfolder(*state, "keys");
    refuse(*state, HF_NOT_FOUND, "keys/pseudonym.key");
}

static void a_key_that_others_may_read(void **state)
{
    world_subfolder(*state, "keys");
    put_key(*state, "keys/pseudonym.key", "x", 0644);
    refuse(*state, HF_PERMISSIONS, "keys/pseudonym.key");
}

static void a_key_that_is_malformed(void **state)
{
    world_subfolder(*state, "keys");
    put_key(*state, "keys/pseudonym.key", "x", 0600);
    refuse(*state, HF_KEY_MALFORMED, "keys/pseudonym.key");
}

static void make_keys(const struct world *world)
{
    world_subfolder(world, "keys");
    make_key(world, "keys/pseudonym.key");
    make_key(world, "keys/operator.key");
    make_key(world, "keys/tag.key");
}

static void a_signing_key_that_is_missing(void **state)
{
    make_keys(*state);
    refuse(*state, HF_NOT_FOUND, "keys/log.key");
}

static void a_certificate_that_is_none(void **state)
{
    struct world *world = *state;
    make_keys(world);
    assert_ok(hf_key_file_create(world->config->paths.log_key, world->consent.key));
    refuse(world, HF_NOT_FOUND, "keys/gateway.key");
    assert_ok(hf_key_file_create(world->config->paths.gateway_key, world->consent.key));
    put_key(world, "keys/tls.pem", "x", 0600);
    put_key(world, "keys/tls.key", "x", 0600);
    refuse(world, HF_CONFIG_INVALID, "keys/tls.pem");
}

static void a_mistake_of_the_deployment_comes_first(void **state)
{
    (void)test_folder_write(((struct world *)*state)->folder, "policy.json", "{");
    refuse(*state, HF_POLICY_INVALID, "policy.json");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_that_is_missing),      TEST(a_key_that_others_may_read),
        TEST(a_key_that_is_malformed),    TEST(a_signing_key_that_is_missing),
        TEST(a_certificate_that_is_none), TEST(a_mistake_of_the_deployment_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
