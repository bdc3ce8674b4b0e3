#include "audit/sealed.h"

#include "crypto/rand.h"
#include "tests/unit/unit.h"

static struct hf_seal_key operator_key;
static struct hf_seal_key other_key;
static const struct hf_seal_key *recipients[] = {&operator_key};
static const uint8_t salt[HF_DETAIL_SALT_BYTES] = {5};

static int init(void **state)
{
    (void)state;
    uint8_t secret[HF_SEAL_KEY_BYTES] = {1};
    assert_ok(hf_crypto_init());
    assert_ok(hf_seal_key_init(&operator_key, hf_bytes_of(secret, sizeof(secret))));
    secret[0] = 2;
    assert_ok(hf_seal_key_init(&other_key, hf_bytes_of(secret, sizeof(secret))));
    return 0;
}

static int done(void **state)
{
    (void)state;
    hf_seal_key_clear(&operator_key);
    hf_seal_key_clear(&other_key);
    return 0;
}

static void seal(hf_bytes detail, uint8_t *ret_commit, hf_buf *sealed)
{
    hf_detail_commit(salt, detail, ret_commit);
    HF_CLEANUP(hf_buf_clear) hf_buf scratch = hf_buf_init(HF_DETAIL_PLAIN_MAX_BYTES);
    const struct hf_detail_box box = {
        {"a.example/log", 7, ret_commit}, salt, detail, &scratch, recipients, 1};
    assert_ok(hf_detail_seal(&box, sealed));
}

static void a_detail_opens_where_it_belongs(void **state)
{
    (void)state;
    uint8_t commit[HF_SHA256_BYTES];
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(1 << 16);
    HF_CLEANUP(hf_buf_clear) hf_buf detail = hf_buf_init(1 << 16);
    seal(HF_LITERAL("{\"bytes\":1}"), commit, &sealed);
    struct hf_detail_place place = {"a.example/log", 7, commit};
    assert_ok(hf_detail_open(hf_buf_view(&sealed), &place, &operator_key, &detail));
    assert_true(hf_bytes_equal_string(hf_buf_view(&detail), "{\"bytes\":1}"));
    place.index = 8; /* moved to another record */
    assert_code(hf_detail_open(hf_buf_view(&sealed), &place, &operator_key, &detail), SEAL_INVALID);
    place.index = 7;
    place.origin = "b.example/log"; /* moved to another log */
    assert_code(hf_detail_open(hf_buf_view(&sealed), &place, &operator_key, &detail), SEAL_INVALID);
    place.origin = "a.example/log";
    commit[0] ^= 1; /* another record's commitment */
    assert_code(hf_detail_open(hf_buf_view(&sealed), &place, &operator_key, &detail), SEAL_INVALID);
    commit[0] ^= 1;
    assert_code(hf_detail_open(hf_buf_view(&sealed), &place, &other_key, &detail), SEAL_INVALID);
    assert_int_equal(detail.size, 11); /* a failure appends nothing */
}

static void a_box_shows_its_length_in_steps(void **state)
{
    (void)state;
    static uint8_t text[HF_DETAIL_MAX_BYTES];
    uint8_t commit[HF_SHA256_BYTES];
    memset(text, 'x', sizeof(text));
    for (size_t size = 0; size < 600; size++) {
        HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(1 << 16);
        HF_CLEANUP(hf_buf_clear) hf_buf detail = hf_buf_init(1 << 16);
        seal(hf_bytes_of(text, size), commit, &sealed);
        size_t plain = sealed.size - hf_seal_overhead_bytes(1);
        assert_int_equal(plain, 32 + (4 + size + 255) / 256 * 256);
        const struct hf_detail_place place = {"a.example/log", 7, commit};
        assert_ok(hf_detail_open(hf_buf_view(&sealed), &place, &operator_key, &detail));
        assert_int_equal(detail.size, size);
    }
}

static void every_bit_of_a_box_counts(void **state)
{
    (void)state;
    uint8_t commit[HF_SHA256_BYTES];
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(1 << 16);
    HF_CLEANUP(hf_buf_clear) hf_buf detail = hf_buf_init(1 << 16);
    seal(HF_LITERAL("{}"), commit, &sealed);
    const struct hf_detail_place place = {"a.example/log", 7, commit};
    for (size_t bit = 0; bit < sealed.size * 8; bit++) {
        sealed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(
            hf_is_ok(hf_detail_open(hf_buf_view(&sealed), &place, &operator_key, &detail)));
        sealed.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

/* A box that opens but holds another text than the one committed to, or is padded otherwise. */
static void what_was_not_committed_to_is_refused(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        uint8_t length;
        uint8_t last;
    } cases[] = {{288, 3, 0}, {288, 2, 1},   {544, 2, 0}, {287, 2, 0},
                 {256, 2, 0}, {288, 253, 0}, {0, 0, 0}};
    uint8_t commit[HF_SHA256_BYTES];
    hf_detail_commit(salt, HF_LITERAL("{}"), commit);
    uint8_t ad[13 + 8 + HF_SHA256_BYTES] = "a.example/log";
    ad[20] = 7;
    memcpy(ad + 21, commit, sizeof(commit));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t plain[544] = {0};
        HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(1 << 16);
        HF_CLEANUP(hf_buf_clear) hf_buf detail = hf_buf_init(1 << 16);
        memcpy(plain, salt, sizeof(salt));
        plain[35] = cases[i].length;
        memcpy(plain + 36, "{}", 2);
        plain[cases[i].size ? cases[i].size - 1 : 0] |= cases[i].last;
        assert_ok(hf_seal(hf_bytes_of(plain, cases[i].size), hf_bytes_of(ad, sizeof(ad)),
                          recipients, 1, &sealed));
        const struct hf_detail_place place = {"a.example/log", 7, commit};
        assert_code(hf_detail_open(hf_buf_view(&sealed), &place, &operator_key, &detail),
                    LOG_TAMPERED);
    }
}

static void a_detail_has_a_limit(void **state)
{
    (void)state;
    static uint8_t text[HF_DETAIL_MAX_BYTES + 1];
    uint8_t commit[HF_SHA256_BYTES] = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf sealed = hf_buf_init(1 << 17);
    HF_CLEANUP(hf_buf_clear) hf_buf scratch = hf_buf_init(HF_DETAIL_PLAIN_MAX_BYTES);
    struct hf_detail_box box = {{"a", 0, commit}, salt,       hf_bytes_of(text, sizeof(text)),
                                &scratch,         recipients, 1};
    assert_code(hf_detail_seal(&box, &sealed), LIMIT);
    box.detail.size--;
    assert_ok(hf_detail_seal(&box, &sealed));
    assert_true(sealed.size < 65536);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_detail_opens_where_it_belongs),
        cmocka_unit_test(a_box_shows_its_length_in_steps),
        cmocka_unit_test(every_bit_of_a_box_counts),
        cmocka_unit_test(what_was_not_committed_to_is_refused),
        cmocka_unit_test(a_detail_has_a_limit),
    };
    return cmocka_run_group_tests(tests, init, done);
}
