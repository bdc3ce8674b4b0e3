/* Targets: crypto/jws.c, crypto/base64.c, base/json.c. What is accepted has one spelling: its
 * parts, written again, are the token; and what verifies under a key does not after a bit has
 * changed. */
#include "crypto/base64.h"
#include "crypto/jws.h"
#include "crypto/key_parts.h"
#include "crypto/rand.h"
#include "tests/fuzz/fuzz.h"

static void check_one_spelling(hf_bytes token, const struct hf_jws *jws)
{
    HF_CLEANUP(hf_buf_clear) hf_buf again = hf_buf_init(HF_JWS_MAX_BYTES);
    const uint8_t *dot = memchr(token.data, '.', token.size);
    const hf_bytes header = hf_bytes_of(token.data, (size_t)(dot - token.data) + 1);
    fuzz_require(hf_is_ok(hf_buf_append(&again, header)));
    fuzz_require(hf_is_ok(hf_base64url_encode(jws->payload, &again)));
    fuzz_require(hf_bytes_equal(hf_buf_view(&again), jws->signing_input));
    fuzz_require(hf_is_ok(hf_buf_append_byte(&again, '.')));
    fuzz_require(hf_is_ok(hf_base64url_encode(hf_bytes_of(jws->signature, 64), &again)));
    fuzz_require(hf_bytes_equal(hf_buf_view(&again), token));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hf_key *key;
    const hf_bytes seed = HF_LITERAL("the 32 bytes of one private key.");
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_JWS_ARENA_BYTES);
    struct hf_jws jws;
    fuzz_require(hf_is_ok(hf_crypto_init()));
    fuzz_require(key || hf_is_ok(hf_key_from_private_part(HF_ALG_ED25519, seed, &key)));
    hf_status status = hf_jws_parse(hf_bytes_of(data, size), &arena, &jws, NULL);
    fuzz_require(status.code != HF_NOMEM); /* the promise of HF_JWS_ARENA_BYTES */
    if (hf_is_ok(status)) {
        check_one_spelling(hf_bytes_of(data, size), &jws);
        bool holds = hf_is_ok(hf_jws_verify(&jws, key));
        jws.signature[size % 64] ^= 1;
        fuzz_require(!holds || !hf_is_ok(hf_jws_verify(&jws, key)));
    }
    return 0;
}
