#include "audit/checkpoint.h"

#include "audit/note.h"
#include "audit/record.h"
#include "audit/tree.h"
#include "base/file.h"
#include "crypto/rand.h"

#include "tests/unit/vectors.h"

#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static void a_checkpoint_reads_back(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1024);
    struct hf_tree_head head = {.size = 12345, .root = {1, 2, 3}};
    struct hf_checkpoint back;
    assert_ok(hf_checkpoint_write("a.example/log", &head, &buf));
    assert_ok(hf_checkpoint_parse(hf_buf_view(&buf), &back, NULL));
    assert_true(hf_bytes_equal_string(back.origin, "a.example/log"));
    assert_memory_equal(&back.head, &head, sizeof(head));
}

static void an_empty_log_has_a_checkpoint(void **state)
{
    (void)state;
    struct hf_checkpoint checkpoint;
    assert_ok(hf_checkpoint_parse(HF_LITERAL("o\n0\n" ROOT "\n"), &checkpoint, NULL));
    assert_int_equal(checkpoint.head.size, 0);
}

static void refused(const char *text, const char *where)
{
    struct hf_checkpoint checkpoint;
    struct hf_problem problem = {0};
    assert_code(hf_checkpoint_parse(hf_bytes_of_string(text), &checkpoint, &problem), LOG_TAMPERED);
    assert_string_equal(problem.where, where);
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    refused("", "origin");
    refused("\n0\n" ROOT "\n", "origin");
    refused("o\n", "size");
    refused("o\n01\n" ROOT "\n", "size");
    refused("o\n-1\n" ROOT "\n", "size");
    refused("o\n9223372036854775808000\n" ROOT "\n", "size");
    refused("o\n1\n", "root");
    refused("o\n1\n" ROOT, "root");
    refused("o\n1\nAAAA\n", "root");
    refused("o\r\n1\n"
            "x" ROOT "\n",
            "root");
}

/* --- a whole log of another implementation: sizes 0 to 15 --- */

#define TESSERA_VKEY                                                                               \
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

static bool read_checkpoint(const char *folder, unsigned size, struct hf_tree_head *ret_head)
{
    char path[PATH_MAX];
    char name[32];
    size_t n = 0;
    struct hf_note note;
    struct hf_checkpoint checkpoint;
    bool is_signed = false;
    HF_CLEANUP(hf_note_key_clear) struct hf_note_key key = {0};
    snprintf(name, sizeof(name), "checkpoint.%u", size);
    assert_ok(hf_path_join(path, sizeof(path), folder, name));
    if (access(path, R_OK) != 0) {
        return false;
    }
    char *text = vector_read(path, &n);
    assert_ok(hf_note_key_parse(HF_LITERAL(TESSERA_VKEY), &key));
    assert_ok(hf_note_parse(hf_bytes_of(text, n), &note, NULL));
    assert_ok(hf_note_verify(&note, &key, &is_signed, NULL));
    assert_true(is_signed);
    assert_ok(hf_checkpoint_parse(note.text, &checkpoint, NULL));
    assert_true(hf_bytes_equal_string(checkpoint.origin, "example.com/log/testdata"));
    *ret_head = checkpoint.head;
    free(text);
    return true;
}

/* Tile entries/000.p/15: two bytes of length, big-endian, and the entry, fifteen times. */
static void agrees_with_a_log_of_another_implementation(void **state)
{
    (void)state;
    char path[PATH_MAX];
    const char *folder = vector_path("tessera-log/testdata/log");
    if (!folder) {
        return;
    }
    assert_ok(hf_path_join(path, sizeof(path), folder, "tile/entries/000.p/15"));
    size_t n = 0;
    char *bundle = vector_read(path, &n);
    hf_bytes rest = hf_bytes_of(bundle, n);
    struct hf_tree tree = {0};
    unsigned n_checked = 0;
    for (unsigned size = 0; size <= 15; size++) {
        struct hf_tree_head head;
        uint8_t root[HF_SHA256_BYTES];
        if (size > 0) {
            size_t length = (size_t)rest.data[0] << 8 | rest.data[1];
            hf_record_leaf_hash(hf_bytes_of(rest.data + 2, length), root);
            hf_tree_append(&tree, root);
            rest = hf_bytes_skip(rest, 2 + length);
        }
        if (read_checkpoint(folder, size, &head)) {
            hf_tree_root(&tree, root);
            assert_int_equal(head.size, size);
            assert_memory_equal(head.root, root, sizeof(root));
            n_checked++;
        }
    }
    assert_int_equal(rest.size, 0);
    assert_true(n_checked > 3);
    free(bundle);
}

static int init(void **state)
{
    (void)state;
    assert_ok(hf_crypto_init());
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_checkpoint_reads_back),
        cmocka_unit_test(an_empty_log_has_a_checkpoint),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(agrees_with_a_log_of_another_implementation),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
