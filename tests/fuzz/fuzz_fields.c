/* Targets: gateway/fields.c. The input is `name:value` lines: whatever was accepted is within the
 * vocabulary, and nothing that was refused left a trace. */
#include "gateway/fields.h"

#include "tests/fuzz/fuzz.h"

static void read_line(struct hf_request_fields *fields, hf_bytes line)
{
    const struct hf_request_fields before = *fields;
    const uint8_t *colon = line.size ? memchr(line.data, ':', line.size) : NULL;
    hf_bytes name = {line.data, colon ? (size_t)(colon - line.data) : line.size};
    hf_bytes value = hf_bytes_skip(line, name.size + (colon ? 1 : 0));
    hf_status status = hf_request_field_read(fields, name, value, NULL);
    fuzz_require(hf_is_ok(status) || memcmp(&before, fields, sizeof before) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_request_fields fields = {.n_consents = 0};
    hf_bytes rest = {data, size};
    while (rest.size) {
        const uint8_t *end = memchr(rest.data, '\n', rest.size);
        hf_bytes line = {rest.data, end ? (size_t)(end - rest.data) : rest.size};
        read_line(&fields, line);
        rest = hf_bytes_skip(rest, line.size + (end ? 1 : 0));
    }
    fuzz_require(fields.n_consents <= HF_REQUEST_MAX_CONSENTS);
    fuzz_require(fields.purpose <= HF_PURPOSE_ALL && (fields.purpose & (fields.purpose - 1)) == 0);
    fuzz_require((fields.actions & ~(unsigned)HF_ACTION_ALL) == 0);
    fuzz_require(fields.loan_ref.size == 0 || fields.loan_ref.size == HF_LOAN_REF_CHARS);
    return 0;
}
