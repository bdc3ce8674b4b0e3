/* The adversary first: everything that a gzip body can be but one whole, honest member. */
#include "base/deflate.h"

#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    GZIP = 16 + MAX_WBITS,
    ZLIB = MAX_WBITS,
    RAW = -MAX_WBITS,
    BIG_BYTES = 8 << 20,
    NO_LIMIT = 1 << 30
};

static const char words[] = "{\"a\":\"some words, and some words again\",\"b\":[1,2,3]}";

/* What is packed, and how. */
struct packing {
    int window_bits;
    int flush_every; /* bytes; 0: never */
    gz_header *header;
};

static void pack(hf_bytes plain, const struct packing *how, hf_buf *out)
{
    z_stream stream = {.next_in = NULL};
    uint8_t room[4096];
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, how->window_bits, 9, Z_DEFAULT_STRATEGY),
                     Z_OK);
    if (how->header) {
        assert_int_equal(deflateSetHeader(&stream, how->header), Z_OK);
    }
    size_t step = how->flush_every ? (size_t)how->flush_every : plain.size;
    for (size_t at = 0; at <= plain.size;) {
        size_t n = plain.size - at < step ? plain.size - at : step;
        bool is_last = at + n == plain.size;
        stream.next_in = (Bytef *)(uintptr_t)hf_bytes_skip(plain, at).data;
        stream.avail_in = (uInt)n;
        do {
            stream.next_out = room;
            stream.avail_out = sizeof room;
            deflate(&stream, is_last ? Z_FINISH : Z_FULL_FLUSH);
            assert_ok(hf_buf_append(out, hf_bytes_of(room, sizeof room - stream.avail_out)));
        } while (stream.avail_out == 0);
        at += is_last ? n + 1 : n;
    }
    deflateEnd(&stream);
}

static hf_buf gzip_of(hf_bytes plain)
{
    hf_buf packed = hf_buf_init(2 * BIG_BYTES);
    pack(plain, &(struct packing){.window_bits = GZIP}, &packed);
    return packed;
}

/* Offers @packed in chunks of @n_chunk as the gateway does: what is not taken comes again, and the
 * next chunk behind it. */
static hf_status offer_all(struct hf_gunzip *gunzip, hf_bytes packed, size_t n_chunk, hf_buf *out)
{
    size_t taken = 0;
    for (size_t at = 0; at < packed.size;) {
        at = packed.size - at < n_chunk ? packed.size : at + n_chunk;
        while (taken < at) {
            size_t n_taken = 0;
            hf_bytes piece = {NULL, 0};
            uint8_t *exact = malloc(at - taken); /* so that the sanitizer sees a byte too far */
            assert_non_null(exact);
            memcpy(exact, packed.data + taken, at - taken);
            hf_status status =
                hf_gunzip_next(gunzip, hf_bytes_of(exact, at - taken), &n_taken, &piece);
            free(exact);
            HF_TRY(status);
            assert_true(n_taken > 0 || piece.size > 0); /* or it would never end */
            assert_true(n_taken <= at - taken && piece.size <= HF_GUNZIP_PIECE_BYTES);
            taken += n_taken;
            HF_TRY(hf_buf_append(out, piece));
        }
    }
    return hf_gunzip_finish(gunzip);
}

static hf_status gunzip_within(hf_bytes packed, size_t n_chunk, uint64_t max_bytes, hf_buf *out)
{
    struct hf_gunzip *gunzip = NULL;
    assert_ok(hf_gunzip_new(max_bytes, &gunzip));
    hf_status status = offer_all(gunzip, packed, n_chunk, out);
    if (!hf_is_ok(status)) { /* it fails ever after */
        assert_int_equal(hf_gunzip_finish(gunzip).code, status.code);
    }
    hf_gunzip_free(gunzip);
    return status;
}

static void refuse(hf_bytes packed, enum hf_code code)
{
    static const size_t chunks[] = {1, 7, 100000};
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(4 * BIG_BYTES);
        hf_status status = gunzip_within(packed, chunks[i], NO_LIMIT, &out);
        assert_string_equal(hf_code_info(status.code)->name, hf_code_info(code)->name);
    }
}

static void expect(hf_bytes packed, hf_bytes plain)
{
    static const size_t chunks[] = {1, 2, 3, 7, 64, 1000, 8192, 16384, SIZE_MAX / 2};
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(2 * BIG_BYTES);
        assert_ok(gunzip_within(packed, chunks[i], NO_LIMIT, &out));
        assert_true(hf_bytes_equal(hf_buf_view(&out), plain));
    }
}

/* Noise that does not shrink, or text that does. */
static hf_buf content(size_t size, bool is_noise)
{
    hf_buf plain = hf_buf_init(2 * BIG_BYTES);
    uint64_t seed = 88172645463325252u;
    assert_ok(hf_buf_reserve(&plain, size));
    for (size_t i = 0; i < size; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        plain.data[i] = (uint8_t)(is_noise ? seed : 'a' + seed % 3);
    }
    plain.size = size;
    return plain;
}

/* --- what passes --- */

static void what_is_packed_is_given_whatever_the_cut(void **state)
{
    static const size_t sizes[] = {0, 1, 8191, 8192, 8193, 16384, 100000, 300000};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf plain = content(sizes[i / 2], i % 2);
        HF_CLEANUP(hf_buf_clear) hf_buf packed = gzip_of(hf_buf_view(&plain));
        expect(hf_buf_view(&packed), hf_buf_view(&plain));
    }
}

static void a_flush_may_stand_behind_each_byte(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(BIG_BYTES);
    (void)state;
    pack(HF_LITERAL(words), &(struct packing){.window_bits = GZIP, .flush_every = 1}, &packed);
    assert_true(packed.size > 5 * sizeof words);
    expect(hf_buf_view(&packed), HF_LITERAL(words));
}

static void a_header_may_hold_names_and_checksums(void **state)
{
    uint8_t extra[300] = "extra";
    gz_header header = {.time = 1,
                        .os = 3,
                        .extra = extra,
                        .extra_len = sizeof extra,
                        .name = (Bytef *)(uintptr_t) "名字.json",
                        .comment = (Bytef *)(uintptr_t) "a comment",
                        .hcrc = 1};
    HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(BIG_BYTES);
    (void)state;
    pack(HF_LITERAL(words), &(struct packing){.window_bits = GZIP, .header = &header}, &packed);
    assert_int_equal(packed.data[3], 2 | 4 | 8 | 16);
    expect(hf_buf_view(&packed), HF_LITERAL(words));
    packed.data[20] ^= 1; /* of the extra field: its checksum tells */
    refuse(hf_buf_view(&packed), HF_DEFLATE_MALFORMED);
}

static void rows_that_repeat_are_no_bomb(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf plain = hf_buf_init(BIG_BYTES);
    (void)state;
    while (plain.size < HF_GUNZIP_FREE_BYTES - sizeof words) {
        assert_ok(hf_buf_append(&plain, HF_LITERAL(words)));
    }
    HF_CLEANUP(hf_buf_clear) hf_buf packed = gzip_of(hf_buf_view(&plain));
    assert_true(plain.size / packed.size > 2 * HF_GUNZIP_MAX_RATIO);
    expect(hf_buf_view(&packed), hf_buf_view(&plain));
}

/* --- what does not --- */

static void a_bomb_is_cut_short(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf zeros = hf_buf_init(BIG_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(BIG_BYTES);
    (void)state;
    assert_ok(hf_buf_reserve(&zeros, BIG_BYTES));
    memset(zeros.data, 0, BIG_BYTES);
    zeros.size = BIG_BYTES;
    HF_CLEANUP(hf_buf_clear) hf_buf packed = gzip_of(hf_buf_view(&zeros));
    assert_true(packed.size < BIG_BYTES / 500);
    assert_code(gunzip_within(hf_buf_view(&packed), 1000, NO_LIMIT, &out), LIMIT);
    assert_true(out.size <= HF_GUNZIP_FREE_BYTES + HF_GUNZIP_MAX_RATIO * packed.size);
    refuse(hf_buf_view(&packed), HF_LIMIT);
}

static void what_is_inflated_counts_against_the_limit(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf plain = content(100000, false);
    HF_CLEANUP(hf_buf_clear) hf_buf packed = gzip_of(hf_buf_view(&plain));
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(BIG_BYTES);
    (void)state;
    assert_code(gunzip_within(hf_buf_view(&packed), 1000, 99999, &out), LIMIT);
    assert_true(out.size <= 99999);
    hf_buf_reset(&out);
    assert_ok(gunzip_within(hf_buf_view(&packed), 1000, 100000, &out));
}

static void a_name_without_end_counts_too(void **state)
{
    static const uint8_t head[] = {0x1f, 0x8b, 8, 8 /* FNAME */, 0, 0, 0, 0, 0, 3};
    HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(BIG_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(BIG_BYTES);
    (void)state;
    assert_ok(hf_buf_append(&packed, hf_bytes_of(head, sizeof head)));
    for (size_t i = 0; i < 10000; i++) {
        assert_ok(hf_buf_append_byte(&packed, 'n'));
    }
    assert_code(gunzip_within(hf_buf_view(&packed), 1000, 5000, &out), LIMIT);
    assert_int_equal(out.size, 0);
}

static void empty_blocks_without_end_count_too(void **state)
{
    static const uint8_t head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    static const uint8_t empty[] = {0, 0, 0, 0xff, 0xff}; /* stored, of no byte */
    HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(BIG_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(BIG_BYTES);
    (void)state;
    assert_ok(hf_buf_append(&packed, hf_bytes_of(head, sizeof head)));
    for (size_t i = 0; i < 2000; i++) {
        assert_ok(hf_buf_append(&packed, hf_bytes_of(empty, sizeof empty)));
    }
    assert_code(gunzip_within(hf_buf_view(&packed), 1000, 5000, &out), LIMIT);
}

static void every_cut_is_malformed(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf packed = gzip_of(HF_LITERAL(words));
    (void)state;
    for (size_t n = 0; n < packed.size; n++) {
        refuse(hf_bytes_of(packed.data, n), HF_DEFLATE_MALFORMED);
    }
}

static void every_changed_bit_of_what_matters_counts(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf packed = gzip_of(HF_LITERAL(words));
    (void)state;
    for (size_t bit = 0; bit < packed.size * 8; bit++) {
        HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(BIG_BYTES);
        packed.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        hf_status status = gunzip_within(hf_buf_view(&packed), 16, NO_LIMIT, &out);
        packed.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        bool says_nothing = bit == 24 || (bit >= 32 && bit < 80); /* "text", time, level, system */
        assert_true(says_nothing == hf_is_ok(status));
    }
}

static void bytes_behind_the_end_are_malformed(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf packed = gzip_of(HF_LITERAL(words));
    (void)state;
    assert_ok(hf_buf_append_byte(&packed, 0));
    refuse(hf_buf_view(&packed), HF_DEFLATE_MALFORMED);
}

static void a_second_member_is_malformed(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf packed = gzip_of(HF_LITERAL(words));
    HF_CLEANUP(hf_buf_clear) hf_buf more = gzip_of(HF_LITERAL("more"));
    (void)state;
    assert_ok(hf_buf_append(&packed, hf_buf_view(&more)));
    refuse(hf_buf_view(&packed), HF_DEFLATE_MALFORMED);
}

static void other_formats_are_none(void **state)
{
    static const int formats[] = {ZLIB, RAW};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(BIG_BYTES);
        pack(HF_LITERAL(words), &(struct packing){.window_bits = formats[i]}, &packed);
        refuse(hf_buf_view(&packed), HF_DEFLATE_MALFORMED);
    }
    refuse(HF_LITERAL(words), HF_DEFLATE_MALFORMED);
    refuse(HF_LITERAL(""), HF_DEFLATE_MALFORMED);
}

/* gzip in gzip is undone once; what then stands there is no JSON, and whoever reads it says so. */
static void only_the_outer_coding_is_undone(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf once = gzip_of(HF_LITERAL(words));
    HF_CLEANUP(hf_buf_clear) hf_buf twice = gzip_of(hf_buf_view(&once));
    (void)state;
    expect(hf_buf_view(&twice), hf_buf_view(&once));
}

static void nothing_offered_is_nothing_given(void **state)
{
    struct hf_gunzip *gunzip = NULL;
    size_t n_taken = 1;
    hf_bytes piece = HF_LITERAL("x");
    (void)state;
    assert_ok(hf_gunzip_new(NO_LIMIT, &gunzip));
    assert_ok(hf_gunzip_next(gunzip, hf_bytes_of(NULL, 0), &n_taken, &piece));
    assert_int_equal(n_taken + piece.size, 0);
    assert_code(hf_gunzip_finish(gunzip), DEFLATE_MALFORMED);
    hf_gunzip_free(gunzip);
    hf_gunzip_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_is_given_whatever_the_cut),
        cmocka_unit_test(a_flush_may_stand_behind_each_byte),
        cmocka_unit_test(a_header_may_hold_names_and_checksums),
        cmocka_unit_test(rows_that_repeat_are_no_bomb),
        cmocka_unit_test(a_bomb_is_cut_short),
        cmocka_unit_test(what_is_inflated_counts_against_the_limit),
        cmocka_unit_test(a_name_without_end_counts_too),
        cmocka_unit_test(empty_blocks_without_end_count_too),
        cmocka_unit_test(every_cut_is_malformed),
        cmocka_unit_test(every_changed_bit_of_what_matters_counts),
        cmocka_unit_test(bytes_behind_the_end_are_malformed),
        cmocka_unit_test(a_second_member_is_malformed),
        cmocka_unit_test(other_formats_are_none),
        cmocka_unit_test(only_the_outer_coding_is_undone),
        cmocka_unit_test(nothing_offered_is_nothing_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
