/* Targets: consent/status_list.c, base/deflate.c. A payload is refused or becomes a list within its
 * bounds that has as many entries as its bytes can hold; whatever bytes are inflated, the buffer's
 * limit holds; what is deflated comes back. */
#include "consent/status_list.h"

#include "base/deflate.h"
#include "tests/fuzz/fuzz.h"

enum { ROOM_BYTES = 100000 };

static void check_list(const struct hf_status_list *list)
{
    const uint32_t n = (uint32_t)(list->entries.size * 8 / list->bits);
    unsigned value = 0;
    fuzz_require(list->entries.size <= HF_STATUS_LIST_MAX_BYTES && list->ttl_s > 0);
    fuzz_require(!hf_is_ok(hf_status_list_get(list, n, &value)));
    fuzz_require(n == 0 || hf_is_ok(hf_status_list_get(list, n - 1, &value)));
    fuzz_require(value < 1u << list->bits && hf_status_value_name(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_STATUS_LIST_ARENA_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf plain = hf_buf_init(ROOM_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(4 * ROOM_BYTES + size);
    HF_CLEANUP(hf_buf_clear) hf_buf again = hf_buf_init(size);
    const hf_bytes text = hf_bytes_of(data, size);
    struct hf_status_list list;
    hf_status status = hf_status_list_parse(text, &arena, &list, NULL);
    fuzz_require(status.code != HF_NOMEM);
    if (hf_is_ok(status)) {
        check_list(&list);
    }
    fuzz_require(hf_is_ok(hf_inflate(text, &plain)) || plain.size == 0);
    fuzz_require(plain.capacity_bytes <= ROOM_BYTES);
    fuzz_require(hf_is_ok(hf_deflate(text, &packed)));
    fuzz_require(size == 0 || (hf_is_ok(hf_inflate(hf_buf_view(&packed), &again)) &&
                               hf_bytes_equal(hf_buf_view(&again), text)));
    return 0;
}
