/* Targets: crypto/key_pem.c, crypto/base64.c. A private key that is accepted is written and read
 * again as the same key, and the two sign alike. */
#include "crypto/key_parts.h"
#include "crypto/rand.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t one[HF_SIGNATURE_BYTES];
    uint8_t two[HF_SIGNATURE_BYTES];
    struct hf_key *key = NULL;
    struct hf_key *again = NULL;
    HF_CLEANUP(hf_secret_buf_clear) hf_buf written = hf_buf_init(HF_KEY_PEM_MAX_BYTES);
    fuzz_require(hf_is_ok(hf_crypto_init()));
    if (!hf_is_ok(hf_key_from_pem(hf_bytes_of(data, size), &key, NULL))) {
        fuzz_require(!key);
        return 0;
    }
    fuzz_require(hf_is_ok(hf_key_write_private_pem(key, &written)));
    fuzz_require(hf_is_ok(hf_key_from_pem(hf_buf_view(&written), &again, NULL)));
    fuzz_require(hf_is_ok(hf_key_sign(key, hf_bytes_of(data, size), one)));
    fuzz_require(hf_is_ok(hf_key_sign(again, hf_bytes_of(data, size), two)));
    fuzz_require(memcmp(one, two, sizeof(one)) == 0);
    hf_key_unref(key);
    hf_key_unref(again);
    return 0;
}
