/* Targets: policy/route.c, policy/route_body.c, policy/route_path.c, policy/route_value.c. First
 * line: a path, asked for by GET and POST; behind it a body. What is accepted is accepted again as
 * rebuilt, with the same subject: a source cannot read it another way than we did. */
#include "policy/resident.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/route_catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
    size_t n = newline ? (size_t)(newline - data) : size;
    hf_bytes body = newline ? hf_bytes_of(newline + 1, size - n - 1) : (hf_bytes){0};
    for (int post = 0; post < 2; post++) {
        hf_bytes method = post ? HF_LITERAL("POST") : HF_LITERAL("GET");
        struct hf_route route = {0};
        if (!hf_is_ok(route_read(method, hf_bytes_of(data, n), body, &route)) || n > 1000) {
            continue;
        }
        char sent[8 << 10];
        char sent_body[128 << 10];
        int path_size = snprintf(sent, sizeof(sent), "/tax%.*s", HF_PRINT(route.path));
        hf_bytes path = hf_bytes_of(sent, (size_t)path_size);
        int body_size = snprintf(sent_body, sizeof(sent_body), "%.*s", HF_PRINT(route.body));
        body = hf_bytes_of(sent_body, (size_t)body_size);
        char subject[HF_RESIDENT_CHARS];
        memcpy(subject, route.subject.data, sizeof(subject));
        fuzz_require(hf_is_ok(route_read(method, path, body, &route)));
        fuzz_require(hf_bytes_equal(route.path, hf_bytes_skip(path, 4)));
        fuzz_require(hf_bytes_equal(route.body, body));
        fuzz_require(hf_bytes_equal(route.subject, hf_bytes_of(subject, sizeof(subject))));
    }
    return 0;
}
