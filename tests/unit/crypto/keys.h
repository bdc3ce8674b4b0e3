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

static inline struct hf_key *key_of_seed(const char *hex)
{
    uint8_t seed[HF_ED25519_SEED_BYTES];
    struct hf_key *key = NULL;
    assert_int_equal(bytes_of_hex(hex, seed), sizeof(seed));
    assert_ok(hf_key_from_ed25519_seed(hf_bytes_of(seed, sizeof(seed)), &key));
    return key;
}

static inline void unref(struct hf_key **key)
{
    hf_key_unref(*key);
}

static inline const struct hf_json *json_of(const char *text, struct hf_arena *arena)
{
    static const struct hf_json_limits limits = {1 << 22, 16, 1 << 18, 1 << 16};
    const struct hf_json *root = NULL;
    assert_ok(hf_json_parse(hf_bytes_of_string(text), &limits, arena, &root, NULL));
    return root;
}
