#include "audit/note.h"

#include "crypto/rand.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

/* The example of golang.org/x/mod/sumdb/note. */
#define NEUMANN_VKEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define NEUMANN_TEXT                                                                               \
    "If you think cryptography is the answer to your problem,\n"                                   \
    "then you don't know what your problem is.\n"
#define NEUMANN_SIGNATURE                                                                          \
    "\xe2\x80\x94 PeterNeumann "                                                                   \
    "x08go/ZJkuBS9UG/"                                                                             \
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

static int init(void **state)
{
    (void)state;
    assert_ok(hf_crypto_init());
    return 0;
}

static void a_note_of_another_program_verifies(void **state)
{
    (void)state;
    struct hf_note note;
    bool is_signed = false;
    HF_CLEANUP(hf_note_key_clear) struct hf_note_key key = {0};
    assert_ok(hf_note_key_parse(HF_LITERAL(NEUMANN_VKEY), &key));
    assert_ok(hf_note_parse(HF_LITERAL(NEUMANN_TEXT "\n" NEUMANN_SIGNATURE), &note, NULL));
    assert_true(hf_bytes_equal_string(note.text, NEUMANN_TEXT));
    assert_ok(hf_note_verify(&note, &key, &is_signed, NULL));
    assert_true(is_signed);
}

static void every_changed_bit_is_noticed(void **state)
{
    (void)state;
    char text[] = NEUMANN_TEXT "\n" NEUMANN_SIGNATURE;
    HF_CLEANUP(hf_note_key_clear) struct hf_note_key key = {0};
    assert_ok(hf_note_key_parse(HF_LITERAL(NEUMANN_VKEY), &key));
    for (size_t bit = 0; bit < (sizeof(text) - 1) * 8; bit++) {
        struct hf_note note;
        bool is_signed = false;
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
        bool holds = hf_is_ok(hf_note_parse(hf_bytes_of(text, sizeof(text) - 1), &note, NULL)) &&
                     hf_is_ok(hf_note_verify(&note, &key, &is_signed, NULL)) && is_signed;
        assert_false(holds);
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
    }
}

static void what_we_sign_verifies(void **state)
{
    (void)state;
    struct hf_key *key = NULL;
    struct hf_note note;
    bool is_signed = false;
    HF_CLEANUP(hf_buf_clear) hf_buf signed_note = hf_buf_init(1024);
    HF_CLEANUP(hf_buf_clear) hf_buf vkey = hf_buf_init(1024);
    HF_CLEANUP(hf_note_key_clear) struct hf_note_key public_key = {0};
    assert_ok(hf_key_generate(HF_ALG_ED25519, &key));
    assert_ok(hf_note_key_write("a.example/log", HF_NOTE_ED25519, key, &vkey));
    assert_ok(
        hf_note_sign(HF_LITERAL("with\n\nempty lines\n"), "a.example/log", key, &signed_note));
    assert_ok(hf_note_key_parse(hf_buf_view(&vkey), &public_key));
    assert_ok(hf_note_parse(hf_buf_view(&signed_note), &note, NULL));
    assert_true(hf_bytes_equal_string(note.text, "with\n\nempty lines\n"));
    assert_ok(hf_note_verify(&note, &public_key, &is_signed, NULL));
    assert_true(is_signed);
    assert_code(hf_note_sign(HF_LITERAL("no newline"), "a", key, &signed_note), BUG);
    assert_code(hf_note_sign(HF_LITERAL("x\n"), "a+b", key, &signed_note), BUG);
    hf_key_unref(key);
}

static void an_unknown_key_is_passed_over_and_a_known_one_never(void **state)
{
    (void)state;
    struct hf_note note;
    bool is_signed = true;
    HF_CLEANUP(hf_note_key_clear) struct hf_note_key key = {0};
    assert_ok(hf_note_key_parse(HF_LITERAL(NEUMANN_VKEY), &key));
    assert_ok(hf_note_parse(HF_LITERAL("x\n\n\xe2\x80\x94 Another AAAAAAAA\n"), &note, NULL));
    assert_ok(hf_note_verify(&note, &key, &is_signed, NULL));
    assert_false(is_signed);
    /* the right key's signature over another text, beside nothing else */
    assert_ok(hf_note_parse(HF_LITERAL("x\n\n" NEUMANN_SIGNATURE), &note, NULL));
    assert_code(hf_note_verify(&note, &key, &is_signed, NULL), SIGNATURE_INVALID);
    /* the right key id with a signature of another length */
    assert_ok(hf_note_parse(HF_LITERAL("x\n\n\xe2\x80\x94 PeterNeumann x08goww=\n"), &note, NULL));
    assert_code(hf_note_verify(&note, &key, &is_signed, NULL), SIGNATURE_INVALID);
}

/* A witness's cosignature, made here by hand from its definition. */
static void a_cosignature_is_over_its_time_and_the_text(void **state)
{
    (void)state;
    static const char text[] = "a.example/log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    struct hf_key *key = NULL;
    uint8_t bytes[4 + 8 + HF_SIGNATURE_BYTES] = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf vkey = hf_buf_init(1024);
    HF_CLEANUP(hf_note_key_clear) struct hf_note_key witness = {0};
    assert_ok(hf_key_generate(HF_ALG_ED25519, &key));
    assert_ok(hf_note_key_write("w.example", HF_NOTE_COSIGNATURE, key, &vkey));
    assert_ok(hf_note_key_parse(hf_buf_view(&vkey), &witness));
    for (int i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(witness.key_id >> (24 - 8 * i));
    }
    bytes[11] = 77;
    char message[256];
    int size = snprintf(message, sizeof(message), "cosignature/v1\ntime 77\n%s", text);
    assert_ok(hf_key_sign(key, hf_bytes_of(message, (size_t)size), bytes + 12));
    struct hf_note note = {.text = hf_bytes_of_string(text), .n_signatures = 1};
    note.signatures[0] = (struct hf_note_signature){
        .name = HF_LITERAL("w.example"), .key_id = witness.key_id, .n_bytes = 72};
    memcpy(note.signatures[0].bytes, bytes + 4, 72);
    bool is_signed = false;
    uint64_t time = 0;
    assert_ok(hf_note_verify(&note, &witness, &is_signed, &time));
    assert_true(is_signed);
    assert_int_equal(time, 77);
    note.signatures[0].bytes[7] ^= 1; /* another time */
    assert_code(hf_note_verify(&note, &witness, &is_signed, &time), SIGNATURE_INVALID);
    note.signatures[0].n_bytes = 64; /* a plain signature under the witness's key id */
    assert_code(hf_note_verify(&note, &witness, &is_signed, &time), SIGNATURE_INVALID);
    hf_key_unref(key);
}

static void refused(hf_bytes bytes)
{
    struct hf_note note;
    struct hf_problem problem = {0};
    assert_code(hf_note_parse(bytes, &note, &problem), LOG_TAMPERED);
}

#define GOOD "\xe2\x80\x94 name AAAAAAAA\n"

static void other_shapes_are_refused(void **state)
{
    (void)state;
    refused(HF_LITERAL(""));
    refused(HF_LITERAL("\n\n" GOOD));                 /* no text */
    refused(HF_LITERAL("text\n" GOOD));               /* no empty line */
    refused(HF_LITERAL("text\n\n"));                  /* no signature */
    refused(HF_LITERAL("text\n\nx name AAAAAAAA\n")); /* no dash */
    refused(HF_LITERAL("text\n\n\xe2\x80\x94 nameAAAAAAAA\n"));
    refused(HF_LITERAL("text\n\n\xe2\x80\x94  AAAAAAAA\n")); /* empty name */
    refused(HF_LITERAL("text\n\n\xe2\x80\x94 na+me AAAAAAAA\n"));
    refused(HF_LITERAL("text\n\n\xe2\x80\x94 na\xc2\xa0me AAAAAAAA\n")); /* a Unicode space */
    refused(HF_LITERAL("text\n\n\xe2\x80\x94 name AAAA\n"));     /* too short for a key id */
    refused(HF_LITERAL("text\n\n\xe2\x80\x94 name AAAAAA==\n")); /* key id alone */
    refused(HF_LITERAL("text\n\n\xe2\x80\x94 name AAAAAAA*\n"));
    refused(HF_LITERAL("text\n\n\xe2\x80\x94 name AAAAAAAA \n"));
    refused(HF_LITERAL("text\n\n" GOOD "more")); /* the last line does not end */
    refused(HF_LITERAL("text\n\n" GOOD "more\n"));
    refused(HF_LITERAL("te\rxt\n\n" GOOD));
    refused(HF_LITERAL("te\txt\n\n" GOOD));
    refused(HF_LITERAL("te\0xt\n\n" GOOD));
    refused(HF_LITERAL("te\xffxt\n\n" GOOD));
}

static void many_signatures_are_read_and_too_many_refused(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(HF_NOTE_MAX_BYTES * 2);
    struct hf_note note;
    assert_ok(hf_buf_append_string(&buf, "text\n\n"));
    for (int i = 0; i < HF_NOTE_MAX_SIGNATURES; i++) {
        assert_ok(hf_buf_append_string(&buf, GOOD));
        assert_ok(hf_note_parse(hf_buf_view(&buf), &note, NULL));
    }
    assert_int_equal(note.n_signatures, HF_NOTE_MAX_SIGNATURES);
    assert_ok(hf_buf_append_string(&buf, GOOD));
    refused(hf_buf_view(&buf));
    while (buf.size <= HF_NOTE_MAX_BYTES) {
        assert_ok(hf_buf_append_string(&buf, GOOD));
    }
    assert_code(hf_note_parse(hf_buf_view(&buf), &note, NULL), LIMIT);
}

static void a_long_signature_of_another_kind_does_no_harm(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(HF_NOTE_MAX_BYTES);
    struct hf_note note;
    assert_ok(hf_buf_append_string(&buf, "text\n\n\xe2\x80\x94 post-quantum "));
    for (int i = 0; i < 3240; i += 4) { /* 2420 bytes and a key id */
        assert_ok(hf_buf_append_string(&buf, "AAAA"));
    }
    assert_ok(hf_buf_append_string(&buf, "\n" GOOD));
    assert_ok(hf_note_parse(hf_buf_view(&buf), &note, NULL));
    assert_int_equal(note.n_signatures, 2);
    assert_int_equal(note.signatures[0].n_bytes, 0);
}

static void wrong_vkeys_are_refused(void **state)
{
    (void)state;
    static const char *const malformed[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+AQ==",
        "PeterNeumann+c74f20a3+",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWAAAA",
    };
    struct hf_note_key key;
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        assert_code(hf_note_key_parse(hf_bytes_of_string(malformed[i]), &key), KEY_MALFORMED);
    }
    assert_code(hf_note_key_parse(
                    HF_LITERAL("n+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"), &key),
                KEY_UNSUPPORTED);
}

static void names_have_no_space_and_no_plus(void **state)
{
    (void)state;
    assert_true(hf_note_name_is_valid(HF_LITERAL("a.example/log-2026")));
    assert_false(hf_note_name_is_valid(HF_LITERAL("")));
    assert_false(hf_note_name_is_valid(HF_LITERAL("a b")));
    assert_false(hf_note_name_is_valid(HF_LITERAL("a+b")));
    assert_false(hf_note_name_is_valid(HF_LITERAL("a\nb")));
    assert_false(hf_note_name_is_valid(HF_LITERAL("a\xe3\x80\x80")));
    uint8_t text[HF_NOTE_NAME_MAX_BYTES + 1];
    memset(text, 'a', sizeof(text));
    assert_true(hf_note_name_is_valid(hf_bytes_of(text, sizeof(text) - 1)));
    assert_false(hf_note_name_is_valid(hf_bytes_of(text, sizeof(text))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_of_another_program_verifies),
        cmocka_unit_test(every_changed_bit_is_noticed),
        cmocka_unit_test(what_we_sign_verifies),
        cmocka_unit_test(an_unknown_key_is_passed_over_and_a_known_one_never),
        cmocka_unit_test(a_cosignature_is_over_its_time_and_the_text),
        cmocka_unit_test(other_shapes_are_refused),
        cmocka_unit_test(many_signatures_are_read_and_too_many_refused),
        cmocka_unit_test(a_long_signature_of_another_kind_does_no_harm),
        cmocka_unit_test(wrong_vkeys_are_refused),
        cmocka_unit_test(names_have_no_space_and_no_plus),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
