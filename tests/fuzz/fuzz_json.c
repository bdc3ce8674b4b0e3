/* Targets: base/json.c, base/json_write.c. Oracle: jansson, which takes the same texts but for our
 * limits, numbers beyond its types, NUL in names, and raw NUL bytes, where it stops reading. */
#include "base/json.h"
#include "tests/fuzz/fuzz.h"

#include <jansson.h>

static const struct hf_json_limits LIMITS = {1 << 16, 64, 4096, 1 << 12};

/* A canonical form, read and written again, is the same bytes. */
static void check_canonical(hf_bytes text, struct hf_arena *arena, bool is_canonical)
{
    HF_CLEANUP(hf_buf_clear) hf_buf written = hf_buf_init(LIMITS.max_bytes);
    const struct hf_json *root = NULL;
    fuzz_require(hf_is_ok(hf_json_parse(text, &LIMITS, arena, &root, NULL)));
    hf_status status = hf_json_write_canonical(&written, root);
    fuzz_require(!is_canonical || hf_bytes_equal(hf_buf_view(&written), text));
    if (hf_is_ok(status) && !is_canonical) {
        check_canonical(hf_buf_view(&written), arena, true);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 23);
    const struct hf_json *root = NULL;
    hf_status status = hf_json_parse(hf_bytes_of(data, size), &LIMITS, &arena, &root, NULL);
    json_error_t error = {0};
    json_t *oracle = json_loadb(size ? (const char *)data : "", size,
                                JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    enum json_error_code why = oracle ? json_error_unknown : json_error_code(&error);
    bool excused = why == json_error_numeric_overflow || why == json_error_null_byte_in_key;
    fuzz_require(status.code != HF_JSON_MALFORMED || !oracle || memchr(data, 0, size));
    fuzz_require(status.code != HF_OK || oracle || excused);
    json_decref(oracle);
    if (hf_is_ok(status)) {
        check_canonical(hf_bytes_of(data, size), &arena, false);
    }
    return 0;
}
