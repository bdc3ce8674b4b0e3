#include "gateway/orders.h"

#include "consent/order.h"
#include "tests/unit/audit/log_folder.h"
#include "tests/unit/gateway/world.h"

struct office {
    struct world *world;
    struct log_folder *log_folder;
    struct hf_gateway gateway;
    struct hf_token *token;
};

static int setup(void **state)
{
    struct office *office = calloc(1, sizeof *office);
    assert_non_null(office);
    assert_int_equal(world_setup((void **)&office->world), 0);
    office->log_folder = log_folder_new();
    office->log_folder->now.unix_ms = (int64_t)FIXTURE_NOW * 1000;
    office->gateway = (struct hf_gateway){.config = office->world->config,
                                          .registry = office->world->registry,
                                          .log = log_folder_open(office->log_folder),
                                          .clock = hf_clock_fixed(&office->world->clock)};
    office->token = fixture_token(&office->world->consent, PAYLOAD);
    world_register(office->world, office->token);
    *state = office;
    return 0;
}

static int teardown(void **state)
{
    struct office *office = *state;
    hf_token_unref(office->token);
    assert_ok(hf_log_close(office->gateway.log));
    log_folder_free(office->log_folder);
    assert_int_equal(world_teardown((void **)&office->world), 0);
    free(office);
    return 0;
}

static void put_order(struct office *office, const char *jti, const char *reference)
{
    struct hf_act order = {.id = {.iss = PAYLOAD_ISS}};
    char name[HF_ORDER_NAME_CHARS + 1];
    char path[HF_ORDER_NAME_CHARS + 16];
    const char *text;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(HF_ORDER_FILE_MAX_BYTES);
    memccpy(order.id.jti, jti, 0, sizeof order.id.jti);
    memccpy(order.reference, reference, 0, sizeof order.reference);
    assert_ok(hf_order_write(&order, &buf));
    assert_ok(hf_buf_string(&buf, &text));
    hf_order_file_name(reference, name);
    world_subfolder(office->world, "orders");
    (void)snprintf(path, sizeof path, "orders/%s", name);
    (void)test_folder_write(office->world->folder, path, text);
}

static size_t carry_out(struct office *office)
{
    size_t n_orders = 99;
    uint64_t before = hf_log_durable_size(office->gateway.log);
    assert_ok(hf_orders_carry_out(&office->gateway, &n_orders, NULL));
    assert_int_equal(hf_log_durable_size(office->gateway.log) - before, n_orders);
    return n_orders;
}

static hf_status state_of(struct office *office)
{
    struct hf_entry *entry = NULL;
    assert_ok(hf_registry_find(office->world->registry, &office->token->claims.id, &entry));
    hf_status status = hf_entry_judge_state(entry);
    hf_entry_unref(entry);
    return status;
}

static void no_folder_is_no_order(void **state)
{
    assert_int_equal(carry_out(*state), 0);
    assert_ok(state_of(*state));
}

static void an_order_ends_a_consent_once(void **state)
{
    struct office *office = *state;
    put_order(office, PAYLOAD_JTI, "Court A, No. 12");
    assert_int_equal(carry_out(office), 1);
    assert_code(state_of(office), CONSENT_REVOKED);
    assert_int_equal(carry_out(office), 0); /* neither a second act nor a second record */
}

static void an_order_of_all_ends_what_is_there(void **state)
{
    struct office *office = *state;
    put_order(office, "c-9999999999999999999999", "first");
    assert_int_equal(carry_out(office), 1);
    assert_ok(state_of(office));
    put_order(office, "", "second");
    assert_int_equal(carry_out(office), 1);
    assert_code(state_of(office), CONSENT_REVOKED);
}

static void a_file_that_is_no_order_is_an_error(void **state)
{
    struct office *office = *state;
    struct hf_problem problem = {0};
    size_t n_orders = 99;
    put_order(office, PAYLOAD_JTI, "12");
    (void)test_folder_write(office->world->folder, "orders/another.json",
                            "{\"iss\":\"" PAYLOAD_ISS "\",\"reference\":\"12\"}");
    assert_code(hf_orders_carry_out(&office->gateway, &n_orders, &problem), CONFIG_INVALID);
    assert_non_null(strstr(problem.where, "another.json"));
    assert_int_equal(n_orders, 99);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_folder_is_no_order),
        TEST(an_order_ends_a_consent_once),
        TEST(an_order_of_all_ends_what_is_there),
        TEST(a_file_that_is_no_order_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
