/*
 * One grantor with a known key of each algorithm, for targets that reach behind a signature.
 */
#pragma once

#include "base/file.h"
#include "consent/grantors.h"
#include "crypto/key_parts.h"
#include "crypto/rand.h"
#include "tests/fuzz/fuzz.h"

#include <unistd.h>

enum { FUZZ_N_KEYS = 3 };

static struct hf_key *key; /* the Ed25519 one */
static struct hf_key *keys[FUZZ_N_KEYS];
static struct hf_grantors *grantors;

/* Makes them all, once. */
static inline void fuzz_grantor(void)
{
    if (key) {
        return;
    }
    char folder[] = "/tmp/hufu-fuzz-XXXXXX";
    char path[128];
    HF_CLEANUP(hf_buf_clear) hf_buf file = hf_buf_init(4096);
    fuzz_require(hf_is_ok(hf_crypto_init()) && mkdtemp(folder));
    hf_ignore(hf_buf_append_string(&file, "{\"iss\":\"uscc:91350100M000100Y43\",\"keys\":["));
    for (size_t i = 0; i < FUZZ_N_KEYS; i++) {
        static const enum hf_alg algs[FUZZ_N_KEYS] = {HF_ALG_ED25519, HF_ALG_ES256, HF_ALG_SM2};
        fuzz_require(hf_is_ok(hf_key_from_private_part(
            algs[i], HF_LITERAL("the 32 bytes of one private key."), &keys[i])));
        hf_ignore(hf_buf_append_string(&file, i > 0 ? "," : ""));
        hf_ignore(hf_key_write_jwk(keys[i], &file));
    }
    key = keys[0];
    hf_ignore(hf_buf_append_string(&file, "]}"));
    snprintf(path, sizeof path, "%s/uscc_91350100M000100Y43.jwks", folder);
    fuzz_require(hf_is_ok(hf_file_write_durable(path, hf_buf_view(&file), 0600)));
    fuzz_require(hf_is_ok(hf_grantors_load(folder, &grantors, NULL)));
    fuzz_require(unlink(path) == 0 && rmdir(folder) == 0);
}
