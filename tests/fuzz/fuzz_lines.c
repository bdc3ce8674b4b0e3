/* Targets: policy/redact_lines.c, policy/redact.c. Oracle: the same for every cut and machine; what
 * leaves whole is lines of JSON to jansson; `Z`, a canary, never leaves. */
#include "tests/fuzz/fuzz.h"
#include "tests/support/redacting.h"

#include <jansson.h>

static void check_lines(hf_bytes out)
{
    while (out.size > 0) {
        const uint8_t *end = memchr(out.data, '\n', out.size);
        fuzz_require(end);
        json_error_t error = {0};
        json_t *json =
            json_loadb((const char *)out.data, (size_t)(end - out.data),
                       JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
        fuzz_require(json || json_error_code(&error) == json_error_numeric_overflow);
        json_decref(json);
        out = hf_bytes_skip(out, (size_t)(end - out.data) + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char view[] = "[\"lines\",\"rows\",{\"a\":\"integer keep\",\"b\":\"string drop\","
                               "\"m\":\"string mask=0,0\",\"d\":\"date month date\"}]";
    const struct hf_view_range range = {.bounded = true, .from_day = 19000, .to_day = 21000};
    hf_bytes document = hf_bytes_of(size ? data + 1 : NULL, size ? size - 1 : 0);
    struct redacting redacting = {redacting_view(view, &range), .limits = {9999, 100, 400, 20}};
    struct redacted whole = redacting_run(&redacting, document, 0);
    size_t n_chunk_bytes = 1 + (size ? data[0] % 70 : 0);
    fuzz_require(redacting_doubt(&redacting, &whole, document, n_chunk_bytes) == NULL);
    fuzz_require(whole.out.size == 0 || !memchr(whole.out.data, 'Z', whole.out.size));
    if (hf_is_ok(whole.status)) {
        check_lines(hf_buf_view(&whole.out));
    }
    redacted_clear(&whole);
    hf_view_unref(redacting.view);
    return 0;
}
