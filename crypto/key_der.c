/*
 * Keys as DER: PKCS#8 (RFC 5958, RFC 8410, RFC 5915) and SubjectPublicKeyInfo (RFC 5280, RFC 5480),
 * as `openssl pkey` reads and writes them. They are read here and not by OpenSSL, because the
 * decoder behind EVP_PKEY accepts a dozen formats, passphrases and curves by parameters, and leaves
 * copies of the key on its way.
 *
 * Accepted: OneAsymmetricKey version 1 and 2, one key of a kind of ours, curves by name, points
 * uncompressed, nothing behind it. A public key inside must be the private key's own. Written:
 * version 1; for a curve with the public point in it, without which other tools sign no SM2.
 *
 * Invariant: private bytes are only pointed to here, or lie in the buffer that the caller wipes.
 */
#include "crypto/key.h"

#include "crypto/der.h"
#include "crypto/key_parts.h"

enum {
    TAG_PUBLIC_KEY = 0x81, /* [1] IMPLICIT BIT STRING of OneAsymmetricKey */
    TAG_ATTRIBUTES = 0xa0, /* [0] of OneAsymmetricKey */
    TAG_EC_CURVE = 0xa0,   /* [0] EXPLICIT of ECPrivateKey */
    TAG_EC_POINT = 0xa1,   /* [1] EXPLICIT of ECPrivateKey */
    UNCOMPRESSED = 0x04
};

/* One kind of key: how its AlgorithmIdentifier is spelled, and what stands before its bytes. */
struct shape {
    enum hf_alg alg;
    hf_bytes algorithm;    /* content of the AlgorithmIdentifier */
    hf_bytes pkcs8_prefix; /* up to the private bytes */
    hf_bytes pkcs8_middle; /* from there to the point, its format included; empty: no point */
    hf_bytes spki_prefix;  /* up to the point */
};

#define EC_PUBLIC_KEY "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"  /* = RFC 5480 2.1.1 */
#define CURVE_P256 "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07" /* = RFC 5480 2.1.1.1 */
#define CURVE_SM2 "\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d"  /* = GM/T 0006: sm2p256v1 */
#define EC_PKCS8(curve)                                                                            \
    "\x30\x81\x87\x02\x01\x00\x30\x13" EC_PUBLIC_KEY curve "\x04\x6d\x30\x6b\x02\x01\x01\x04\x20"
#define EC_PKCS8_MIDDLE "\xa1\x44\x03\x42\x00\x04"
#define EC_SPKI(curve) "\x30\x59\x30\x13" EC_PUBLIC_KEY curve "\x03\x42\x00\x04"
#define ED25519 "\x06\x03\x2b\x65\x70" /* = RFC 8410 3: parameters MUST be absent */

static const struct shape shapes[] = {
    {.alg = HF_ALG_ED25519, /* = RFC 8410 4, 7 */
     .algorithm = {(const uint8_t *)ED25519, sizeof(ED25519) - 1},
     .pkcs8_prefix = {(const uint8_t *)"\x30\x2e\x02\x01\x00\x30\x05" ED25519 "\x04\x22\x04\x20",
                      16},
     .spki_prefix = {(const uint8_t *)"\x30\x2a\x30\x05" ED25519 "\x03\x21\x00", 12}},
    {.alg = HF_ALG_ES256, /* = RFC 5915 3, RFC 5480 2 */
     .algorithm = {(const uint8_t *)EC_PUBLIC_KEY CURVE_P256, 19},
     .pkcs8_prefix = {(const uint8_t *)EC_PKCS8(CURVE_P256), 36},
     .pkcs8_middle = {(const uint8_t *)EC_PKCS8_MIDDLE, 6},
     .spki_prefix = {(const uint8_t *)EC_SPKI(CURVE_P256), 27}},
    {.alg = HF_ALG_SM2,
     .algorithm = {(const uint8_t *)EC_PUBLIC_KEY CURVE_SM2, 19},
     .pkcs8_prefix = {(const uint8_t *)EC_PKCS8(CURVE_SM2), 36},
     .pkcs8_middle = {(const uint8_t *)EC_PKCS8_MIDDLE, 6},
     .spki_prefix = {(const uint8_t *)EC_SPKI(CURVE_SM2), 27}},
};

_Static_assert(sizeof(EC_PKCS8(CURVE_P256)) == 36 + 1, "PKCS#8 up to the scalar");
_Static_assert(sizeof(EC_SPKI(CURVE_P256)) == 27 + 1, "SPKI up to the point");

static hf_status malformed(struct hf_problem *reterr, const char *sentence)
{
    return hf_problem_set(reterr, HF_KEY_MALFORMED, NULL, "%s", sentence);
}

static hf_status unsupported(struct hf_problem *reterr, const char *sentence)
{
    return hf_problem_set(reterr, HF_KEY_UNSUPPORTED, NULL, "%s", sentence);
}

static const struct shape *shape_of(enum hf_alg alg)
{
    const struct shape *shape = shapes;
    while (shape->alg != alg) { /* a key has one of them */
        shape++;
    }
    return shape;
}

/* ---- reading ---- */

/* = RFC 8410 3, RFC 5480 2.1.1: told by the whole identifier, curve or no parameters included */
static hf_status find_shape(hf_bytes algorithm, const struct shape **ret_shape,
                            struct hf_problem *reterr)
{
    hf_bytes rest = algorithm;
    hf_bytes oid;
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (hf_bytes_equal(algorithm, shapes[i].algorithm)) {
            *ret_shape = &shapes[i];
            return HF_DONE;
        }
    }
    if (!hf_der_take(&rest, HF_DER_OID, &oid)) {
        return malformed(reterr, "the key's algorithm is not well formed");
    }
    if (hf_bytes_starts_with(algorithm, shapes[0].algorithm)) {
        return malformed(reterr, "the algorithm of an Ed25519 key has no parameters");
    }
    return unsupported(reterr, "only Ed25519, P-256 and SM2 keys are supported, curves by name");
}

/* The bytes of a point as key.c takes them. */
static bool read_bits(hf_bytes bits, const struct shape *shape, hf_bytes *ret_point)
{
    size_t n_head = shape->alg == HF_ALG_ED25519 ? 1 : 2;
    if (bits.size <= n_head || bits.data[0] != 0 /* no unused bits */ ||
        (n_head == 2 && bits.data[1] != UNCOMPRESSED)) {
        return false;
    }
    *ret_point = hf_bytes_skip(bits, n_head);
    return true;
}

struct parts {
    const struct shape *shape;
    uint8_t version;
    hf_bytes private_part;
    hf_bytes points[2]; /* inside, and beside; empty when absent */
};

/* = RFC 5958 2: OneAsymmetricKey, up to the algorithm */
static hf_status read_head(hf_bytes *in, struct parts *parts, struct hf_problem *reterr)
{
    hf_bytes version;
    hf_bytes algorithm;
    if (!hf_der_take(in, HF_DER_INTEGER, &version) || version.size != 1 || version.data[0] > 1 ||
        !hf_der_take(in, HF_DER_SEQUENCE, &algorithm)) {
        return malformed(reterr, "not a PKCS#8 private key");
    }
    parts->version = version.data[0];
    return find_shape(algorithm, &parts->shape, reterr);
}

/* = RFC 5915 3: ECPrivateKey, whose curve must not be another than the algorithm's */
static hf_status read_ec_private(hf_bytes octets, struct parts *parts, struct hf_problem *reterr)
{
    hf_bytes in;
    hf_bytes version;
    hf_bytes element;
    hf_bytes bits;
    if (!hf_der_take(&octets, HF_DER_SEQUENCE, &in) || octets.size > 0 ||
        !hf_der_take(&in, HF_DER_INTEGER, &version) ||
        !hf_bytes_equal(version, HF_LITERAL("\x01")) ||
        !hf_der_take(&in, HF_DER_OCTET_STRING, &parts->private_part)) {
        return malformed(reterr, "the private key is not an ECPrivateKey");
    }
    hf_bytes curve = hf_bytes_skip(parts->shape->algorithm, sizeof(EC_PUBLIC_KEY) - 1);
    if (hf_der_take(&in, TAG_EC_CURVE, &element) && !hf_bytes_equal(element, curve)) {
        return malformed(reterr, "the private key names another curve");
    }
    if (hf_der_take(&in, TAG_EC_POINT, &element) &&
        (!hf_der_take(&element, HF_DER_BIT_STRING, &bits) || element.size > 0 ||
         !read_bits(bits, parts->shape, &parts->points[0]))) {
        return malformed(reterr, "the public key inside is not an uncompressed point");
    }
    return in.size == 0 ? HF_DONE : malformed(reterr, "unknown content in the private key");
}

static hf_status read_private(hf_bytes octets, struct parts *parts, struct hf_problem *reterr)
{
    if (parts->shape->alg != HF_ALG_ED25519) {
        HF_TRY(read_ec_private(octets, parts, reterr));
    } else if (!hf_der_take(&octets, HF_DER_OCTET_STRING, &parts->private_part) ||
               octets.size > 0) {
        return malformed(reterr, "the private key is not an octet string");
    }
    return parts->private_part.size == HF_KEY_PRIVATE_BYTES
               ? HF_DONE
               : malformed(reterr, "the private key is not 32 bytes");
}

static hf_status read_parts(hf_bytes der, struct parts *parts, struct hf_problem *reterr)
{
    hf_bytes in;
    hf_bytes octets;
    hf_bytes ignored;
    hf_bytes bits;
    if (!hf_der_take(&der, HF_DER_SEQUENCE, &in) || der.size > 0) {
        return malformed(reterr, "not one DER value");
    }
    HF_TRY(read_head(&in, parts, reterr));
    if (!hf_der_take(&in, HF_DER_OCTET_STRING, &octets)) {
        return malformed(reterr, "the private key is missing");
    }
    HF_TRY(read_private(octets, parts, reterr));
    if (in.size > 0 && in.data[0] == TAG_ATTRIBUTES &&
        !hf_der_take(&in, TAG_ATTRIBUTES, &ignored)) {
        return malformed(reterr, "the attributes are cut");
    }
    if (in.size > 0 && (parts->version != 1 || !hf_der_take(&in, TAG_PUBLIC_KEY, &bits) ||
                        !read_bits(bits, parts->shape, &parts->points[1]))) {
        return malformed(reterr, "unknown content behind the private key");
    }
    return in.size == 0 ? HF_DONE : malformed(reterr, "unknown content behind the public key");
}

hf_status hf_key_from_pkcs8(hf_bytes der, struct hf_key **ret_key, struct hf_problem *reterr)
{
    struct parts parts = {0};
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    HF_TRY(read_parts(der, &parts, reterr));
    hf_status status = hf_key_from_private_part(parts.shape->alg, parts.private_part, &key);
    if (status.code == HF_KEY_MALFORMED) {
        return malformed(reterr, "the private key is out of its range");
    }
    HF_TRY(status);
    for (size_t i = 0; i < 2; i++) {
        if (parts.points[i].size > 0 && !hf_bytes_equal(parts.points[i], hf_key_public_part(key))) {
            return malformed(reterr, "the public key inside is another key's");
        }
    }
    *ret_key = key;
    key = NULL;
    return HF_DONE;
}

hf_status hf_key_from_spki(hf_bytes der, struct hf_key **ret_key, struct hf_problem *reterr)
{
    const struct shape *shape = NULL;
    hf_bytes in;
    hf_bytes algorithm;
    hf_bytes bits;
    hf_bytes point;
    if (!hf_der_take(&der, HF_DER_SEQUENCE, &in) || der.size > 0 ||
        !hf_der_take(&in, HF_DER_SEQUENCE, &algorithm)) {
        return malformed(reterr, "not a public key");
    }
    HF_TRY(find_shape(algorithm, &shape, reterr));
    if (!hf_der_take(&in, HF_DER_BIT_STRING, &bits) || in.size > 0 ||
        !read_bits(bits, shape, &point)) {
        return malformed(reterr, "the public key is not an uncompressed point");
    }
    hf_status status = hf_key_from_public_part(shape->alg, point, ret_key);
    return status.code == HF_KEY_MALFORMED
               ? malformed(reterr, "the public key is not a point of the prime-order group")
               : status;
}

/* ---- writing ---- */

hf_status hf_key_write_spki(const struct hf_key *key, hf_buf *der)
{
    hf_bytes prefix = shape_of(hf_key_alg(key))->spki_prefix;
    hf_bytes point = hf_key_public_part(key);
    HF_TRY(hf_buf_reserve(der, prefix.size + point.size)); /* all or nothing */
    HF_TRY(hf_buf_append(der, prefix));
    return hf_buf_append(der, point);
}

hf_status hf_key_write_pkcs8(const struct hf_key *key, hf_buf *der)
{
    const struct shape *shape = shape_of(hf_key_alg(key));
    uint8_t part[HF_KEY_PRIVATE_BYTES];
    HF_TRY(hf_buf_reserve(der, shape->pkcs8_prefix.size + sizeof(part) + shape->pkcs8_middle.size +
                                   HF_KEY_PUBLIC_MAX_BYTES));
    HF_TRY(hf_key_private_part(key, part));
    hf_status status = hf_buf_append(der, shape->pkcs8_prefix);
    status = hf_is_ok(status) ? hf_buf_append(der, hf_bytes_of(part, sizeof(part))) : status;
    hf_wipe(part, sizeof(part));
    HF_TRY(status);
    HF_TRY(hf_buf_append(der, shape->pkcs8_middle));
    return shape->pkcs8_middle.size > 0 ? hf_buf_append(der, hf_key_public_part(key)) : HF_DONE;
}
