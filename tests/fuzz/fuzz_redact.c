/* Targets: policy/redact.c, policy/redact_walk.c, policy/redact_string.c, policy/redact_leaf.c,
 * policy/redact_number.c, policy/redact_run.c, policy/block.c, policy/scan_avx2.c. Oracle: the same
 * for every cut and machine; what leaves whole is JSON to jansson; `Z`, a canary, never leaves. */
#include "tests/fuzz/fuzz.h"
#include "tests/support/redacting.h"

#include <jansson.h>

static void run(const char *view, hf_bytes document, size_t n_chunk_bytes, int canary)
{
    const struct hf_view_range range = {.bounded = true, .from_day = 19000, .to_day = 21000};
    struct redacting redacting = {
        redacting_view(view, &range), "Zz", {9999, 100, 64, 20}, false, false};
    struct redacted whole = redacting_run(&redacting, document, 0);
    fuzz_require(redacting_doubt(&redacting, &whole, document, n_chunk_bytes) == NULL);
    fuzz_require(whole.out.size == 0 || !memchr(whole.out.data, canary, whole.out.size));
    json_error_t error = {0};
    json_t *json = json_loadb(whole.out.size ? (const char *)whole.out.data : "", whole.out.size,
                              JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    bool excused = !json && json_error_code(&error) == json_error_numeric_overflow;
    fuzz_require(!hf_is_ok(whole.status) || json || excused);
    json_decref(json);
    redacted_clear(&whole);
    hf_view_unref(redacting.view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hf_bytes document = hf_bytes_of(size ? data + 1 : NULL, size ? size - 1 : 0);
    size_t n_chunk_bytes = 1 + (size ? data[0] % 70 : 0);
    run("{\"a\":\"integer keep\",\"b\":\"string drop\",\"m\":\"string mask=0,0\",\"c\":[\"rows\",{"
        "\"d\":\"date month date\",\"v\":\"boolean keep\",\"n\":{\"e\":\"date drop date\"}}]}",
        document, n_chunk_bytes, 'Z');
    run("{\"a\":\"any keep nullable\",\"b\":[\"any keep\"],\"s\":\"string keep max=3\","
        "\"i\":\"string keep echo\",\"e\":\"string drop echo\","
        "\"o\":{\"m\":\"string mask=1,1\",\"r\":\"decimal round=0.5\"}}",
        document, n_chunk_bytes, 1);
    return 0;
}
