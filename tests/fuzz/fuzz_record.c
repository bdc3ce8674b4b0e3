/* Targets: audit/record.c. Claim: what is accepted is what the writer writes again. */
#include "audit/record.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_record record;
    char text[HF_RECORD_MAX_BYTES];
    size_t again = 0;
    if (!hf_is_ok(hf_record_parse(hf_bytes_of(data, size), &record, NULL))) {
        return 0;
    }
    fuzz_require(hf_is_ok(hf_record_write(&record, text, &again)));
    fuzz_require(hf_bytes_equal(hf_bytes_of(text, again), hf_bytes_of(data, size)));
    return 0;
}
