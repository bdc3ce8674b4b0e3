/*
 * Tags, with a small direct-mapped cache of party keys: a bank asks often and a month is long, so
 * the key of its month is nearly always there. A miss costs some compressions more, never a wrong
 * tag: the slot holds the whole id and epoch, and ids too long for a slot are simply not kept.
 */
#include "audit/tags.h"

#include "base/crc32c.h"
#include "crypto/mac.h"
#include "crypto/prf.h"
#include "crypto/rand.h"
#include "crypto/secret.h"

#include <stdlib.h>

enum { N_SLOTS = 256, SLOT_ID_BYTES = 63, DOMAIN_BYTES = 6 };

struct slot {
    struct hf_prf_key key;
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
    const char tag[DOMAIN_BYTES + 1];
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

/* A checksum spreads ids well enough for a cache, at eight bytes an instruction. */
static struct slot *slot_of(struct hf_tagger *tagger, const struct hf_tag_source *source)
{
    uint32_t hash = hf_crc32c_extend((uint32_t)source->party, source->id);
    return &tagger->slots[(hash ^ hash >> 16) % N_SLOTS];
}

static void derive(const struct hf_tagger *tagger, const struct hf_tag_source *source,
                   struct hf_prf_key *ret_key)
{
    uint8_t key[HF_SHA256_BYTES];
    const hf_bytes parts[] = {hf_bytes_of_string(domains[source->party].key),
                              hf_bytes_of(source->epoch, HF_RECORD_EPOCH_CHARS), source->id};
    hf_mac(&tagger->root, parts, 3, key);
    hf_prf_key_init(ret_key, key);
    hf_wipe(key, sizeof(key));
}

static bool holds(const struct slot *slot, const struct hf_tag_source *source)
{
    return slot->id_bytes == source->id.size && slot->party == (uint8_t)source->party &&
           memcmp(slot->id, source->id.data, source->id.size) == 0 &&
           memcmp(slot->epoch, source->epoch, HF_RECORD_EPOCH_CHARS) == 0;
}

/* The party's key for the month, out of its slot or put there. */
static const struct hf_prf_key *party_key(struct hf_tagger *tagger,
                                          const struct hf_tag_source *source)
{
    struct slot *slot = slot_of(tagger, source);
    if (holds(slot, source)) {
        return &slot->key;
    }
    derive(tagger, source, &slot->key);
    bool fits = source->id.size <= SLOT_ID_BYTES;
    slot->id_bytes = fits ? (uint8_t)source->id.size : 0;
    slot->party = (uint8_t)source->party;
    memcpy(slot->id, source->id.data, fits ? source->id.size : 0);
    memcpy(slot->epoch, source->epoch, HF_RECORD_EPOCH_CHARS);
    return &slot->key;
}

void hf_tagger_tag(struct hf_tagger *tagger, const struct hf_tag_source *source,
                   uint8_t ret_tag[static HF_RECORD_TAG_BYTES])
{
    if (source->id.size == 0) {
        hf_rand_bytes(ret_tag, HF_RECORD_TAG_BYTES);
        return;
    }
    uint8_t bytes[HF_SHA256_BYTES];
    uint8_t message[DOMAIN_BYTES + HF_RECORD_NONCE_BYTES];
    memcpy(message, domains[source->party].tag, DOMAIN_BYTES);
    memcpy(message + DOMAIN_BYTES, source->nonce, HF_RECORD_NONCE_BYTES);
    hf_prf(party_key(tagger, source), hf_bytes_of(message, sizeof(message)), bytes);
    memcpy(ret_tag, bytes, HF_RECORD_TAG_BYTES);
}
