#include "gateway/config.h"

#include "tests/unit/gateway/folder.h"

#define HEAD "{\"audience\":\"https://gw.example.test\",\"origin\":\"gw.example.test/log\","
#define LISTEN "\"listen\":{\"banks\":\"127.0.0.1:8443\"},"
#define TAX "{\"url\":\"https://127.0.0.1:9001\",\"ca\":\"ca/ca.pem\"}"
#define SOURCES "\"sources\":{\"tax\":" TAX "}"
#define MINIMAL HEAD LISTEN SOURCES "}"

static struct hf_config *accept(void **state, const char *text)
{
    struct hf_config *config = NULL;
    struct hf_problem problem = {0};
    assert_ok(hf_config_read(test_folder_write(*state, "hufud.json", text), &config, &problem));
    return config;
}

/* Refused, at @where, with a line. */
static void refuse(void **state, const char *text, const char *where)
{
    struct hf_config *config = NULL;
    struct hf_problem problem = {0};
    const char *path = test_folder_write(*state, "hufud.json", text);
    assert_code(hf_config_read(path, &config, &problem), CONFIG_INVALID);
    assert_null(config);
    assert_int_equal(problem.code, HF_CONFIG_INVALID);
    assert_string_equal(problem.where, where);
    assert_true(problem.line >= 1);
    assert_true(problem.detail[0]);
}

static void the_smallest_configuration_has_the_defaults(void **state)
{
    HF_CLEANUP(hf_config_cleanup) struct hf_config *config = accept(state, MINIMAL);
    const struct test_folder *folder = *state;
    char expected[128];
    (void)snprintf(expected, sizeof expected, "%s/keys/log.key", folder->path);
    assert_string_equal(config->paths.log_key, expected);
    assert_string_equal(config->authority, "gw.example.test");
    assert_string_equal(config->banks.host, "127.0.0.1");
    assert_int_equal(config->banks.port, 8443);
    assert_int_equal(config->public.port, 0);
    assert_int_equal(config->workers, 1);
    assert_int_equal(config->limits.max_body_bytes, 64 << 20);
    assert_false(config->sources[0].log_first);
}

static void sources_are_found_by_name(void **state)
{
    HF_CLEANUP(hf_config_cleanup)
    struct hf_config *config =
        accept(state, HEAD LISTEN "\"sources\":{\"samr\":{\"url\":\"https://[::1]:9002\","
                                  "\"ca\":\"/etc/ca.pem\",\"log_first\":true},\"tax\":" TAX "}}");
    const struct hf_source_config *samr = hf_config_source(config, HF_LITERAL("samr"));
    assert_non_null(samr);
    assert_string_equal(samr->address.host, "::1");
    assert_string_equal(samr->authority, "[::1]:9002");
    assert_string_equal(samr->ca, "/etc/ca.pem");
    assert_true(samr->log_first);
    assert_null(hf_config_source(config, HF_LITERAL("power")));
}

static void a_url_without_port_means_443(void **state)
{
    HF_CLEANUP(hf_config_cleanup)
    struct hf_config *config =
        accept(state, HEAD LISTEN
               "\"sources\":{\"tax\":{\"url\":\"https://tax.example\",\"ca\":\"ca.pem\"}}}");
    assert_int_equal(config->sources[0].address.port, 443);
    assert_string_equal(config->sources[0].address.host, "tax.example");
}

static void limits_and_paths_may_be_set(void **state)
{
    HF_CLEANUP(hf_config_cleanup)
    struct hf_config *config =
        accept(state, HEAD LISTEN SOURCES
               ",\"limits\":{\"max_body_bytes\":1000},\"paths\":{\"log\":\"/var/log/hufu\"},"
               "\"workers\":4}");
    assert_int_equal(config->limits.max_body_bytes, 1000);
    assert_int_equal(config->limits.access_timeout_ms, 300000);
    assert_string_equal(config->paths.log, "/var/log/hufu");
    assert_int_equal(config->workers, 4);
}

static void unknown_members_are_refused_at_every_level(void **state)
{
    refuse(state, HEAD LISTEN SOURCES ",\"debug\":true}", "debug");
    refuse(state, HEAD LISTEN SOURCES ",\"limits\":{\"max_body_byte\":1}}", "max_body_byte");
    refuse(state, HEAD LISTEN SOURCES ",\"paths\":{\"gate\":\"open\"}}", "gate");
    refuse(state,
           HEAD "\"listen\":{\"banks\":\"127.0.0.1:1\",\"admin\":\"127.0.0.1:2\"}," SOURCES "}",
           "admin");
    refuse(state,
           HEAD LISTEN
           "\"sources\":{\"tax\":{\"url\":\"https://a\",\"ca\":\"c\",\"verify\":false}}}",
           "verify");
    refuse(state, HEAD LISTEN "\"sources\":{\"bank\":" TAX "}}", "bank");
}

static void the_place_of_a_mistake_is_told(void **state)
{
    struct hf_config *config = NULL;
    struct hf_problem problem = {0};
    const char *path =
        test_folder_write(*state, "hufud.json", HEAD LISTEN SOURCES ",\n  \"worker\": 2}");
    assert_code(hf_config_read(path, &config, &problem), CONFIG_INVALID);
    assert_int_equal(problem.line, 2);
    assert_int_equal(problem.column, 3);
}

static void missing_members_are_refused(void **state)
{
    refuse(state, "{\"origin\":\"o\"," LISTEN SOURCES "}", "audience");
    refuse(state, HEAD SOURCES "}", "listen");
    refuse(state, HEAD LISTEN "\"sources\":{}}", "sources");
    refuse(state, HEAD LISTEN "\"sources\":{\"tax\":{\"url\":\"https://a\"}}}", "ca");
    refuse(state,
           HEAD LISTEN "\"sources\":{\"tax\":{\"url\":\"https://a\",\"ca\":\"c\",\"cert\":\"c\"}}}",
           "tax");
}

static void sources_are_reached_by_https_alone(void **state)
{
    static const char *const urls[] = {"http://a",     "https://a/path",  "https://u@a",
                                       "https://a?x",  "https://",        "https://a:0",
                                       "https://a:1x", "https://a:70000", "https://::1",
                                       "https://[::1", "HTTPS://a",       "https://a b"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "%s\"sources\":{\"tax\":{\"url\":\"%s\",\"ca\":\"c\"}}}",
                       HEAD LISTEN, urls[i]);
        refuse(state, text, "url");
    }
}

static void numbers_out_of_range_are_refused(void **state)
{
    refuse(state, HEAD LISTEN SOURCES ",\"workers\":0}", "workers");
    refuse(state, HEAD LISTEN SOURCES ",\"workers\":65}", "workers");
    refuse(state, HEAD LISTEN SOURCES ",\"workers\":1.5}", "workers");
    refuse(state, HEAD LISTEN SOURCES ",\"workers\":\"2\"}", "workers");
    refuse(state, HEAD LISTEN SOURCES ",\"limits\":{\"access_timeout_ms\":99999999}}",
           "access_timeout_ms");
}

static void the_ops_listener_stays_on_loopback(void **state)
{
    refuse(state, HEAD "\"listen\":{\"banks\":\"127.0.0.1:1\",\"ops\":\"0.0.0.0:2\"}," SOURCES "}",
           "ops");
}

static void an_origin_is_a_name_of_a_signed_note(void **state)
{
    refuse(state, "{\"audience\":\"https://g\",\"origin\":\"a b\"," LISTEN SOURCES "}", "origin");
    refuse(state, "{\"audience\":\"https://g\",\"origin\":\"a+b\"," LISTEN SOURCES "}", "origin");
    refuse(state, "{\"audience\":\"https://g\",\"origin\":\"\xe8\x99\x8e\"," LISTEN SOURCES "}",
           "origin");
}

static void a_text_that_is_no_strict_json_is_refused(void **state)
{
    refuse(state, HEAD LISTEN SOURCES ",}", "");
}

static void a_file_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    struct hf_config *config = NULL;
    struct hf_problem problem = {0};
    assert_code(hf_config_read("/nonexistent/hufud.json", &config, &problem), NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_setup, test_folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_smallest_configuration_has_the_defaults),
        TEST(sources_are_found_by_name),
        TEST(a_url_without_port_means_443),
        TEST(limits_and_paths_may_be_set),
        TEST(unknown_members_are_refused_at_every_level),
        TEST(the_place_of_a_mistake_is_told),
        TEST(missing_members_are_refused),
        TEST(sources_are_reached_by_https_alone),
        TEST(numbers_out_of_range_are_refused),
        TEST(the_ops_listener_stays_on_loopback),
        TEST(an_origin_is_a_name_of_a_signed_note),
        TEST(a_text_that_is_no_strict_json_is_refused),
        TEST(a_file_that_is_not_there_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
