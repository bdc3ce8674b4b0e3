/*
 * Why each field of an answer is treated as it is. The same decisions that the compiler takes,
 * walked once more for people: a view carries no reasons, so the path of a request pays nothing.
 */
#pragma once

#include "policy/compile.h"

/* What decided. The first four withhold whatever the policy says; in the order they are asked. */
enum hf_reason {
    HF_REASON_NO_CLASS = 0, /* the catalog gives the leaf no class */
    HF_REASON_NOT_AGREED,   /* its class is not in the agreement */
    HF_REASON_NOBODYS,      /* personal data of which nobody says whose it is */
    HF_REASON_BESIDE_ROWS,  /* undated, beside dated rows */
    HF_REASON_NO_RULE,      /* no rule matches */
    HF_REASON_SOLE_TRADER,  /* trader and person do not both cover it */
    HF_REASON_MISFIT,       /* the rule's treatment does not fit the leaf's types */
    HF_REASON_PUBLIC,       /* public: the rule's `do` */
    HF_REASON_COVERED,      /* a scope covers it: the rule's `do` */
    HF_REASON_OWNED,        /* likewise, but only where it is the person's who granted a scope */
    HF_REASON_NOT_COVERED,  /* no scope does: the rule's `without_consent`; personal data stays */
    HF_N_REASONS
};

/* What the nearest scope lacks to cover a leaf; the later, the nearer it comes. */
enum hf_lack {
    HF_LACK_SCOPE = 0, /* no scope covers even the operation */
    HF_LACK_CLASS,     /* its classes do not hold the leaf's */
    HF_LACK_FIELD,     /* its fields do not hold the path */
    HF_LACK_GRANTOR,   /* its grantor may not release the class */
    HF_LACK_RANGE,     /* its range does not contain the leading scope's */
    HF_LACK_NOTHING    /* it covers the leaf */
};

const char *hf_reason_name(enum hf_reason reason);     /* "no_class"; "?" outside the table */
const char *hf_reason_sentence(enum hf_reason reason); /* for people, no full stop */
const char *hf_lack_name(enum hf_lack lack);           /* "class"; "nothing" */
const char *hf_lack_sentence(enum hf_lack lack);

struct hf_explained_leaf {
    const struct hf_schema_field *leaf;
    bool in_rows;
    struct hf_treatment treatment;
    bool is_released; /* some of the value is left to see */
    enum hf_reason reason;
    const struct hf_rule *rule;         /* that spoke; NULL: none */
    bool is_with;                       /* its `do` spoke, else its `without_consent` */
    const struct hf_grant_scope *scope; /* that covers; of request->scopes; NULL: none */
    unsigned persons; /* of OWNED: a bit for each person who has granted a scope, in that order */
    const struct hf_grant_scope *by_whom; /* the sole trader's own, as a person; NULL: none */
    enum hf_lack lack; /* what the nearest scope lacks; NOTHING for public and covered leaves */
};

/**
 * hf_view_explain() - hands every leaf of the answer to @visit, in the order of the description
 * @visit: ends the walk with what is no success; @leaf is borrowed during the call
 *
 * A request that hf_view_compile() refuses is refused alike. Cost: O(fields × (rules + scopes)), no
 * allocation. Errors: LIMIT, and those of @visit.
 */
hf_status hf_view_explain(const struct hf_view_request *request,
                          hf_status (*visit)(void *context, const struct hf_explained_leaf *leaf),
                          void *context);

/* The persons who have granted scopes, the earlier first: bit i of `persons` is the i-th. Returns
 * how many, at most HF_GRANT_MAX_CONSENTS. */
size_t hf_view_persons(const struct hf_view_request *request,
                       hf_bytes ret_persons[static HF_GRANT_MAX_CONSENTS]);

/* The scope that sets the range of dates: the first that covers the operation; NULL: none does. */
const struct hf_grant_scope *hf_view_leading(const struct hf_view_request *request);

/* Whether @leaf is personal data of whom its own value names, whoever the access is about. */
bool hf_leaf_names_itself(const struct hf_schema_field *leaf);

/* The treatment as the description of a view spells it: "mask 3 4". Errors: LIMIT, NOMEM. */
hf_status hf_treatment_write(const struct hf_treatment *treatment, hf_buf *text);
