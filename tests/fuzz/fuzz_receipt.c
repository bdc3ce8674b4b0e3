/* Targets: consent/receipt_read.c, consent/status_ref.c, consent/document.c, crypto/key_set.c. A
 * payload is refused or becomes values within their bounds; nothing that no key signed is opened;
 * a set of keys that is read is one that can be written and read again. */
#include "consent/receipt.h"
#include "tests/fuzz/fuzz.h"

static void check_keys(const struct hf_key_set *keys)
{
    struct hf_key_set again;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_KEY_SET_MAX_BYTES);
    fuzz_require(keys->n_keys >= 1 && hf_is_ok(hf_key_set_write(keys, &text)));
    fuzz_require(hf_is_ok(hf_key_set_parse(hf_buf_view(&text), &again, NULL)));
    fuzz_require(again.n_keys == keys->n_keys);
    hf_key_set_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_RECEIPT_ARENA_BYTES);
    HF_CLEANUP(hf_key_set_clear) struct hf_key_set keys = {.n_keys = 0};
    const hf_bytes text = hf_bytes_of(data, size);
    struct hf_receipt receipt;
    hf_status status = hf_receipt_parse(text, &arena, &receipt, NULL);
    fuzz_require(status.code != HF_NOMEM);
    if (hf_is_ok(status)) {
        fuzz_require(hf_jti_is_valid(hf_bytes_of_string(receipt.id.jti)));
        fuzz_require(receipt.history.n_events >= 1 &&
                     receipt.history.n_events <= HF_HISTORY_MAX_EVENTS);
        fuzz_require(hf_consent_state_is_named(receipt.state) && receipt.purposes != 0);
    }
    hf_arena_clear(&arena);
    fuzz_require(!hf_is_ok(hf_receipt_verify(text, &keys, &arena, &receipt, NULL)));
    if (hf_is_ok(hf_key_set_parse(text, &keys, NULL))) {
        check_keys(&keys);
    }
    return 0;
}
