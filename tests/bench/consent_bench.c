/*
 * What it costs to believe a consent: cold, beside the bare check of the same signature by the
 * library that serves it; and warm, from a worker's cache, as a request does it.
 *
 *   consent_bench [ROUNDS]     variants take turns within each round; CPU time of this thread
 *
 * Cold is what a request does that did not find its token in the cache: hf_token_verify_hashed()
 * and hf_token_judge(), that is envelope, key, signature, claims, key standing, hour; the digest is
 * the look-up's, and stands under warm. Bare is crypto_sign_ed25519_verify_detached() or
 * EVP_DigestVerify() over the same bytes with a key that is ready. Warm is the token's digest, the
 * look-up, key standing, hour, recipient, binding and state, with every allocation counted.
 */
#include "base/file.h"
#include "consent/cache.h"
#include "consent/entry_parts.h"
#include "consent/judge.h"
#include "crypto/ec.h"
#include "crypto/rand.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ISS "uscc:91350100M000100Y43"
#define BANK "911100001000044477"
#define DIGEST "jNIolscN8ztzRBlhk9CHWqpZhuZeJ7wp-KZDvbOvpv4"
#define SCOPE(dataset)                                                                             \
    "{\"type\":\"credit_data\",\"datatypes\":[\"" dataset "\"],\"actions\":[\"query\",\"use\"],"   \
    "\"classes\":[\"trade_secret\"],\"range\":{\"from\":\"2023-01-01\",\"to\":\"2025-12-31\"}}"
#define PAYLOAD                                                                                    \
    "{\"ver\":1,\"iss\":\"" ISS "\",\"sub\":\"" ISS "\",\"aud\":\"https://gw.example.test\","      \
    "\"rcpt\":\"uscc:" BANK "\",\"jti\":\"c-0123456789abcdef0123456789abcdef\","                   \
    "\"iat\":1767225600,\"nbf\":1767225600,\"exp\":1774915200,"                                    \
    "\"nonce\":\"AAECAwQFBgcICQoLDA0ODw\",\"purposes\":[\"pre_loan\"],"                            \
    "\"authorization_details\":[" SCOPE("tax/payment") "," SCOPE(                                  \
        "power/usage") "],"                                                                        \
                       "\"fetch\":{\"max_total\":3,\"per\":{\"unit\":\"day\",\"count\":1}},"       \
                       "\"data_life_days\":90,"                                                    \
                       "\"cnf\":{\"x5t#S256\":\"" DIGEST "\"},"                                    \
                       "\"notice\":{\"id\":\"n-1\",\"ver\":\"2026-01\",\"sha256\":\"" DIGEST       \
                       "\",\"lang\":\"zh-CN\"}}"

enum { NOW = 1767225700, N_ALGS = 3, CALLS = 200, WARM_CALLS = 20000, DER_BYTES = 80 };

static const enum hf_alg algs[N_ALGS] = {HF_ALG_ED25519, HF_ALG_ES256, HF_ALG_SM2};

/* ---- allocations ---- */

void *__libc_malloc(size_t size); /* what malloc() is when nobody counts */
static unsigned long n_allocations;

void *malloc(size_t size)
{
    n_allocations++;
    return __libc_malloc(size);
}

static void die(const char *what)
{
    fprintf(stderr, "consent_bench: %s\n", what);
    _exit(1);
}

static void require(hf_status status, const char *what)
{
    if (!hf_is_ok(status)) {
        die(what);
    }
}

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* One algorithm: a key on file, a token of it, and the same signature for the bare check. */
struct subject {
    enum hf_alg alg;
    struct hf_key *key;
    struct hf_grantors *grantors;
    struct hf_token_context context;
    hf_buf token;
    uint8_t sha256[HF_SHA256_BYTES];
    hf_bytes signed_text;
    uint8_t signature[HF_SIGNATURE_BYTES];
    EVP_PKEY *evp;
    unsigned char *der;
    int n_der;
    double cold_us, bare_us; /* the best round of each */
};

static void put_on_file(struct subject *subject)
{
    char folder[] = "/tmp/hufu-bench-XXXXXX";
    char path[128];
    hf_buf file = hf_buf_init(4096);
    if (!mkdtemp(folder)) {
        die("mkdtemp");
    }
    require(hf_buf_append_string(&file, "{\"iss\":\"" ISS "\",\"keys\":["), "grantor");
    require(hf_key_write_jwk(subject->key, &file), "grantor");
    require(hf_buf_append_string(&file, "]}"), "grantor");
    snprintf(path, sizeof path, "%s/uscc_%s.jwks", folder, &ISS[5]);
    require(hf_file_write_durable(path, hf_buf_view(&file), 0600), path);
    require(hf_grantors_load(folder, &subject->grantors, NULL), folder);
    unlink(path);
    rmdir(folder);
    hf_buf_clear(&file);
}

/* The same key and signature as OpenSSL itself takes them. */
static void prepare_bare(struct subject *subject)
{
    uint8_t encoded[65] = {4};
    char group[8];
    ECDSA_SIG *numbers = ECDSA_SIG_new();
    bool is_sm2 = subject->alg == HF_ALG_SM2;
    if (subject->alg == HF_ALG_ED25519) {
        ECDSA_SIG_free(numbers);
        return;
    }
    snprintf(group, sizeof group, "%s", is_sm2 ? "SM2" : "P-256");
    memcpy(encoded + 1, hf_key_public_part(subject->key).data, 64);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("group", group, 0),
                           OSSL_PARAM_construct_octet_string("pub", encoded, sizeof encoded),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *keys = EVP_PKEY_CTX_new_from_name(NULL, is_sm2 ? "SM2" : "EC", NULL);
    if (EVP_PKEY_fromdata_init(keys) != 1 ||
        EVP_PKEY_fromdata(keys, &subject->evp, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        die("EVP_PKEY_fromdata");
    }
    EVP_PKEY_CTX_free(keys);
    ECDSA_SIG_set0(numbers, BN_bin2bn(subject->signature, 32, NULL),
                   BN_bin2bn(subject->signature + 32, 32, NULL));
    subject->n_der = i2d_ECDSA_SIG(numbers, &subject->der);
    ECDSA_SIG_free(numbers);
}

static void prepare(struct subject *subject, enum hf_alg alg)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_JWS_ARENA_BYTES);
    struct hf_jws jws;
    *subject = (struct subject){.alg = alg, .token = hf_buf_init(HF_JWS_MAX_BYTES)};
    subject->cold_us = subject->bare_us = 1e12;
    require(hf_key_generate(alg, &subject->key), "key");
    put_on_file(subject);
    require(hf_jws_sign(subject->key, "consent+jwt", HF_LITERAL(PAYLOAD), &subject->token), "sign");
    require(hf_jws_parse(hf_buf_view(&subject->token), &arena, &jws, NULL), "parse");
    hf_sha256_of(hf_buf_view(&subject->token), subject->sha256);
    subject->signed_text = jws.signing_input;
    memcpy(subject->signature, jws.signature, sizeof jws.signature);
    subject->context = (struct hf_token_context){.grantors = subject->grantors,
                                                 .audience = "https://gw.example.test",
                                                 .limits = hf_claims_limits_default(),
                                                 .now_unix_s = NOW};
    prepare_bare(subject);
}

/* ---- cold ---- */

static void check_bare(const struct subject *subject)
{
    static char id[] = HF_SM2_DISTINGUISHING_ID;
    hf_bytes text = subject->signed_text;
    if (subject->alg == HF_ALG_ED25519) {
        if (crypto_sign_ed25519_verify_detached(subject->signature, text.data, text.size,
                                                hf_key_public_part(subject->key).data) != 0) {
            die("bare check");
        }
        return;
    }
    bool is_sm2 = subject->alg == HF_ALG_SM2;
    OSSL_PARAM params[2] = {OSSL_PARAM_construct_end()};
    if (is_sm2) {
        params[0] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_DIST_ID, id, sizeof id - 1);
        params[1] = OSSL_PARAM_construct_end();
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (EVP_DigestVerifyInit_ex(context, NULL, is_sm2 ? "SM3" : "SHA256", NULL, NULL, subject->evp,
                                params) != 1 ||
        EVP_DigestVerify(context, subject->der, (size_t)subject->n_der, text.data, text.size) !=
            1) {
        die("bare check");
    }
    EVP_MD_CTX_free(context);
}

static void check_cold(const struct subject *subject)
{
    struct hf_token *token = NULL;
    require(hf_token_verify_hashed(&subject->context, hf_buf_view(&subject->token), subject->sha256,
                                   &token, NULL),
            "verify");
    require(hf_token_judge(&subject->context, token, NOW, NULL), "judge");
    hf_token_unref(token);
}

static double time_calls(void (*call)(const struct subject *), const struct subject *subject)
{
    double begun = cpu_us();
    for (unsigned i = 0; i < CALLS; i++) {
        call(subject);
    }
    return (cpu_us() - begun) / CALLS;
}

static void keep_best(double *best, double now)
{
    *best = now < *best ? now : *best;
}

/* ---- warm ---- */

struct warm {
    const struct subject *subject;
    struct hf_token_cache *cache;
    struct hf_tally tally;
    uint8_t cert_sha256[HF_SHA256_BYTES];
};

static void fill_cache(struct warm *warm)
{
    struct hf_token *token = NULL;
    struct hf_cached_consent consent;
    require(
        hf_token_verify(&warm->subject->context, hf_buf_view(&warm->subject->token), &token, NULL),
        "verify");
    warm->tally = (struct hf_tally){.mutex = PTHREAD_MUTEX_INITIALIZER};
    consent.token = token;
    require(hf_entry_new(&token->claims.id, &warm->tally, &consent.entry), "entry");
    require(hf_token_cache_new(1024, &warm->cache), "cache");
    hf_token_cache_put(warm->cache, 1, token->sha256, &consent);
    memcpy(warm->cert_sha256, token->claims.cert_sha256, sizeof warm->cert_sha256);
    hf_token_unref(token);
    hf_entry_unref(consent.entry);
}

static void check_warm(const struct warm *warm)
{
    uint8_t key[HF_SHA256_BYTES];
    struct hf_cached_consent found;
    hf_sha256_of(hf_buf_view(&warm->subject->token), key);
    if (!hf_token_cache_find(warm->cache, 1, key, &found)) {
        die("not in the cache");
    }
    const struct hf_claims *claims = &found.token->claims;
    require(hf_token_judge(&warm->subject->context, found.token, NOW, NULL), "judge");
    require(hf_claims_judge_recipient(claims, HF_LITERAL(BANK), NULL), "recipient");
    require(hf_claims_judge_binding(claims, warm->cert_sha256, HF_LITERAL(""), NULL), "binding");
    require(hf_entry_judge_state(found.entry), "state");
}

static void run_warm(const struct subject *subject, unsigned n_rounds)
{
    struct warm warm = {.subject = subject};
    double best = 1e12;
    fill_cache(&warm);
    unsigned long before = n_allocations;
    for (unsigned round = 0; round < n_rounds; round++) {
        double begun = cpu_us();
        for (unsigned i = 0; i < WARM_CALLS; i++) {
            check_warm(&warm);
        }
        keep_best(&best, (cpu_us() - begun) / WARM_CALLS);
    }
    printf("warm from the cache, %zu-byte token: %.2f us, %lu allocations\n", subject->token.size,
           best, n_allocations - before);
    hf_token_cache_free(warm.cache);
}

int main(int argc, char **argv)
{
    static struct subject subjects[N_ALGS];
    unsigned n_rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 15;
    require(hf_crypto_init(), "crypto");
    for (unsigned i = 0; i < N_ALGS; i++) {
        prepare(&subjects[i], algs[i]);
    }
    for (unsigned round = 0; round < n_rounds; round++) {
        for (unsigned i = 0; i < N_ALGS; i++) {
            keep_best(&subjects[i].bare_us, time_calls(check_bare, &subjects[i]));
            keep_best(&subjects[i].cold_us, time_calls(check_cold, &subjects[i]));
        }
    }
    for (unsigned i = 0; i < N_ALGS; i++) {
        const struct subject *subject = &subjects[i];
        printf("%-8s bare %6.1f us   cold verify %6.1f us   %.2fx of the bare check's rate\n",
               hf_alg_name(subject->alg), subject->bare_us, subject->cold_us,
               subject->bare_us / subject->cold_us);
    }
    run_warm(&subjects[0], n_rounds);
    return 0;
}
