/*
 * A hash table of operations by one literal segment of their template and its place: of several
 * literals the one that the fewest other templates of that length have there. A path is looked up
 * by each of its segments, and then among the templates that have no literal at all.
 *
 * It decides what is looked at, and never what matches: who is found is compared as ever.
 */
#include "policy/route_index.h"

#include "base/crc32c.h"
#include "policy/catalog.h"
#include "policy/route_template.h"

enum { N_BUCKETS = 2 * HF_CATALOG_MAX_OPERATIONS, NO_LITERAL = HF_TEMPLATE_MAX_SEGMENTS };

struct entry {
    const struct hf_operation *operation;
    const struct entry *next; /* in the bucket */
    unsigned at;              /* the segment that it stands under */
};

struct hf_route_index {
    const struct entry *buckets[N_BUCKETS];
};

/* @at: NO_LITERAL: @segment means nothing. */
static size_t bucket_of(size_t n_segments, size_t at, hf_bytes segment)
{
    uint32_t sum = (uint32_t)(n_segments * (HF_TEMPLATE_MAX_SEGMENTS + 1) + at);
    return hf_crc32c_extend(sum, at == NO_LITERAL ? (hf_bytes){0} : segment) % N_BUCKETS;
}

static bool is_literal(const struct hf_template *template, size_t at)
{
    return template->segments[at].parameter.size == 0;
}

/* How many templates have this one's literal in the same place. */
static size_t count_alike(const struct hf_operation *operations, size_t n,
                          const struct hf_template *template, size_t at)
{
    size_t n_alike = 0;
    for (size_t i = 0; i < n; i++) {
        const struct hf_template *other = operations[i].template;
        n_alike += other->n_segments == template->n_segments && is_literal(other, at) &&
                   hf_bytes_equal(other->segments[at].prefix, template->segments[at].prefix);
    }
    return n_alike;
}

static size_t rarest_literal(const struct hf_operation *operations, size_t n,
                             const struct hf_template *template)
{
    size_t fewest = SIZE_MAX;
    size_t rarest = NO_LITERAL;
    for (size_t at = 0; at < template->n_segments; at++) {
        size_t n_alike =
            is_literal(template, at) ? count_alike(operations, n, template, at) : fewest;
        if (n_alike < fewest) {
            fewest = n_alike;
            rarest = at;
        }
    }
    return rarest;
}

static void put(struct hf_route_index *index, struct entry *entry)
{
    const struct hf_template *template = entry->operation->template;
    hf_bytes literal =
        entry->at == NO_LITERAL ? (hf_bytes){0} : template->segments[entry->at].prefix;
    const struct entry **bucket =
        &index->buckets[bucket_of(template->n_segments, entry->at, literal)];
    entry->next = *bucket;
    *bucket = entry;
}

hf_status hf_route_index_build(const struct hf_operation *operations, size_t n,
                               struct hf_arena *arena, const struct hf_route_index **ret_index)
{
    struct hf_route_index *index = hf_arena_alloc(arena, sizeof(*index));
    struct entry *entries = hf_arena_alloc_array(arena, n, sizeof(*entries));
    if (!index || !entries) {
        HF_FAIL(NOMEM);
    }
    for (size_t i = 0; i < n; i++) {
        entries[i].operation = &operations[i];
        entries[i].at = (unsigned)rarest_literal(operations, n, operations[i].template);
        put(index, &entries[i]);
    }
    *ret_index = index;
    return HF_DONE;
}

/* The bucket of the present segment. Among its entries are those of others. */
static void open_bucket(struct hf_route_candidates *candidates)
{
    bool is_segment = candidates->at < candidates->n_segments;
    hf_bytes segment = is_segment ? candidates->segments[candidates->at] : (hf_bytes){0};
    size_t at = is_segment ? candidates->at : NO_LITERAL;
    candidates->entry = candidates->index->buckets[bucket_of(candidates->n_segments, at, segment)];
}

struct hf_route_candidates hf_route_candidates(const struct hf_route_index *index,
                                               const hf_bytes *segments, size_t n_segments)
{
    struct hf_route_candidates candidates = {
        .index = index, .segments = segments, .n_segments = n_segments};
    open_bucket(&candidates);
    return candidates;
}

/* One entry stands in one bucket, but two segments of a path may share that. */
static bool belongs(const struct hf_route_candidates *candidates, const struct entry *entry)
{
    size_t at = candidates->at < candidates->n_segments ? candidates->at : NO_LITERAL;
    return entry->at == at && entry->operation->template->n_segments == candidates->n_segments;
}

const struct hf_operation *hf_route_next(struct hf_route_candidates *candidates)
{
    for (;;) {
        const struct entry *entry = candidates->entry;
        if (entry) {
            candidates->entry = entry->next;
            if (belongs(candidates, entry)) {
                return entry->operation;
            }
        } else if (candidates->at == candidates->n_segments) {
            return NULL;
        } else {
            candidates->at++;
            open_bucket(candidates);
        }
    }
}
