#include "audit/proof.h"

#include "audit/tree.h"
#include "base/file.h"
#include "base/json.h"
#include "crypto/base64.h"

#include "tests/unit/vectors.h"

#include <ftw.h>

enum { N_LEAVES = 600 };
static uint8_t level0[N_LEAVES][HF_SHA256_BYTES];
static uint8_t level1[N_LEAVES / 256][HF_SHA256_BYTES];
static uint8_t roots[N_LEAVES + 1][HF_SHA256_BYTES];

static int make_tree(void **state)
{
    (void)state;
    struct hf_tree tree = {0};
    hf_tree_root(&tree, roots[0]);
    for (uint32_t i = 0; i < N_LEAVES; i++) {
        hf_sha256_of(hf_bytes_of(&i, sizeof(i)), level0[i]);
        if (hf_tree_append(&tree, level0[i]) > 1) {
            memcpy(level1[i / 256], tree.complete[1], HF_SHA256_BYTES);
        }
        hf_tree_root(&tree, roots[i + 1]);
    }
    return 0;
}

static hf_status read_hashes(void *context, unsigned level, uint64_t first, size_t n,
                             uint8_t (*ret_hashes)[HF_SHA256_BYTES])
{
    (void)context;
    uint64_t available = level == 0 ? N_LEAVES : N_LEAVES / 256;
    if (level > 1 || first + n > available) {
        HF_FAIL(NOT_FOUND);
    }
    memcpy(ret_hashes, level == 0 ? level0[first] : level1[first], n * HF_SHA256_BYTES);
    return HF_DONE;
}

static const struct hf_hash_source source = {read_hashes, NULL};

static void every_leaf_of_every_size_is_proved(void **state)
{
    (void)state;
    for (uint64_t size = 1; size <= N_LEAVES; size += size < 70 ? 1 : 53) {
        for (uint64_t index = 0; index < size; index++) {
            struct hf_proof proof;
            assert_ok(hf_proof_make_inclusion(&source, index, size, &proof));
            assert_ok(hf_proof_verify_inclusion(&proof, index, size, level0[index], roots[size]));
            assert_code(
                hf_proof_verify_inclusion(&proof, index, size, level0[index], roots[size - 1]),
                LOG_TAMPERED);
        }
    }
}

static void every_size_is_proved_to_begin_every_later_one(void **state)
{
    (void)state;
    for (uint64_t newer = 1; newer <= N_LEAVES; newer += newer < 70 ? 1 : 41) {
        for (uint64_t older = 1; older <= newer; older += older < 70 ? 1 : 17) {
            struct hf_proof proof;
            struct hf_tree_head a = {.size = older};
            struct hf_tree_head b = {.size = newer};
            memcpy(a.root, roots[older], sizeof(a.root));
            memcpy(b.root, roots[newer], sizeof(b.root));
            assert_ok(hf_proof_make_consistency(&source, older, newer, &proof));
            assert_ok(hf_proof_verify_consistency(&proof, &a, &b));
            a.root[0] ^= 1;
            assert_code(hf_proof_verify_consistency(&proof, &a, &b), LOG_TAMPERED);
        }
    }
}

static void a_root_comes_from_the_stored_hashes(void **state)
{
    (void)state;
    for (uint64_t size = 0; size <= N_LEAVES; size++) {
        uint8_t root[HF_SHA256_BYTES];
        assert_ok(hf_proof_root(&source, size, root));
        assert_memory_equal(root, roots[size], sizeof(root));
    }
}

static void what_is_not_there_is_not_proved(void **state)
{
    (void)state;
    struct hf_proof proof;
    assert_code(hf_proof_make_inclusion(&source, 5, 5, &proof), NOT_FOUND);
    assert_code(hf_proof_make_inclusion(&source, 0, N_LEAVES + 1, &proof), NOT_FOUND);
    assert_code(hf_proof_make_consistency(&source, 0, 5, &proof), NOT_FOUND);
    assert_code(hf_proof_make_consistency(&source, 6, 5, &proof), NOT_FOUND);
}

static hf_status cannot_read(void *context, unsigned level, uint64_t first, size_t n,
                             uint8_t (*ret_hashes)[HF_SHA256_BYTES])
{
    (void)context;
    (void)level;
    (void)first;
    (void)n;
    (void)ret_hashes;
    HF_FAIL(IO);
}

static void a_source_that_cannot_be_read_is_no_proof(void **state)
{
    (void)state;
    static const struct hf_hash_source broken = {cannot_read, NULL};
    struct hf_proof proof;
    uint8_t root[HF_SHA256_BYTES];
    assert_code(hf_proof_make_inclusion(&broken, 3, 5, &proof), IO);
    assert_code(hf_proof_make_consistency(&broken, 3, 5, &proof), IO);
    assert_code(hf_proof_root(&broken, 5, root), IO);
}

static void every_bit_and_length_of_a_proof_counts(void **state)
{
    (void)state;
    struct hf_proof proof;
    assert_ok(hf_proof_make_inclusion(&source, 300, 599, &proof));
    for (size_t bit = 0; bit < proof.n_hashes * 256; bit++) {
        uint8_t *byte = &proof.hashes[bit / 256][bit % 256 / 8];
        *byte ^= (uint8_t)(1 << bit % 8);
        assert_code(hf_proof_verify_inclusion(&proof, 300, 599, level0[300], roots[599]),
                    LOG_TAMPERED);
        *byte ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n <= HF_PROOF_MAX_CONSISTENCY_HASHES; n++) {
        struct hf_proof other = proof;
        other.n_hashes = n;
        hf_status status = hf_proof_verify_inclusion(&other, 300, 599, level0[300], roots[599]);
        assert_int_equal(hf_is_ok(status), n == proof.n_hashes);
    }
}

/* --- public vectors --- */

static size_t n_checked;
static size_t n_wrong;

/* Some probes have "roots" of any length, to be told apart only: such a one stands for its hash. */
static bool read_hash(const struct hf_json *value, uint8_t *ret_hash)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(256);
    if (!value || value->type != HF_JSON_STRING || !hf_is_ok(hf_base64_decode(value->text, &buf)) ||
        buf.size == 0) {
        return false;
    }
    if (buf.size == HF_SHA256_BYTES) {
        memcpy(ret_hash, buf.data, HF_SHA256_BYTES);
    } else {
        hf_sha256_of(hf_buf_view(&buf), ret_hash);
    }
    return true;
}

static bool read_number(const struct hf_json *value, uint64_t *ret_number)
{
    int64_t number = 0;
    if (!value || !hf_is_ok(hf_json_integer(value, &number)) || number < 0) {
        return false;
    }
    *ret_number = (uint64_t)number;
    return true;
}

/* False when the proof has a form that cannot even be held: then it is refused. */
static bool read_proof(const struct hf_json *value, struct hf_proof *ret_proof)
{
    ret_proof->n_hashes = 0;
    for (const struct hf_json *hash = value ? value->child : NULL; hash; hash = hash->next) {
        if (ret_proof->n_hashes == HF_PROOF_MAX_CONSISTENCY_HASHES ||
            !read_hash(hash, ret_proof->hashes[ret_proof->n_hashes])) {
            return false;
        }
        ret_proof->n_hashes++;
    }
    return true;
}

static bool judge_inclusion(const struct hf_json *probe)
{
    struct hf_proof proof;
    uint64_t index = 0;
    uint64_t size = 0;
    uint8_t leaf[HF_SHA256_BYTES];
    uint8_t root[HF_SHA256_BYTES];
    return read_proof(hf_json_member(probe, "proof"), &proof) &&
           read_number(hf_json_member(probe, "leafIdx"), &index) &&
           read_number(hf_json_member(probe, "treeSize"), &size) &&
           read_hash(hf_json_member(probe, "leafHash"), leaf) &&
           read_hash(hf_json_member(probe, "root"), root) &&
           hf_is_ok(hf_proof_verify_inclusion(&proof, index, size, leaf, root));
}

static bool judge_consistency(const struct hf_json *probe)
{
    struct hf_proof proof;
    struct hf_tree_head older;
    struct hf_tree_head newer;
    return read_proof(hf_json_member(probe, "proof"), &proof) &&
           read_number(hf_json_member(probe, "size1"), &older.size) &&
           read_number(hf_json_member(probe, "size2"), &newer.size) &&
           read_hash(hf_json_member(probe, "root1"), older.root) &&
           read_hash(hf_json_member(probe, "root2"), newer.root) &&
           hf_is_ok(hf_proof_verify_consistency(&proof, &older, &newer));
}

static int judge_file(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)walk;
    size_t length = strlen(path);
    if (type != FTW_F || length < 5 || strcmp(path + length - 5, ".json") != 0) {
        return 0;
    }
    static const struct hf_json_limits limits = {1 << 20, 8, 1000, 1 << 16};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(1 << 20);
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 20);
    const struct hf_json *probe = NULL;
    assert_ok(hf_file_read(path, &text));
    assert_ok(hf_json_parse(hf_buf_view(&text), &limits, &arena, &probe, NULL));
    const struct hf_json *want = hf_json_member(probe, "wantErr");
    bool expected = !(want && want->type == HF_JSON_TRUE);
    bool got = hf_json_member(probe, "leafIdx") ? judge_inclusion(probe) : judge_consistency(probe);
    n_checked++;
    if (got != expected) {
        n_wrong++;
        print_message("# %s: expected %d, got %d\n", path, expected, got);
    }
    return 0;
}

static void judges_as_other_implementations_do(void **state)
{
    (void)state;
    static const char *const folders[] = {"merkle/testdata/inclusion",
                                          "merkle/testdata/consistency"};
    for (size_t i = 0; i < 2; i++) {
        const char *path = vector_path(folders[i]);
        if (!path) {
            return;
        }
        assert_int_equal(nftw(path, judge_file, 8, FTW_PHYS), 0);
    }
    print_message("# %zu of %zu probes judged right\n", n_checked - n_wrong, n_checked);
    assert_int_equal(n_wrong, 0);
    assert_int_equal(n_checked, 196);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leaf_of_every_size_is_proved),
        cmocka_unit_test(every_size_is_proved_to_begin_every_later_one),
        cmocka_unit_test(a_root_comes_from_the_stored_hashes),
        cmocka_unit_test(what_is_not_there_is_not_proved),
        cmocka_unit_test(a_source_that_cannot_be_read_is_no_proof),
        cmocka_unit_test(every_bit_and_length_of_a_proof_counts),
        cmocka_unit_test(judges_as_other_implementations_do),
    };
    return cmocka_run_group_tests(tests, make_tree, NULL);
}
