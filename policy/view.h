/*
 * A view: what happens to each field of one answer, compiled for the streaming redactor. Immutable
 * once built, reference-counted, readable from any thread.
 *
 * A view is an acyclic graph of nodes. It is built from the leaves up, so a cycle cannot be
 * written; one node may stand in several places. What a view does not name is dropped.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "policy/treat.h"

enum {
    HF_VIEW_MAX_DEPTH = 64,     /* containers inside each other */
    HF_VIEW_MAX_MEMBERS = 2048, /* of one object */
    HF_VIEW_MAX_NODES = 16384,
    HF_VIEW_MAX_NAME_BYTES = 256, /* decoded UTF-8 */
    HF_VIEW_MAX_SEEN_WORDS = 128, /* sum of ceil(members/64) along any path from the root */
    HF_VIEW_MAX_PERSONS = 8,
    HF_VIEW_MAX_OWNERS = 32,       /* of one object */
    HF_VIEW_MAX_OWNER_SLOTS = 128, /* owners of all objects on any path from the root */
    HF_VIEW_MAX_OWNED = 256,    /* leaves of an owner, of all objects on any path from the root */
    HF_VIEW_OWNER_ITSELF = 255, /* `owner` of a leaf whose own value names the person */
    HF_VIEW_N_CLASSES = 8       /* class bits 1<<0 .. 1<<7 (base/vocabulary.h) */
};

struct hf_view;
struct hf_view_builder;
struct hf_view_node; /* lives as long as the view it was built for */

/* A leaf: its type, its class, what is done to it. */
struct hf_view_leaf {
    unsigned types;     /* mask of enum hf_leaf_type; 0 only with DROP */
    uint32_t max_chars; /* code points of a string; 0: only the redactor's own limit */
    bool nullable;      /* null may stand here, and stays null */
    unsigned class_bit; /* one bit of the vocabulary; 0: none, then only DROP is possible */
    bool date;         /* inside `rows`: this date decides whether the row passes, dropped or not */
    bool subject_echo; /* a string that is not the subject is a fault, dropped or not */
    uint8_t names_owner; /* its string, dropped or not, says who this owner of its object is,
                            1..HF_VIEW_MAX_OWNERS; 0: none */
    uint8_t owner;       /* which owner of its object, or ITSELF, it needs to be one of `persons`;
                            0: none, and then no persons */
    uint8_t persons;     /* a bit for each of the builder's */
    struct hf_treatment treatment;
};

struct hf_view_member {
    hf_bytes name; /* decoded UTF-8, copied */
    const struct hf_view_node *node;
};

/* The days that a row's dates must lie in, inclusive, since 1970-01-01. */
struct hf_view_range {
    bool bounded; /* false: rows are not judged by date */
    int32_t from_day;
    int32_t to_day;
};

/* A builder owns all nodes until hf_view_builder_finish(). Errors: NOMEM. */
hf_status hf_view_builder_new(struct hf_view_builder **ret_builder);
void hf_view_builder_free(struct hf_view_builder *builder); /* NULL is fine */

/**
 * hf_view_builder_persons() - whose personal data the view lets leave
 * @names: "person:" and 43 characters each, copied; bit i of a leaf's `persons` is the i-th
 *
 * Comes before the leaves that mention them. Errors: LIMIT (HF_VIEW_MAX_PERSONS), NOMEM.
 */
hf_status hf_view_builder_persons(struct hf_view_builder *builder, const hf_bytes *names, size_t n);

/**
 * hf_view_builder_drop() - a value that is dropped whatever its shape
 * @class_bit: what it is counted under; 0: none
 *
 * A `date` leaf of a row must not hide in it: give its containers their shape and drop the leaf.
 * Errors: LIMIT (nodes), NOMEM, POLICY_INVALID.
 */
hf_status hf_view_builder_drop(struct hf_view_builder *builder, unsigned class_bit,
                               const struct hf_view_node **ret_node);

/**
 * hf_view_builder_leaf() - a string, number, boolean or date
 *
 * Errors: POLICY_INVALID (the treatment does not fit the types, or a member is out of its range, or
 * an owner without persons, or persons that the builder does not know), LIMIT (nodes), NOMEM.
 */
hf_status hf_view_builder_leaf(struct hf_view_builder *builder, const struct hf_view_leaf *leaf,
                               const struct hf_view_node **ret_node);

/**
 * hf_view_builder_object() - an object with these members, in this order
 * @members: borrowed during the call; their nodes are of this builder
 *
 * The order is only a hint of the order in which the source writes them. Cost: O(members).
 * Errors: POLICY_INVALID (a name twice; an owner that no member names, or two), LIMIT (members,
 * name, depth, nodes, seen words, owners, owned leaves), NOMEM.
 */
hf_status hf_view_builder_object(struct hf_view_builder *builder,
                                 const struct hf_view_member *members, size_t n_members,
                                 bool nullable, const struct hf_view_node **ret_node);

/**
 * hf_view_builder_array() - an array whose elements are all @item
 * @rows: its elements are the dated rows; rows inside rows are refused
 *
 * Errors: POLICY_INVALID (rows inside rows; a leaf that has or names an owner, for only an object
 * has one), LIMIT (depth, nodes), NOMEM.
 */
hf_status hf_view_builder_array(struct hf_view_builder *builder, const struct hf_view_node *item,
                                bool nullable, bool rows, const struct hf_view_node **ret_node);

/* The answer will be lines, each an element of the root, which must then be an array. */
void hf_view_builder_lines(struct hf_view_builder *builder);

/**
 * hf_view_builder_finish() - the view; the builder is used up whether this succeeds or not
 * @root:     a node of this builder
 * @range:    borrowed during the call
 * @ret_view: set only on success; caller owns one reference, hf_view_unref()
 *
 * A bounded range over rows without any `date` leaf withholds every row.
 * Errors: POLICY_INVALID (from_day after to_day, lines of what is no array, a root that has or
 * names an owner), NOMEM.
 */
hf_status hf_view_builder_finish(struct hf_view_builder *builder, const struct hf_view_node *root,
                                 const struct hf_view_range *range, struct hf_view **ret_view);

/* Any thread. */
struct hf_view *hf_view_ref(struct hf_view *view);
void hf_view_unref(struct hf_view *view); /* NULL is fine */

/**
 * hf_view_digest() - SHA-256 over everything that the view does: nodes, names, treatments, range
 *
 * Two views of one digest redact alike. It is a function of the view alone, never of data.
 */
const uint8_t *hf_view_digest(const struct hf_view *view);

/* Whether whom an answer names decides over some leaf: the redactor then needs the persons' key. */
bool hf_view_has_owners(const struct hf_view *view);

/* Whether some leaf leaves as a pseudonym: then the redactor needs the key that makes them. */
bool hf_view_has_pseudonyms(const struct hf_view *view);

/*
 * Masks of class bits, functions of the view alone: classes of which some leaf is kept as it is;
 * is changed (mask, round, truncate_date); is withheld (drop, null), or may be, for it needs an
 * owner. A class can stand in all.
 */
unsigned hf_view_kept_classes(const struct hf_view *view);
unsigned hf_view_changed_classes(const struct hf_view *view);
unsigned hf_view_withheld_classes(const struct hf_view *view);
