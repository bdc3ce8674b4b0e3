/*
 * The inside of the redactor, shared by redact*.c only.
 *
 *   redact.c         push, finish, what is held back between chunks
 *   redact_walk.c    structure: containers, names, separators
 *   redact_run.[ch]  members that are whole and spelled as usual, in one loop
 *   redact_string.c  strings: escapes, UTF-8, cut anywhere
 *   redact_number.c  numbers and literals
 *   redact_text.c    free text, in which identifiers are masked
 *   redact_lines.c   answers of which each line is a value
 *   redact_leaf.c    what becomes of a value: type, treatment, row dates, counts
 *   redact_owner.c   whose a value is, and what waits until that is known
 *
 * A step reads from p up to end and returns how far it came; it stops at the end of the chunk or
 * when another step must go on. A fault sets `rule`, and nothing runs after that.
 */
#pragma once

#include "policy/detect.h"
#include "policy/redact.h"
#include "policy/scan.h"
#include "policy/view_node.h"

/* HF_RULE(name, sentence): the rules that a body can break. */
#define HF_RULES(HF_RULE)                                                                          \
    HF_RULE(none, "")                                                                              \
    HF_RULE(value, "A value must begin here.")                                                     \
    HF_RULE(name, "The name of a member must begin here.")                                         \
    HF_RULE(colon, "A colon must stand here.")                                                     \
    HF_RULE(separator, "A comma or the end of the container must stand here.")                     \
    HF_RULE(literal, "Only true, false and null are words.")                                       \
    HF_RULE(number, "A number breaks off or is spelled in a way that JSON does not know.")         \
    HF_RULE(control, "A string holds a raw control character.")                                    \
    HF_RULE(escape, "A string holds an escape that JSON does not know.")                           \
    HF_RULE(surrogate, "A string holds half of a surrogate pair.")                                 \
    HF_RULE(utf8, "A string is not UTF-8.")                                                        \
    HF_RULE(duplicate_member, "An object holds a member of the view twice.")                       \
    HF_RULE(trailing, "Bytes stand behind the value.")                                             \
    HF_RULE(truncated, "The body ends inside the value.")                                          \
    HF_RULE(depth, "Containers are nested too deep.")                                              \
    HF_RULE(members, "An object has too many members.")                                            \
    HF_RULE(string_length, "A string is too long.")                                                \
    HF_RULE(row_length, "A row is too long to be held until its dates are known.")                 \
    HF_RULE(owner_length, "An object is too long to be held until its owner is known.")            \
    HF_RULE(body_length, "The body is too long.")                                                  \
    HF_RULE(subject, "The answer is about someone else.")                                          \
    HF_RULE(output, "The output buffer is full.")

enum hf_rule {
#define HF_RULE(name, sentence) HF_RULE_##name,
    HF_RULES(HF_RULE)
#undef HF_RULE
        HF_N_RULES
};

enum hf_redact_step {
    HF_STEP_VALUE,
    HF_STEP_FIRST_ELEMENT, /* or `]` */
    HF_STEP_FIRST_NAME,    /* or `}` */
    HF_STEP_NAME,
    HF_STEP_COLON,
    HF_STEP_AFTER, /* a value: comma or end of the container */
    HF_STEP_STRING,
    HF_STEP_NUMBER,
    HF_STEP_LITERAL,
    HF_STEP_DONE,
    HF_STEP_LINE, /* of which nothing but white space has been seen */
    HF_N_STEPS
};

struct hf_frame {
    const struct hf_view_node *node; /* NULL: inside something dropped */
    uint32_t n_members;
    uint16_t guess;     /* ordinal of the member expected next; none from there on has been named */
    uint16_t seen_at;   /* first of its words in `seen` */
    uint16_t owners_at; /* likewise of what it has shown of its owners */
    bool is_object;
    bool any;   /* something was written into it: a comma is due */
    bool empty; /* no element has begun */
    bool rows;  /* its elements are judged by date */
};

/* The string being read, name or value. */
struct hf_string {
    bool is_name;
    bool copy;         /* goes out as it comes */
    bool scan;         /* likewise, but past the detector */
    bool capture;      /* is decoded into `text` */
    bool count;        /* its characters are counted against the leaf's max_chars */
    bool tentative;    /* what went out since `mark` may have to be taken back */
    bool mark_any;     /* the container's `any` at `mark` */
    bool dropped;      /* withheld, and counted as that, before its end */
    bool names_other;  /* of a `subject_echo` leaf: not the subject */
    bool is_cut;       /* part of it has gone past the detector */
    hf_bytes gathered; /* of a text: what the detector has yet to see, in this chunk */
    size_t n_raw_bytes;
    size_t n_chars;
    size_t mark;
};

/* The row being read. */
struct hf_row {
    bool open;
    bool failed;
    bool any; /* as in hf_string */
    size_t mark;
    uint64_t offset; /* in the body */
    uint64_t released[HF_VIEW_N_CLASSES + 1];
};

struct hf_redact;
struct hf_owners;

/* Output that is undecided from `mark` on. */
struct hf_held {
    size_t mark;
    uint64_t offset;   /* in the body: of what is held */
    enum hf_rule rule; /* that it breaks when it is too long */
};

/* A value of an owner that begins. */
struct hf_owned {
    size_t mark;
    bool any; /* as in hf_string */
    uint64_t n_released;
};

/*
 * Reads members of the innermost object, the first of which may begin at @p, and on through the
 * objects behind it in the same array, as long as each is whole and common. Sets `step` to NAME,
 * VALUE or AFTER, whatever stands where it returns; `target` as the steps have it.
 */
typedef const uint8_t *hf_run_fn(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);

struct hf_redact {
    _Alignas(HF_CACHE_LINE_BYTES) uint8_t *out; /* where the next byte goes */
    uint8_t *out_end;
    hf_buf *out_buf;
    const struct hf_scan *scan;
    hf_run_fn *run_members;
    const struct hf_view_node *target; /* of the value at hand; NULL: dropped */
    const struct hf_member *member;    /* its name; NULL: in an array, or the root */
    enum hf_redact_step step;
    enum hf_rule rule;
    unsigned depth;
    unsigned n_seen_words; /* in use */
    bool root_written;
    uint8_t number_state;
    uint8_t literal;   /* which */
    uint8_t n_literal; /* bytes of it seen */
    uint8_t n_escape;  /* bytes in `escape` */
    uint8_t n_cut;     /* bytes in `cut` */
    bool text_overflow;
    size_t n_text;
    struct hf_string string;
    struct hf_row row;
    struct hf_frame lines; /* stands for the array whose elements the lines are */

    const uint8_t *chunk;
    size_t n_readable_bytes; /* behind the chunk's end: NULs */
    uint64_t offset;         /* of the chunk in the body */
    uint64_t string_offset;  /* of the string at hand, when it is a value */
    uint64_t fault_offset;
    hf_status out_failure; /* when `rule` is output */
    struct hf_redact_limits limits;
    struct hf_view *view;
    hf_buf hold; /* output that may have to be taken back, between chunks */
    struct hf_redact_stats stats;
    size_t n_subject;
    size_t max_held_string_bytes; /* raw; longer ones that would be held are withheld */
    const struct hf_mac_key *person_key;
    hf_bytes bank;
    /* Ours, and kept: see begin(). */
    struct hf_detect *detect; /* there when the view scans */
    struct hf_owners *owners; /* there when the view owns */

    _Alignas(HF_CACHE_LINE_BYTES) struct hf_frame frames[HF_REDACT_MAX_DEPTH];
    uint64_t seen[HF_VIEW_MAX_SEEN_WORDS];
    uint8_t escape[12]; /* an escape cut by the end of a chunk */
    uint8_t cut[4];     /* a character cut likewise */
    uint8_t subject[HF_REDACT_MAX_SUBJECT_BYTES];
    uint8_t text[HF_TREAT_MAX_BYTES]; /* a decoded string, or the lexeme of a cut number */
};

/* --- redact.c --- */

/* Notes that the body breaks @rule at @offset; returns @p. */
const uint8_t *hf_redact_fault_at(struct hf_redact *redact, enum hf_rule rule, uint64_t offset,
                                  const uint8_t *p);

/* Makes room for @n bytes behind `out`; on failure sets a fault and returns false. */
bool hf_redact_grow(struct hf_redact *redact, size_t n);

/*
 * Whether what is held, up to @end, keeps its bound; else sets a fault. Asked whenever some of it
 * is about to go, and at the end of each chunk: so that no cut of the input hides that it was long.
 */
bool hf_redact_check_held(struct hf_redact *redact, size_t end);

/* --- redact_walk.c --- */

const uint8_t *hf_step_value(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);
const uint8_t *hf_step_first_element(struct hf_redact *redact, const uint8_t *p,
                                     const uint8_t *end);
const uint8_t *hf_step_first_name(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);
const uint8_t *hf_step_name(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);
const uint8_t *hf_step_colon(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);
const uint8_t *hf_step_after(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);
const uint8_t *hf_step_done(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);

/* A name was read: finds its member. @at: absolute offset for a fault. */
void hf_walk_name(struct hf_redact *redact, const uint8_t *name, size_t size, uint64_t at);

/* A value was read to its end. */
void hf_walk_value_end(struct hf_redact *redact);

/* A kept container ends: if some place of a date was not there, its row does not pass. */
void hf_walk_check_dates(struct hf_redact *redact, const struct hf_frame *frame);

/* --- redact_run.c --- */

/* So much is left of a chunk, unless there is more to be read behind its end. */
enum { HF_RUN_MARGIN_BYTES = 2 * HF_BLOCK_BYTES + 6 };

hf_run_fn hf_run_members;
hf_run_fn hf_run_members_avx2; /* for machines that have AVX2; absent where none can */

/* --- redact_lines.c --- */

/* The view is one of lines, and the first begins. */
void hf_lines_begin(struct hf_redact *redact);

const uint8_t *hf_step_line(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);

/* The value of a line was read to its end. */
void hf_line_value_end(struct hf_redact *redact);

/* A line ends, by its LF or with the body, at `offset`; the next begins. */
void hf_line_end(struct hf_redact *redact);

/* --- redact_string.c --- */

const uint8_t *hf_step_string(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);

/* Begins a name, of which the quote has been read. */
void hf_string_begin_name(struct hf_redact *redact);

/* --- redact_text.c --- */

/*
 * A text that may be cut: its quote; pieces of whole characters and escapes, of which @left bytes
 * may be taken; its end with the quote. Its lead has been written. Pieces of one chunk, each right
 * behind the other, are gathered; hf_text_settle() must come before the chunk, or whatever else
 * they stand in, goes. It is harmless at all other times.
 */
void hf_text_begin(struct hf_redact *redact);
void hf_text_take(struct hf_redact *redact, hf_bytes raw, size_t left);
void hf_text_settle(struct hf_redact *redact);
void hf_text_end(struct hf_redact *redact);

/* One that stands whole in the chunk: @quoted with its quotes; writes its lead, too. */
void hf_text_whole(struct hf_redact *redact, hf_bytes quoted);

/* --- redact_number.c --- */

const uint8_t *hf_step_number(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);
const uint8_t *hf_step_literal(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);
const uint8_t *hf_number_begin(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);
const uint8_t *hf_literal_begin(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);

/*
 * The word that stands whole at @p, with a byte behind it: does with it what `target` says, and
 * returns its end; NULL: there is none. The caller ends the value.
 */
const uint8_t *hf_literal_whole(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);

/* Whether the number read so far could end here; then ends it. */
bool hf_number_finish(struct hf_redact *redact);

/* --- redact_leaf.c --- */

enum hf_literal { HF_LITERAL_TRUE, HF_LITERAL_FALSE, HF_LITERAL_NULL, HF_N_LITERALS };

/* A container stands where `target` is none of its kind: counts it. */
void hf_leaf_container(struct hf_redact *redact);

/* The quote of a value was read: decides what is done with its bytes. */
void hf_leaf_string_begin(struct hf_redact *redact);
void hf_leaf_string_end(struct hf_redact *redact);

/* Drops the string at hand when it has grown beyond what its leaf allows or may be held. */
void hf_leaf_string_measure(struct hf_redact *redact);

/*
 * The same for a string that stands whole in the chunk and has no escape, at a `target` that is
 * there: @text without its quotes, @quoted with them, from string_offset on.
 */
void hf_leaf_string_whole(struct hf_redact *redact, hf_bytes quoted);

/* The first half of that: whether the string is to leave, as it is or changed; else it is counted.
 */
bool hf_leaf_string_passes(struct hf_redact *redact, hf_bytes text);

/* The second: @text is what is changed, @rest the raw bytes that are yet to be written, if kept. */
void hf_leaf_string_release(struct hf_redact *redact, hf_bytes text, hf_bytes rest);

/* @size beyond HF_NUMBER_MAX_BYTES: it was too long to be kept. */
void hf_leaf_number(struct hf_redact *redact, const uint8_t *lexeme, size_t size, bool is_integer);
void hf_leaf_literal(struct hf_redact *redact, enum hf_literal literal);

/* Takes back what was written of the value at hand, its lead included. */
void hf_redact_take_back(struct hf_redact *redact, size_t mark, bool any);

/* The element of @array that begins at @at is a row. */
void hf_row_begin(struct hf_redact *redact, const struct hf_frame *array, uint64_t at);
void hf_row_end(struct hf_redact *redact, struct hf_frame *array);

/* --- redact_owner.c --- */

hf_status hf_owners_new(struct hf_owners **ret_owners);
void hf_owners_free(struct hf_owners *owners); /* NULL is fine */
void hf_owners_reset(struct hf_owners *owners);

/* Whether something waits for its owner; what is held for that is held from the outermost on. The
 * redactor has owners. */
bool hf_owners_hold(const struct hf_redact *redact, struct hf_held *ret_held);

/* The output has moved. */
void hf_owners_shift(struct hf_owners *owners, size_t forth, size_t back);

/* An object with owners, that of @frame, begins at @at or ends, before its brace is written. */
void hf_owners_open(struct hf_redact *redact, struct hf_frame *frame, uint64_t at);
void hf_owners_close(struct hf_redact *redact, const struct hf_frame *frame);

/* Around a value at a `target` that has or names an owner. */
struct hf_owned hf_owned_begin(const struct hf_redact *redact);
void hf_owned_end(struct hf_redact *redact, const struct hf_owned *value);

/* Between the two: the value is a string, whole and decoded, that may name a person. */
void hf_owner_read(struct hf_redact *redact, hf_bytes text);

/* --- small things that the hot path needs everywhere --- */

static inline uint64_t hf_redact_at(const struct hf_redact *redact, const uint8_t *p)
{
    return redact->offset + (uint64_t)(p - redact->chunk);
}

static inline const uint8_t *hf_redact_fault(struct hf_redact *redact, enum hf_rule rule,
                                             const uint8_t *p)
{
    return hf_redact_fault_at(redact, rule, hf_redact_at(redact, p), p);
}

static inline struct hf_frame *hf_redact_top(struct hf_redact *redact)
{
    return &redact->frames[redact->depth - 1];
}

/* Where `out` stands, as an offset that survives the buffer's growth. */
static inline size_t hf_out_mark(const struct hf_redact *redact)
{
    return (size_t)(redact->out - redact->out_buf->data);
}

static inline void hf_out_rewind(struct hf_redact *redact, size_t mark)
{
    redact->out = redact->out_buf->data + mark;
    if (redact->rule != HF_RULE_none) {
        redact->out_end = redact->out;
    }
}

static inline bool hf_out_room(struct hf_redact *redact, size_t n)
{
    return (size_t)(redact->out_end - redact->out) >= n || hf_redact_grow(redact, n);
}

/* memcpy() for the few bytes that most values have, without the call. */
static inline void hf_copy_few(uint8_t *to, const uint8_t *from, size_t n)
{
    if (n > 16) {
        memcpy(to, from, n);
    } else if (n >= 8) {
        memcpy(to, from, 8);
        memcpy(to + n - 8, from + n - 8, 8);
    } else if (n >= 4) {
        memcpy(to, from, 4);
        memcpy(to + n - 4, from + n - 4, 4);
    } else {
        for (size_t i = 0; i < n; i++) {
            to[i] = from[i];
        }
    }
}

/* memset() likewise, of less than 32 bytes. */
static inline void hf_fill_few(uint8_t *to, uint8_t byte, size_t n)
{
    if (n >= 16) {
        memset(to, byte, 16);
        memset(to + n - 16, byte, 16);
    } else if (n >= 8) {
        memset(to, byte, 8);
        memset(to + n - 8, byte, 8);
    } else {
        for (size_t i = 0; i < n; i++) {
            to[i] = byte;
        }
    }
}

static inline void hf_out_put(struct hf_redact *redact, const uint8_t *bytes, size_t n)
{
    if (hf_out_room(redact, n)) {
        hf_copy_few(redact->out, bytes, n);
        redact->out += n;
    }
}

/*
 * Like hf_out_put(), with @readable bytes at @bytes: copies a fixed number where that many may be
 * read and written, since most of what leaves is short.
 */
static inline void hf_out_put_short(struct hf_redact *redact, const uint8_t *bytes, size_t n,
                                    size_t readable)
{
    size_t left = (size_t)(redact->out_end - redact->out);
    if (n <= 32 && readable >= 32 && left >= 32) {
        memcpy(redact->out, bytes, 32);
        redact->out += n;
    } else if (n <= 64 && readable >= 64 && left >= 64) {
        memcpy(redact->out, bytes, 64);
        redact->out += n;
    } else {
        hf_out_put(redact, bytes, n);
    }
}

static inline void hf_out_put_byte(struct hf_redact *redact, uint8_t byte)
{
    if (hf_out_room(redact, 1)) {
        *redact->out++ = byte;
    }
}

/* Writes what stands before a value: the comma that is due, and its name. */
static inline void hf_out_lead(struct hf_redact *redact)
{
    if (redact->depth == 0) {
        redact->root_written = true;
        return;
    }
    struct hf_frame *frame = hf_redact_top(redact);
    const struct hf_member *member = redact->member;
    if (member) {
        size_t skip = !frame->any;
        hf_out_put_short(redact, member->text + skip, member->text_bytes - skip,
                         HF_MEMBER_TEXT_PADDING - skip);
    } else if (frame->any) {
        hf_out_put_byte(redact, ',');
    }
    frame->any = true;
}
