/* Targets: audit/frame.c. The first 16 bytes are the salt. Claims: a frame that is accepted is what
 * the writer writes again and lies within the bytes; so are commits, seals and headers. */
#include "audit/frame.h"
#include "tests/fuzz/fuzz.h"

static void check_frame(hf_bytes bytes, const uint8_t *salt)
{
    struct hf_frame frame;
    size_t size = 0;
    const char *what = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf again = hf_buf_init(HF_FRAME_MAX_BYTES);
    if (!hf_is_ok(hf_frame_parse(bytes, salt, &frame, &size, &what))) {
        fuzz_require(what);
        return;
    }
    fuzz_require(size <= bytes.size && size == hf_frame_wanted(bytes));
    fuzz_require(hf_is_ok(hf_frame_write(&frame, salt, &again)));
    fuzz_require(hf_bytes_equal(hf_buf_view(&again), hf_bytes_of(bytes.data, size)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_segment_header header;
    uint8_t again[HF_SEGMENT_HEADER_BYTES];
    struct hf_commit commit;
    if (size >= HF_SEGMENT_HEADER_BYTES && hf_is_ok(hf_segment_header_parse(data, &header, NULL))) {
        hf_segment_header_write(&header, again);
        fuzz_require(memcmp(again, data, 10) == 0 && memcmp(again + 12, data + 12, 4084) == 0);
    }
    if (hf_is_ok(hf_commit_parse(hf_bytes_of(data, size), &commit))) {
        hf_commit_write(&commit, again);
        fuzz_require(memcmp(again, data, size) == 0);
    }
    if (size >= HF_SEGMENT_SALT_BYTES) {
        check_frame(hf_bytes_of(data + HF_SEGMENT_SALT_BYTES, size - HF_SEGMENT_SALT_BYTES), data);
    }
    return 0;
}
