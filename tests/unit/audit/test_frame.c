#include "audit/frame.h"

#include "tests/unit/unit.h"

static const uint8_t salt[HF_SEGMENT_SALT_BYTES] = "0123456789abcde";

static struct hf_segment_header sample_header(void)
{
    struct hf_segment_header header = {.first_index = 7, .created_unix_ns = 1790000000000000000U};
    memset(header.prev, 1, sizeof(header.prev));
    memset(header.root, 2, sizeof(header.root));
    memcpy(header.salt, salt, sizeof(salt));
    strncpy(header.origin, "gw1.example/log", sizeof(header.origin) - 1);
    return header;
}

static void a_header_reads_back(void **state)
{
    (void)state;
    struct hf_segment_header header = sample_header();
    struct hf_segment_header back = {0};
    uint8_t bytes[HF_SEGMENT_HEADER_BYTES];
    hf_segment_header_write(&header, bytes);
    assert_memory_equal(bytes, "HFLOG\0\1\n\1\0\0\0\0\x10\0\0\7", 17);
    assert_ok(hf_segment_header_parse(bytes, &back, NULL));
    assert_memory_equal(&back, &header, sizeof(back));
}

static void every_bit_of_a_header_counts(void **state)
{
    (void)state;
    struct hf_segment_header header = sample_header();
    uint8_t bytes[HF_SEGMENT_HEADER_BYTES];
    hf_segment_header_write(&header, bytes);
    for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_code(hf_segment_header_parse(bytes, &header, NULL), LOG_CORRUPT);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void write_sample(hf_buf *buf)
{
    struct hf_frame frame = {
        .type = HF_FRAME_ENTRY, .batch = 3, .number = 9, .payload = HF_LITERAL("a record")};
    assert_ok(hf_frame_write(&frame, salt, buf));
}

static void a_frame_reads_back(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(HF_FRAME_MAX_BYTES);
    write_sample(&buf);
    assert_int_equal(buf.size, 32);
    struct hf_frame frame;
    size_t size = 0;
    const char *what = NULL;
    assert_ok(hf_frame_parse(hf_buf_view(&buf), salt, &frame, &size, &what));
    assert_int_equal(size, 32);
    assert_int_equal(frame.type, HF_FRAME_ENTRY);
    assert_int_equal(frame.batch, 3);
    assert_int_equal(frame.number, 9);
    assert_true(hf_bytes_equal_string(frame.payload, "a record"));
}

static void every_bit_and_byte_of_a_frame_counts(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(HF_FRAME_MAX_BYTES);
    struct hf_frame frame = {.type = HF_FRAME_DETAIL, .payload = HF_LITERAL("odd length")};
    assert_ok(hf_frame_write(&frame, salt, &buf));
    size_t size = 0;
    const char *what = NULL;
    for (size_t bit = 0; bit < buf.size * 8; bit++) {
        buf.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_code(hf_frame_parse(hf_buf_view(&buf), salt, &frame, &size, &what), LOG_CORRUPT);
        assert_non_null(what);
        buf.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < buf.size; n++) {
        assert_code(hf_frame_parse(hf_bytes_of(buf.data, n), salt, &frame, &size, &what),
                    LOG_CORRUPT);
    }
}

static void a_frame_of_another_segment_is_no_frame(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(HF_FRAME_MAX_BYTES);
    write_sample(&buf);
    uint8_t other[HF_SEGMENT_SALT_BYTES] = {0};
    struct hf_frame frame;
    size_t size = 0;
    const char *what = NULL;
    assert_code(hf_frame_parse(hf_buf_view(&buf), other, &frame, &size, &what), LOG_CORRUPT);
}

static void a_frame_that_cannot_be_is_a_bug(void **state)
{
    (void)state;
    static uint8_t payload[HF_FRAME_MAX_PAYLOAD_BYTES + 1];
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(HF_FRAME_MAX_BYTES);
    struct hf_frame frame = {.type = HF_FRAME_ENTRY};
    assert_code(hf_frame_write(&frame, salt, &buf), BUG);
    frame.payload = hf_bytes_of(payload, sizeof(payload));
    assert_code(hf_frame_write(&frame, salt, &buf), BUG);
    frame.payload.size--;
    assert_ok(hf_frame_write(&frame, salt, &buf));
    assert_int_equal(buf.size, HF_FRAME_MAX_BYTES);
    assert_code(hf_frame_write(&frame, salt, &buf), LIMIT);
}

static void a_commit_reads_back_and_has_one_length(void **state)
{
    (void)state;
    struct hf_commit commit = {1, 2, UINT64_C(1) << 40, 4, {5}, {6}};
    struct hf_commit back = {0};
    uint8_t bytes[HF_COMMIT_BYTES];
    hf_commit_write(&commit, bytes);
    assert_ok(hf_commit_parse(hf_bytes_of(bytes, sizeof(bytes)), &back));
    assert_memory_equal(&back, &commit, sizeof(back));
    assert_code(hf_commit_parse(hf_bytes_of(bytes, sizeof(bytes) - 1), &back), LOG_CORRUPT);
    bytes[12] = 1;
    assert_code(hf_commit_parse(hf_bytes_of(bytes, sizeof(bytes)), &back), LOG_CORRUPT);
}

static void a_seal_reads_back_and_knows_its_reasons(void **state)
{
    (void)state;
    struct hf_segment_seal seal = {.reason = HF_SEAL_RECOVERED, .cut_bytes = 5, .cut_sha256 = {7}};
    struct hf_segment_seal back = {0};
    uint8_t bytes[HF_SEAL_FRAME_BYTES];
    hf_segment_seal_write(&seal, bytes);
    assert_ok(hf_segment_seal_parse(hf_bytes_of(bytes, sizeof(bytes)), &back));
    assert_memory_equal(&back, &seal, sizeof(back));
    assert_code(hf_segment_seal_parse(hf_bytes_of(bytes, 47), &back), LOG_CORRUPT);
    bytes[0] = 3;
    assert_code(hf_segment_seal_parse(hf_bytes_of(bytes, sizeof(bytes)), &back), LOG_CORRUPT);
    bytes[0] = 2;
    bytes[7] = 1;
    assert_code(hf_segment_seal_parse(hf_bytes_of(bytes, sizeof(bytes)), &back), LOG_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_reads_back),
        cmocka_unit_test(every_bit_of_a_header_counts),
        cmocka_unit_test(a_frame_reads_back),
        cmocka_unit_test(every_bit_and_byte_of_a_frame_counts),
        cmocka_unit_test(a_frame_of_another_segment_is_no_frame),
        cmocka_unit_test(a_frame_that_cannot_be_is_a_bug),
        cmocka_unit_test(a_commit_reads_back_and_has_one_length),
        cmocka_unit_test(a_seal_reads_back_and_knows_its_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
