#include "consent/token.h"

#include "crypto/base64.h"
#include "tests/unit/consent/fixture.h"
#include "tests/unit/vectors.h"

static struct fixture fixture;
static struct hf_problem problem;

static int start(void **state)
{
    (void)state;
    fixture_start(&fixture);
    problem = (struct hf_problem){0};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fixture_close(&fixture);
    return 0;
}

static hf_status verify(const char *text)
{
    const struct hf_token_context context = fixture_context(&fixture);
    struct hf_token *token = NULL;
    problem = (struct hf_problem){0};
    hf_status status = hf_token_verify(&context, hf_bytes_of_string(text), &token, &problem);
    assert_int_equal(hf_is_ok(status), token != NULL); /* outputs only on success */
    hf_token_unref(token);
    return status;
}

static hf_status verify_payload(const char *payload)
{
    char *text = fixture_sign(fixture.key, "consent+jwt", payload);
    hf_status status = verify(text);
    free(text);
    return status;
}

/* Signs any header over the usual payload, as no honest program would. */
static char *sign_raw(const struct hf_key *key, const char *header, const char *payload)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(HF_JWS_MAX_BYTES);
    uint8_t signature[HF_SIGNATURE_BYTES];
    const char *text;
    assert_ok(hf_base64url_encode(hf_bytes_of_string(header), &buf));
    assert_ok(hf_buf_append_byte(&buf, '.'));
    assert_ok(hf_base64url_encode(hf_bytes_of_string(payload), &buf));
    assert_ok(hf_key_sign(key, hf_buf_view(&buf), signature));
    assert_ok(hf_buf_append_byte(&buf, '.'));
    assert_ok(hf_base64url_encode(hf_bytes_of(signature, sizeof signature), &buf));
    assert_ok(hf_buf_string(&buf, &text));
    char *copy = strdup(text);
    assert_non_null(copy);
    return copy;
}

/* KID stands for the key's own. */
static hf_status verify_header(const char *template)
{
    char *header = text_with(template, "KID", hf_key_thumbprint(fixture.key));
    char *text = sign_raw(fixture.key, header, PAYLOAD);
    hf_status status = verify(text);
    free(text);
    free(header);
    return status;
}

static void a_token_of_a_key_on_file_is_verified(void **state)
{
    (void)state;
    struct hf_token *token = fixture_token(&fixture, PAYLOAD);
    uint8_t digest[HF_SHA256_BYTES];
    hf_sha256_of(token->text, digest);
    assert_memory_equal(token->sha256, digest, sizeof digest);
    hf_sha256_of(HF_LITERAL(PAYLOAD), digest);
    assert_memory_equal(token->payload_sha256, digest, sizeof digest);
    assert_int_equal(token->alg, HF_ALG_ED25519);
    assert_string_equal(token->kid, hf_key_thumbprint(fixture.key));
    assert_string_equal(token->claims.id.jti, PAYLOAD_JTI);
    hf_token_unref(hf_token_ref(token));
    hf_token_unref(token);
}

static void another_type_of_token_is_no_consent(void **state)
{
    (void)state;
    static const char *const types[] = {"JWT", "consent-revocation+jwt", "Consent+jwt", "at+jwt"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char *text = fixture_sign(fixture.key, types[i], PAYLOAD);
        assert_code(verify(text), CONSENT_MALFORMED);
        assert_string_equal(problem.where, "header.typ");
        free(text);
    }
}

static void an_unknown_kid_is_refused_before_the_signature(void **state)
{
    (void)state;
    struct hf_key *stranger = NULL;
    assert_ok(hf_key_generate(HF_ALG_ED25519, &stranger));
    char *text = fixture_sign(stranger, "consent+jwt", PAYLOAD);
    assert_code(verify(text), GRANTOR_UNKNOWN);
    assert_string_equal(problem.where, "header.kid");
    free(text);
    hf_key_unref(stranger);
}

static void a_signature_by_another_key_is_refused(void **state)
{
    (void)state;
    struct hf_key *stranger = NULL;
    char header[256];
    assert_ok(hf_key_generate(HF_ALG_ED25519, &stranger));
    snprintf(header, sizeof header, "{\"alg\":\"Ed25519\",\"typ\":\"consent+jwt\",\"kid\":\"%s\"}",
             hf_key_thumbprint(fixture.key));
    char *text = sign_raw(stranger, header, PAYLOAD);
    assert_code(verify(text), CONSENT_SIGNATURE_INVALID);
    assert_string_equal(problem.where, "");
    free(text);
    hf_key_unref(stranger);
}

static void the_algorithm_is_the_keys_own(void **state)
{
    (void)state;
    assert_ok(verify_header("{\"alg\":\"Ed25519\",\"typ\":\"consent+jwt\",\"kid\":\"KID\"}"));
    assert_ok(verify_header("{\"alg\":\"EdDSA\",\"typ\":\"consent+jwt\",\"kid\":\"KID\"}"));
    assert_code(verify_header("{\"alg\":\"ES256\",\"typ\":\"consent+jwt\",\"kid\":\"KID\"}"),
                CONSENT_SIGNATURE_INVALID);
    assert_code(verify_header("{\"alg\":\"SM2\",\"typ\":\"consent+jwt\",\"kid\":\"KID\"}"),
                CONSENT_SIGNATURE_INVALID);
    assert_code(verify_header("{\"alg\":\"none\",\"typ\":\"consent+jwt\",\"kid\":\"KID\"}"),
                CONSENT_MALFORMED);
}

static void a_kid_of_another_grantor_is_refused(void **state)
{
    (void)state;
    char *other = text_with(PAYLOAD, "\"iss\":\"" PAYLOAD_ISS "\",\"sub\":\"" PAYLOAD_ISS "\"",
                            "\"iss\":\"uscc:" PAYLOAD_BANK "\",\"sub\":\"uscc:" PAYLOAD_BANK "\"");
    assert_code(verify_payload(other), GRANTOR_UNKNOWN);
    assert_string_equal(problem.where, "iss");
    /* the neighbour: the same key on file for both */
    fixture_grant(&fixture, fixture.key, "uscc:" PAYLOAD_BANK, "");
    fixture_load(&fixture);
    assert_ok(verify_payload(other));
    free(other);
}

static void another_audience_is_refused(void **state)
{
    (void)state;
    char *other = text_with(PAYLOAD, "https://gw.example.test", "https://gw.example.test/");
    assert_code(verify_payload(other), AUDIENCE_MISMATCH);
    free(other);
    other = text_with(PAYLOAD, "\"https://gw.example.test\"", "[\"https://gw.example.test\"]");
    assert_code(verify_payload(other), AUDIENCE_MISMATCH);
    free(other);
}

static void claims_are_refused_with_their_own_code(void **state)
{
    (void)state;
    char *text = text_with(PAYLOAD, "\"classes\":[]", "\"classes\":[\"personal\"]");
    assert_code(verify_payload(text), PERSON_CONSENT_REQUIRED);
    free(text);
    text = text_with(PAYLOAD, "\"notice\":",
                     "\"act\":{\"role\":\"agent\",\"sub\":\"" PAYLOAD_PERSON "\"},\"notice\":");
    assert_code(verify_payload(text), AGENT_INVALID);
    free(text);
    assert_code(verify_payload("{\"ver\":2}"), CONSENT_MALFORMED);
}

static void what_is_no_compact_token_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "", ".", "..", "a.b.c", "a.b", "a.b.c.d", "{\"payload\":\"\"}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_code(verify(wrong[i]), CONSENT_MALFORMED);
    }
    char *huge = malloc(HF_JWS_MAX_BYTES + 2);
    assert_non_null(huge);
    memset(huge, 'A', HF_JWS_MAX_BYTES + 1);
    huge[HF_JWS_MAX_BYTES + 1] = 0;
    assert_code(verify(huge), CONSENT_MALFORMED);
    free(huge);
}

static hf_status judge_at(const struct hf_token *token, int64_t received, int64_t now)
{
    struct hf_token_context context = fixture_context(&fixture);
    context.now_unix_s = now;
    problem = (struct hf_problem){0};
    return hf_token_judge(&context, token, received, &problem);
}

static void the_hour_is_judged_each_time(void **state)
{
    (void)state;
    struct hf_token *token = fixture_token(&fixture, PAYLOAD);
    assert_ok(judge_at(token, FIXTURE_NOW, FIXTURE_NOW));
    assert_ok(judge_at(token, 1767225540, 1767225540)); /* 60 s of skew before nbf */
    assert_code(judge_at(token, 1767225539, 1767225539), CONSENT_NOT_YET_VALID);
    assert_ok(judge_at(token, FIXTURE_NOW, 1774915199));
    assert_code(judge_at(token, FIXTURE_NOW, 1774915200), CONSENT_EXPIRED);
    hf_token_unref(token);
}

static void a_power_of_attorney_ends(void **state)
{
    (void)state;
    char *payload =
        text_with(PAYLOAD, "\"notice\":",
                  "\"act\":{\"role\":\"agent\",\"sub\":\"" PAYLOAD_PERSON
                  "\",\"poa\":\"" PAYLOAD_DIGEST "\",\"poa_exp\":1767225701},\"notice\":");
    struct hf_token *token = fixture_token(&fixture, payload);
    assert_ok(judge_at(token, FIXTURE_NOW, 1767225700));
    assert_code(judge_at(token, FIXTURE_NOW, 1767225701), AGENT_INVALID);
    hf_token_unref(token);
    free(payload);
}

static void a_key_counts_as_it_stood_at_reception(void **state)
{
    (void)state;
    struct hf_token *token = fixture_token(&fixture, PAYLOAD);
    fixture_grant(&fixture, fixture.key, PAYLOAD_ISS, ",\"not_after\":1767225700");
    fixture_load(&fixture);
    assert_ok(judge_at(token, 1767225699, 1767229999)); /* it ran out later, in the ordinary way */
    assert_code(judge_at(token, 1767225700, 1767229999), CONSENT_SIGNATURE_INVALID);
    fixture_grant(&fixture, fixture.key, PAYLOAD_ISS, ",\"not_before\":1767225700");
    fixture_load(&fixture);
    assert_ok(judge_at(token, 1767225700, 1767229999));
    assert_code(judge_at(token, 1767225699, 1767229999), CONSENT_SIGNATURE_INVALID);
    hf_token_unref(token);
}

static void a_disabled_key_stops_what_it_signed(void **state)
{
    (void)state;
    struct hf_token *token = fixture_token(&fixture, PAYLOAD);
    fixture_grant(&fixture, fixture.key, PAYLOAD_ISS, ",\"disabled_at\":1767225700");
    fixture_load(&fixture);
    assert_ok(judge_at(token, 1767225650, 1767225699));
    assert_code(judge_at(token, 1767225650, 1767225700), CONSENT_REVOKED);
    assert_code(judge_at(token, 1767225700, 1767225700), CONSENT_SIGNATURE_INVALID);
    hf_token_unref(token);
}

static void a_key_that_went_or_changed_verifies_nothing_more(void **state)
{
    (void)state;
    struct hf_token *token = fixture_token(&fixture, PAYLOAD);
    struct hf_key *other = NULL;
    assert_ok(hf_key_generate(HF_ALG_ED25519, &other));
    fixture_grant(&fixture, other, PAYLOAD_ISS, "");
    fixture_load(&fixture);
    assert_code(judge_at(token, FIXTURE_NOW, FIXTURE_NOW), GRANTOR_UNKNOWN);

    HF_CLEANUP(hf_buf_clear) hf_buf jwk = hf_buf_init(1024);
    const char *text;
    assert_ok(hf_key_write_jwk(other, &jwk)); /* another key under the old kid */
    assert_ok(hf_buf_string(&jwk, &text));
    char *renamed = text_with(text, hf_key_thumbprint(other), token->kid);
    char file[1024];
    snprintf(file, sizeof file, "{\"iss\":\"" PAYLOAD_ISS "\",\"keys\":[%s]}", renamed);
    fixture_write(&fixture, "uscc_91350100M000100Y43.jwks", file);
    fixture_load(&fixture);
    assert_code(judge_at(token, FIXTURE_NOW, FIXTURE_NOW), CONSENT_SIGNATURE_INVALID);
    free(renamed);
    hf_key_unref(other);
    hf_token_unref(token);
}

#define REVOCATION PAYLOAD_REVOCATION("1767225650", "withdrawn")

static hf_status verify_revocation(const char *typ, const char *payload)
{
    const struct hf_token_context context = fixture_context(&fixture);
    struct hf_act act = {.reason = HF_N_REVOCATION_REASONS};
    char *text = fixture_sign(fixture.key, typ, payload);
    hf_status status = hf_act_verify(&context, hf_bytes_of_string(text), &act, &problem);
    assert_int_equal(hf_is_ok(status), act.reason == HF_REVOCATION_WITHDRAWN);
    free(text);
    return status;
}

static void a_revocation_is_verified_like_a_consent(void **state)
{
    (void)state;
    assert_ok(verify_revocation("consent-revocation+jwt", REVOCATION));
    assert_code(verify_revocation("consent+jwt", REVOCATION), CONSENT_MALFORMED);
    char *text = text_with(REVOCATION, "https://gw.", "https://other.");
    assert_code(verify_revocation("consent-revocation+jwt", text), AUDIENCE_MISMATCH);
    free(text);
    text = text_with(REVOCATION, PAYLOAD_ISS, "uscc:" PAYLOAD_BANK);
    assert_code(verify_revocation("consent-revocation+jwt", text), GRANTOR_UNKNOWN);
    free(text);
    text = text_with(REVOCATION, "1767225650", "1767225761");
    assert_code(verify_revocation("consent-revocation+jwt", text), CONSENT_NOT_YET_VALID);
    free(text);
    fixture_grant(&fixture, fixture.key, PAYLOAD_ISS, ",\"disabled_at\":1767225700");
    fixture_load(&fixture);
    assert_code(verify_revocation("consent-revocation+jwt", REVOCATION), CONSENT_SIGNATURE_INVALID);
}

#define STATUS PAYLOAD_STATUS("1767225650", "paused")

static void a_status_is_verified_like_a_revocation(void **state)
{
    (void)state;
    const struct hf_token_context context = fixture_context(&fixture);
    struct hf_act act = {.kind = HF_ACT_REVOKE};
    char *text = fixture_sign(fixture.key, "consent-status+jwt", STATUS);
    assert_ok(hf_act_verify(&context, hf_bytes_of_string(text), &act, &problem));
    assert_int_equal(act.kind, HF_ACT_PAUSE);
    free(text);
    assert_code(verify_revocation("consent-status+jwt", REVOCATION), CONSENT_MALFORMED);
    assert_code(verify_revocation("consent-revocation+jwt", STATUS), CONSENT_MALFORMED);
}

#define PROOF PAYLOAD_PROOF("1767225650", "https://localhost/x")

static hf_status verify_proof(const char *typ, const char *payload)
{
    const struct hf_token_context context = fixture_context(&fixture);
    struct hf_request_proof proof = {.iat_unix_s = 0};
    char *text = fixture_sign(fixture.key, typ, payload);
    hf_status status =
        hf_request_proof_verify(&context, hf_bytes_of_string(text), &proof, &problem);
    assert_int_equal(hf_is_ok(status), proof.iat_unix_s == 1767225650);
    free(text);
    return status;
}

static void a_proof_of_a_request_is_verified_like_a_revocation(void **state)
{
    (void)state;
    assert_ok(verify_proof("request-proof+jwt", PROOF));
    assert_code(verify_proof("consent-status+jwt", PROOF), CONSENT_MALFORMED);
    assert_code(verify_proof("request-proof+jwt", REVOCATION), CONSENT_MALFORMED);
    char *text = text_with(PROOF, "https://gw.", "https://other.");
    assert_code(verify_proof("request-proof+jwt", text), AUDIENCE_MISMATCH);
    free(text);
    text = text_with(PROOF, PAYLOAD_ISS, "uscc:" PAYLOAD_BANK);
    assert_code(verify_proof("request-proof+jwt", text), GRANTOR_UNKNOWN);
    free(text);
    fixture_grant(&fixture, fixture.key, PAYLOAD_ISS, ",\"not_after\":1767225700");
    fixture_load(&fixture);
    assert_code(verify_proof("request-proof+jwt", PROOF), CONSENT_SIGNATURE_INVALID);
}

static void a_key_that_is_not_served_verifies_nothing(void **state)
{
    (void)state;
    char name[HF_GRANTOR_FILE_NAME_MAX_BYTES + 1];
    hf_grantor_file_name(PAYLOAD_ISS, name);
    fixture_write(&fixture, name,
                  "{\"iss\":\"" PAYLOAD_ISS "\",\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-521\","
                  "\"x\":\"AA\",\"y\":\"AA\",\"kid\":\"k2\"}]}");
    fixture_load(&fixture);
    char *text = sign_raw(fixture.key,
                          "{\"alg\":\"Ed25519\",\"typ\":\"consent+jwt\",\"kid\":\"k2\"}", PAYLOAD);
    assert_code(verify(text), CONSENT_SIGNATURE_INVALID);
    assert_string_equal(problem.where, "header.kid");
    free(text);
}

static void a_known_digest_is_taken_for_the_texts(void **state)
{
    (void)state;
    const struct hf_token_context context = fixture_context(&fixture);
    struct hf_token *token = NULL;
    uint8_t digest[HF_SHA256_BYTES];
    char *text = fixture_sign(fixture.key, "consent+jwt", PAYLOAD);
    hf_sha256_of(hf_bytes_of_string(text), digest);
    assert_ok(hf_token_verify_hashed(&context, hf_bytes_of_string(text), digest, &token, &problem));
    assert_memory_equal(token->sha256, digest, sizeof digest);
    hf_token_unref(token);
    token = NULL;
    size_t at = strlen(text) - 40;
    text[at] = text[at] == 'A' ? 'B' : 'A';
    assert_code(
        hf_token_verify_hashed(&context, hf_bytes_of_string(text), digest, &token, &problem),
        CONSENT_SIGNATURE_INVALID);
    assert_null(token);
    free(text);
}

static void a_token_tells_what_it_claims_to_be(void **state)
{
    (void)state;
    static const struct {
        const char *typ;
        enum hf_token_type type;
    } cases[] = {{"consent+jwt", HF_TOKEN_CONSENT},
                 {"consent-revocation+jwt", HF_TOKEN_REVOCATION},
                 {"consent-status+jwt", HF_TOKEN_STATUS},
                 {"JWT", HF_TOKEN_OTHER}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum hf_token_type type = HF_TOKEN_STATUS;
        char *text = fixture_sign(fixture.key, cases[i].typ, "{}");
        assert_ok(hf_token_type_of(hf_bytes_of_string(text), &type, &problem));
        assert_int_equal(type, cases[i].type);
        free(text);
    }
    enum hf_token_type type;
    assert_code(hf_token_type_of(HF_LITERAL("a.b.c"), &type, &problem), CONSENT_MALFORMED);
    char *text = fixture_sign(fixture.key, "consent+jwt", "{}");
    text[strlen(text) - 6] = 0; /* 60 bytes of signature */
    assert_code(hf_token_type_of(hf_bytes_of_string(text), &type, &problem),
                CONSENT_SIGNATURE_INVALID);
    free(text);
}

/* ---- tokens made by other software ---- */

struct golden {
    struct hf_arena arena;
    const struct hf_json *root;
};

/* False when the vectors are not there. Puts the vectors' grantor on file. */
static bool golden_open(struct golden *golden)
{
    const struct hf_json_limits limits = {1 << 20, 16, 4096, 1 << 16};
    const char *path = vector_path("hufu/golden-tokens.json");
    size_t size;
    if (!path) {
        return false;
    }
    char *text = vector_read(path, &size);
    golden->arena = hf_arena_init(1 << 20);
    assert_ok(hf_json_parse(hf_bytes_of(text, size), &limits, &golden->arena, &golden->root, NULL));
    HF_CLEANUP(hf_buf_clear) hf_buf grantor = hf_buf_init(8192);
    const char *grantor_text;
    assert_ok(hf_json_write_canonical(&grantor, hf_json_member(golden->root, "grantor")));
    assert_ok(hf_buf_string(&grantor, &grantor_text));
    fixture_write(&fixture, "uscc_91350100M000100Y43.jwks", grantor_text);
    fixture_load(&fixture);
    free(text);
    return true;
}

static hf_bytes golden_token(const struct golden *golden, const char *alg)
{
    return hf_json_member(hf_json_member(golden->root, "tokens"), alg)->text;
}

static const char *const golden_algs[] = {"Ed25519", "ES256", "SM2"};
enum { N_GOLDEN = sizeof golden_algs / sizeof golden_algs[0] };

static void the_golden_tokens_are_accepted_in_their_time(void **state)
{
    (void)state;
    struct golden golden;
    struct hf_token_context context = fixture_context(&fixture);
    if (!golden_open(&golden)) {
        return;
    }
    context.grantors = fixture.grantors;
    for (size_t i = 0; i < N_GOLDEN; i++) {
        struct hf_token *token = NULL;
        assert_ok(
            hf_token_verify(&context, golden_token(&golden, golden_algs[i]), &token, &problem));
        assert_ok(judge_at(token, 1767225700, 1767225700));
        assert_ok(judge_at(token, 1767225700, 1774915199));
        assert_code(judge_at(token, 1767225700, 1774915200),
                    CONSENT_EXPIRED); /* a second too late */
        hf_token_unref(token);
    }
    hf_arena_clear(&golden.arena);
}

static void assert_any_bit_breaks(const struct hf_token_context *context, hf_bytes token)
{
    uint8_t *changed = malloc(token.size);
    assert_non_null(changed);
    for (size_t bit = 0; bit < token.size * 8; bit++) {
        struct hf_token *verified = NULL;
        memcpy(changed, token.data, token.size);
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        hf_status status =
            hf_token_verify(context, hf_bytes_of(changed, token.size), &verified, NULL);
        assert_false(hf_is_ok(status));
        assert_null(verified);
        assert_true(hf_code_info(status.code)->class == HF_CLASS_INPUT ||
                    hf_code_info(status.code)->class == HF_CLASS_DENY);
    }
    free(changed);
}

static void any_one_bit_of_a_golden_token_breaks_it(void **state)
{
    (void)state;
    struct golden golden;
    struct hf_token_context context = fixture_context(&fixture);
    if (!golden_open(&golden)) {
        return;
    }
    context.grantors = fixture.grantors;
    for (size_t i = 0; i < N_GOLDEN; i++) {
        assert_any_bit_breaks(&context, golden_token(&golden, golden_algs[i]));
    }
    hf_arena_clear(&golden.arena);
}

/* The token with (r, n - s) for (r, s); the caller frees. */
static char *twin_of(hf_bytes token)
{
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                      0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    enum { SIGNATURE_CHARS = HF_BASE64URL_CHARS(HF_SIGNATURE_BYTES) };
    uint8_t signature[HF_SIGNATURE_BYTES];
    unsigned borrow = 0;
    char *twin = strndup((const char *)token.data, token.size);
    char *tail = twin + token.size - SIGNATURE_CHARS;
    assert_ok(
        hf_base64url_decode_fixed(hf_bytes_of(tail, SIGNATURE_CHARS), signature, sizeof signature));
    for (size_t i = 32; i-- > 0;) {
        unsigned difference = order[i] - (unsigned)signature[32 + i] - borrow;
        signature[32 + i] = (uint8_t)difference;
        borrow = difference >> 8 & 1;
    }
    hf_base64url_encode_fixed(hf_bytes_of(signature, sizeof signature), tail);
    return twin;
}

/* Other bytes, which verify, and the same payload under the same name: what the registry keys on
 * and R18 compares. */
static void the_twin_of_an_es256_token_is_the_same_consent(void **state)
{
    (void)state;
    struct golden golden;
    struct hf_token *token = NULL;
    struct hf_token *twin = NULL;
    struct hf_token_context context = fixture_context(&fixture);
    if (!golden_open(&golden)) {
        return;
    }
    context.grantors = fixture.grantors;
    char *text = twin_of(golden_token(&golden, "ES256"));
    assert_ok(hf_token_verify(&context, golden_token(&golden, "ES256"), &token, &problem));
    assert_ok(hf_token_verify(&context, hf_bytes_of_string(text), &twin, &problem));
    assert_memory_not_equal(token->sha256, twin->sha256, HF_SHA256_BYTES);
    assert_string_equal(token->claims.id.iss, twin->claims.id.iss);
    assert_string_equal(token->claims.id.jti, twin->claims.id.jti);
    assert_memory_equal(token->payload_sha256, twin->payload_sha256, HF_SHA256_BYTES);
    hf_token_unref(token);
    hf_token_unref(twin);
    free(text);
    hf_arena_clear(&golden.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_token_of_a_key_on_file_is_verified, start, stop),
        cmocka_unit_test_setup_teardown(another_type_of_token_is_no_consent, start, stop),
        cmocka_unit_test_setup_teardown(an_unknown_kid_is_refused_before_the_signature, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_signature_by_another_key_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(the_algorithm_is_the_keys_own, start, stop),
        cmocka_unit_test_setup_teardown(a_kid_of_another_grantor_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(another_audience_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(claims_are_refused_with_their_own_code, start, stop),
        cmocka_unit_test_setup_teardown(what_is_no_compact_token_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(the_hour_is_judged_each_time, start, stop),
        cmocka_unit_test_setup_teardown(a_power_of_attorney_ends, start, stop),
        cmocka_unit_test_setup_teardown(a_key_counts_as_it_stood_at_reception, start, stop),
        cmocka_unit_test_setup_teardown(a_disabled_key_stops_what_it_signed, start, stop),
        cmocka_unit_test_setup_teardown(a_key_that_went_or_changed_verifies_nothing_more, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_revocation_is_verified_like_a_consent, start, stop),
        cmocka_unit_test_setup_teardown(a_status_is_verified_like_a_revocation, start, stop),
        cmocka_unit_test_setup_teardown(a_proof_of_a_request_is_verified_like_a_revocation, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_key_that_is_not_served_verifies_nothing, start, stop),
        cmocka_unit_test_setup_teardown(a_known_digest_is_taken_for_the_texts, start, stop),
        cmocka_unit_test_setup_teardown(a_token_tells_what_it_claims_to_be, start, stop),
        cmocka_unit_test_setup_teardown(the_golden_tokens_are_accepted_in_their_time, start, stop),
        cmocka_unit_test_setup_teardown(any_one_bit_of_a_golden_token_breaks_it, start, stop),
        cmocka_unit_test_setup_teardown(the_twin_of_an_es256_token_is_the_same_consent, start,
                                        stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
