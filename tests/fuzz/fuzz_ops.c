/* Targets: gateway/ops.c, gateway/client.c. A head of the ops listener and an address of the tool:
 * what is accepted is a plain path within what was given. */
#include "gateway/client.h"
#include "gateway/ops.h"
#include "tests/fuzz/fuzz.h"

static void check_within(hf_bytes path, const void *text, size_t size)
{
    fuzz_require(path.size >= 1 && path.data[0] == '/');
    fuzz_require(path.size <= size || path.size == 1);
    for (size_t i = 0; i < path.size; i++) {
        fuzz_require(path.data[i] > ' ' && path.data[i] != 0x7f);
    }
    (void)text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hf_bytes path = {0};
    char host[256];
    uint16_t port = 0;
    if (hf_ops_parse_head(hf_bytes_of(data, size), &path) == HF_OPS_GET) {
        check_within(path, data, size);
        fuzz_require(path.data > data && path.data + path.size < data + size);
    }
    HF_CLEANUP(hf_buf_clear) hf_buf url = hf_buf_init(size + 1);
    const char *text = NULL;
    fuzz_require(hf_is_ok(hf_buf_append(&url, hf_bytes_of(data, size))));
    fuzz_require(hf_is_ok(hf_buf_string(&url, &text)));
    if (hf_is_ok(hf_client_url(text, host, &port, &path))) {
        check_within(path, text, size);
        fuzz_require(port != 0 && host[0] != '\0' && strlen(host) < size);
    }
    return 0;
}
