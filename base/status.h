/*
 * The one status of Hufu: what a function that can fail returns.
 *
 * A status is a one-member struct, not an int or an enum, so that `return -1`, `return true` and a
 * forgotten result do not compile. A verdict (allow, deny) is never a status: it is an out
 * parameter whose zero value is deny.
 */
#pragma once

#include <stddef.h>

enum hf_code {
#define HF_STATUS(name, class, http, slug, sentence) HF_##name,
#include "base/status.def"
#undef HF_STATUS
    HF_N_CODES
};

enum hf_class {
    HF_CLASS_NONE,
    HF_CLASS_DENY,
    HF_CLASS_INPUT,
    HF_CLASS_LIMIT,
    HF_CLASS_UPSTREAM,
    HF_CLASS_FAULT,
    HF_CLASS_BUG
};

enum hf_verdict { HF_VERDICT_DENY = 0, HF_VERDICT_ALLOW = 1 };

/* The attribute stands on the type, so that every function that returns it is covered. */
#ifdef __clang__
#define HF_MUST_USE __attribute__((warn_unused_result))
#else
#define HF_MUST_USE [[nodiscard]]
#endif

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic" /* [[nodiscard]] before C23 */
struct HF_MUST_USE hf_status {
    enum hf_code code;
};
#pragma GCC diagnostic pop
typedef struct hf_status hf_status;

/* One row of status.def. */
struct hf_code_info {
    const char *name;     /* "consent_expired": the contract name */
    enum hf_class class;  /* how a caller treats it */
    int http_status;      /* RFC 9110 status that the gateway answers */
    const char *type;     /* "urn:hufu:problem:consent_expired" (RFC 9457 3.1.1) */
    const char *sentence; /* RFC 9457 `title`: all that a client is told */
};

/**
 * hf_code_info() - the table row of a code
 * @code: any value; one outside the table yields the row of HF_BUG
 *
 * Owner: static storage. Cost: O(1). Errors: none.
 */
const struct hf_code_info *hf_code_info(enum hf_code code);

/**
 * hf_code_by_name() - the code whose contract name is @name
 * @name:     NUL-terminated
 * @ret_code: set only when found
 *
 * Returns 1 when found, else 0. Cost: O(codes).
 */
int hf_code_by_name(const char *name, enum hf_code *ret_code);

static inline hf_status hf_status_of(enum hf_code code)
{
    return (hf_status){code};
}

static inline int hf_is_ok(hf_status status)
{
    return status.code == HF_OK;
}

/* Says in the code that a status is dropped on purpose. */
static inline void hf_ignore(hf_status status)
{
    (void)status;
}

#define HF_DONE hf_status_of(HF_OK)

/* Forwards a failure to the caller; the only way to do so. */
#define HF_TRY(expr)                                                                               \
    do {                                                                                           \
        hf_status hf_try_status_ = (expr);                                                         \
        if (!hf_is_ok(hf_try_status_)) {                                                           \
            return hf_try_status_;                                                                 \
        }                                                                                          \
    } while (0)

/* Starts a failure: HF_FAIL(JSON_MALFORMED). */
#define HF_FAIL(NAME) return hf_status_of(HF_##NAME)

/* Runs @fn on the variable's address when it leaves scope. */
#define HF_CLEANUP(fn) __attribute__((cleanup(fn)))

/*
 * What is wrong with an input, and where: filled by parsers and checks beside their status, printed
 * by the tool and by `--check`, never sent to an HTTP client beyond `attribute`.
 * It never holds a value of the input, only positions, member names of ours, and fixed sentences.
 */
struct hf_problem {
    enum hf_code code;
    size_t offset;    /* bytes from the start of the input */
    unsigned line;    /* 1-based; 0: not known */
    unsigned column;  /* 1-based, in bytes */
    char where[192];  /* JSON pointer or attribute name; empty: the whole input */
    char detail[224]; /* a sentence for people, without values */
};

/* No problem yet. Not by zeroing it all: a request that goes well reads none of its text. */
static inline void hf_problem_init(struct hf_problem *problem)
{
    problem->code = HF_OK;
    problem->offset = 0;
    problem->line = problem->column = 0;
    problem->where[0] = problem->detail[0] = '\0';
}

/**
 * hf_problem_set() - fill a problem and start a failure with it
 * @reterr: may be NULL
 * @code:   what the caller returns
 * @where:  may be NULL; cut to fit
 * @format: printf-like sentence; must not contain values of the input
 *
 * Returns the status of @code, so `return hf_problem_set(...)` reads as one step. Position members
 * are left as they are. Cost: O(text).
 */
hf_status hf_problem_set(struct hf_problem *reterr, enum hf_code code, const char *where,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));
