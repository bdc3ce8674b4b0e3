/* Targets: consent/token.c, consent/grantors.c, consent/grantor_file.c. The input is a token as it
 * stands and a payload to sign: what verifies was signed by the one key on file. */
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
    fuzz_require(!token ||
                 (hf_bytes_equal(token->text, text) &&
                  hf_bytes_equal_string(hf_bytes_of_string(token->kid), hf_key_thumbprint(key))));
    hf_token_unref(token);
    hf_ignore(hf_act_verify(&context, text, &act, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_JWS_MAX_BYTES);
    fuzz_grantor();
    verify(hf_bytes_of(data, size));
    if (hf_is_ok(hf_jws_sign(key, "consent+jwt", hf_bytes_of(data, size), &text))) {
        verify(hf_buf_view(&text));
    }
    return 0;
}
