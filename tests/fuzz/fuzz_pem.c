/* Targets: crypto/key_pem.c, crypto/key_der.c, crypto/der.c, crypto/base64.c. A private key that is
 * accepted is written and read again as the same key: one verifies what the other signs. A public
 * key is read again from what is written of it. */
#include "crypto/key_parts.h"
#include "crypto/rand.h"
#include "tests/fuzz/fuzz.h"

static void read_public(hf_bytes text)
{
    struct hf_key *key = NULL;
    struct hf_key *again = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf written = hf_buf_init(HF_KEY_PEM_MAX_BYTES);
    if (hf_is_ok(hf_key_from_public_pem(text, &key, NULL))) {
        fuzz_require(hf_is_ok(hf_key_write_public_pem(key, &written)));
        fuzz_require(hf_is_ok(hf_key_from_public_pem(hf_buf_view(&written), &again, NULL)));
        fuzz_require(strcmp(hf_key_thumbprint(key), hf_key_thumbprint(again)) == 0);
    }
    hf_key_unref(key);
    hf_key_unref(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t signature[HF_SIGNATURE_BYTES];
    hf_bytes text = hf_bytes_of(data, size);
    struct hf_key *key = NULL;
    struct hf_key *again = NULL;
    HF_CLEANUP(hf_secret_buf_clear) hf_buf written = hf_buf_init(HF_KEY_PEM_MAX_BYTES);
    fuzz_require(hf_is_ok(hf_crypto_init()));
    read_public(text);
    if (hf_is_ok(hf_key_from_pem(text, &key, NULL))) {
        fuzz_require(hf_is_ok(hf_key_write_private_pem(key, &written)));
        fuzz_require(hf_is_ok(hf_key_from_pem(hf_buf_view(&written), &again, NULL)));
        fuzz_require(hf_is_ok(hf_key_sign(key, text, signature)));
        fuzz_require(hf_is_ok(hf_key_verify(again, text, hf_bytes_of(signature, 64))));
    }
    hf_key_unref(key);
    hf_key_unref(again);
    return 0;
}
