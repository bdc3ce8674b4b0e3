/*
 * JWS in compact serialization (RFC 7515 3.1), the envelope of every signed token of ours.
 */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"
#include "crypto/key.h"

enum {
    HF_JWS_MAX_BYTES = 16384,
    HF_JWS_HEADER_MAX_BYTES = 8192,
    HF_JWS_PAYLOAD_MAX_BYTES = 8192,
    HF_JWS_KID_MAX_BYTES = 128,
    HF_JWS_MAX_CERTS = 3,
    HF_JWS_ARENA_BYTES = 65536, /* a limit under which parsing any token never runs out */
    /* What a gateway itself signs about consents may be longer: receipts, status lists. */
    HF_JWS_DOCUMENT_MAX_BYTES = 1 << 20,
    HF_JWS_DOCUMENT_PAYLOAD_MAX_BYTES = 760 << 10
};

struct hf_jws {
    hf_bytes signing_input; /* view into the token: header.payload */
    uint8_t signature[HF_SIGNATURE_BYTES];
    hf_bytes payload; /* decoded, in the arena; not to be used before verify */
    enum hf_alg alg;  /* what the header claims */
    hf_bytes typ;     /* in the arena */
    hf_bytes kid;     /* in the arena; [A-Za-z0-9._~:-]{1,128}; empty: there is only x5c */
    hf_bytes certs[HF_JWS_MAX_CERTS]; /* x5c, decoded, in the arena: DER or anything else */
    size_t n_certs;                   /* 0: there is only kid */
};

/**
 * hf_jws_parse() - split and decode a token and check its header's profile
 * @token:   borrowed; must outlive @ret_jws (signing_input points into it); untrusted
 * @arena:   decoded parts live there; HF_JWS_ARENA_BYTES is enough
 * @reterr:  may be NULL; `where` names the member to blame, e.g. "header.alg"
 *
 * The payload is decoded and nothing more: it may be any bytes.
 * Shape: exactly three non-empty parts of strict base64url; the header an object of exactly `alg`,
 * `typ`, `kid` (each a string, once). White space, JSON serialization, JWE, `none`, an algorithm
 * outside the list, `jwk jku x5u x5c crit b64 zip cty` and any unknown member are refused. `certs`
 * is empty.
 * Cost: O(n). Errors: CONSENT_MALFORMED, CONSENT_SIGNATURE_INVALID (signature not 64 bytes), NOMEM.
 * Source: RFC 7515 5.2, RFC 8725 3, docs/consent-token.md.
 */
hf_status hf_jws_parse(hf_bytes token, struct hf_arena *arena, struct hf_jws *ret_jws,
                       struct hf_problem *reterr);

/**
 * hf_jws_parse_certified() - the same for a token that may bring its signer's certificates
 *
 * Beside or instead of `kid` the header may have `x5c`: 1 to 3 strings of standard base64 with
 * padding (RFC 7515 4.1.6). One of the two must be there. What the certificates are worth is
 * crypto/chain.h's to say; whoever gets both has to see that both name one key.
 * Errors: as above.
 */
hf_status hf_jws_parse_certified(hf_bytes token, struct hf_arena *arena, struct hf_jws *ret_jws,
                                 struct hf_problem *reterr);

/* As hf_jws_parse(), for a document: the bounds are those of HF_JWS_DOCUMENT_*. Errors: as above.
 */
hf_status hf_jws_parse_document(hf_bytes document, struct hf_arena *arena, struct hf_jws *ret_jws,
                                struct hf_problem *reterr);

/**
 * hf_jws_verify() - check that @key made the signature
 *
 * The header's algorithm must be the key's own (RFC 8725 3.1).
 * Errors: SIGNATURE_INVALID.
 */
hf_status hf_jws_verify(const struct hf_jws *jws, const struct hf_key *key);

/**
 * hf_jws_sign() - append a token: header {"alg","typ","kid"} of @key, @payload as it is
 * @typ:     1..64 bytes
 * @payload: 1..HF_JWS_PAYLOAD_MAX_BYTES
 *
 * The kid is the key's thumbprint (RFC 7638). On failure @buf is as it was.
 * Errors: LIMIT, NOMEM, BUG (no private part), CRYPTO. Source: RFC 7515 5.1.
 */
hf_status hf_jws_sign(const struct hf_key *key, const char *typ, hf_bytes payload, hf_buf *buf);

/* The same with a payload of up to HF_JWS_DOCUMENT_PAYLOAD_MAX_BYTES. Errors: as above. */
hf_status hf_jws_sign_document(const struct hf_key *key, const char *typ, hf_bytes payload,
                               hf_buf *buf);
