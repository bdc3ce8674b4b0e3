/*
 * The order of questions: form, kind, whose key, signature. The payload is handed out only when all
 * are answered, so nobody reads what was not signed.
 */
#include "consent/document.h"

hf_status hf_document_open(hf_bytes text, const struct hf_document_trust *trust,
                           struct hf_arena *arena, hf_bytes *ret_payload, struct hf_problem *reterr)
{
    struct hf_jws jws;
    HF_TRY(hf_jws_parse_document(text, arena, &jws, reterr));
    /* = RFC 8725 3.11: one kind of token must not pass for another */
    if (!hf_bytes_equal_string(jws.typ, trust->typ)) {
        return hf_problem_set(reterr, HF_CONSENT_MALFORMED, "header.typ", "must be %s", trust->typ);
    }
    const struct hf_key *key = hf_key_set_find(trust->keys, jws.kid);
    if (!key) {
        return hf_problem_set(reterr, HF_SIGNATURE_INVALID, "header.kid",
                              "names none of the gateway's keys");
    }
    hf_status status = hf_jws_verify(&jws, key);
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, "signature", "does not hold");
    }
    *ret_payload = jws.payload;
    return HF_DONE;
}

bool hf_document_uri_is_valid(hf_bytes uri)
{
    const hf_bytes scheme = HF_LITERAL("https://");
    if (uri.size <= scheme.size || uri.size > HF_DOCUMENT_URI_MAX_BYTES ||
        !hf_bytes_starts_with(uri, scheme)) {
        return false;
    }
    for (size_t i = 0; i < uri.size; i++) {
        if (uri.data[i] <= ' ' || uri.data[i] > '~' || uri.data[i] == '"' || uri.data[i] == '\\') {
            return false;
        }
    }
    return true;
}
