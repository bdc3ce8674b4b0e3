/*
 * Tags, with a small direct-mapped cache of party keys: a bank asks often and a month is long, so
 * the key of its month is nearly always there. A miss costs two compressions more, never a wrong
 * tag: the slot holds the whole id and epoch, and ids too long for a slot are simply not kept.
 */
#include "audit/tags.h"

#include "crypto/rand.h"
#include "crypto/secret.h"

#include <stdlib.h>

enum { N_SLOTS = 256, SLOT_ID_BYTES = 63 };

struct slot {
    struct hf_mac_key key;
    char epoch[HF_RECORD_EPOCH_CHARS + 1];
    uint8_t party;
    uint8_t id_bytes; /* 0: empty */
    uint8_t id[SLOT_ID_BYTES];
};

struct hf_tagger {
    struct hf_mac_key root;
    struct slot slots[N_SLOTS];
};

static const struct {
    const char *key;
    const char *tag;
} domains[] = {
    [HF_TAG_ENTERPRISE] = {"hufu/ke", "hufu/e"},
    [HF_TAG_BANK] = {"hufu/kb", "hufu/b"},
};

hf_status hf_tagger_new(hf_bytes key, struct hf_tagger **ret_tagger)
{
    if (key.size != HF_SHA256_BYTES) {
        HF_FAIL(KEY_MALFORMED);
    }
    struct hf_tagger *tagger = calloc(1, sizeof(*tagger));
    if (!tagger) {
        HF_FAIL(NOMEM);
    }
    hf_mac_key_init(&tagger->root, key);
    *ret_tagger = tagger;
    return HF_DONE;
}

void hf_tagger_free(struct hf_tagger *tagger)
{
    if (tagger) {
        hf_wipe(tagger, sizeof(*tagger));
        free(tagger);
    }
}

static struct slot *slot_of(struct hf_tagger *tagger, enum hf_tag_party party, hf_bytes id)
{
    uint32_t hash = 2166136261U ^ (uint32_t)party; /* FNV-1a: spreads, nothing more is asked */
    for (size_t i = 0; i < id.size; i++) {
        hash = (hash ^ id.data[i]) * 16777619U;
    }
    return &tagger->slots[(hash ^ hash >> 16) % N_SLOTS];
}

static void derive(const struct hf_tagger *tagger, enum hf_tag_party party, hf_bytes id,
                   const char *epoch, struct hf_mac_key *ret_key)
{
    uint8_t key[HF_SHA256_BYTES];
    const hf_bytes parts[] = {hf_bytes_of_string(domains[party].key),
                              hf_bytes_of(epoch, HF_RECORD_EPOCH_CHARS), id};
    hf_mac(&tagger->root, parts, 3, key);
    hf_mac_key_init(ret_key, hf_bytes_of(key, sizeof(key)));
    hf_wipe(key, sizeof(key));
}

/* The party's key for the month, out of its slot or put there. */
static const struct hf_mac_key *party_key(struct hf_tagger *tagger, enum hf_tag_party party,
                                          hf_bytes id, const char *epoch)
{
    struct slot *slot = slot_of(tagger, party, id);
    if (slot->id_bytes == id.size && slot->party == (uint8_t)party &&
        memcmp(slot->id, id.data, id.size) == 0 &&
        memcmp(slot->epoch, epoch, sizeof(slot->epoch)) == 0) {
        return &slot->key;
    }
    derive(tagger, party, id, epoch, &slot->key);
    bool fits = id.size <= SLOT_ID_BYTES;
    slot->id_bytes = fits ? (uint8_t)id.size : 0;
    slot->party = (uint8_t)party;
    memcpy(slot->id, id.data, fits ? id.size : 0);
    memcpy(slot->epoch, epoch, sizeof(slot->epoch));
    return &slot->key;
}

void hf_tagger_tag(struct hf_tagger *tagger, enum hf_tag_party party, hf_bytes id,
                   const char epoch[static HF_RECORD_EPOCH_CHARS + 1],
                   const uint8_t nonce[static HF_RECORD_NONCE_BYTES],
                   uint8_t ret_tag[static HF_RECORD_TAG_BYTES])
{
    if (id.size == 0) {
        hf_rand_bytes(ret_tag, HF_RECORD_TAG_BYTES);
        return;
    }
    uint8_t mac[HF_SHA256_BYTES];
    const hf_bytes parts[] = {hf_bytes_of_string(domains[party].tag),
                              hf_bytes_of(nonce, HF_RECORD_NONCE_BYTES)};
    hf_mac(party_key(tagger, party, id, epoch), parts, 2, mac);
    memcpy(ret_tag, mac, HF_RECORD_TAG_BYTES);
}
