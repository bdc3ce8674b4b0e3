/* Targets: audit/detail.c. Claims: what is accepted is what the writer writes again; and any bytes
 * at all can be a value, and come back. */
#include "audit/detail.h"
#include "tests/fuzz/fuzz.h"

static void check_spelling(hf_bytes text, struct hf_arena *arena)
{
    struct hf_detail detail;
    HF_CLEANUP(hf_buf_clear) hf_buf again = hf_buf_init(HF_DETAIL_MAX_BYTES);
    if (hf_is_ok(hf_detail_parse(text, arena, &detail, NULL))) {
        fuzz_require(hf_is_ok(hf_detail_write(&detail, &again)));
        fuzz_require(hf_bytes_equal(hf_buf_view(&again), text));
    }
}

static void check_value(hf_bytes value, struct hf_arena *arena)
{
    const struct hf_detail detail = {.note = value, .tokens = {&value, value.size ? 1 : 0}};
    struct hf_detail back;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_DETAIL_MAX_BYTES);
    if (hf_is_ok(hf_detail_write(&detail, &text))) {
        fuzz_require(hf_is_ok(hf_detail_parse(hf_buf_view(&text), arena, &back, NULL)));
        fuzz_require(hf_bytes_equal(back.note, value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 20);
    check_spelling(hf_bytes_of(data, size), &arena);
    check_value(hf_bytes_of(data, size), &arena);
    return 0;
}
