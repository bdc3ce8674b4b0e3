/* Published keys that several tests of crypto/ use. */
#pragma once

#include "base/json.h"
#include "crypto/key_parts.h"
#include "tests/unit/crypto/hex.h"
#include "tests/unit/unit.h"

/* = RFC 8037 A.1-A.3: the same key pair as test 1 of RFC 8032 7.1 */
#define RFC8037_SEED_HEX "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
#define RFC8037_PUBLIC_HEX "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define RFC8037_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define RFC8037_THUMBPRINT "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

/* = RFC 7515 A.3; the thumbprints of this and the next were computed by other software */
#define RFC7515_D_HEX "8e9b109e719098bf980487df1f5d77e9cb29606ebed2263b5f57c213df84f4b2"
#define RFC7515_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define RFC7515_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define RFC7515_THUMBPRINT "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"

/* = GB/T 32918.5 Annex A */
#define SM2_D_HEX "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
#define SM2_X_HEX "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
#define SM2_Y_HEX "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
#define SM2_THUMBPRINT "lgVsnVqdKsFLJ2q4y2l6gACWaCOEQcWQb1t30j4Q6fU"

static inline struct hf_key *key_of_private(enum hf_alg alg, const char *hex)
{
    uint8_t part[HF_KEY_PRIVATE_BYTES];
    struct hf_key *key = NULL;
    assert_int_equal(bytes_of_hex(hex, part), sizeof(part));
    assert_ok(hf_key_from_private_part(alg, hf_bytes_of(part, sizeof(part)), &key));
    return key;
}

static inline struct hf_key *key_of_seed(const char *hex)
{
    return key_of_private(HF_ALG_ED25519, hex);
}

static inline const struct hf_json *json_of(const char *text, struct hf_arena *arena)
{
    static const struct hf_json_limits limits = {1 << 22, 16, 1 << 18, 1 << 16};
    const struct hf_json *root = NULL;
    assert_ok(hf_json_parse(hf_bytes_of_string(text), &limits, arena, &root, NULL));
    return root;
}
