/*
 * What the files of the catalog compiler share while one catalog is read. Private to
 * policy/catalog*.
 *
 * A function here returns a status only for what ends the whole reading (NOMEM); a mistake of the
 * document is added to the list and reading goes on.
 */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "base/vocabulary.h"
#include "crypto/hash.h"
#include "policy/catalog.h"
#include "policy/problems.h"

struct hf_catalog {
    struct hf_arena arena;
    enum hf_source source;
    uint8_t digest[HF_SHA256_BYTES];
    struct hf_operation *operations;
    size_t n_operations;
    const struct hf_route_index *index; /* of them */
};

struct hf_catalog_build {
    struct hf_document document;
    struct hf_catalog *catalog;
    struct hf_arena scratch; /* drafts of one operation */
    size_t n_steps;          /* schemas applied, so that sharing cannot multiply without bound */
};

/* What an `x-hufu` object says of a leaf. */
struct hf_leaf_note {
    const struct hf_json *at; /* the object */
    unsigned class;           /* 0: not said */
    unsigned level;           /* 0: not said */
    hf_bytes identifier;      /* empty: not said */
    hf_bytes owner;
    bool text;
    bool date;
    bool subject_echo;
    bool undated;
};

/* What it says of an operation. */
struct hf_operation_note {
    hf_bytes dataset;              /* "payment" */
    const struct hf_json *subject; /* its member; NULL: missing */
    hf_bytes subject_name;
    bool has_place; /* written as {"in","name"} */
    enum hf_parameter_place subject_place;
    const struct hf_json *rows; /* its member; NULL: nothing is dated */
    enum hf_detail_kind detail;
    bool is_public;
};

/* A field while it is put together from the schemas that speak of the same place. */
struct hf_draft {
    struct hf_schema_field field;
    struct hf_draft *members;
    struct hf_draft *last_member;
    struct hf_draft *next;
    struct hf_draft *item;
    bool is_object;
    bool is_array;
    unsigned n_classes;            /* x-hufu objects with a class */
    unsigned n_undated;            /* of these, those with undated */
    const struct hf_json *at;      /* first schema met */
    const struct hf_json *note_at; /* first x-hufu met */
    /* Of a member or item: who gives it its class. */
    bool is_always_classed;        /* a schema outside all branches */
    unsigned classed_in;           /* the last branch that does */
    unsigned bare_in;              /* a branch that allows a value and does not */
    const struct hf_json *bare_at; /* the schema there; NULL: none */
};

/* Follows `$ref` from @node until something else stands there; NULL after adding a mistake. */
const struct hf_json *hf_build_resolve(const struct hf_catalog_build *build,
                                       const struct hf_json *node);

/* The target of one `$ref` member, or NULL after adding a mistake. */
const struct hf_json *hf_build_target(const struct hf_catalog_build *build,
                                      const struct hf_json *ref);

/* The member if it is a string (else NULL and, when it is there, a mistake). */
const struct hf_json *hf_build_string(const struct hf_catalog_build *build,
                                      const struct hf_json *object, const char *name);

/* The member's truth; @ret is left as it is when it is absent; a mistake when it is no boolean. */
void hf_build_boolean(const struct hf_catalog_build *build, const struct hf_json *object,
                      const char *name, bool *ret);

/* The member's whole number 0..UINT32_MAX; as above. */
void hf_build_number(const struct hf_catalog_build *build, const struct hf_json *object,
                     const char *name, uint32_t *ret);

/* Adds a mistake for each member that is not in @names (NULL-terminated). */
void hf_build_closed(const struct hf_catalog_build *build, const struct hf_json *object,
                     const char *const *names);

/* Copies into the catalog's arena. */
hf_status hf_build_copy(const struct hf_catalog_build *build, hf_bytes text, hf_bytes *ret_text);

/* catalog_note.c: false when the object is unusable; single mistakes are added either way. */
bool hf_note_read_source(const struct hf_catalog_build *build, const struct hf_json *info,
                         enum hf_source *ret_source);
bool hf_note_read_operation(const struct hf_catalog_build *build, const struct hf_json *note,
                            struct hf_operation_note *ret_note);
bool hf_note_read_leaf(const struct hf_catalog_build *build, const struct hf_json *note,
                       struct hf_leaf_note *ret_note);

/* catalog_parameter.c: parameters and body members of an operation, and its subject. */
hf_status hf_build_parameters(struct hf_catalog_build *build, const struct hf_json *path_item,
                              const struct hf_json *operation, const struct hf_operation_note *note,
                              struct hf_operation *ret_operation);

/* The schemas of an answer: of several media types each value is of one of them. */
enum { HF_BUILD_MAX_MEDIA = 8 };

struct hf_answer_schemas {
    const struct hf_json *items[HF_BUILD_MAX_MEDIA];
    size_t n;
    enum hf_media media; /* NDJSON: the schemas are those of a line */
};

/* catalog_schema.c: the draft of an answer, in the scratch arena; NULL after adding a mistake. */
hf_status hf_build_answer(struct hf_catalog_build *build, const struct hf_answer_schemas *schemas,
                          struct hf_draft **ret_draft);

/* catalog_tree.c: from the draft to the immutable tree, with all checks that need the whole. */
hf_status hf_build_tree(struct hf_catalog_build *build, struct hf_draft *draft,
                        const struct hf_operation_note *note, struct hf_operation *ret_operation);

/* catalog_operation.c: all operations of the document that carry x-hufu. */
hf_status hf_build_operations(struct hf_catalog_build *build);
