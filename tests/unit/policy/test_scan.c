/* The scanners: what they return is defined once, in plain C; the fast ones must agree everywhere.
 */
#include "policy/scan.h"

#include "base/utf8.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

static uint64_t seed = 1;

static uint32_t next_random(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

/* The longest prefix by definition: character by character. */
static size_t text_by_definition(const uint8_t *data, size_t size)
{
    size_t at = 0;
    while (at < size && data[at] >= 0x20 && data[at] != '"' && data[at] != '\\') {
        unsigned n = hf_utf8_sequence(hf_bytes_of(data + at, size - at));
        if (n == 0) {
            break;
        }
        at += n;
    }
    return at;
}

/* Both scanners on an exact heap copy, so that the address sanitizer sees a read too far. */
static void agrees(const uint8_t *data, size_t size)
{
    const struct hf_scan *scans[] = {hf_scan_plain(), hf_scan_avx2()};
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    size_t expected = text_by_definition(copy, size);
    size_t space = scans[0]->space(copy, size);
    for (size_t i = 0; i < 2 && scans[i]; i++) {
        assert_int_equal(scans[i]->text(copy, size), expected);
        assert_int_equal(scans[i]->space(copy, size), space);
    }
    free(copy);
}

/* One well-formed character of @length bytes. */
static size_t put_char(uint8_t *at, unsigned length)
{
    static const uint32_t first[] = {0, 0x23, 0x80, 0x800, 0x10000};
    static const uint32_t behind[] = {0, 0x7f, 0x800, 0x10000, 0x110000};
    uint32_t scalar = first[length] + next_random(behind[length] - first[length]);
    if (scalar == '\\' || (scalar >= 0xd800 && scalar < 0xe000)) {
        scalar = first[length];
    }
    return hf_utf8_encode(scalar, at);
}

static size_t fill(uint8_t *data, size_t n_chars, unsigned max_length)
{
    size_t n = 0;
    for (size_t i = 0; i < n_chars; i++) {
        n += put_char(data + n, 1 + next_random(max_length));
    }
    return n;
}

static void the_fast_scanner_is_there_or_said_to_be_absent(void **state)
{
    (void)state;
    if (!hf_scan_avx2()) {
        print_message("# SKIPPED: no AVX2 on this machine, only the plain scanner is tested\n");
    }
    assert_ptr_equal(hf_scan_best(), hf_scan_avx2() ? hf_scan_avx2() : hf_scan_plain());
}

static void plain_text_of_every_length_is_scanned_whole(void **state)
{
    (void)state;
    uint8_t data[200];
    memset(data, 'a', sizeof data);
    for (size_t n = 0; n < sizeof data; n++) {
        assert_int_equal(hf_scan_best()->text(data, n), n);
        agrees(data, n);
    }
}

static void each_byte_at_each_place_ends_text_alike(void **state)
{
    (void)state;
    uint8_t data[72];
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < sizeof data; at++) {
            memset(data, 'a', sizeof data);
            data[at] = (uint8_t)byte;
            agrees(data, sizeof data);
        }
    }
}

static void each_pair_of_bytes_is_judged_alike_across_a_block(void **state)
{
    (void)state;
    uint8_t data[72];
    for (unsigned pair = 0x8000; pair < 0x10000; pair++) {
        memset(data, 'a', sizeof data);
        data[31] = (uint8_t)(pair >> 8);
        data[32] = (uint8_t)pair;
        agrees(data, sizeof data);
    }
}

static void each_begin_of_long_sequences_is_judged_alike(void **state)
{
    (void)state;
    static const uint8_t tails[] = {0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff, '"'};
    uint8_t data[72];
    for (unsigned lead = 0xc0; lead < 0x100; lead++) {
        for (unsigned i = 0; i < 1000; i++) {
            size_t at = 26 + lead % 8;
            memset(data, 'a', sizeof data);
            data[at] = (uint8_t)lead;
            data[at + 1] = tails[i % 10];
            data[at + 2] = tails[i / 10 % 10];
            data[at + 3] = tails[i / 100];
            agrees(data, sizeof data);
        }
    }
}

static void well_formed_text_is_scanned_alike_at_all_alignments(void **state)
{
    (void)state;
    uint8_t data[4 * 100 + 64];
    for (unsigned round = 0; round < 2000; round++) {
        size_t lead = next_random(64);
        memset(data, 'a', lead);
        size_t n = lead + fill(data + lead, 1 + next_random(100), 1 + round % 4);
        agrees(data, n);
        assert_int_equal(text_by_definition(data, n), n);
    }
}

static void spoiled_text_is_scanned_alike(void **state)
{
    (void)state;
    uint8_t data[4 * 60];
    for (unsigned round = 0; round < 20000; round++) {
        size_t n = fill(data, 1 + next_random(60), 4);
        data[next_random((uint32_t)n)] = (uint8_t)next_random(256);
        agrees(data, n - (round % 3 == 0 && n > 1));
    }
}

static void space_is_the_four_characters_of_json(void **state)
{
    (void)state;
    uint8_t data[100];
    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < sizeof data; at += 13) {
            memset(data, ' ', sizeof data);
            data[at] = (uint8_t)byte;
            bool is_space = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
            assert_int_equal(hf_scan_best()->space(data, sizeof data), is_space ? sizeof data : at);
            agrees(data, sizeof data);
        }
    }
}

static void a_cut_sequence_is_told_from_a_malformed_one(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        unsigned length;
    } cases[] = {
        {"\xc3", 1, 2},
        {"\xe4", 1, 3},
        {"\xe4\xb8", 2, 3},
        {"\xf0", 1, 4},
        {"\xf0\x9f", 2, 4},
        {"\xf0\x9f\x98", 3, 4},
        {"\xe0", 1, 3},
        {"\xe0\xa0", 2, 3},
        {"\xed\x9f", 2, 3},
        {"\xf4\x8f", 2, 4},
        {"", 0, 0},
        {"a", 1, 0},
        {"\x80", 1, 0},
        {"\xc0", 1, 0},
        {"\xc1", 1, 0},
        {"\xc3\xa9", 2, 0},
        {"\xe0\x9f", 2, 0},
        {"\xed\xa0", 2, 0},
        {"\xf0\x8f", 2, 0},
        {"\xf4\x90", 2, 0},
        {"\xf5", 1, 0},
        {"\xe4"
         "a",
         2, 0},
        {"\xf0\x9f"
         "a",
         3, 0},
        {"\xe4\xb8\xad", 3, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(hf_scan_cut((const uint8_t *)cases[i].bytes, cases[i].size),
                         cases[i].length);
    }
}

static void every_cut_of_every_length_of_character_is_seen(void **state)
{
    (void)state;
    uint8_t bytes[4];
    for (unsigned round = 0; round < 3000; round++) {
        size_t length = put_char(bytes, 2 + round % 3);
        for (size_t n = 1; n < length; n++) {
            assert_int_equal(hf_scan_cut(bytes, n), length);
        }
    }
}

static void code_points_are_counted(void **state)
{
    (void)state;
    assert_int_equal(hf_scan_count((const uint8_t *)"a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80", 10),
                     4);
    assert_int_equal(hf_scan_count(NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fast_scanner_is_there_or_said_to_be_absent),
        cmocka_unit_test(plain_text_of_every_length_is_scanned_whole),
        cmocka_unit_test(each_byte_at_each_place_ends_text_alike),
        cmocka_unit_test(each_pair_of_bytes_is_judged_alike_across_a_block),
        cmocka_unit_test(each_begin_of_long_sequences_is_judged_alike),
        cmocka_unit_test(well_formed_text_is_scanned_alike_at_all_alignments),
        cmocka_unit_test(spoiled_text_is_scanned_alike),
        cmocka_unit_test(space_is_the_four_characters_of_json),
        cmocka_unit_test(a_cut_sequence_is_told_from_a_malformed_one),
        cmocka_unit_test(every_cut_of_every_length_of_character_is_seen),
        cmocka_unit_test(code_points_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
