#include "consent/document.h"

#include "tests/unit/consent/fixture.h"

enum { ARENA_BYTES = 4 << 20 };

static struct hf_key *key;
static struct hf_key_set keys;
static struct hf_arena arena;

static hf_status open_text(hf_bytes text, hf_bytes *ret_payload, struct hf_problem *reterr)
{
    hf_arena_clear(&arena);
    arena = hf_arena_init(ARENA_BYTES);
    return hf_document_open(text, &(struct hf_document_trust){"statuslist+jwt", &keys}, &arena,
                            ret_payload, reterr);
}

static hf_buf signed_by(const struct hf_key *signer, const char *typ, hf_bytes payload)
{
    hf_buf text = hf_buf_init(HF_JWS_DOCUMENT_MAX_BYTES);
    assert_ok(hf_jws_sign_document(signer, typ, payload, &text));
    return text;
}

static void what_was_signed_is_read(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = signed_by(key, "statuslist+jwt", HF_LITERAL("{}"));
    hf_bytes payload;
    (void)state;
    assert_ok(open_text(hf_buf_view(&text), &payload, NULL));
    assert_true(hf_bytes_equal_string(payload, "{}"));
}

static void a_document_may_be_longer_than_a_token(void **state)
{
    static uint8_t large[HF_JWS_DOCUMENT_PAYLOAD_MAX_BYTES + 1];
    hf_bytes payload;
    struct hf_jws jws;
    (void)state;
    memset(large, 'x', sizeof large);
    HF_CLEANUP(hf_buf_clear) hf_buf none = hf_buf_init(HF_JWS_DOCUMENT_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear)
    hf_buf text = signed_by(key, "statuslist+jwt", hf_bytes_of(large, sizeof large - 1));
    assert_ok(open_text(hf_buf_view(&text), &payload, NULL));
    assert_int_equal(payload.size, sizeof large - 1);
    assert_code(hf_jws_sign_document(key, "x", hf_bytes_of(large, sizeof large), &none), LIMIT);
    assert_code(hf_jws_sign(key, "x", hf_bytes_of(large, HF_JWS_PAYLOAD_MAX_BYTES + 1), &none),
                LIMIT);
    assert_code(hf_jws_parse(hf_buf_view(&text), &arena, &jws, NULL), CONSENT_MALFORMED);
    assert_int_equal(none.size, 0);
}

static void another_kind_is_none(void **state)
{
    static const char *const typs[] = {"consent+jwt", "consent-receipt+jwt", "JWT",
                                       "statuslist+JWT", "application/statuslist+jwt"};
    struct hf_problem problem = {0};
    hf_bytes payload;
    (void)state;
    for (size_t i = 0; i < sizeof typs / sizeof *typs; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf text = signed_by(key, typs[i], HF_LITERAL("{}"));
        assert_code(open_text(hf_buf_view(&text), &payload, &problem), CONSENT_MALFORMED);
        assert_string_equal(problem.where, "header.typ");
    }
}

static void another_key_is_none(void **state)
{
    struct hf_key *stranger = NULL;
    struct hf_problem problem = {0};
    hf_bytes payload;
    (void)state;
    assert_ok(hf_key_generate(HF_ALG_ED25519, &stranger));
    HF_CLEANUP(hf_buf_clear) hf_buf text = signed_by(stranger, "statuslist+jwt", HF_LITERAL("{}"));
    assert_code(open_text(hf_buf_view(&text), &payload, &problem), SIGNATURE_INVALID);
    assert_string_equal(problem.where, "header.kid");
    hf_key_unref(stranger);
}

static void every_changed_character_counts(void **state)
{
    HF_CLEANUP(hf_buf_clear)
    hf_buf text = signed_by(key, "statuslist+jwt", HF_LITERAL("{\"a\":1}"));
    hf_bytes payload;
    (void)state;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t kept = text.data[i];
        text.data[i] = kept == 'A' ? 'B' : 'A';
        assert_false(hf_is_ok(open_text(hf_buf_view(&text), &payload, NULL)));
        text.data[i] = kept;
    }
    assert_ok(open_text(hf_buf_view(&text), &payload, NULL));
}

static void a_short_signature_is_told(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = signed_by(key, "statuslist+jwt", HF_LITERAL("{}"));
    hf_bytes payload;
    (void)state;
    text.size -= 2; /* 63 bytes */
    assert_code(open_text(hf_buf_view(&text), &payload, NULL), CONSENT_SIGNATURE_INVALID);
}

static void addresses(void **state)
{
    static const char *const bad[] = {"",
                                      "https://",
                                      "http://a",
                                      "https://a b",
                                      "https://a\"b",
                                      "https://a\\b",
                                      "https://a\n",
                                      "https://\x7f"};
    char text[HF_DOCUMENT_URI_MAX_BYTES + 2];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(hf_document_uri_is_valid(hf_bytes_of_string(bad[i])));
    }
    memset(text, 'a', sizeof text);
    memcpy(text, "https://", 8);
    assert_true(hf_document_uri_is_valid(hf_bytes_of(text, HF_DOCUMENT_URI_MAX_BYTES)));
    assert_false(hf_document_uri_is_valid(hf_bytes_of(text, HF_DOCUMENT_URI_MAX_BYTES + 1)));
}

static int start(void **state)
{
    (void)state;
    assert_ok(hf_crypto_init());
    assert_ok(hf_key_generate(HF_ALG_ED25519, &key));
    assert_ok(hf_key_set_add(&keys, key));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hf_arena_clear(&arena);
    hf_key_set_clear(&keys);
    hf_key_unref(key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_signed_is_read),
        cmocka_unit_test(a_document_may_be_longer_than_a_token),
        cmocka_unit_test(another_kind_is_none),
        cmocka_unit_test(another_key_is_none),
        cmocka_unit_test(every_changed_character_counts),
        cmocka_unit_test(a_short_signature_is_told),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
