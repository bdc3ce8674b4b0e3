#include "consent/status_list.h"

#include "base/deflate.h"
#include "consent/members.h"
#include "crypto/base64.h"

#include "tests/unit/consent/fixture.h"

#define URI "https://gw.example.test:8444/status/AAAAAAAAAAAAAAAAAAAAAA"
enum { NOW = 1767225700 };

static struct hf_key *gateway;
static struct hf_key_set keys;
static struct hf_arena arena;
static struct hf_problem problem;

static struct hf_arena *fresh_arena(void)
{
    hf_arena_clear(&arena);
    arena = hf_arena_init(HF_STATUS_LIST_ARENA_BYTES);
    return &arena;
}

static hf_buf list_of(hf_bytes entries)
{
    hf_buf text = hf_buf_init(HF_JWS_DOCUMENT_MAX_BYTES);
    const struct hf_status_list_facts facts = {
        .uri = URI, .iat_unix_s = NOW, .exp_unix_s = NOW + 600, .ttl_s = 60, .entries = entries};
    assert_ok(hf_status_list_sign(gateway, &facts, &text));
    return text;
}

static hf_status verify(const hf_buf *text, struct hf_status_list *ret_list)
{
    problem = (struct hf_problem){0};
    return hf_status_list_verify(hf_buf_view(text), &keys, fresh_arena(), ret_list, &problem);
}

static void every_entry_is_read_as_it_was_set(void **state)
{
    static uint8_t entries[HF_STATUS_LIST_BYTES];
    struct hf_status_list list;
    unsigned value = 9;
    (void)state;
    for (uint32_t i = 0; i < HF_STATUS_LIST_ENTRIES; i++) {
        hf_status_list_set(entries, i, HF_STATUS_SUSPENDED); /* and then what it shall be */
        hf_status_list_set(entries, i, (enum hf_status_value)(i * i % 3));
    }
    HF_CLEANUP(hf_buf_clear) hf_buf text = list_of(hf_bytes_of(entries, sizeof entries));
    assert_true(text.size <= HF_STATUS_LIST_TEXT_BYTES);
    assert_ok(verify(&text, &list));
    for (uint32_t i = 0; i < HF_STATUS_LIST_ENTRIES; i++) {
        assert_ok(hf_status_list_get(&list, i, &value));
        assert_int_equal(value, i * i % 3);
    }
    assert_code(hf_status_list_get(&list, HF_STATUS_LIST_ENTRIES, &value), NOT_FOUND);
    assert_code(hf_status_list_get(&list, UINT32_MAX, &value), NOT_FOUND);
}

static void no_list_of_ours_is_too_long(void **state)
{
    static uint8_t entries[HF_STATUS_LIST_BYTES];
    (void)state;
    assert_ok(hf_crypto_init());
    hf_rand_bytes(entries, sizeof entries); /* nothing to be compressed */
    HF_CLEANUP(hf_buf_clear) hf_buf text = list_of(hf_bytes_of(entries, sizeof entries));
    assert_true(text.size <= HF_STATUS_LIST_TEXT_BYTES);
}

/* = draft-ietf-oauth-status-list-21 4.1: the example of one bit an entry */
static void the_drafts_example_of_one_bit(void **state)
{
    static const unsigned values[16] = {1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1};
    static const uint8_t bytes[] = {0xb9, 0xa3};
    const struct hf_status_list list = {.bits = 1, .entries = hf_bytes_of(bytes, 2)};
    unsigned value = 9;
    (void)state;
    for (uint32_t i = 0; i < 16; i++) {
        assert_ok(hf_status_list_get(&list, i, &value));
        assert_int_equal(value, values[i]);
    }
    assert_code(hf_status_list_get(&list, 16, &value), NOT_FOUND);
}

/* = draft-ietf-oauth-status-list-21 4.1: the example of two bits an entry */
static void the_drafts_example_of_two_bits(void **state)
{
    static const unsigned values[12] = {1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3};
    static const uint8_t bytes[] = {0xc9, 0x44, 0xf9};
    const struct hf_status_list list = {.bits = 2, .entries = hf_bytes_of(bytes, 3)};
    uint8_t written[3] = {0};
    unsigned value = 9;
    (void)state;
    for (uint32_t i = 0; i < 12; i++) {
        assert_ok(hf_status_list_get(&list, i, &value));
        assert_int_equal(value, values[i]);
        hf_status_list_set(written, i, (enum hf_status_value)values[i]);
    }
    assert_memory_equal(written, bytes, 3);
}

static void a_list_is_judged_by_name_and_hour(void **state)
{
    static const uint8_t entries[4];
    HF_CLEANUP(hf_buf_clear) hf_buf text = list_of(hf_bytes_of(entries, sizeof entries));
    struct hf_status_list list;
    (void)state;
    assert_ok(verify(&text, &list));
    assert_ok(hf_status_list_judge(&list, HF_LITERAL(URI), NOW, NULL));
    assert_ok(hf_status_list_judge(&list, HF_LITERAL(URI), NOW - 60, NULL));
    assert_ok(hf_status_list_judge(&list, HF_LITERAL(URI), NOW + 599, NULL));
    assert_code(hf_status_list_judge(&list, HF_LITERAL(URI), NOW - 61, NULL),
                CONSENT_NOT_YET_VALID);
    assert_code(hf_status_list_judge(&list, HF_LITERAL(URI), NOW + 600, NULL), CONSENT_EXPIRED);
    assert_code(hf_status_list_judge(&list, HF_LITERAL(URI "B"), NOW, NULL), SUBJECT_MISMATCH);
}

static void another_token_is_no_list(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(4096);
    struct hf_status_list list;
    (void)state;
    assert_ok(hf_jws_sign_document(gateway, "consent-receipt+jwt", HF_LITERAL("{}"), &text));
    assert_code(verify(&text, &list), CONSENT_MALFORMED);
    assert_string_equal(problem.where, "header.typ");
}

static void a_changed_signature_is_none(void **state)
{
    static const uint8_t entries[4];
    HF_CLEANUP(hf_buf_clear) hf_buf text = list_of(hf_bytes_of(entries, sizeof entries));
    struct hf_status_list list;
    (void)state;
    text.data[text.size - 40] = text.data[text.size - 40] == 'A' ? 'B' : 'A';
    assert_code(verify(&text, &list), SIGNATURE_INVALID);
    text.size -= 2;
    assert_code(verify(&text, &list), CONSENT_SIGNATURE_INVALID);
}

/* ---- payloads ---- */

static hf_status parse(const char *text)
{
    struct hf_status_list list;
    problem = (struct hf_problem){0};
    return hf_status_list_parse(hf_bytes_of_string(text), fresh_arena(), &list, &problem);
}

#define LST "eNpjYGBgAAAABAAB" /* four zero bytes */
#define LIST                                                                                       \
    "{\"sub\":\"" URI "\",\"iat\":1767225700,\"exp\":1767226300,\"ttl\":60,"                       \
    "\"status_list\":{\"bits\":2,\"lst\":\"" LST "\"}}"

static void each_mistake_is_blamed(void **state)
{
    static const struct payload_mistake mistakes[] = {
        {"\"sub\":\"https", "\"sub\":\"http", "sub"},
        {"\"sub\":", "\"aud\":", ""},
        {"\"iat\":1767225700", "\"iat\":1", "iat"},
        {"\"exp\":1767226300", "\"exp\":\"x\"", "exp"},
        {"\"ttl\":60", "\"ttl\":0", "ttl"},
        {"\"ttl\":60", "\"ttl\":60.5", "ttl"},
        {"\"bits\":2", "\"bits\":3", "status_list.bits"},
        {"\"bits\":2", "\"bits\":0", "status_list.bits"},
        {"\"bits\":2", "\"bits\":16", "status_list.bits"},
        {LST, "", "status_list.lst"},
        {LST, LST "=", "status_list.lst"},
        {LST, "eNpjYGBgAAAABAA+", "status_list.lst"},
        {LST, "eNpjYGBgAAAABA", "status_list.lst"},
        {LST, LST "AAA", "status_list.lst"},
        {"\"bits\":2,", "\"bits\":2,\"aggregation_uri\":\"https://a\",", "status_list"},
        {"\"ttl\":60", "\"ttl\":60,\"nbf\":1", ""},
        {"\"lst\":\"" LST "\"", "\"lst\":1", "status_list.lst"},
    };
    (void)state;
    assert_ok(parse(LIST));
    assert_each_blamed(LIST, mistakes, sizeof mistakes / sizeof *mistakes, parse, &problem);
}

/* A list over so many zeros. */
static char *bomb(size_t n_bytes)
{
    uint8_t *zeros = calloc(1, n_bytes);
    HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(1 << 20);
    HF_CLEANUP(hf_buf_clear) hf_buf lst = hf_buf_init(1 << 20);
    const char *text;
    assert_non_null(zeros);
    assert_ok(hf_deflate(hf_bytes_of(zeros, n_bytes), &packed));
    assert_ok(hf_base64url_encode(hf_buf_view(&packed), &lst));
    assert_ok(hf_buf_string(&lst, &text));
    char *payload = text_with(LIST, LST, text);
    free(zeros);
    return payload;
}

static void a_bomb_is_not_inflated_beyond_the_bound(void **state)
{
    char *most = bomb(HF_STATUS_LIST_MAX_BYTES);
    char *more = bomb(HF_STATUS_LIST_MAX_BYTES + 1);
    char *much = bomb(64 << 20);
    (void)state;
    assert_ok(parse(most));
    assert_true(arena.total_bytes <= HF_STATUS_LIST_ARENA_BYTES);
    assert_code(parse(more), CONSENT_MALFORMED);
    assert_string_equal(problem.where, "status_list.lst");
    assert_code(parse(much), CONSENT_MALFORMED);
    assert_true(arena.total_bytes < 1 << 20);
    free(most);
    free(more);
    free(much);
}

static void what_cannot_be_signed(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(100);
    struct hf_status_list_facts facts = {.uri = URI};
    (void)state;
    assert_code(hf_status_list_sign(gateway, &facts, &text), LIMIT);
    facts.uri = "https://\xff";
    assert_code(hf_status_list_sign(gateway, &facts, &text), JSON_MALFORMED);
    assert_int_equal(text.size, 0);
}

static void values_have_names(void **state)
{
    (void)state;
    assert_string_equal(hf_status_value_name(HF_STATUS_VALID), "VALID");
    assert_string_equal(hf_status_value_name(HF_STATUS_INVALID), "INVALID");
    assert_string_equal(hf_status_value_name(HF_STATUS_SUSPENDED), "SUSPENDED");
    assert_string_equal(hf_status_value_name(3), "UNKNOWN");
    assert_string_equal(hf_status_value_name(255), "UNKNOWN");
}

static int start(void **state)
{
    (void)state;
    assert_ok(hf_crypto_init());
    assert_ok(hf_key_generate(HF_ALG_ED25519, &gateway));
    assert_ok(hf_key_set_add(&keys, gateway));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    hf_key_set_clear(&keys);
    hf_key_unref(gateway);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_is_read_as_it_was_set),
        cmocka_unit_test(no_list_of_ours_is_too_long),
        cmocka_unit_test(the_drafts_example_of_one_bit),
        cmocka_unit_test(the_drafts_example_of_two_bits),
        cmocka_unit_test(a_list_is_judged_by_name_and_hour),
        cmocka_unit_test(another_token_is_no_list),
        cmocka_unit_test(a_changed_signature_is_none),
        cmocka_unit_test(each_mistake_is_blamed),
        cmocka_unit_test(a_bomb_is_not_inflated_beyond_the_bound),
        cmocka_unit_test(what_cannot_be_signed),
        cmocka_unit_test(values_have_names),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
