/*
 * Who sees what has become of a consent. The HTTP/2 server is left out: what would be answered is
 * noted instead.
 */
#include "gateway/endpoint_impl.h"

#include "base/store.h"
#include "consent/request_proof.h"
#include "consent/stored.h"
#include "gateway/seen.h"
#include "tests/unit/gateway/duty.h"

#define NAME PAYLOAD_ISS "/" PAYLOAD_JTI
#define HTU "https://gw.example.test/consents/"

static struct hf_endpoint_call call;
static const struct hf_bank ours = {.uscc = PAYLOAD_BANK, .rcpt = "uscc:" PAYLOAD_BANK};
static const struct hf_bank other = {.uscc = "91100000100003962T",
                                     .rcpt = "uscc:91100000100003962T"};
static enum hf_code refused; /* OK: not */
static char attribute[64];
static char answer[2048]; /* empty: none */

void __wrap_hf_endpoint_refuse(struct hf_endpoint_call *about, enum hf_code code,
                               const char *where);
void __wrap_hf_endpoint_refuse(struct hf_endpoint_call *about, enum hf_code code, const char *where)
{
    assert_ptr_equal(about, &call);
    refused = code;
    (void)snprintf(attribute, sizeof attribute, "%s", where ? where : "");
}

void __wrap_hf_endpoint_answer(struct hf_endpoint_call *about, int status, const char *content_type,
                               hf_bytes body);
void __wrap_hf_endpoint_answer(struct hf_endpoint_call *about, int status, const char *content_type,
                               hf_bytes body)
{
    assert_ptr_equal(about, &call);
    assert_int_equal(status, 200);
    assert_string_equal(content_type, "application/json");
    (void)snprintf(answer, sizeof answer, "%.*s", (int)body.size, (const char *)body.data);
}

/* ---- asking ---- */

static int setup(void **state)
{
    duty_setup(state);
    struct duty *duty = *state;
    assert_ok(hf_seen_new(&duty->gateway.seen));
    duty->world->clock.monotonic_ms = INT64_C(3600) * 1000; /* so long it has run */
    call = (struct hf_endpoint_call){.worker = &duty->worker,
                                     .snapshot = duty->world->snapshot,
                                     .arena = hf_arena_init(HF_ENDPOINT_ARENA_BYTES)};
    return 0;
}

static int teardown(void **state)
{
    struct duty *duty = *state;
    hf_arena_clear(&call.arena);
    hf_seen_free(duty->gateway.seen);
    return duty_teardown(state);
}

static enum hf_code ask(const struct hf_bank *bank, const char *name, const char *proof)
{
    char target[256];
    (void)snprintf(target, sizeof target, "/consents/%s", name);
    call.bank = bank;
    call.target = hf_bytes_of_string(target);
    call.rest = hf_bytes_skip(call.target, strlen("/consents/"));
    call.proof = hf_bytes_of_string(proof);
    refused = HF_OK;
    answer[0] = 0;
    hf_endpoint_show_consent(&call);
    assert_int_equal(refused == HF_OK, answer[0] != 0); /* one of both */
    return refused;
}

static enum hf_code prove(const struct duty *duty, const char *name, const char *payload)
{
    char *proof = fixture_sign(duty->world->consent.key, "request-proof+jwt", payload);
    enum hf_code code = ask(NULL, name, proof);
    free(proof);
    return code;
}

static void give(const struct duty *duty, bool is_registered)
{
    struct hf_token *token = fixture_token(&duty->world->consent, PAYLOAD);
    if (is_registered) {
        world_register(duty->world, token);
    } else {
        struct hf_entry *entry = NULL;
        assert_ok(hf_registry_admit(duty->world->registry, token, &entry));
        hf_entry_unref(entry);
    }
    hf_token_unref(token);
}

static void a_bank_sees_what_is_registered_for_it_alone(void **state)
{
    struct duty *duty = *state;
    static const char *const nothing[] = {"",
                                          "/",
                                          PAYLOAD_ISS,
                                          PAYLOAD_ISS "/",
                                          PAYLOAD_ISS "/c-9999999999999999999999",
                                          NAME "/receipt"};
    give(duty, true);
    assert_int_equal(ask(&ours, NAME, ""), HF_OK);
    assert_non_null(strstr(answer, "\"jti\":\"" PAYLOAD_JTI "\",\"state\":\"active\""));
    assert_int_equal(ask(&other, NAME, ""), HF_ROUTE_UNKNOWN);
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        assert_int_equal(ask(&ours, nothing[i], ""), HF_ROUTE_UNKNOWN);
    }
}

static void what_was_merely_shown_is_its_grantors_to_see(void **state)
{
    struct duty *duty = *state;
    give(duty, false);
    assert_int_equal(ask(&ours, NAME, ""), HF_ROUTE_UNKNOWN);
    assert_int_equal(ask(NULL, NAME, ""), HF_ROUTE_UNKNOWN);
    assert_int_equal(prove(duty, NAME, PAYLOAD_PROOF("1767225690", HTU NAME)), HF_OK);
    assert_non_null(strstr(answer, "\"state\":\"active\""));
}

static void a_proof_is_good_once_and_for_what_it_names(void **state)
{
    struct duty *duty = *state;
    give(duty, true);
    assert_int_equal(prove(duty, NAME, PAYLOAD_PROOF("1767225690", HTU PAYLOAD_ISS)),
                     HF_PROOF_INVALID);
    assert_string_equal(attribute, "htu");
    assert_int_equal(
        prove(duty, NAME, PAYLOAD_PROOF("1767225690", "https://other.test/consents/" NAME)),
        HF_PROOF_INVALID);
    assert_string_equal(attribute, "htu"); /* and neither has used it up */
    assert_int_equal(prove(duty, NAME, PAYLOAD_PROOF("1767225690", HTU NAME)), HF_OK);
    assert_int_equal(prove(duty, NAME, PAYLOAD_PROOF("1767225690", HTU NAME)), HF_PROOF_INVALID);
    assert_string_equal(attribute, "jti");
}

static void what_an_earlier_run_may_have_taken_proves_nothing(void **state)
{
    struct duty *duty = *state;
    give(duty, true);
    duty->gateway.began_unix_s = 1767225690 - HF_REQUEST_PROOF_AHEAD_S;
    assert_int_equal(prove(duty, NAME, PAYLOAD_PROOF("1767225690", HTU NAME)), HF_PROOF_INVALID);
    assert_string_equal(attribute, "iat");
    duty->gateway.began_unix_s--;
    assert_int_equal(prove(duty, NAME, PAYLOAD_PROOF("1767225690", HTU NAME)), HF_OK);
}

static void a_registry_that_cannot_be_read_is_not_an_empty_one(void **state)
{
    struct duty *duty = *state;
    struct hf_store *store = NULL;
    struct hf_store_batch *batch = NULL;
    struct hf_consent_id id;
    const char *path = duty->world->config->paths.registry;
    assert_ok(hf_consent_id_of(HF_LITERAL(PAYLOAD_ISS), HF_LITERAL(PAYLOAD_JTI), &id));
    const struct hf_stored_key key = hf_stored_key_of(HF_STORED_CONSENT, &id);
    hf_registry_close(duty->world->registry);
    duty->world->registry = NULL;
    assert_ok(hf_store_open(path, &store, NULL));
    assert_ok(hf_store_batch_new(&batch));
    hf_store_batch_put(batch, hf_bytes_of_string(key.text), HF_LITERAL("x"));
    assert_ok(hf_store_write(store, batch, 1));
    hf_store_batch_free(batch);
    hf_store_close(store);
    world_reopen_registry(duty->world);
    duty->gateway.registry = duty->world->registry;
    assert_int_equal(ask(&ours, NAME, ""), HF_IO);
    assert_int_equal(prove(duty, NAME, PAYLOAD_PROOF("1767225690", HTU NAME)), HF_IO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bank_sees_what_is_registered_for_it_alone),
        TEST(what_was_merely_shown_is_its_grantors_to_see),
        TEST(a_proof_is_good_once_and_for_what_it_names),
        TEST(what_an_earlier_run_may_have_taken_proves_nothing),
        TEST(a_registry_that_cannot_be_read_is_not_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
