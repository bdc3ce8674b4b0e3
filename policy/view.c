/*
 * Builds views. Every node is made from finished nodes, so all that the redactor relies on is
 * computed once, here, from the children: the depth, the words of seen-bits that a path needs,
 * whether a `date` leaf or rows lie below, which classes are kept or withheld, and a digest in the
 * manner of a Merkle tree. Nothing recurses.
 *
 * Invariant: a node that exists keeps every limit of view.h, so the redactor's state, which has
 * fixed size, cannot be overrun by any view.
 */
#include "policy/view.h"

#include "base/arena.h"
#include "base/date.h"
#include "base/json.h"
#include "policy/view_node.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    ARENA_LIMIT_BYTES = 32 << 20,
    MAX_SEEDS = 64, /* tried before a table is doubled */
    MAX_DOUBLINGS = 4,
    NAME_TEXT_BYTES = 6 * HF_VIEW_MAX_NAME_BYTES + 4
};

struct hf_view_builder {
    struct hf_arena *arena;
    size_t n_nodes;
    bool scans; /* as in hf_view, like what follows */
    bool lines;
    bool owns;
    bool names;
    uint8_t n_persons;
    hf_bytes persons[HF_VIEW_MAX_PERSONS];
};

/* --- digests: fields in fixed order and width, so that no two nodes are spelled alike --- */

static void digest_number(struct hf_sha256 *state, uint64_t number)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    }
    hf_sha256_update(state, hf_bytes_of(bytes, sizeof bytes));
}

static void digest_child(struct hf_sha256 *state, const struct hf_view_node *child)
{
    hf_sha256_update(state, hf_bytes_of(child->digest, sizeof child->digest));
}

static void digest_begin(struct hf_sha256 *state, const struct hf_view_node *node)
{
    hf_sha256_init(state);
    digest_number(state, node->kind);
    digest_number(state, node->class_index);
    digest_number(state, node->nullable);
}

static void digest_leaf(struct hf_view_node *node)
{
    const struct hf_view_leaf *leaf = &node->leaf;
    const struct hf_treatment *treatment = &leaf->treatment;
    const uint64_t fields[] = {
        leaf->types,          leaf->max_chars,       leaf->date,
        leaf->subject_echo,   treatment->kind,       treatment->keep_first,
        treatment->keep_last, treatment->step.units, treatment->step.decimals,
        treatment->to,        leaf->names_owner,     leaf->owner,
        leaf->persons,
    };
    struct hf_sha256 state;
    digest_begin(&state, node);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        digest_number(&state, fields[i]);
    }
    for (size_t i = 0; i < treatment->edges.n; i++) {
        hf_bytes text = hf_edge_text(&treatment->edges.list[i]);
        digest_number(&state, text.size);
        hf_sha256_update(&state, text);
    }
    hf_sha256_final(&state, node->digest);
}

/* --- the builder --- */

static void free_arena(struct hf_arena *arena)
{
    if (arena) {
        hf_arena_clear(arena);
        free(arena);
    }
}

hf_status hf_view_builder_new(struct hf_view_builder **ret_builder)
{
    struct hf_view_builder *builder = calloc(1, sizeof *builder);
    struct hf_arena *arena = calloc(1, sizeof *arena);
    if (!builder || !arena) {
        free(builder);
        free(arena);
        HF_FAIL(NOMEM);
    }
    *arena = hf_arena_init(ARENA_LIMIT_BYTES);
    builder->arena = arena;
    *ret_builder = builder;
    return HF_DONE;
}

void hf_view_builder_free(struct hf_view_builder *builder)
{
    if (builder) {
        free_arena(builder->arena);
        free(builder);
    }
}

static hf_status new_node(struct hf_view_builder *builder, enum hf_node_kind kind,
                          struct hf_view_node **ret_node)
{
    if (builder->n_nodes >= HF_VIEW_MAX_NODES) {
        HF_FAIL(LIMIT);
    }
    struct hf_view_node *node = hf_arena_alloc(builder->arena, sizeof *node);
    if (!node) {
        HF_FAIL(NOMEM);
    }
    builder->n_nodes++;
    node->kind = kind;
    *ret_node = node;
    return HF_DONE;
}

hf_status hf_view_builder_persons(struct hf_view_builder *builder, const hf_bytes *names, size_t n)
{
    if (n > HF_VIEW_MAX_PERSONS) {
        HF_FAIL(LIMIT);
    }
    for (size_t i = 0; i < n; i++) {
        HF_TRY(hf_arena_copy(builder->arena, names[i], &builder->persons[i]));
    }
    builder->n_persons = (uint8_t)n;
    return HF_DONE;
}

/* 1 + the number of the bit; 0 for none. */
static hf_status class_index_of(unsigned class_bit, uint8_t *ret_index)
{
    if (class_bit == 0) {
        *ret_index = 0;
        return HF_DONE;
    }
    if (class_bit >> HF_VIEW_N_CLASSES || (class_bit & (class_bit - 1))) {
        HF_FAIL(POLICY_INVALID);
    }
    *ret_index = (uint8_t)(__builtin_ctz(class_bit) + 1);
    return HF_DONE;
}

hf_status hf_view_builder_drop(struct hf_view_builder *builder, unsigned class_bit,
                               const struct hf_view_node **ret_node)
{
    struct hf_view_node *node = NULL;
    uint8_t class_index = 0;
    HF_TRY(class_index_of(class_bit, &class_index));
    HF_TRY(new_node(builder, HF_NODE_DROP, &node));
    node->class_index = class_index;
    node->string_way = HF_WAY_DROP;
    node->nullable = true;
    node->withheld = (uint8_t)class_bit;
    struct hf_sha256 state;
    digest_begin(&state, node);
    hf_sha256_final(&state, node->digest);
    *ret_node = node;
    return HF_DONE;
}

static void set_leaf_classes(struct hf_view_node *node)
{
    uint8_t class_bit = (uint8_t)node->leaf.class_bit;
    switch (node->leaf.treatment.kind) {
    case HF_TREAT_KEEP:
        node->kept = class_bit;
        break;
    case HF_TREAT_MASK:
    case HF_TREAT_ROUND:
    case HF_TREAT_TRUNCATE_DATE:
    case HF_TREAT_SCAN:
    case HF_TREAT_BUCKET:
    case HF_TREAT_PSEUDONYM:
        node->changed = class_bit;
        break;
    case HF_TREAT_DROP:
    case HF_TREAT_NULL:
    case HF_N_TREATMENTS:
        node->withheld = class_bit;
        break;
    }
    if (node->leaf.owner) {
        node->withheld |= class_bit;
    }
}

/* A leaf that needs an owner says who may be it, and something of it may leave. */
static bool owner_is_sound(const struct hf_view_builder *builder, const struct hf_view_leaf *leaf)
{
    bool exists = leaf->owner <= HF_VIEW_MAX_OWNERS || leaf->owner == HF_VIEW_OWNER_ITSELF;
    bool dropped = leaf->treatment.kind == HF_TREAT_DROP;
    return exists && leaf->names_owner <= HF_VIEW_MAX_OWNERS &&
           (leaf->owner != 0) == (leaf->persons != 0) && leaf->persons >> builder->n_persons == 0 &&
           !(leaf->owner && dropped);
}

/* The view outlives the policy whose edges these are. */
static hf_status copy_edges(struct hf_view_builder *builder, struct hf_edges *edges)
{
    if (edges->n == 0) {
        return HF_DONE;
    }
    struct hf_edge *list = hf_arena_alloc_array(builder->arena, edges->n, sizeof *list);
    if (!list) {
        HF_FAIL(NOMEM);
    }
    memcpy(list, edges->list, edges->n * sizeof *list);
    edges->list = list;
    return HF_DONE;
}

hf_status hf_view_builder_leaf(struct hf_view_builder *builder, const struct hf_view_leaf *leaf,
                               const struct hf_view_node **ret_node)
{
    const unsigned all_types =
        HF_LEAF_STRING | HF_LEAF_INTEGER | HF_LEAF_DECIMAL | HF_LEAF_BOOLEAN | HF_LEAF_DATE;
    bool dropped = leaf->treatment.kind == HF_TREAT_DROP;
    if ((leaf->types & ~all_types) || (!dropped && (leaf->types == 0 || leaf->class_bit == 0)) ||
        !hf_treatment_fits(&leaf->treatment, leaf->types) || !owner_is_sound(builder, leaf)) {
        HF_FAIL(POLICY_INVALID);
    }
    struct hf_view_node *node = NULL;
    uint8_t class_index = 0;
    HF_TRY(class_index_of(leaf->class_bit, &class_index));
    HF_TRY(new_node(builder, HF_NODE_LEAF, &node));
    node->leaf = *leaf;
    HF_TRY(copy_edges(builder, &node->leaf.treatment.edges));
    node->class_index = class_index;
    node->nullable = leaf->nullable;
    node->dated = leaf->date;
    node->owning = leaf->owner || leaf->names_owner;
    set_leaf_classes(node);
    builder->scans |= leaf->treatment.kind == HF_TREAT_SCAN;
    builder->owns |= node->owning;
    builder->names |= leaf->treatment.kind == HF_TREAT_PSEUDONYM;
    hf_view_plan(node);
    digest_leaf(node);
    *ret_node = node;
    return HF_DONE;
}

/* What a container takes over from a child. */
static void inherit(struct hf_view_node *node, const struct hf_view_node *child)
{
    node->kept |= child->kept;
    node->changed |= child->changed;
    node->withheld |= child->withheld;
    node->dated |= child->dated;
    node->rows_below |= child->rows_below;
    if (child->depth >= node->depth) {
        node->depth = (uint16_t)(child->depth + 1);
    }
    if (child->seen_words > node->seen_words) {
        node->seen_words = child->seen_words;
    }
    if (child->owner_slots > node->owner_slots) {
        node->owner_slots = child->owner_slots;
    }
    if (child->owned > node->owned) {
        node->owned = child->owned;
    }
}

/* Whether the owner of a leaf, or what it owns, stands beside it. */
static bool needs_object(const struct hf_view_node *node)
{
    return node->kind == HF_NODE_LEAF &&
           (node->leaf.names_owner ||
            (node->leaf.owner && node->leaf.owner != HF_VIEW_OWNER_ITSELF));
}

hf_status hf_view_builder_array(struct hf_view_builder *builder, const struct hf_view_node *item,
                                bool nullable, bool rows, const struct hf_view_node **ret_node)
{
    if ((rows && item->rows_below) || needs_object(item)) {
        HF_FAIL(POLICY_INVALID);
    }
    struct hf_view_node *node = NULL;
    if (item->depth >= HF_VIEW_MAX_DEPTH) {
        HF_FAIL(LIMIT);
    }
    HF_TRY(new_node(builder, HF_NODE_ARRAY, &node));
    node->depth = 1;
    inherit(node, item);
    node->nullable = nullable;
    node->rows = rows;
    node->rows_below |= rows;
    node->item = item;
    hf_view_plan(node);
    struct hf_sha256 state;
    digest_begin(&state, node);
    digest_number(&state, rows);
    digest_child(&state, item);
    hf_sha256_final(&state, node->digest);
    *ret_node = node;
    return HF_DONE;
}

/* --- objects --- */

/* Whether an existing member has this name. */
static bool has_name(const struct hf_members *members, const struct hf_member *member)
{
    int ordinal = hf_members_find(members, member->name, member->name_bytes);
    return ordinal >= 0 && &members->list[ordinal] != member;
}

/* Fills @slots under @seed; false when some member would need too many probes. */
static bool fill_slots(struct hf_member *list, uint32_t n, uint16_t *slots, uint32_t mask,
                       uint64_t seed)
{
    memset(slots, 0, (mask + (size_t)1) * sizeof *slots);
    for (uint32_t i = 0; i < n; i++) {
        list[i].hash = hf_name_hash(list[i].name, list[i].name_bytes, seed);
        uint32_t probe = 0;
        while (probe < HF_MEMBER_MAX_PROBES && slots[(list[i].hash + probe) & mask]) {
            probe++;
        }
        if (probe == HF_MEMBER_MAX_PROBES) {
            return false;
        }
        slots[(list[i].hash + probe) & mask] = (uint16_t)(i + 1);
    }
    return true;
}

/*
 * Seeks a table in which nothing lies further than the bound. Seeds are tried in order, so the same
 * names always give the same table.
 */
static hf_status place_members(struct hf_arena *arena, struct hf_members *members,
                               struct hf_member *list)
{
    uint32_t n_slots = 4;
    while (n_slots < 2 * members->n) {
        n_slots *= 2;
    }
    for (unsigned doubling = 0; doubling < MAX_DOUBLINGS; doubling++, n_slots *= 2) {
        uint16_t *slots = hf_arena_alloc_array(arena, n_slots, sizeof *slots);
        if (!slots) {
            HF_FAIL(NOMEM);
        }
        for (uint64_t seed = 0; seed < MAX_SEEDS; seed++) {
            if (fill_slots(list, members->n, slots, n_slots - 1, seed)) {
                members->slots = slots;
                members->slot_mask = n_slots - 1;
                members->seed = seed;
                return HF_DONE;
            }
        }
    }
    HF_FAIL(LIMIT); /* the same name many times over ends here, too */
}

static void set_lead(struct hf_member *member)
{
    size_t size = member->text_bytes - 1; /* without its comma */
    member->lead_mask = UINT64_MAX;
    if (size <= HF_MEMBER_LEAD_BYTES) {
        memcpy(member->lead, member->text + 1, size);
        member->lead_bytes = (uint8_t)size;
        member->lead_mask = (UINT64_C(1) << size) - 1;
    }
}

/* A list of members with its sentinels, on a cache line. */
static struct hf_member *new_list(struct hf_arena *arena, size_t n)
{
    size_t room = (n + HF_MEMBER_SENTINELS + 1) * sizeof(struct hf_member);
    uint8_t *at = hf_arena_alloc(arena, room);
    if (!at) {
        return NULL;
    }
    size_t past = (uintptr_t)at % HF_CACHE_LINE_BYTES;
    struct hf_member *list = (void *)(at + (past ? HF_CACHE_LINE_BYTES - past : 0));
    for (size_t i = n; i < n + HF_MEMBER_SENTINELS; i++) {
        list[i].lead_mask = UINT64_MAX;
    }
    return list;
}

/* Copies one member and writes its `,"name":`. */
static hf_status copy_member(struct hf_arena *arena, const struct hf_view_member *from,
                             struct hf_member *member)
{
    if (from->name.size > HF_VIEW_MAX_NAME_BYTES) {
        HF_FAIL(LIMIT);
    }
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(NAME_TEXT_BYTES);
    HF_TRY(hf_buf_append_byte(&text, ','));
    HF_TRY(hf_json_write_string(&text, from->name));
    HF_TRY(hf_buf_append_byte(&text, ':'));
    hf_bytes name;
    HF_TRY(hf_arena_copy(arena, from->name, &name));
    uint8_t *text_copy = hf_arena_alloc(arena, text.size + HF_MEMBER_TEXT_PADDING);
    if (!text_copy) {
        HF_FAIL(NOMEM);
    }
    memcpy(text_copy, text.data, text.size);
    *member = (struct hf_member){
        .name = name.data,
        .name_bytes = (uint32_t)name.size,
        .text = text_copy,
        .text_bytes = (uint32_t)text.size,
        .node = from->node,
        .class_index = from->node->class_index,
        .string_way = from->node->string_way,
        .short_bytes = from->node->short_bytes,
        .dated = from->node->dated,
    };
    if (from->node->string_way == HF_WAY_MASK) { /* of at most HF_MASK_MAX_CHARS each */
        member->keep_first = (uint8_t)from->node->leaf.treatment.keep_first;
        member->keep_last = (uint8_t)from->node->leaf.treatment.keep_last;
    }
    memcpy(member->plans, from->node->plans, sizeof member->plans);
    set_lead(member);
    return HF_DONE;
}

static hf_status copy_members(struct hf_arena *arena, const struct hf_view_member *from, size_t n,
                              struct hf_view_node *node)
{
    struct hf_members *members = &node->members;
    members->n = (uint32_t)n;
    members->n_words = (uint32_t)((n + 63) / 64);
    struct hf_member *list = new_list(arena, n);
    uint64_t *dated = hf_arena_alloc_array(arena, members->n_words, sizeof *dated);
    if (!list || !dated) {
        HF_FAIL(NOMEM);
    }
    for (size_t i = 0; i < n; i++) {
        HF_TRY(copy_member(arena, &from[i], &list[i]));
        dated[i / 64] |= (uint64_t)from[i].node->dated << (i % 64);
        inherit(node, from[i].node);
    }
    members->list = list;
    members->dated = dated;
    HF_TRY(place_members(arena, members, list));
    for (size_t i = 0; i < n; i++) {
        if (has_name(members, &list[i])) {
            HF_FAIL(POLICY_INVALID);
        }
    }
    return HF_DONE;
}

/* Which owners the members name, and how many leaves may wait for them. */
static hf_status count_owners(struct hf_view_node *node)
{
    uint64_t named = 0;
    uint64_t needed = 0;
    size_t n_owned = node->owned;
    for (uint32_t i = 0; i < node->members.n; i++) {
        const struct hf_view_node *member = node->members.list[i].node;
        if (!needs_object(member)) {
            continue;
        }
        uint64_t name = member->leaf.names_owner ? UINT64_C(1) << member->leaf.names_owner : 0;
        if (named & name) {
            HF_FAIL(POLICY_INVALID);
        }
        named |= name;
        if (member->leaf.owner && member->leaf.owner != HF_VIEW_OWNER_ITSELF) {
            needed |= UINT64_C(1) << member->leaf.owner;
            n_owned++;
        }
    }
    if (needed & ~named) {
        HF_FAIL(POLICY_INVALID);
    }
    node->n_owners = named ? (uint8_t)(63 - __builtin_clzll(named)) : 0;
    size_t n_slots = (size_t)node->owner_slots + node->n_owners;
    if (n_slots > HF_VIEW_MAX_OWNER_SLOTS || n_owned > HF_VIEW_MAX_OWNED) {
        HF_FAIL(LIMIT);
    }
    node->owner_slots = (uint16_t)n_slots;
    node->owned = (uint16_t)n_owned;
    return HF_DONE;
}

static void digest_object(struct hf_view_node *node)
{
    struct hf_sha256 state;
    digest_begin(&state, node);
    digest_number(&state, node->members.n);
    for (uint32_t i = 0; i < node->members.n; i++) {
        const struct hf_member *member = &node->members.list[i];
        digest_number(&state, member->name_bytes);
        hf_sha256_update(&state, hf_bytes_of(member->name, member->name_bytes));
        digest_child(&state, member->node);
    }
    hf_sha256_final(&state, node->digest);
}

hf_status hf_view_builder_object(struct hf_view_builder *builder,
                                 const struct hf_view_member *members, size_t n_members,
                                 bool nullable, const struct hf_view_node **ret_node)
{
    if (n_members > HF_VIEW_MAX_MEMBERS) {
        HF_FAIL(LIMIT);
    }
    struct hf_view_node *node = NULL;
    HF_TRY(new_node(builder, HF_NODE_OBJECT, &node));
    node->depth = 1;
    node->nullable = nullable;
    HF_TRY(copy_members(builder->arena, members, n_members, node));
    size_t words = (size_t)node->seen_words + node->members.n_words;
    if (node->depth > HF_VIEW_MAX_DEPTH || words > HF_VIEW_MAX_SEEN_WORDS) {
        HF_FAIL(LIMIT);
    }
    node->seen_words = (uint16_t)words;
    HF_TRY(count_owners(node));
    hf_view_plan(node);
    digest_object(node);
    *ret_node = node;
    return HF_DONE;
}

/* --- the view --- */

static void digest_view(struct hf_view *view)
{
    struct hf_sha256 state;
    hf_sha256_init(&state);
    hf_sha256_update(&state, HF_LITERAL("hufu/view/1"));
    digest_number(&state, (uint64_t)view->range.bounded | (uint64_t)view->lines << 1);
    if (view->range.bounded) {
        digest_number(&state, (uint64_t)(int64_t)view->range.from_day);
        digest_number(&state, (uint64_t)(int64_t)view->range.to_day);
    }
    digest_number(&state, view->n_persons);
    for (size_t i = 0; i < view->n_persons; i++) {
        digest_number(&state, view->persons[i].size);
        hf_sha256_update(&state, view->persons[i]);
    }
    digest_child(&state, view->root);
    hf_sha256_final(&state, view->digest);
}

/* --- what a redactor fetches before the first byte comes --- */

static void add_ahead(struct hf_view *view, const void *memory, size_t size)
{
    for (size_t i = 0; i < size && view->n_ahead < HF_VIEW_MAX_AHEAD; i += HF_CACHE_LINE_BYTES) {
        view->ahead[view->n_ahead++] = (const uint8_t *)memory + i;
    }
}

static void add_node(struct hf_view *view, const struct hf_view_node *node)
{
    add_ahead(view, node, offsetof(struct hf_view_node, digest));
}

/* An object: itself, where names are looked up, and its members as far as all need them. */
static void add_object(struct hf_view *view, const struct hf_view_node *node)
{
    const struct hf_members *members = &node->members;
    add_node(view, node);
    add_ahead(view, members->slots, 1);
    for (uint32_t i = 0; i < members->n; i++) {
        add_ahead(view, &members->list[i], 1);
        if (members->list[i].string_way == HF_WAY_ASK) {
            add_ahead(view, members->list[i].node, 1);
        }
    }
}

/* The first array among the members of an object. */
static const struct hf_view_node *first_array(const struct hf_view_node *object)
{
    for (uint32_t i = 0; i < object->members.n; i++) {
        if (object->members.list[i].node->kind == HF_NODE_ARRAY) {
            return object->members.list[i].node;
        }
    }
    return NULL;
}

/* Most answers are an object that ends with an array of objects, or such an array. */
static void look_ahead(struct hf_view *view)
{
    const struct hf_view_node *node = view->root;
    if (node->kind == HF_NODE_OBJECT) {
        add_object(view, node);
        node = first_array(node);
    }
    if (node && node->kind == HF_NODE_ARRAY) {
        add_node(view, node);
        if (node->item->kind == HF_NODE_OBJECT) {
            add_object(view, node->item);
        }
    }
}

void hf_view_builder_lines(struct hf_view_builder *builder)
{
    builder->lines = true;
}

hf_status hf_view_builder_finish(struct hf_view_builder *builder, const struct hf_view_node *root,
                                 const struct hf_view_range *range, struct hf_view **ret_view)
{
    if ((range->bounded && range->from_day > range->to_day) || needs_object(root) ||
        (builder->lines && root->kind != HF_NODE_ARRAY)) {
        hf_view_builder_free(builder);
        HF_FAIL(POLICY_INVALID);
    }
    struct hf_view *view = calloc(1, sizeof *view);
    if (!view) {
        hf_view_builder_free(builder);
        HF_FAIL(NOMEM);
    }
    view->arena = builder->arena;
    view->scans = builder->scans;
    view->lines = builder->lines;
    view->owns = builder->owns;
    view->names = builder->names;
    view->n_persons = builder->n_persons;
    memcpy(view->persons, builder->persons, sizeof view->persons);
    builder->arena = NULL;
    hf_view_builder_free(builder);
    view->root = root;
    view->range = *range;
    look_ahead(view);
    view->first_key = hf_date_key_of(range->from_day);
    view->last_key = hf_date_key_of(range->to_day);
    atomic_init(&view->n_refs, 1);
    digest_view(view);
    *ret_view = view;
    return HF_DONE;
}

struct hf_view *hf_view_ref(struct hf_view *view)
{
    atomic_fetch_add_explicit(&view->n_refs, 1, memory_order_relaxed);
    return view;
}

void hf_view_unref(struct hf_view *view)
{
    if (view && atomic_fetch_sub_explicit(&view->n_refs, 1, memory_order_acq_rel) == 1) {
        free_arena(view->arena);
        free(view);
    }
}

const uint8_t *hf_view_digest(const struct hf_view *view)
{
    return view->digest;
}

bool hf_view_has_owners(const struct hf_view *view)
{
    return view->owns;
}

bool hf_view_has_pseudonyms(const struct hf_view *view)
{
    return view->names;
}

unsigned hf_view_kept_classes(const struct hf_view *view)
{
    return view->root->kept;
}

unsigned hf_view_changed_classes(const struct hf_view *view)
{
    return view->root->changed;
}

unsigned hf_view_withheld_classes(const struct hf_view *view)
{
    return view->root->withheld;
}
