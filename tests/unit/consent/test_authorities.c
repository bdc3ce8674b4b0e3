#include "consent/authorities.h"

#include "crypto/base64.h"
#include "tests/unit/consent/fixture.h"
#include "tests/unit/crypto/little_ca.h"

#include <openssl/err.h>
#include <sys/stat.h>

#define AUTHORITY                                                                                  \
    "{\"root\":\"root.pem\",\"crls\":\"lists\",\"crl_max_age_hours\":48,"                          \
    "\"uscc\":{\"subject\":\"serialNumber\"}}"

enum { NOW = FIXTURE_NOW, MADE = FIXTURE_NOW - 3600 };

static struct fixture fixture;
static struct hf_problem problem;
static struct hf_authorities *authorities;
static struct ca_cert root;
static struct ca_cert middle;
static struct ca_cert signer;

static const struct ca_spec root_spec = {
    .name = "Root", .usage = CA_USAGE, .constraints = CA_CONSTRAINTS};
static const struct ca_spec middle_spec = {
    .name = "Middle", .usage = CA_USAGE, .constraints = CA_CONSTRAINTS};
static const struct ca_spec signer_spec = {
    .name = "Enterprise", .usage = SIGNER_USAGE, .code = CA_USCC, .to = NOW + 100};

static void write_bytes(const char *name, hf_bytes bytes)
{
    char path[512];
    fixture_path(&fixture, name, path);
    assert_ok(hf_file_write_durable(path, bytes, 0644));
}

static void write_list(const char *name, const struct ca_cert *issuer, struct ca_list list)
{
    uint8_t der[4096];
    list.updated = list.updated ? list.updated : MADE;
    write_bytes(name, ca_crl(issuer, &list, der));
}

static hf_status load(void)
{
    hf_authorities_unref(authorities);
    authorities = NULL;
    problem = (struct hf_problem){0};
    return hf_authorities_load(fixture.folder, &authorities, &problem);
}

static hf_status load_with(const char *text)
{
    fixture_write(&fixture, "ca.json", text);
    return load();
}

static void sign_again(struct ca_spec spec)
{
    ca_free(&signer);
    signer = ca_issue(&spec, &middle);
}

static int start(void **state)
{
    (void)state;
    char path[512];
    HF_CLEANUP(hf_buf_clear) hf_buf pem = hf_buf_init(8192);
    fixture_start(&fixture);
    root = ca_issue(&root_spec, NULL);
    middle = ca_issue(&middle_spec, &root);
    signer = ca_issue(&signer_spec, &middle);
    ca_write_pem(&root, &pem);
    write_bytes("root.pem", hf_buf_view(&pem));
    fixture_path(&fixture, "lists", path);
    assert_int_equal(mkdir(path, 0755), 0);
    write_list("lists/root.crl", &root, (struct ca_list){.id = NULL});
    write_list("lists/middle.crl", &middle, (struct ca_list){.id = NULL});
    assert_ok(load_with(AUTHORITY));
    ERR_clear_error();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hf_authorities_unref(authorities);
    authorities = NULL;
    ca_free(&root);
    ca_free(&middle);
    ca_free(&signer);
    fixture_close(&fixture);
    return 0;
}

/* ---- files ---- */

static void a_folder_of_authorities_is_loaded(void **state)
{
    (void)state;
    uint64_t set = hf_authorities_set(authorities);
    struct hf_authorities *same = hf_authorities_ref(authorities);
    hf_authorities_unref(same);
    assert_ok(load());
    assert_true(set > 0 && hf_authorities_set(authorities) > 0);
    assert_int_not_equal(set, hf_authorities_set(authorities));
    hf_authorities_unref(NULL);
}

static void mistakes_are_told_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *where;
    } cases[] = {
        {"[]", "ca.json"},
        {"{\"root\":\"root.pem\"}", "ca.json crls"},
        {"{\"root\":\"root.pem\",\"crls\":\"lists\",\"crl_max_age_hours\":0,"
         "\"uscc\":{\"subject\":\"O\"}}",
         "ca.json crl_max_age_hours"},
        {"{\"root\":\"root.pem\",\"crls\":\"lists\",\"crl_max_age_hours\":48}", "ca.json uscc"},
        {"{\"root\":\"root.pem\",\"crls\":\"lists\",\"crl_max_age_hours\":48,\"uscc\":{}}",
         "ca.json uscc"},
        {"{\"root\":\"root.pem\",\"crls\":\"lists\",\"crl_max_age_hours\":48,"
         "\"uscc\":{\"subject\":\"O\",\"extension\":\"1.2.3\"}}",
         "ca.json uscc"},
        {"{\"root\":\"root.pem\",\"crls\":\"lists\",\"crl_max_age_hours\":48,"
         "\"uscc\":{\"subject\":\"no such thing\"}}",
         "ca.json uscc.subject"},
        {"{\"root\":\"root.pem\",\"crls\":\"lists\",\"crl_max_age_hours\":48,"
         "\"uscc\":{\"extension\":\"O\"}}",
         "ca.json uscc.extension"},
        {"{\"root\":\"root.pem\",\"crls\":\"lists\",\"crl_max_age_hours\":48,"
         "\"uscc\":{\"subject\":\"O\",\"other\":1}}",
         "ca.json uscc"},
        {"{\"root\":\"root.pem\",\"crls\":\"lists\",\"crl_max_age_hours\":48,"
         "\"uscc\":{\"subject\":\"O\"},\"fetch\":true}",
         "ca.json"},
        {"{\"root\":\"../root.pem\",\"crls\":\"lists\",\"crl_max_age_hours\":48,"
         "\"uscc\":{\"subject\":\"O\"}}",
         "ca.json root"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_code(load_with(cases[i].text), CONFIG_INVALID);
        assert_null(authorities);
        assert_string_equal(problem.where, cases[i].where);
    }
}

static void files_that_are_missing_or_wrong_are_named(void **state)
{
    (void)state;
    char path[512];
    fixture_path(&fixture, "lists/middle.crl", path);
    fixture_write(&fixture, "lists/middle.crl", "no list");
    assert_code(load(), CONFIG_INVALID);
    assert_string_equal(problem.where, path);
    assert_int_equal(unlink(path), 0);
    fixture_path(&fixture, "lists/root.crl", path);
    assert_int_equal(unlink(path), 0);
    assert_code(load(), CONFIG_INVALID); /* no list of the root's */
    assert_non_null(strstr(problem.where, "/lists"));
    fixture_path(&fixture, "lists", path);
    assert_int_equal(rmdir(path), 0);
    assert_code(load(), NOT_FOUND);
    fixture_write(&fixture, "root.pem", "no certificate");
    assert_code(load(), CONFIG_INVALID);
    fixture_path(&fixture, "root.pem", path);
    assert_string_equal(problem.where, path);
    assert_int_equal(unlink(path), 0);
    assert_code(load(), NOT_FOUND);
    assert_code(hf_authorities_load("/nonexistent", &authorities, &problem), NOT_FOUND);
}

static void a_file_too_large_is_a_limit(void **state)
{
    (void)state;
    char *text = calloc(1, HF_AUTHORITY_FILE_MAX_BYTES + 2);
    memset(text, ' ', HF_AUTHORITY_FILE_MAX_BYTES + 1);
    assert_code(load_with(text), LIMIT);
    free(text);
}

/* ---- tokens ---- */

static void append_cert(const struct ca_cert *cert, const char *comma, hf_buf *header)
{
    assert_ok(hf_buf_append_string(header, comma));
    assert_ok(hf_buf_append_byte(header, '"'));
    assert_ok(hf_base64_encode(ca_der(cert), header));
    assert_ok(hf_buf_append_byte(header, '"'));
}

/* Signs with the signer's own key; @kid is a member with a comma behind it, or empty. */
static char *certified_token(const char *kid, const char *typ, const char *payload)
{
    HF_CLEANUP(hf_buf_clear) hf_buf header = hf_buf_init(8192);
    HF_CLEANUP(hf_buf_clear) hf_buf token = hf_buf_init(HF_JWS_MAX_BYTES);
    struct hf_key *key = NULL;
    uint8_t scalar[32];
    uint8_t signature[64];
    BIGNUM *d = NULL;
    const char *text;
    assert_int_equal(EVP_PKEY_get_bn_param(signer.key, OSSL_PKEY_PARAM_PRIV_KEY, &d), 1);
    assert_int_equal(BN_bn2binpad(d, scalar, 32), 32);
    BN_free(d);
    assert_ok(hf_key_from_private_part(HF_ALG_SM2, hf_bytes_of(scalar, 32), &key));
    assert_ok(hf_buf_printf(&header, "{\"alg\":\"SM2\",\"typ\":\"%s\",%s\"x5c\":[", typ, kid));
    append_cert(&signer, "", &header);
    append_cert(&middle, ",", &header);
    assert_ok(hf_buf_append_string(&header, "]}"));
    assert_ok(hf_base64url_encode(hf_buf_view(&header), &token));
    assert_ok(hf_buf_append_byte(&token, '.'));
    assert_ok(hf_base64url_encode(hf_bytes_of_string(payload), &token));
    assert_ok(hf_key_sign(key, hf_buf_view(&token), signature));
    assert_ok(hf_buf_append_byte(&token, '.'));
    assert_ok(hf_base64url_encode(hf_bytes_of(signature, 64), &token));
    assert_ok(hf_buf_string(&token, &text));
    hf_key_unref(key);
    return strdup(text);
}

static struct hf_token_context context_at(int64_t now)
{
    struct hf_token_context context = fixture_context(&fixture);
    context.authorities = authorities;
    context.now_unix_s = now;
    return context;
}

static hf_status verify(const char *kid, const char *payload, struct hf_token **ret_token)
{
    const struct hf_token_context context = context_at(NOW);
    char *text = certified_token(kid, "consent+jwt", payload);
    hf_status status = hf_token_verify(&context, hf_bytes_of_string(text), ret_token, &problem);
    free(text);
    return status;
}

static hf_status judge(const struct hf_token *token, int64_t received, int64_t now)
{
    const struct hf_token_context context = context_at(now);
    return hf_token_judge(&context, token, received, &problem);
}

static struct hf_token *good_token(void)
{
    struct hf_token *token = NULL;
    assert_ok(verify("", PAYLOAD, &token));
    return token;
}

static void a_token_with_certificates_holds(void **state)
{
    (void)state;
    struct hf_token *token = good_token();
    assert_ok(judge(token, NOW, NOW));
    assert_int_equal(token->alg, HF_ALG_SM2);
    assert_false(token->is_on_file);
    assert_string_equal(token->kid, token->thumbprint);
    hf_token_unref(token);
}

static void without_authorities_certificates_are_refused(void **state)
{
    (void)state;
    struct hf_token *token = NULL;
    hf_authorities_unref(authorities);
    authorities = NULL;
    assert_code(verify("", PAYLOAD, &token), CONSENT_MALFORMED);
    assert_string_equal(problem.where, "header.x5c");
    assert_null(token);
}

static void an_enterprise_signs_for_itself_alone(void **state)
{
    (void)state;
    static const char *const wrong[] = {"91999999MA0000A00C", "91350100M000100Y44", "", " "};
    struct hf_token *token = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct ca_spec spec = signer_spec;
        spec.code = wrong[i][0] ? wrong[i] : NULL;
        sign_again(spec);
        assert_code(verify("", PAYLOAD, &token), CONSENT_SIGNATURE_INVALID);
        assert_string_equal(problem.where, i == 0 ? "iss" : "header.x5c");
    }
    struct ca_spec spec = signer_spec;
    spec.code = "91350100m000100y43"; /* some authorities write small letters */
    sign_again(spec);
    assert_ok(verify("", PAYLOAD, &token));
    hf_token_unref(token);
}

#define OTHER_USCC "91999999MA0000A00C"
#define BY_EXTENSION(more)                                                                         \
    "{\"root\":\"root.pem\",\"crls\":\"lists\",\"crl_max_age_hours\":48,"                          \
    "\"uscc\":{\"extension\":\"1.2.156.10260.4.1.4\"" more "}}"

static void a_prefix_is_taken_off(void **state)
{
    (void)state;
    struct hf_token *token = NULL;
    struct ca_spec spec = signer_spec;
    spec.code = NULL;
    spec.ext_oid = "1.2.156.10260.4.1.4";
    spec.ext_value = "ASN1:UTF8String:041@0" CA_USCC;
    sign_again(spec);
    assert_ok(load_with(BY_EXTENSION("")));
    assert_code(verify("", PAYLOAD, &token), CONSENT_SIGNATURE_INVALID);
    assert_ok(load_with(BY_EXTENSION(",\"prefix\":\"041@0\"")));
    assert_ok(verify("", PAYLOAD, &token));
    hf_token_unref(token);
    token = NULL;
    spec.ext_value = "ASN1:UTF8String:" CA_USCC;
    sign_again(spec);
    assert_code(verify("", PAYLOAD, &token), CONSENT_SIGNATURE_INVALID);
}

static void an_extension_names_the_enterprise(void **state)
{
    (void)state;
    struct hf_token *token = NULL;
    struct ca_spec spec = signer_spec;
    spec.code = NULL;
    spec.ext_oid = "1.2.156.10260.4.1.4";
    spec.ext_value = "ASN1:PRINTABLESTRING:" CA_USCC;
    sign_again(spec);
    assert_ok(load_with(BY_EXTENSION("")));
    assert_ok(verify("", PAYLOAD, &token));
    hf_token_unref(token);
}

/* A year's certificate must not void a three years' consent. */
static void validity_is_judged_when_the_token_came_and_kept(void **state)
{
    (void)state;
    write_list("lists/root.crl", &root, (struct ca_list){.updated = NOW + 5000});
    write_list("lists/middle.crl", &middle, (struct ca_list){.updated = NOW + 5000});
    assert_ok(load());
    struct hf_token *token = good_token();
    assert_ok(judge(token, NOW, NOW + 5000));
    assert_ok(judge(token, NOW + 100, NOW + 5000)); /* the last second, inclusive */
    assert_code(judge(token, NOW + 101, NOW + 5000), CONSENT_SIGNATURE_INVALID);
    assert_code(judge(token, CA_FROM - 1, NOW), CONSENT_SIGNATURE_INVALID);
    assert_string_equal(problem.where, "header.x5c");
    hf_token_unref(token);
}

static void a_later_revocation_stops_what_was_signed(void **state)
{
    (void)state;
    struct hf_token *token = good_token();
    assert_ok(judge(token, NOW, NOW + 50));
    write_list("lists/middle.crl", &middle,
               (struct ca_list){.revoked = &signer, .revoked_at = NOW + 20, .updated = NOW + 30});
    assert_ok(load()); /* the token was judged by the set before */
    assert_code(judge(token, NOW, NOW + 50), CONSENT_REVOKED);
    assert_code(judge(token, NOW + 20, NOW + 50), CONSENT_SIGNATURE_INVALID);
    hf_token_unref(token);
}

static void a_revocation_dated_ahead_stops_at_once(void **state)
{
    (void)state;
    write_list("lists/middle.crl", &middle,
               (struct ca_list){.revoked = &signer, .revoked_at = NOW + 5000});
    assert_ok(load());
    struct hf_token *token = good_token();
    assert_code(judge(token, NOW, NOW), CONSENT_REVOKED);
    hf_token_unref(token);
}

static void a_revocation_of_the_ca_stops_it_too(void **state)
{
    (void)state;
    struct hf_token *token = good_token();
    write_list("lists/root.crl", &root, (struct ca_list){.revoked = &middle, .revoked_at = MADE});
    assert_ok(load());
    assert_code(judge(token, MADE - 1, NOW), CONSENT_REVOKED);
    assert_code(judge(token, NOW, NOW), CONSENT_SIGNATURE_INVALID);
    hf_token_unref(token);
}

static void stale_lists_stop_everything(void **state)
{
    (void)state;
    enum { MAX_AGE_S = 48 * 3600 };
    struct hf_token *token = good_token();
    assert_ok(judge(token, NOW, MADE + MAX_AGE_S - 1));
    assert_code(judge(token, NOW, MADE + MAX_AGE_S), CONSENT_SIGNATURE_INVALID);
    hf_token_unref(token);
    write_list("lists/middle.crl", &middle, (struct ca_list){.next = NOW + 10});
    assert_ok(load());
    token = good_token();
    assert_ok(judge(token, NOW, NOW + 9));
    assert_code(judge(token, NOW, NOW + 10), CONSENT_SIGNATURE_INVALID);
    hf_token_unref(token);
}

static void an_authority_that_went_is_believed_no_more(void **state)
{
    (void)state;
    char path[512];
    struct hf_token *token = good_token();
    fixture_path(&fixture, "ca.json", path);
    assert_int_equal(unlink(path), 0);
    assert_ok(load());
    assert_code(judge(token, NOW, NOW), CONSENT_SIGNATURE_INVALID);
    hf_authorities_unref(authorities);
    authorities = NULL;
    assert_code(judge(token, NOW, NOW), CONSENT_SIGNATURE_INVALID);
    hf_token_unref(token);
}

static void whoever_a_certificate_names_is_asked_of_each_set_anew(void **state)
{
    (void)state;
    struct ca_spec spec = signer_spec; /* its subject names one enterprise, its extension another */
    spec.ext_oid = "1.2.156.10260.4.1.4";
    spec.ext_value = "ASN1:PRINTABLESTRING:" OTHER_USCC;
    sign_again(spec);
    struct hf_token *token = good_token();
    assert_ok(judge(token, NOW, NOW));
    assert_ok(load_with(BY_EXTENSION("")));
    assert_code(judge(token, NOW, NOW), CONSENT_SIGNATURE_INVALID);
    assert_string_equal(problem.where, "iss");
    hf_token_unref(token);
}

/* A root that was renewed under its name stands beside the old one. */
static void roots_of_one_name_are_tried_in_turn(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf pem = hf_buf_init(8192);
    struct ca_cert renewed = ca_issue(&root_spec, NULL);
    ca_write_pem(&renewed, &pem);
    write_bytes("new.pem", hf_buf_view(&pem));
    char path[512];
    fixture_path(&fixture, "new-lists", path);
    assert_int_equal(mkdir(path, 0755), 0);
    write_list("new-lists/root.crl", &renewed, (struct ca_list){.id = NULL});
    fixture_write(&fixture, "a-new.json",
                  "{\"root\":\"new.pem\",\"crls\":\"new-lists\",\"crl_max_age_hours\":48,"
                  "\"uscc\":{\"subject\":\"serialNumber\"}}");
    assert_ok(load());
    struct hf_token *token = good_token();
    hf_token_unref(token);
    ca_free(&renewed);
}

static void kid_and_certificates_name_one_key(void **state)
{
    (void)state;
    char kid[128];
    struct hf_token *token = NULL;
    snprintf(kid, sizeof kid, "\"kid\":\"%s\",", hf_key_thumbprint(fixture.key));
    assert_code(verify(kid, PAYLOAD, &token), CONSENT_SIGNATURE_INVALID);
    assert_string_equal(problem.where, "header.x5c");
    assert_code(verify("\"kid\":\"nobody\",", PAYLOAD, &token), GRANTOR_UNKNOWN);
    token = good_token(); /* the neighbour: the certificate's own key is on file */
    snprintf(kid, sizeof kid, "\"kid\":\"%s\",", token->thumbprint);
    hf_token_unref(token);
    token = NULL;
    struct hf_key *key = NULL;
    hf_bytes point = {0};
    uint8_t encoded[65];
    size_t n = 0;
    assert_int_equal(EVP_PKEY_get_octet_string_param(signer.key, OSSL_PKEY_PARAM_PUB_KEY, encoded,
                                                     sizeof encoded, &n),
                     1);
    point = hf_bytes_of(encoded + 1, 64);
    assert_ok(hf_key_from_public_part(HF_ALG_SM2, point, &key));
    fixture_grant(&fixture, key, PAYLOAD_ISS, ",\"disabled_at\":1767225750");
    fixture_load(&fixture);
    hf_key_unref(key);
    assert_ok(verify(kid, PAYLOAD, &token));
    assert_true(token->is_on_file);
    assert_ok(judge(token, NOW, NOW));
    assert_code(judge(token, NOW, 1767225750), CONSENT_REVOKED); /* both must stand */
    hf_token_unref(token);
}

#define REVOCATION PAYLOAD_REVOCATION("1767225650", "withdrawn")

static void a_certificate_in_force_also_revokes(void **state)
{
    (void)state;
    struct hf_act act;
    char *text = certified_token("", "consent-revocation+jwt", REVOCATION);
    struct hf_token_context context = context_at(NOW);
    assert_ok(hf_act_verify(&context, hf_bytes_of_string(text), &act, &problem));
    context = context_at(NOW + 101); /* expired by then */
    assert_code(hf_act_verify(&context, hf_bytes_of_string(text), &act, &problem),
                CONSENT_SIGNATURE_INVALID);
    free(text);
}

#define STATUS PAYLOAD_STATUS("1767225650", "paused")
#define PROOF PAYLOAD_PROOF("1767225650", "https://localhost/x")

static hf_status verify_word(const char *typ, const char *payload)
{
    const struct hf_token_context context = context_at(NOW);
    struct hf_request_proof proof;
    struct hf_act act;
    char *text = certified_token("", typ, payload);
    hf_bytes word = hf_bytes_of_string(text);
    problem = (struct hf_problem){0};
    hf_status status = strstr(payload, "htm")
                           ? hf_request_proof_verify(&context, word, &proof, &problem)
                           : hf_act_verify(&context, word, &act, &problem);
    free(text);
    return status;
}

static void a_certified_enterprise_speaks_for_itself_alone(void **state)
{
    (void)state;
    static const char *const words[][2] = {{"consent-revocation+jwt", REVOCATION},
                                           {"consent-status+jwt", STATUS},
                                           {"request-proof+jwt", PROOF}};
    struct ca_spec other = signer_spec;
    other.code = OTHER_USCC;
    for (size_t i = 0; i < 3; i++) {
        sign_again(signer_spec);
        assert_ok(verify_word(words[i][0], words[i][1]));
        sign_again(other);
        assert_code(verify_word(words[i][0], words[i][1]), CONSENT_SIGNATURE_INVALID);
        assert_string_equal(problem.where, "iss");
    }
}

static void a_broken_signature_is_found_behind_good_certificates(void **state)
{
    (void)state;
    const struct hf_token_context context = context_at(NOW);
    struct hf_token *token = NULL;
    char *text = certified_token("", "consent+jwt", PAYLOAD);
    size_t at = strlen(text) - 40;
    text[at] = text[at] == 'A' ? 'B' : 'A';
    assert_code(hf_token_verify(&context, hf_bytes_of_string(text), &token, &problem),
                CONSENT_SIGNATURE_INVALID);
    assert_null(token);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder_of_authorities_is_loaded, start, stop),
        cmocka_unit_test_setup_teardown(mistakes_are_told_with_their_place, start, stop),
        cmocka_unit_test_setup_teardown(files_that_are_missing_or_wrong_are_named, start, stop),
        cmocka_unit_test_setup_teardown(a_file_too_large_is_a_limit, start, stop),
        cmocka_unit_test_setup_teardown(a_token_with_certificates_holds, start, stop),
        cmocka_unit_test_setup_teardown(without_authorities_certificates_are_refused, start, stop),
        cmocka_unit_test_setup_teardown(an_enterprise_signs_for_itself_alone, start, stop),
        cmocka_unit_test_setup_teardown(a_prefix_is_taken_off, start, stop),
        cmocka_unit_test_setup_teardown(an_extension_names_the_enterprise, start, stop),
        cmocka_unit_test_setup_teardown(validity_is_judged_when_the_token_came_and_kept, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_later_revocation_stops_what_was_signed, start, stop),
        cmocka_unit_test_setup_teardown(a_revocation_dated_ahead_stops_at_once, start, stop),
        cmocka_unit_test_setup_teardown(a_revocation_of_the_ca_stops_it_too, start, stop),
        cmocka_unit_test_setup_teardown(stale_lists_stop_everything, start, stop),
        cmocka_unit_test_setup_teardown(an_authority_that_went_is_believed_no_more, start, stop),
        cmocka_unit_test_setup_teardown(whoever_a_certificate_names_is_asked_of_each_set_anew,
                                        start, stop),
        cmocka_unit_test_setup_teardown(a_certified_enterprise_speaks_for_itself_alone, start,
                                        stop),
        cmocka_unit_test_setup_teardown(roots_of_one_name_are_tried_in_turn, start, stop),
        cmocka_unit_test_setup_teardown(kid_and_certificates_name_one_key, start, stop),
        cmocka_unit_test_setup_teardown(a_certificate_in_force_also_revokes, start, stop),
        cmocka_unit_test_setup_teardown(a_broken_signature_is_found_behind_good_certificates, start,
                                        stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
