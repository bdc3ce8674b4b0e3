#include "crypto/jws.h"

#include "crypto/base64.h"
#include "crypto/rand.h"
#include "tests/unit/crypto/keys.h"
#include "tests/unit/vectors.h"

#define PAYLOAD "{\"iss\":\"uscc:91350100M000100Y43\"}"
#define KID RFC8037_THUMBPRINT
#define GOOD_HEADER "{\"alg\":\"Ed25519\",\"typ\":\"consent+jwt\",\"kid\":\"" KID "\"}"

/* A token with this header, signed as it stands: what is wrong with it is the header alone. */
static hf_bytes token_with_header(hf_bytes header, hf_buf *buf)
{
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    uint8_t signature[64];
    hf_buf_reset(buf);
    assert_ok(hf_base64url_encode(header, buf));
    assert_ok(hf_buf_append_byte(buf, '.'));
    assert_ok(hf_base64url_encode(HF_LITERAL(PAYLOAD), buf));
    assert_ok(hf_key_sign(key, hf_buf_view(buf), signature));
    assert_ok(hf_buf_append_byte(buf, '.'));
    assert_ok(hf_base64url_encode(hf_bytes_of(signature, 64), buf));
    return hf_buf_view(buf);
}

static hf_status parse(hf_bytes token, struct hf_problem *reterr)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_JWS_ARENA_BYTES);
    struct hf_jws jws = {0};
    hf_status status = hf_jws_parse(token, &arena, &jws, reterr);
    if (!hf_is_ok(status)) {
        assert_int_equal(jws.payload.size, 0); /* nothing is given out on failure */
    }
    return status;
}

static void assert_header_refused(const char *header, const char *where)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
    struct hf_problem problem = {0};
    hf_bytes token = token_with_header(hf_bytes_of_string(header), &buf);
    assert_code(parse(token, &problem), CONSENT_MALFORMED);
    assert_string_equal(problem.where, where);
}

static void assert_token_refused(const char *token)
{
    assert_code(parse(hf_bytes_of_string(token), NULL), CONSENT_MALFORMED);
}

/* ---- what holds ---- */

static void a_signed_token_is_read_and_verified(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    HF_CLEANUP(hf_buf_clear) hf_buf token = hf_buf_init(HF_JWS_MAX_BYTES);
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_JWS_ARENA_BYTES);
    struct hf_jws jws = {0};
    assert_ok(hf_jws_sign(key, "consent+jwt", HF_LITERAL(PAYLOAD), &token));
    assert_ok(hf_jws_parse(hf_buf_view(&token), &arena, &jws, NULL));
    assert_int_equal(jws.alg, HF_ALG_ED25519);
    assert_true(hf_bytes_equal_string(jws.typ, "consent+jwt"));
    assert_true(hf_bytes_equal_string(jws.kid, KID));
    assert_true(hf_bytes_equal_string(jws.payload, PAYLOAD));
    assert_ok(hf_jws_verify(&jws, key));
}

static void the_header_has_the_members_in_order(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    HF_CLEANUP(hf_buf_clear) hf_buf token = hf_buf_init(HF_JWS_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf expected = hf_buf_init(HF_JWS_MAX_BYTES);
    assert_ok(hf_jws_sign(key, "consent+jwt", HF_LITERAL(PAYLOAD), &token));
    token_with_header(HF_LITERAL(GOOD_HEADER), &expected);
    assert_true(hf_bytes_equal(hf_buf_view(&token), hf_buf_view(&expected)));
}

static void the_alias_eddsa_is_an_ed25519_signature(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_JWS_ARENA_BYTES);
    struct hf_jws jws = {0};
    hf_bytes token = token_with_header(
        HF_LITERAL("{\"kid\":\"k\",\"typ\":\"consent+jwt\",\"alg\":\"EdDSA\"}"), &buf);
    assert_ok(hf_jws_parse(token, &arena, &jws, NULL));
    assert_ok(hf_jws_verify(&jws, key));
}

/* = RFC 8037 A.4: the signature alone; its header has no typ and no kid, so it is no token of ours
 */
static void the_signature_of_rfc_8037_holds_and_its_header_does_not(void **state)
{
    (void)state;
    static const char token[] =
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    uint8_t signature[64];
    const size_t n_signed = sizeof("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc") - 1;
    assert_ok(hf_base64url_decode_fixed(hf_bytes_of_string(token + n_signed + 1), signature, 64));
    assert_ok(hf_key_verify(key, hf_bytes_of(token, n_signed), hf_bytes_of(signature, 64)));
    assert_token_refused(token);
}

static hf_bytes golden_token(const struct hf_json *root, const char *alg)
{
    const struct hf_json *token = hf_json_member(hf_json_member(root, "tokens"), alg);
    assert_non_null(token);
    return token->text;
}

static void the_golden_token_of_other_software_verifies(void **state)
{
    (void)state;
    const char *path = vector_path("hufu/golden-tokens.json");
    if (!path) {
        return;
    }
    size_t size = 0;
    char *text = vector_read(path, &size);
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 20);
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    HF_CLEANUP(hf_buf_clear) hf_buf signed_again = hf_buf_init(HF_JWS_MAX_BYTES);
    struct hf_jws jws = {0};
    hf_bytes token = golden_token(json_of(text, &arena), "Ed25519");
    assert_ok(hf_jws_parse(token, &arena, &jws, NULL));
    assert_ok(hf_jws_verify(&jws, key));
    /* Ed25519 is deterministic: the same key and payload give the same token, byte for byte. */
    assert_ok(hf_jws_sign(key, "consent+jwt", jws.payload, &signed_again));
    assert_true(hf_bytes_equal(hf_buf_view(&signed_again), token));
    free(text);
}

static void a_token_of_another_algorithm_than_the_keys_is_refused(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
    static const char *const headers[] = {
        "{\"alg\":\"ES256\",\"typ\":\"consent+jwt\",\"kid\":\"k\"}",
        "{\"alg\":\"SM2\",\"typ\":\"consent+jwt\",\"kid\":\"k\"}"};
    for (size_t i = 0; i < 2; i++) { /* the signature itself is a good Ed25519 one */
        HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_JWS_ARENA_BYTES);
        struct hf_jws jws = {0};
        hf_bytes token = token_with_header(hf_bytes_of_string(headers[i]), &buf);
        assert_ok(hf_jws_parse(token, &arena, &jws, NULL));
        assert_code(hf_jws_verify(&jws, key), SIGNATURE_INVALID);
    }
}

static void another_key_does_not_verify(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *other = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_JWS_ARENA_BYTES);
    struct hf_jws jws = {0};
    assert_ok(hf_key_generate(HF_ALG_ED25519, &other));
    assert_ok(hf_jws_parse(token_with_header(HF_LITERAL(GOOD_HEADER), &buf), &arena, &jws, NULL));
    assert_code(hf_jws_verify(&jws, other), SIGNATURE_INVALID);
}

static void every_changed_bit_of_a_token_is_refused(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
    token_with_header(HF_LITERAL(GOOD_HEADER), &buf);
    for (size_t bit = 0; bit < buf.size * 8; bit++) {
        HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_JWS_ARENA_BYTES);
        struct hf_jws jws = {0};
        buf.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        hf_status status = hf_jws_parse(hf_buf_view(&buf), &arena, &jws, NULL);
        if (hf_is_ok(status)) {
            status = hf_jws_verify(&jws, key);
        }
        assert_false(hf_is_ok(status));
        buf.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

/* ---- headers that are refused ---- */

#define REST ",\"typ\":\"consent+jwt\",\"kid\":\"k\"}"

static void algorithms_outside_the_list_are_refused(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{\"alg\":\"none\"" REST,      "{\"alg\":\"None\"" REST,
        "{\"alg\":\"NONE\"" REST,      "{\"alg\":\"\"" REST,
        "{\"alg\":\"HS256\"" REST,     "{\"alg\":\"RS256\"" REST,
        "{\"alg\":\"PS256\"" REST,     "{\"alg\":\"ES384\"" REST,
        "{\"alg\":\"ES512\"" REST,     "{\"alg\":\"ES256K\"" REST,
        "{\"alg\":\"Ed448\"" REST,     "{\"alg\":\"ed25519\"" REST,
        "{\"alg\":null" REST,          "{\"alg\":1" REST,
        "{\"alg\":[\"Ed25519\"]" REST, "{\"typ\":\"consent+jwt\",\"kid\":\"k\"}",
    };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        assert_header_refused(headers[i], "header.alg");
    }
}

static void every_other_member_is_refused(void **state)
{
    (void)state;
    static const char *const members[] = {
        "\"jwk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\"}",
        "\"jku\":\"https://a.example/keys\"",
        "\"x5u\":\"https://a.example/cert\"",
        "\"x5t\":\"AAAA\"",
        "\"x5t#S256\":\"AAAA\"",
        "\"crit\":[\"b64\"]",
        "\"crit\":[]",
        "\"b64\":false",
        "\"zip\":\"DEF\"",
        "\"cty\":\"JWT\"",
        "\"enc\":\"A256GCM\"",
        "\"epk\":{}",
        "\"p2c\":1000000",
        "\"unknown\":null",
        "\"ALG\":\"none\"",
        "\"\":\"\"",
    };
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        char header[512];
        snprintf(header, sizeof(header),
                 "{%s,\"alg\":\"Ed25519\",\"typ\":\"consent+jwt\",\"kid\":\"k\"}", members[i]);
        assert_header_refused(header, "header");
    }
}

/* ---- certificates ---- */

static hf_status parse_certified(const char *header, struct hf_arena *arena, struct hf_jws *jws,
                                 struct hf_problem *reterr)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
    return hf_jws_parse_certified(token_with_header(hf_bytes_of_string(header), &buf), arena, jws,
                                  reterr);
}

#define BARE "\"alg\":\"Ed25519\",\"typ\":\"consent+jwt\""

static void certificates_are_taken_where_they_are_asked_for(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_JWS_ARENA_BYTES);
    struct hf_jws jws;
    assert_header_refused("{" BARE ",\"kid\":\"k\",\"x5c\":[\"AAAA\"]}", "header.x5c");
    assert_ok(parse_certified("{" BARE ",\"kid\":\"k\",\"x5c\":[\"AAAA\"]}", &arena, &jws, NULL));
    assert_int_equal(jws.n_certs, 1);
    assert_int_equal(jws.kid.size, 1);
    assert_ok(
        parse_certified("{" BARE ",\"x5c\":[\"AAEC\",\"/+8=\",\"AA==\"]}", &arena, &jws, NULL));
    assert_int_equal(jws.n_certs, 3);
    assert_int_equal(jws.kid.size, 0);
    assert_true(hf_bytes_equal(jws.certs[0], hf_bytes_of("\0\1\2", 3)));
    assert_true(hf_bytes_equal(jws.certs[1], HF_LITERAL("\xff\xef")));
    assert_true(hf_bytes_equal(jws.certs[2], hf_bytes_of("", 1)));
    assert_ok(parse_certified(GOOD_HEADER, &arena, &jws, NULL));
    assert_int_equal(jws.n_certs, 0);
}

static void certificates_have_their_form(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        const char *where;
    } cases[] = {
        {"{" BARE "}", "header.kid"}, /* one of the two */
        {"{" BARE ",\"x5c\":[]}", "header.x5c"},
        {"{" BARE ",\"x5c\":[\"AAAA\",\"AAAA\",\"AAAA\",\"AAAA\"]}", "header.x5c"},
        {"{" BARE ",\"x5c\":\"AAAA\"}", "header.x5c"},
        {"{" BARE ",\"x5c\":{}}", "header.x5c"},
        {"{" BARE ",\"x5c\":null}", "header.x5c"},
        {"{" BARE ",\"x5c\":[1]}", "header.x5c"},
        {"{" BARE ",\"x5c\":[[\"AAAA\"]]}", "header.x5c"},
        {"{" BARE ",\"x5c\":[\"\"]}", "header.x5c"},
        {"{" BARE ",\"x5c\":[\"AA\"]}", "header.x5c"},   /* padding is part of it */
        {"{" BARE ",\"x5c\":[\"_-8=\"]}", "header.x5c"}, /* not base64url */
        {"{" BARE ",\"x5c\":[\"AB==\"]}", "header.x5c"}, /* unused bits */
        {"{" BARE ",\"x5c\":[\"AA AA\"]}", "header.x5c"},
        {"{" BARE ",\"kid\":1,\"x5c\":[\"AAAA\"]}", "header.kid"},
        {"{" BARE ",\"x5c\":[\"AAAA\"],\"jwk\":{}}", "header"},
        {"{" BARE ",\"x5c\":[\"AAAA\"],\"x5u\":\"https://a.example\"}", "header"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_JWS_ARENA_BYTES);
        struct hf_problem problem = {0};
        struct hf_jws jws;
        assert_code(parse_certified(cases[i].header, &arena, &jws, &problem), CONSENT_MALFORMED);
        assert_string_equal(problem.where, cases[i].where);
    }
}

static void a_member_said_twice_is_refused_however_spelled(void **state)
{
    (void)state;
    assert_header_refused("{\"alg\":\"Ed25519\",\"alg\":\"Ed25519\"" REST, "header");
    assert_header_refused("{\"alg\":\"Ed25519\",\"\\u0061lg\":\"none\"" REST, "header");
    assert_header_refused("{\"alg\":\"Ed25519\",\"kid\":\"j\"" REST, "header");
}

static void typ_must_be_a_string_of_some_length(void **state)
{
    (void)state;
    assert_header_refused("{\"alg\":\"Ed25519\",\"kid\":\"k\"}", "header.typ");
    assert_header_refused("{\"alg\":\"Ed25519\",\"typ\":\"\",\"kid\":\"k\"}", "header.typ");
    assert_header_refused("{\"alg\":\"Ed25519\",\"typ\":7,\"kid\":\"k\"}", "header.typ");
    assert_header_refused("{\"alg\":\"Ed25519\",\"typ\":\"consent+jwt-consent+jwt-consent+jwt-"
                          "consent+jwt-consent+jwt-consent+jwt\",\"kid\":\"k\"}",
                          "header.typ");
}

static void kid_has_its_characters_and_length(void **state)
{
    (void)state;
    static const char *const kids[] = {
        "\"\"",         "7",      "\"a b\"", "\"../k\"", "\"a'--\"", "\"a\\u0000b\"", "\"k\\n\"",
        "\"\xc3\xa9\"", "\"k=\"", "\"a;b\"", "\"a%2e\"", "null"};
    char header[512];
    for (size_t i = 0; i < sizeof(kids) / sizeof(kids[0]); i++) {
        snprintf(header, sizeof(header), "{\"alg\":\"Ed25519\",\"typ\":\"consent+jwt\",\"kid\":%s}",
                 kids[i]);
        assert_header_refused(header, "header.kid");
    }
    snprintf(header, sizeof(header),
             "{\"alg\":\"Ed25519\",\"typ\":\"consent+jwt\",\"kid\":\"%0129d\"}", 0);
    assert_header_refused(header, "header.kid");
    assert_header_refused("{\"alg\":\"Ed25519\",\"typ\":\"consent+jwt\"}", "header.kid");
}

static void the_longest_kid_is_accepted(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
    char header[512];
    snprintf(header, sizeof(header),
             "{\"alg\":\"Ed25519\",\"typ\":\"consent+jwt\",\"kid\":\"aZ.~:_-%0121d\"}", 0);
    assert_ok(parse(token_with_header(hf_bytes_of_string(header), &buf), NULL));
}

static void a_header_that_is_no_strict_json_object_is_refused(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "[]",
        "\"alg\"",
        "null",
        "{",
        "{} ",
        "\xef\xbb\xbf" GOOD_HEADER,
        GOOD_HEADER "x",
        GOOD_HEADER GOOD_HEADER,
        "{\"alg\":\"Ed25519\",\"typ\":\"consent+jwt\",\"kid\":\"k\",}",
        "{'alg':'Ed25519','typ':'consent+jwt','kid':'k'}",
        "{\"alg\":\"Ed25519\",\"typ\":\"consent+jwt\",\"kid\":\"\xff\"}",
        "{\"alg\":\"Ed25519\",\"typ\":\"\\ud800\",\"kid\":\"k\"}",
        ("{\"alg\":[[[[[[\"Ed25519\"]]]]]]" REST),
    };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
        hf_bytes token = token_with_header(hf_bytes_of_string(headers[i]), &buf);
        assert_code(parse(token, NULL), CONSENT_MALFORMED);
    }
}

static void white_space_inside_the_header_is_json_and_accepted(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
    hf_bytes header =
        HF_LITERAL("{ \"alg\": \"Ed25519\",\n \"typ\": \"consent+jwt\", \"kid\": \"k\" }");
    assert_ok(parse(token_with_header(header, &buf), NULL));
}

/* ---- envelopes that are refused ---- */

#define SIG86                                                                                      \
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
/* base64url of GOOD_HEADER with kid "k" */
#define HEAD "eyJhbGciOiJFZDI1NTE5IiwidHlwIjoiY29uc2VudCtqd3QiLCJraWQiOiJrIn0"

static void the_plain_envelope_of_these_tests_is_well_formed(void **state)
{
    (void)state;
    assert_ok(parse(HF_LITERAL(HEAD ".e30." SIG86), NULL));
}

static void any_other_number_of_parts_is_refused(void **state)
{
    (void)state;
    static const char *const tokens[] = {
        "",
        ".",
        "..",
        "...",
        HEAD,
        HEAD ".e30",
        HEAD ".e30.",
        HEAD "..",
        HEAD ".." SIG86,
        ".e30." SIG86,
        HEAD ".e30." SIG86 ".",
        "." HEAD ".e30." SIG86,
        HEAD ".e30." SIG86 ".AAAA",
        HEAD ".e30.AAAA.AAAA." SIG86, /* JWE */
        HEAD ".e30.." SIG86,
    };
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        assert_token_refused(tokens[i]);
    }
}

static void the_json_serialization_is_refused(void **state)
{
    (void)state;
    assert_token_refused("{\"protected\":\"" HEAD "\",\"payload\":\"e30\",\"signature\":\"" SIG86
                         "\"}");
}

static void white_space_anywhere_is_refused(void **state)
{
    (void)state;
    static const char *const tokens[] = {
        " " HEAD ".e30." SIG86, HEAD ".e30." SIG86 "\n", HEAD " .e30." SIG86,
        HEAD ". e30." SIG86,    HEAD ".e30\r\n." SIG86,  HEAD ".e30.\t" SIG86,
    };
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        assert_token_refused(tokens[i]);
    }
}

static void loose_base64_is_refused_in_every_part(void **state)
{
    (void)state;
    static const char *const tokens[] = {
        HEAD "=.e30." SIG86,
        HEAD ".e30=." SIG86,
        HEAD ".e30." SIG86 "==",
        HEAD ".e3+_." SIG86,
        HEAD ".e3/_." SIG86,
        HEAD ".e3*_." SIG86,
        HEAD ".e3000." SIG86, /* 4n+1 */
        HEAD ".e31." SIG86,   /* unused bits */
        HEAD ".e30.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_"
             "MuM0KAh",
    };
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        assert_token_refused(tokens[i]);
    }
}

static void a_signature_of_63_or_65_bytes_is_refused(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 130; n++) {
        static const uint8_t bytes[130];
        HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
        assert_ok(hf_buf_append_string(&buf, HEAD ".e30."));
        assert_ok(hf_base64url_encode(hf_bytes_of(bytes, n), &buf));
        if (n == 64) {
            assert_ok(parse(hf_buf_view(&buf), NULL));
        } else {
            assert_code(parse(hf_buf_view(&buf), NULL), CONSENT_SIGNATURE_INVALID);
        }
    }
}

static void fill(hf_buf *buf, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_ok(hf_buf_append_byte(buf, 'A'));
    }
}

static void sizes_end_at_their_limits(void **state)
{
    (void)state;
    const size_t most = HF_BASE64URL_CHARS(HF_JWS_PAYLOAD_MAX_BYTES);
    for (size_t extra = 0; extra < 2; extra++) {
        HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
        assert_ok(hf_buf_append_string(&buf, HEAD "."));
        fill(&buf, most + extra * 2);
        if (extra == 0) { /* 8192 bytes leave four unused bits, zero here */
            assert_ok(hf_buf_append_string(&buf, "." SIG86));
            assert_ok(parse(hf_buf_view(&buf), NULL));
        } else {
            struct hf_problem problem = {0};
            assert_ok(hf_buf_append_string(&buf, "." SIG86));
            assert_code(parse(hf_buf_view(&buf), &problem), CONSENT_MALFORMED);
            assert_string_equal(problem.where, "payload");
        }
    }
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
    struct hf_problem problem = {0};
    fill(&buf, HF_BASE64URL_CHARS(HF_JWS_HEADER_MAX_BYTES) + 2);
    assert_ok(hf_buf_append_string(&buf, ".e30." SIG86));
    assert_code(parse(hf_buf_view(&buf), &problem), CONSENT_MALFORMED);
    assert_string_equal(problem.where, "header");
    fill(&buf, HF_JWS_MAX_BYTES);
    assert_code(parse(hf_buf_view(&buf), &problem), CONSENT_MALFORMED);
    assert_string_equal(problem.where, "token");
}

static void the_largest_header_fits_the_arena_and_is_judged(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf header = hf_buf_init(1 << 16);
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
    assert_ok(hf_buf_append_string(&header, "{\"alg\":\"Ed25519\",\"kid\":\"k\",\"typ\":\""));
    fill(&header, HF_JWS_HEADER_MAX_BYTES - header.size - 2);
    assert_ok(hf_buf_append_string(&header, "\"}"));
    struct hf_problem problem = {0};
    assert_code(parse(token_with_header(hf_buf_view(&header), &buf), &problem), CONSENT_MALFORMED);
    assert_string_equal(problem.where, "header.typ");
}

static void too_small_an_arena_is_nomem(void **state)
{
    (void)state;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(16);
    struct hf_jws jws = {0};
    assert_code(hf_jws_parse(HF_LITERAL(HEAD ".e30." SIG86), &arena, &jws, NULL), NOMEM);
}

/* ---- signing ---- */

static void signing_needs_a_private_part(void **state)
{
    (void)state;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf token = hf_buf_init(HF_JWS_MAX_BYTES);
    uint8_t point[32];
    bytes_of_hex(RFC8037_PUBLIC_HEX, point);
    assert_ok(hf_key_from_ed25519_public(point, &key));
    assert_code(hf_jws_sign(key, "consent+jwt", HF_LITERAL(PAYLOAD), &token), BUG);
    assert_int_equal(token.size, 0);
}

static void signing_keeps_to_the_limits(void **state)
{
    (void)state;
    static const uint8_t payload[HF_JWS_PAYLOAD_MAX_BYTES + 1];
    HF_CLEANUP(hf_key_drop) struct hf_key *key = key_of_seed(RFC8037_SEED_HEX);
    HF_CLEANUP(hf_buf_clear) hf_buf small = hf_buf_init(100);
    HF_CLEANUP(hf_buf_clear) hf_buf token = hf_buf_init(HF_JWS_MAX_BYTES);
    assert_code(hf_jws_sign(key, "consent+jwt", HF_LITERAL(PAYLOAD), &small), LIMIT);
    assert_code(hf_jws_sign(key, "t", hf_bytes_of(payload, sizeof(payload)), &token), LIMIT);
    assert_code(hf_jws_sign(key, "t", hf_bytes_of(NULL, 0), &token), LIMIT);
    assert_int_equal(small.size, 0);
    assert_int_equal(token.size, 0);
    assert_ok(hf_jws_sign(key, "t", hf_bytes_of(payload, HF_JWS_PAYLOAD_MAX_BYTES), &token));
}

/* ---- Wycheproof ---- */

static void none_of_the_401_tokens_of_wycheproof_is_accepted(void **state)
{
    (void)state;
    const char *path = vector_path("wycheproof/json_web_signature_test.json");
    if (!path) {
        return;
    }
    size_t size = 0;
    size_t n_refused = 0;
    char *text = vector_read(path, &size);
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 24);
    const struct hf_json *groups = hf_json_member(json_of(text, &arena), "testGroups");
    for (const struct hf_json *group = groups->child; group; group = group->next) {
        const struct hf_json *tests = hf_json_member(group, "tests");
        for (const struct hf_json *test = tests->child; test; test = test->next) {
            hf_status status = parse(hf_json_member(test, "jws")->text, NULL);
            n_refused += !hf_is_ok(status);
        }
    }
    assert_int_equal(n_refused, 401);
    free(text);
}

/* Their tokens have no typ, so the profile refuses them all: what lies behind it is asked here
 * part by part. True: three parts of strict base64url, a JSON header of ES256, a signature. */
static bool holds_behind_the_profile(hf_bytes token, const struct hf_key *key)
{
    static const struct hf_json_limits limits = {1 << 14, 4, 64, 1 << 14};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 16);
    HF_CLEANUP(hf_buf_clear) hf_buf header = hf_buf_init(1 << 14);
    HF_CLEANUP(hf_buf_clear) hf_buf payload = hf_buf_init(1 << 14);
    HF_CLEANUP(hf_buf_clear) hf_buf signature = hf_buf_init(1 << 14);
    const struct hf_json *root = NULL;
    const uint8_t *end = token.data + token.size;
    const uint8_t *one = token.size > 0 ? memchr(token.data, '.', token.size) : NULL;
    const uint8_t *two = one ? memchr(one + 1, '.', (size_t)(end - one - 1)) : NULL;
    return two && one > token.data && two > one + 1 &&
           hf_is_ok(
               hf_base64url_decode(hf_bytes_of(token.data, (size_t)(one - token.data)), &header)) &&
           hf_is_ok(hf_base64url_decode(hf_bytes_of(one + 1, (size_t)(two - one - 1)), &payload)) &&
           hf_is_ok(
               hf_base64url_decode(hf_bytes_of(two + 1, (size_t)(end - two - 1)), &signature)) &&
           hf_is_ok(hf_json_parse(hf_buf_view(&header), &limits, &arena, &root, NULL)) &&
           hf_json_is_string(hf_json_member(root, "alg"), "ES256") &&
           hf_is_ok(hf_key_verify(key, hf_bytes_of(token.data, (size_t)(two - token.data)),
                                  hf_buf_view(&signature)));
}

/* Two of the 39 are valid; two more groups hold keys that are not for signatures. */
static void es256_tokens_of_wycheproof_agree_behind_the_profile(void **state)
{
    (void)state;
    const char *path = vector_path("wycheproof/json_web_signature_test.json");
    if (!path) {
        return;
    }
    size_t size = 0;
    size_t n_keys_refused = 0;
    size_t n_agreed = 0;
    char *text = vector_read(path, &size);
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 24);
    const struct hf_json *groups = hf_json_member(json_of(text, &arena), "testGroups");
    for (const struct hf_json *group = groups->child; group; group = group->next) {
        HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
        const struct hf_json *jwk = hf_json_member(group, "public");
        const struct hf_json *tests = hf_json_member(group, "tests");
        if (!jwk || !hf_json_is_string(hf_json_member(jwk, "crv"), "P-256")) {
            continue;
        }
        if (!hf_is_ok(hf_key_from_jwk(jwk, &key, NULL))) {
            n_keys_refused++;
            continue;
        }
        for (const struct hf_json *test = tests->child; test; test = test->next) {
            bool is_valid = hf_json_is_string(hf_json_member(test, "result"), "valid");
            n_agreed +=
                holds_behind_the_profile(hf_json_member(test, "jws")->text, key) == is_valid;
        }
    }
    assert_int_equal(n_keys_refused, 2);
    assert_int_equal(n_agreed, 39);
    free(text);
}

static int set_up(void **state)
{
    (void)state;
    return hf_is_ok(hf_crypto_init()) ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_token_is_read_and_verified),
        cmocka_unit_test(the_header_has_the_members_in_order),
        cmocka_unit_test(the_alias_eddsa_is_an_ed25519_signature),
        cmocka_unit_test(the_signature_of_rfc_8037_holds_and_its_header_does_not),
        cmocka_unit_test(the_golden_token_of_other_software_verifies),
        cmocka_unit_test(a_token_of_another_algorithm_than_the_keys_is_refused),
        cmocka_unit_test(another_key_does_not_verify),
        cmocka_unit_test(every_changed_bit_of_a_token_is_refused),
        cmocka_unit_test(algorithms_outside_the_list_are_refused),
        cmocka_unit_test(every_other_member_is_refused),
        cmocka_unit_test(certificates_are_taken_where_they_are_asked_for),
        cmocka_unit_test(certificates_have_their_form),
        cmocka_unit_test(a_member_said_twice_is_refused_however_spelled),
        cmocka_unit_test(typ_must_be_a_string_of_some_length),
        cmocka_unit_test(kid_has_its_characters_and_length),
        cmocka_unit_test(the_longest_kid_is_accepted),
        cmocka_unit_test(a_header_that_is_no_strict_json_object_is_refused),
        cmocka_unit_test(white_space_inside_the_header_is_json_and_accepted),
        cmocka_unit_test(the_plain_envelope_of_these_tests_is_well_formed),
        cmocka_unit_test(any_other_number_of_parts_is_refused),
        cmocka_unit_test(the_json_serialization_is_refused),
        cmocka_unit_test(white_space_anywhere_is_refused),
        cmocka_unit_test(loose_base64_is_refused_in_every_part),
        cmocka_unit_test(a_signature_of_63_or_65_bytes_is_refused),
        cmocka_unit_test(sizes_end_at_their_limits),
        cmocka_unit_test(the_largest_header_fits_the_arena_and_is_judged),
        cmocka_unit_test(too_small_an_arena_is_nomem),
        cmocka_unit_test(signing_needs_a_private_part),
        cmocka_unit_test(signing_keeps_to_the_limits),
        cmocka_unit_test(none_of_the_401_tokens_of_wycheproof_is_accepted),
        cmocka_unit_test(es256_tokens_of_wycheproof_agree_behind_the_profile),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
