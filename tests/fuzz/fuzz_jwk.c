/* Targets: crypto/key_jwk.c, crypto/key.c. A key that is accepted is written and read again as the
 * same key, names its own kid, and never has a private part. */
#include "crypto/key.h"
#include "crypto/rand.h"
#include "tests/fuzz/fuzz.h"

static const struct hf_json_limits LIMITS = {1 << 14, 8, 256, 1 << 12};

static hf_status read_key(hf_bytes text, struct hf_key **ret_key)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 20);
    const struct hf_json *jwk = NULL;
    HF_TRY(hf_json_parse(text, &LIMITS, &arena, &jwk, NULL));
    return hf_key_from_jwk(jwk, ret_key, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_key *key = NULL;
    struct hf_key *again = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf written = hf_buf_init(1 << 12);
    fuzz_require(hf_is_ok(hf_crypto_init()));
    if (!hf_is_ok(read_key(hf_bytes_of(data, size), &key))) {
        fuzz_require(!key);
        return 0;
    }
    fuzz_require(!hf_key_has_private(key));
    fuzz_require(hf_is_ok(hf_key_write_jwk(key, &written)));
    fuzz_require(hf_is_ok(read_key(hf_buf_view(&written), &again)));
    fuzz_require(strcmp(hf_key_thumbprint(key), hf_key_thumbprint(again)) == 0);
    hf_key_unref(key);
    hf_key_unref(again);
    return 0;
}
