/* Targets: consent/token.c, consent/grantors.c, consent/grantor_file.c. The input is a token as it
 * stands and a payload to sign with a key of each algorithm: what verifies was signed by the key on
 * file that it names, with that key's algorithm. */
#include "consent/token.h"
#include "tests/fuzz/grantor.h"

static void verify(hf_bytes text)
{
    const struct hf_token_context context = {grantors, "https://gw.example.test",
                                             hf_claims_limits_default(), 1767225700, NULL};
    struct hf_token *token = NULL;
    struct hf_act act;
    hf_status status = hf_token_verify(&context, text, &token, NULL);
    fuzz_require(status.code != HF_NOMEM && hf_is_ok(status) == (token != NULL));
    for (size_t i = 0; token && i < FUZZ_N_KEYS; i++) {
        bool is_of_key = strcmp(token->kid, hf_key_thumbprint(keys[i])) == 0;
        fuzz_require(is_of_key == (token->alg == hf_key_alg(keys[i])));
    }
    fuzz_require(!token || hf_bytes_equal(token->text, text));
    hf_token_unref(token);
    hf_ignore(hf_act_verify(&context, text, &act, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_grantor();
    verify(hf_bytes_of(data, size));
    for (size_t i = 0; i < FUZZ_N_KEYS; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_JWS_MAX_BYTES);
        if (hf_is_ok(hf_jws_sign(keys[i], "consent+jwt", hf_bytes_of(data, size), &text))) {
            verify(hf_buf_view(&text));
        }
    }
    return 0;
}
