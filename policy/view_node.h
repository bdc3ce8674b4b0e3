/*
 * The inside of a view: what the builder (view.c) lays down and the redactor walks. No other file
 * includes this.
 */
#pragma once

#include "policy/block.h"
#include "policy/view.h"

enum hf_node_kind { HF_NODE_DROP = 0, HF_NODE_LEAF, HF_NODE_ARRAY, HF_NODE_OBJECT };

/* The kinds of value that are no containers. */
enum hf_scalar {
    HF_SCALAR_STRING,
    HF_SCALAR_INTEGER,
    HF_SCALAR_DECIMAL, /* a number that is not spelled as an integer */
    HF_SCALAR_BOOLEAN,
    HF_SCALAR_NULL,
    HF_N_SCALARS
};

/* What the view alone says of a scalar of some kind. */
enum hf_plan {
    HF_PLAN_DROP = 0, /* withheld by policy */
    HF_PLAN_REFUSE,   /* withheld for its type */
    HF_PLAN_KEEP,     /* leaves as it came, unless it is too long */
    HF_PLAN_CHANGE,   /* its treatment writes something else */
    HF_PLAN_LOOK = 4 /* added to one of these: the value is looked at first, as a date or subject */
};

/*
 * What the common way through an object (redact_run.c) does with a string by itself; zero: it asks
 * redact_leaf.c.
 */
enum hf_string_way {
    HF_WAY_ASK = 0,
    HF_WAY_DROP,
    HF_WAY_KEEP,      /* any string of a block */
    HF_WAY_KEEP_FEW,  /* up to short_bytes */
    HF_WAY_MASK,      /* of plain ASCII, up to short_bytes */
    HF_WAY_DAY,       /* must be a date, and stays; the range is asked where it is a row's */
    HF_WAY_DAY_MONTH, /* likewise, but only its month stays */
};

/* Most probes that a look-up does: the builder seeks a seed that keeps this. */
enum { HF_MEMBER_MAX_PROBES = 8 };

/* Behind the last member of a list stand so many more that are never named: no bounds to check. */
enum { HF_MEMBER_SENTINELS = 2 };

enum { HF_CACHE_LINE_BYTES = 64 };

/* So many bytes may be read at a member's `text`, however short it is. */
enum { HF_MEMBER_TEXT_PADDING = 40 };

/* So long may `"name":` be, that a block for it and one for the value hold both. */
enum { HF_MEMBER_LEAD_BYTES = HF_BLOCK_BYTES - 2 };

/* A member, with what is read for each one of a document in front: one cache line. */
struct hf_member {
    _Alignas(HF_CACHE_LINE_BYTES) uint8_t lead[HF_BLOCK_BYTES]; /* `"name":`, if it fits */
    uint64_t
        lead_mask; /* a bit for each byte of it; all 64, which no block has, if it does not fit */
    uint8_t lead_bytes;
    uint8_t string_way;          /* of enum hf_string_way */
    uint8_t plans[HF_N_SCALARS]; /* the node's */
    uint8_t class_index;         /* likewise, as are `dated` and `short_bytes` */
    bool dated;
    uint8_t keep_first; /* MASK */
    uint8_t keep_last;
    uint32_t short_bytes;
    const struct hf_view_node *node;

    const uint8_t *text; /* `,"name":` as we write it */
    const uint8_t *name;
    uint32_t text_bytes;
    uint32_t name_bytes;
    uint32_t hash;
};

struct hf_members {
    const struct hf_member *list;
    const uint16_t *slots; /* ordinal + 1; 0: free */
    const uint64_t *dated; /* bit per ordinal: a `date` leaf stands there or below */
    uint64_t seed;
    uint32_t slot_mask;
    uint32_t n;
    uint32_t n_words; /* of 64 ordinals */
};

struct hf_view_node {
    enum hf_node_kind kind;
    uint8_t class_index; /* 0: none, else 1 + number of the class bit */
    bool nullable;
    bool rows;       /* ARRAY: its elements are rows */
    bool rows_below; /* rows here or below */
    bool dated;      /* a `date` leaf here or below */
    uint16_t depth;  /* containers from here down */
    uint16_t seen_words;
    bool owning;                     /* LEAF: it has or names an owner */
    uint8_t n_owners;                /* OBJECT: owners that its members name */
    uint16_t owner_slots;            /* those of all objects on the longest path from here down */
    uint16_t owned;                  /* likewise, leaves that may wait for their owner */
    bool needs_text;                 /* LEAF: a string is decoded, to be looked at or changed */
    uint32_t short_bytes;            /* LEAF: up to so many bytes no string is too long for it */
    uint8_t plans[HF_N_SCALARS];     /* of enum hf_plan */
    uint8_t string_way;              /* LEAF: of enum hf_string_way */
    uint8_t kept, changed, withheld; /* class bits here and below */
    union {
        struct hf_view_leaf leaf;
        const struct hf_view_node *item;
        struct hf_members members;
    };
    uint8_t digest[HF_SHA256_BYTES];
};

enum { HF_VIEW_MAX_AHEAD = 48 };

struct hf_view {
    _Atomic uint32_t n_refs;
    struct hf_arena *arena; /* holds the nodes; never NULL */
    const struct hf_view_node *root;
    struct hf_view_range range;
    bool scans; /* some leaf is scanned */
    bool lines; /* the elements of the root come one a line */
    bool owns;  /* some leaf has or names an owner */
    bool names; /* some leaf leaves as a pseudonym */
    uint8_t n_persons;
    hf_bytes persons[HF_VIEW_MAX_PERSONS];
    uint32_t n_ahead;
    const void *ahead[HF_VIEW_MAX_AHEAD]; /* lines that the first bytes of an answer need */
    uint64_t first_key; /* of base/date.h: the range again, for days as most sources write them */
    uint64_t last_key;
    uint8_t digest[HF_SHA256_BYTES];
};

/*
 * Asks for what the first bytes of an answer need of @view, a little before they come, and waits
 * for nothing: since the last answer other work has pushed it out of the cache.
 */
static inline void hf_view_prefetch(const struct hf_view *view)
{
    for (uint32_t i = 0; i < view->n_ahead; i++) {
        __builtin_prefetch(view->ahead[i]);
    }
}

/* Works out `plans` and what hangs on them, of a node that is complete but for them. (view_plan.c)
 */
void hf_view_plan(struct hf_view_node *node);

static inline uint64_t hf_name_word(const uint8_t *name)
{
    uint64_t word;
    memcpy(&word, name, sizeof word);
    return word;
}

/* The last bytes of a name in one word, some of them twice: no copy byte by byte to be waited for.
 */
static inline uint64_t hf_name_last_word(const uint8_t *name, size_t size)
{
    uint32_t first;
    uint32_t last;
    if (size >= sizeof(uint64_t)) {
        return hf_name_word(name + size - sizeof(uint64_t));
    }
    if (size >= sizeof first) {
        memcpy(&first, name, sizeof first);
        memcpy(&last, name + size - sizeof last, sizeof last);
        return first | (uint64_t)last << 32;
    }
    return size == 0 ? 0 : name[0] | (uint64_t)name[size / 2] << 8 | (uint64_t)name[size - 1] << 16;
}

/* Mixes eight bytes at a time. Collisions cost probes, never correctness: names are compared. */
static inline uint32_t hf_name_hash(const uint8_t *name, size_t size, uint64_t seed)
{
    uint64_t hash = seed ^ (size * UINT64_C(0x9e3779b97f4a7c15));
    for (size_t i = 0; i + sizeof hash < size; i += sizeof hash) {
        hash = (hash ^ hf_name_word(name + i)) * UINT64_C(0xff51afd7ed558ccd);
        hash ^= hash >> 32;
    }
    hash = (hash ^ hf_name_last_word(name, size)) * UINT64_C(0xc4ceb9fe1a85ec53);
    hash = (hash ^ (hash >> 32)) * UINT64_C(0xff51afd7ed558ccd);
    return (uint32_t)(hash >> 32);
}

/* The ordinal of the member called @name, or -1. Cost: one hash, HF_MEMBER_MAX_PROBES at most. */
static inline int hf_members_find(const struct hf_members *members, const uint8_t *name,
                                  size_t size)
{
    if (members->n == 0) {
        return -1;
    }
    uint32_t hash = hf_name_hash(name, size, members->seed);
    for (uint32_t probe = 0; probe < HF_MEMBER_MAX_PROBES; probe++) {
        uint16_t slot = members->slots[(hash + probe) & members->slot_mask];
        if (slot == 0) {
            return -1;
        }
        const struct hf_member *member = &members->list[slot - 1];
        if (member->hash == hash && member->name_bytes == size &&
            memcmp(member->name, name, size) == 0) {
            return slot - 1;
        }
    }
    return -1;
}
