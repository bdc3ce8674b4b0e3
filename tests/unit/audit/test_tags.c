#include "audit/tags.h"

#include "crypto/mac.h"
#include "crypto/prf.h"
#include "crypto/rand.h"
#include "tests/unit/unit.h"

#include <stdio.h>

static const uint8_t key[32] = {1, 2, 3};
static const uint8_t nonce[HF_RECORD_NONCE_BYTES] = {9};

static int init(void **state)
{
    (void)state;
    assert_ok(hf_crypto_init());
    return 0;
}

static void free_tagger(struct hf_tagger **tagger)
{
    hf_tagger_free(*tagger);
}

static struct hf_tagger *new_tagger(void)
{
    struct hf_tagger *tagger = NULL;
    assert_ok(hf_tagger_new(hf_bytes_of(key, sizeof(key)), &tagger));
    return tagger;
}

/* Straight from the definition in the header, without any cache. */
static void tag_by_definition(const struct hf_tag_source *source, uint8_t *ret_tag)
{
    struct hf_mac_key root;
    struct hf_prf_key party;
    uint8_t mac[HF_SHA256_BYTES];
    bool is_bank = source->party == HF_TAG_BANK;
    const hf_bytes first[] = {hf_bytes_of(is_bank ? "hufu/kb" : "hufu/ke", 7),
                              hf_bytes_of(source->epoch, 7), source->id};
    hf_mac_key_init(&root, hf_bytes_of(key, sizeof(key)));
    hf_mac(&root, first, 3, mac);
    uint8_t second[6 + HF_RECORD_NONCE_BYTES];
    memcpy(second, is_bank ? "hufu/b" : "hufu/e", 6);
    memcpy(second + 6, source->nonce, HF_RECORD_NONCE_BYTES);
    hf_prf_key_init(&party, mac);
    hf_prf(&party, hf_bytes_of(second, sizeof(second)), mac);
    memcpy(ret_tag, mac, HF_RECORD_TAG_BYTES);
}

/* Many more parties than slots, each asked for in two months and both roles, twice. */
static void the_cache_never_gives_another_partys_tag(void **state)
{
    (void)state;
    HF_CLEANUP(free_tagger) struct hf_tagger *tagger = new_tagger();
    static const char *const epochs[] = {"2026-08", "2026-09"};
    for (unsigned i = 0; i < 4000; i++) {
        char id[80];
        int size =
            snprintf(id, sizeof(id), "uscc:%u%s", i % 1000,
                     i % 7 ? "" : "-an-id-that-is-longer-than-any-slot-of-the-cache-can-hold");
        const struct hf_tag_source source = {i % 3 ? HF_TAG_BANK : HF_TAG_ENTERPRISE,
                                             hf_bytes_of(id, (size_t)size), epochs[i % 2], nonce};
        uint8_t tag[HF_RECORD_TAG_BYTES];
        uint8_t expected[HF_RECORD_TAG_BYTES];
        hf_tagger_tag(tagger, &source, tag);
        tag_by_definition(&source, expected);
        assert_memory_equal(tag, expected, sizeof(tag));
    }
}

static void a_fresh_nonce_unlinks_two_records(void **state)
{
    (void)state;
    HF_CLEANUP(free_tagger) struct hf_tagger *tagger = new_tagger();
    static const uint8_t other_nonce[HF_RECORD_NONCE_BYTES] = {10};
    uint8_t first[HF_RECORD_TAG_BYTES];
    uint8_t second[HF_RECORD_TAG_BYTES];
    struct hf_tag_source source = {HF_TAG_BANK, HF_LITERAL("91350100M000100Y43"), "2026-09", nonce};
    hf_tagger_tag(tagger, &source, first);
    source.nonce = other_nonce;
    hf_tagger_tag(tagger, &source, second);
    assert_memory_not_equal(first, second, sizeof(first));
    source.nonce = nonce;
    source.party = HF_TAG_ENTERPRISE; /* one id in both roles is two parties */
    hf_tagger_tag(tagger, &source, second);
    assert_memory_not_equal(first, second, sizeof(first));
}

static void nobody_has_a_random_tag(void **state)
{
    (void)state;
    HF_CLEANUP(free_tagger) struct hf_tagger *tagger = new_tagger();
    uint8_t first[HF_RECORD_TAG_BYTES];
    uint8_t second[HF_RECORD_TAG_BYTES];
    const struct hf_tag_source source = {HF_TAG_BANK, hf_bytes_of(NULL, 0), "2026-09", nonce};
    hf_tagger_tag(tagger, &source, first);
    hf_tagger_tag(tagger, &source, second);
    assert_memory_not_equal(first, second, sizeof(first));
}

static void a_key_has_32_bytes(void **state)
{
    (void)state;
    struct hf_tagger *tagger = NULL;
    assert_code(hf_tagger_new(hf_bytes_of(key, 31), &tagger), KEY_MALFORMED);
    hf_tagger_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cache_never_gives_another_partys_tag),
        cmocka_unit_test(a_fresh_nonce_unlinks_two_records),
        cmocka_unit_test(nobody_has_a_random_tag),
        cmocka_unit_test(a_key_has_32_bytes),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
