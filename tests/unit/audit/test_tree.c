#include "audit/tree.h"
#include "base/status.h"
#include "crypto/base64.h"

#include "tests/unit/unit.h"

static void leaf_of(uint64_t i, uint8_t *ret_hash)
{
    uint8_t input[9] = {0};
    memcpy(input + 1, &i, sizeof(i));
    hf_sha256_of(hf_bytes_of(input, sizeof(input)), ret_hash);
}

/* The definition of RFC 6962 2.1, word for word: MTH(D[begin:end]). */
static void root_by_definition(uint64_t begin, uint64_t end, uint8_t *ret_root)
{
    uint64_t n = end - begin;
    if (n == 1) {
        leaf_of(begin, ret_root);
        return;
    }
    uint64_t k = 1;
    while (k * 2 < n) {
        k *= 2;
    }
    uint8_t left[HF_SHA256_BYTES];
    uint8_t right[HF_SHA256_BYTES];
    root_by_definition(begin, begin + k, left);
    root_by_definition(begin + k, end, right);
    hf_tree_node(left, right, ret_root);
}

static void the_empty_tree_is_the_hash_of_nothing(void **state)
{
    (void)state;
    struct hf_tree tree = {0};
    uint8_t root[HF_SHA256_BYTES];
    char text[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1];
    hf_tree_root(&tree, root);
    hf_base64url_encode_fixed(hf_bytes_of(root, sizeof(root)), text);
    assert_string_equal(text, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
}

static void every_size_has_the_root_of_the_definition(void **state)
{
    (void)state;
    struct hf_tree tree = {0};
    for (uint64_t i = 0; i < 600; i++) {
        uint8_t leaf[HF_SHA256_BYTES];
        uint8_t root[HF_SHA256_BYTES];
        uint8_t expected[HF_SHA256_BYTES];
        leaf_of(i, leaf);
        hf_tree_append(&tree, leaf);
        hf_tree_root(&tree, root);
        root_by_definition(0, i + 1, expected);
        assert_memory_equal(root, expected, sizeof(root));
    }
}

static void a_level_is_complete_every_256_to_the_level(void **state)
{
    (void)state;
    struct hf_tree tree = {0};
    for (uint64_t i = 0; i < 65536 + 256; i++) {
        uint8_t leaf[HF_SHA256_BYTES];
        leaf_of(i, leaf);
        unsigned n_levels = hf_tree_append(&tree, leaf);
        unsigned expected = tree.size % 65536 == 0 ? 3 : tree.size % 256 == 0 ? 2 : 1;
        assert_int_equal(n_levels, expected);
        assert_memory_equal(tree.complete[0], leaf, sizeof(leaf));
    }
    uint8_t expected[HF_SHA256_BYTES];
    root_by_definition(65536, 65536 + 256, expected);
    assert_memory_equal(tree.complete[1], expected, sizeof(expected));
    root_by_definition(0, 65536, expected);
    assert_memory_equal(tree.complete[2], expected, sizeof(expected));
}

static void a_copy_grows_like_its_original(void **state)
{
    (void)state;
    struct hf_tree tree = {0};
    struct hf_tree copy;
    memset(&copy, 0xee, sizeof(copy));
    uint8_t leaf[HF_SHA256_BYTES];
    for (uint64_t i = 0; i < 300; i++) {
        leaf_of(i, leaf);
        hf_tree_append(&tree, leaf);
    }
    hf_tree_copy(&copy, &tree);
    for (uint64_t i = 300; i < 600; i++) {
        leaf_of(i, leaf);
        hf_tree_append(&copy, leaf);
    }
    uint8_t root[HF_SHA256_BYTES];
    uint8_t expected[HF_SHA256_BYTES];
    hf_tree_root(&copy, root);
    root_by_definition(0, 600, expected);
    assert_memory_equal(root, expected, sizeof(root));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_empty_tree_is_the_hash_of_nothing),
        cmocka_unit_test(every_size_has_the_root_of_the_definition),
        cmocka_unit_test(a_level_is_complete_every_256_to_the_level),
        cmocka_unit_test(a_copy_grows_like_its_original),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
