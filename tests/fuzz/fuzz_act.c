/* Targets: consent/act.c, consent/request_proof.c, consent/order.c. A small payload is refused or
 * becomes values within their bounds, each a text that ends; an order is read as it was written. */
#include "consent/order.h"
#include "consent/request_proof.h"
#include "tests/fuzz/fuzz.h"

static void check_act(const struct hf_act *act)
{
    char name[HF_ORDER_NAME_CHARS + 1];
    struct hf_act order = *act;
    struct hf_act read;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_ORDER_FILE_MAX_BYTES);
    fuzz_require(hf_party_kind(hf_bytes_of_string(act->id.iss), &(enum hf_subject_kind){0}));
    fuzz_require(hf_act_is_of_all(act) || hf_jti_is_valid(hf_bytes_of_string(act->id.jti)));
    fuzz_require(!hf_act_is_of_all(act) || act->kind == HF_ACT_REVOKE);
    memcpy(order.reference, "12", sizeof "12");
    hf_order_file_name(order.reference, name);
    fuzz_require(hf_is_ok(hf_order_write(&order, &text)) &&
                 hf_is_ok(hf_order_parse(hf_buf_view(&text), name, &read, NULL)));
    fuzz_require(memcmp(&read.id, &act->id, sizeof read.id) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(512 << 10);
    hf_bytes text = hf_bytes_of(data, size);
    struct hf_request_proof proof;
    struct hf_act act;
    hf_bytes aud;
    if (hf_is_ok(hf_act_parse_revocation(text, &arena, &act, &aud, NULL)) ||
        hf_is_ok(hf_act_parse_status(text, &arena, &act, &aud, NULL))) {
        check_act(&act);
    }
    fuzz_require(!hf_is_ok(hf_request_proof_parse(text, &arena, &proof, &aud, NULL)) ||
                 (proof.htu[0] && proof.htm[0] && hf_jti_is_valid(hf_bytes_of_string(proof.jti))));
    hf_ignore(hf_order_parse(text, "order.json", &act, NULL));
    return 0;
}
