#include "audit/tlog_policy.h"

#include "crypto/rand.h"
#include "tests/unit/unit.h"

#include <stdio.h>

/* One log, and witnesses w0 … w3, with keys of their own. */
enum { N_WITNESSES = 4 };
static struct hf_key *log_key;
static struct hf_key *witness_keys[N_WITNESSES];
static char log_vkey[200];
static char witness_vkeys[N_WITNESSES][200];

static void write_vkey(const char *name, enum hf_note_type type, const struct hf_key *key,
                       char *ret_text)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(199);
    assert_ok(hf_note_key_write(name, type, key, &buf));
    memcpy(ret_text, buf.data, buf.size);
    ret_text[buf.size] = '\0';
}

static int init(void **state)
{
    (void)state;
    assert_ok(hf_crypto_init());
    assert_ok(hf_key_generate(HF_ALG_ED25519, &log_key));
    write_vkey("a.example/log", HF_NOTE_ED25519, log_key, log_vkey);
    for (int i = 0; i < N_WITNESSES; i++) {
        char name[16];
        snprintf(name, sizeof(name), "w%d.example", i);
        assert_ok(hf_key_generate(HF_ALG_ED25519, &witness_keys[i]));
        write_vkey(name, HF_NOTE_COSIGNATURE, witness_keys[i], witness_vkeys[i]);
    }
    return 0;
}

static int done(void **state)
{
    (void)state;
    hf_key_unref(log_key);
    for (int i = 0; i < N_WITNESSES; i++) {
        hf_key_unref(witness_keys[i]);
    }
    return 0;
}

/* `$` stands for the log's vkey, `0`…`3` after `@` for a witness's. */
static void expand(const char *text, char *ret_text, size_t capacity)
{
    size_t n = 0;
    for (; *text; text++) {
        const char *part = NULL;
        if (*text == '$') {
            part = log_vkey;
        } else if (*text == '@') {
            text++;
            part = witness_vkeys[*text - '0'];
        }
        int size = part ? snprintf(ret_text + n, capacity - n, "%s", part)
                        : snprintf(ret_text + n, capacity - n, "%c", *text);
        n += (size_t)size;
        assert_true(n < capacity);
    }
    ret_text[n] = '\0';
}

static struct hf_tlog_policy *parse(const char *text)
{
    static char expanded[8192];
    struct hf_tlog_policy *policy = NULL;
    struct hf_problem problem = {0};
    expand(text, expanded, sizeof(expanded));
    hf_status status = hf_tlog_policy_parse(hf_bytes_of_string(expanded), &policy, &problem);
    if (!hf_is_ok(status)) {
        print_message("# line %u: %s\n", problem.line, problem.detail);
    }
    assert_ok(status);
    return policy;
}

static void refused(const char *text, unsigned line)
{
    static char expanded[8192];
    struct hf_tlog_policy *policy = NULL;
    struct hf_problem problem = {0};
    expand(text, expanded, sizeof(expanded));
    assert_code(hf_tlog_policy_parse(hf_bytes_of_string(expanded), &policy, &problem),
                CONFIG_INVALID);
    assert_int_equal(problem.line, line);
}

static void the_smallest_policy_reads_back(void **state)
{
    (void)state;
    struct hf_tlog_policy *policy = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(1024);
    assert_ok(hf_tlog_policy_write("a.example/log", log_key, &text));
    assert_ok(hf_tlog_policy_parse(hf_buf_view(&text), &policy, NULL));
    assert_true(hf_tlog_policy_names(policy, HF_LITERAL("a.example/log")));
    assert_false(hf_tlog_policy_names(policy, HF_LITERAL("b.example/log")));
    hf_tlog_policy_free(policy);
}

static void comments_blanks_and_urls_are_allowed(void **state)
{
    (void)state;
    struct hf_tlog_policy *policy =
        parse("# who\n\n  log\t$ https://a.example/ \nwitness w @0 https://w.example\n"
              "#quorum w\nquorum none\n");
    hf_tlog_policy_free(policy);
}

static void wrong_lines_are_named(void **state)
{
    (void)state;
    refused("", 0);
    refused("quorum none\n", 1);
    refused("log $\n", 1);
    refused("log $\nquorum none", 1);
    refused("log $\nquorum none\nquorum none\n", 3);
    refused("log $\nquorum\n", 2);
    refused("log $\nquorum none none\n", 2);
    refused("log $\nquorum w\nwitness w @0\n", 2); /* not yet defined */
    refused("log\nquorum none\n", 1);
    refused("log x+00000000+AAAA\nquorum none\n", 1);
    refused("log @0\nquorum none\n", 1); /* a witness's key is no log's key */
    refused("log $ url more\nquorum none\n", 1);
    refused("log $\nwitness w $\nquorum none\n", 2);
    refused("log $\nwitness w @0\nwitness w @1\nquorum none\n", 3);
    refused("log $\nwitness none @0\nquorum none\n", 2);
    refused("log $\nwitness\nquorum none\n", 2);
    refused("log $\ngroup g\nquorum none\n", 2);
    refused("log $\ngroup g all\nquorum none\n", 2);
    refused("log $\nwitness w @0\ngroup g 2 w\nquorum none\n", 3);
    refused("log $\nwitness w @0\ngroup g 0 w\nquorum none\n", 3);
    refused("log $\nwitness w @0\ngroup g some w\nquorum none\n", 3);
    refused("log $\nwitness w @0\ngroup g any w w\nquorum none\n", 3);
    refused("log $\nwitness w @0\ngroup g any g\nquorum none\n", 3);
    refused("log $\nwhat\nquorum none\n", 2);
}

static void there_are_limits(void **state)
{
    (void)state;
    static char text[HF_TLOG_POLICY_MAX_BYTES + 2];
    struct hf_tlog_policy *policy = NULL;
    memset(text, '\n', sizeof(text) - 1);
    assert_code(hf_tlog_policy_parse(hf_bytes_of_string(text), &policy, NULL), LIMIT);
    HF_CLEANUP(hf_buf_clear) hf_buf many = hf_buf_init(HF_TLOG_POLICY_MAX_BYTES);
    for (int i = 0; i <= HF_TLOG_POLICY_MAX_LOGS; i++) {
        assert_ok(hf_buf_printf(&many, "log %s\n", log_vkey));
    }
    assert_code(hf_tlog_policy_parse(hf_buf_view(&many), &policy, NULL), LIMIT);
}

/* A checkpoint text signed by the log, if asked, and cosigned by the witnesses of a mask. */
static void make_note(bool is_signed, unsigned witnesses, struct hf_note *ret_note)
{
    static const char text[] = "a.example/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
    *ret_note = (struct hf_note){.text = hf_bytes_of_string(text)};
    if (is_signed) {
        struct hf_note_signature *signature = &ret_note->signatures[ret_note->n_signatures++];
        *signature = (struct hf_note_signature){.name = HF_LITERAL("a.example/log"), .n_bytes = 64};
        assert_ok(hf_note_key_id("a.example/log", HF_NOTE_ED25519, log_key, &signature->key_id));
        assert_ok(hf_key_sign(log_key, ret_note->text, signature->bytes));
    }
    static const char *const names[] = {"w0.example", "w1.example", "w2.example", "w3.example"};
    for (unsigned i = 0; i < N_WITNESSES; i++) {
        if (!((witnesses >> i) & 1)) {
            continue;
        }
        char message[256];
        struct hf_note_signature *signature = &ret_note->signatures[ret_note->n_signatures++];
        *signature =
            (struct hf_note_signature){.name = hf_bytes_of_string(names[i]), .n_bytes = 72};
        signature->bytes[7] = 5;
        int size = snprintf(message, sizeof(message), "cosignature/v1\ntime 5\n%s", text);
        assert_ok(
            hf_note_key_id(names[i], HF_NOTE_COSIGNATURE, witness_keys[i], &signature->key_id));
        assert_ok(
            hf_key_sign(witness_keys[i], hf_bytes_of(message, (size_t)size), signature->bytes + 8));
    }
}

static struct hf_tlog_judgement judge(const struct hf_tlog_policy *policy, bool is_signed,
                                      unsigned witnesses)
{
    struct hf_note note;
    struct hf_tlog_judgement judgement;
    make_note(is_signed, witnesses, &note);
    assert_ok(hf_tlog_policy_judge(policy, &note, HF_LITERAL("a.example/log"), &judgement));
    return judgement;
}

static void a_quorum_is_counted_through_groups(void **state)
{
    (void)state;
    struct hf_tlog_policy *policy =
        parse("log $\nwitness a @0\nwitness b @1\nwitness c @2\nwitness d @3\n"
              "group pair all a b\ngroup two 2 pair c d\nquorum two\n");
    for (unsigned mask = 0; mask < 16; mask++) {
        unsigned held = ((mask & 3) == 3) + ((mask >> 2) & 1) + ((mask >> 3) & 1);
        struct hf_tlog_judgement judgement = judge(policy, true, mask);
        assert_true(judgement.is_signed);
        assert_int_equal(judgement.has_quorum, held >= 2);
        assert_int_equal(judgement.n_witnesses, __builtin_popcount(mask));
    }
    hf_tlog_policy_free(policy);
}

static void witnesses_do_not_replace_the_log(void **state)
{
    (void)state;
    struct hf_tlog_policy *policy = parse("log $\nwitness a @0\nquorum a\n");
    assert_false(judge(policy, false, 1).is_signed);
    assert_true(judge(policy, false, 1).has_quorum);
    hf_tlog_policy_free(policy);
}

static void a_known_keys_wrong_signature_fails_all(void **state)
{
    (void)state;
    struct hf_note note;
    struct hf_tlog_judgement judgement;
    struct hf_tlog_policy *policy = parse("log $\nwitness a @0\nquorum none\n");
    make_note(true, 1, &note);
    note.signatures[0].bytes[0] ^= 1;
    assert_code(hf_tlog_policy_judge(policy, &note, HF_LITERAL("a.example/log"), &judgement),
                SIGNATURE_INVALID);
    note.signatures[0].bytes[0] ^= 1;
    note.signatures[1].bytes[20] ^= 1;
    assert_code(hf_tlog_policy_judge(policy, &note, HF_LITERAL("a.example/log"), &judgement),
                SIGNATURE_INVALID);
    hf_tlog_policy_free(policy);
}

static void a_key_speaks_for_its_own_log_only(void **state)
{
    (void)state;
    struct hf_note note;
    struct hf_tlog_judgement judgement;
    struct hf_tlog_policy *policy = parse("log $\nquorum none\n");
    make_note(true, 0, &note);
    assert_ok(hf_tlog_policy_judge(policy, &note, HF_LITERAL("b.example/log"), &judgement));
    assert_false(judgement.is_signed);
    hf_tlog_policy_free(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_policy_reads_back),
        cmocka_unit_test(comments_blanks_and_urls_are_allowed),
        cmocka_unit_test(wrong_lines_are_named),
        cmocka_unit_test(there_are_limits),
        cmocka_unit_test(a_quorum_is_counted_through_groups),
        cmocka_unit_test(witnesses_do_not_replace_the_log),
        cmocka_unit_test(a_known_keys_wrong_signature_fails_all),
        cmocka_unit_test(a_key_speaks_for_its_own_log_only),
    };
    return cmocka_run_group_tests(tests, init, done);
}
