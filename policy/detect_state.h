/*
 * The inside of the detectors, shared by detect*.c only.
 *
 *   detect.c       the text: what is passed by, what is held back, what leaves
 *   detect_find.c  the characters: groups of digits, rows of marks, when to ask for which form
 *   detect_form.c  the forms
 *   detect_fold.c  what a character is
 *   detect_char.c  how it is spelled
 *   detect_skip*.c how far there is nothing to read
 *
 * A mark is a digit, a letter, or the ideograph of a province. Marks are linked when only a short
 * gap parts them; an identifier is a window over linked marks, or a mail address.
 */
#pragma once

#include "policy/detect.h"
#include "policy/detect_fold.h"
#include "policy/detect_skip.h"

enum {
    HF_DETECT_MAX_GROUP_CHARS = 96,   /* digits and what is invisible among them */
    HF_DETECT_MAX_GAP_CHARS = 6,      /* between two linked marks, and in a row inside a group */
    HF_DETECT_MAX_GAP_SEPARATORS = 3, /* of these */
    HF_DETECT_MAX_LOCAL_CHARS = 64,   /* = RFC 5321 4.5.3.1.1 */
    HF_DETECT_MAX_TAIL_CHARS = 8,     /* dots and hyphens in a row in a domain */
    HF_DETECT_WINDOW = 19,            /* marks of the longest identifier */
    HF_DETECT_N_MARKS = 64,
    HF_DETECT_N_KEPT_MARKS = 24, /* of them, when the oldest are forgotten */
    HF_DETECT_N_CHARS = 2 * HF_DETECT_MAX_HELD_CHARS
};

/* A mark; its folded text stands beside it, in one row with the others. Characters are counted from
 * the beginning of the text. */
struct hf_mark {
    size_t at;
    size_t group_at; /* where its group of digits begins; of other marks: at */
    bool parted;     /* a separator stands between it and the mark before */
};

/* A group: a digit, digits and what is invisible behind it. */
struct hf_group {
    bool open;
    bool masked;
    unsigned n_digits;
    unsigned n_invisible; /* in a row, at its end */
    size_t at;
};

enum hf_mail_step {
    HF_MAIL_NONE,
    HF_MAIL_LOCAL,  /* what may be the local part of an address */
    HF_MAIL_AT,     /* behind an at-sign with a local part */
    HF_MAIL_DOMAIN, /* masked as it comes */
    HF_MAIL_TAIL    /* dots and hyphens, that belong to the domain if more of it comes */
};

struct hf_mail {
    enum hf_mail_step step;
    size_t at;        /* where the local part, or the tail, begins */
    unsigned n_chars; /* of the tail, or invisible ones behind the at-sign */
};

struct hf_pending {
    uint8_t n_raw_bytes;
    bool masked;
};

struct hf_detect {
    /* --- the characters, detect_find.c --- */
    size_t n_chars;  /* of the text, so far */
    size_t break_at; /* behind the last character that parts everything */
    unsigned n_marks;
    unsigned n_digits;      /* marks at the end of the row that are digits */
    unsigned n_since_digit; /* marks behind the last digit of the row; WINDOW: none matters */
    unsigned n_gap_chars;   /* behind the last mark */
    unsigned n_gap_separators;
    struct hf_group group;
    struct hf_mail mail;
    bool is_plate; /* the row is one, and may have one mark more */
    bool any;
    bool is_masking; /* something that has not left is masked */

    /* --- the text, detect.c --- */
    size_t first;       /* the oldest character that is held */
    unsigned n_held;    /* bytes in `held` */
    unsigned held_from; /* of them, those that have not left */
    hf_detect_skip_fn *skip;
    hf_buf *out;
    hf_status status;

    uint8_t text[HF_DETECT_N_MARKS]; /* of the marks */
    struct hf_mark marks[HF_DETECT_N_MARKS];
    struct hf_pending pending[HF_DETECT_N_CHARS]; /* from `first` on */
    uint8_t held[HF_DETECT_MAX_HELD_BYTES];       /* raw, from a piece that is gone */
};

/* --- detect_find.c --- */

/* Forgets what came before, as at the beginning of a text. */
void hf_find_reset(struct hf_detect *detect);

/* The next character; its entry in `pending` is made, and is the last. */
void hf_find_feed(struct hf_detect *detect, struct hf_fold fold);

/* The next @n characters, digits of ASCII: as hf_find_feed() of each, up to the first that would
 * ask something. Returns how many it took; their entries are the caller's to make. */
unsigned hf_find_digits(struct hf_detect *detect, const uint8_t *digits, unsigned n);

/* The text ends here. */
void hf_find_end(struct hf_detect *detect);

/*
 * The first character that what comes may still mask, as far as the characters alone say: behind
 * the last break, but not further back than HF_DETECT_MAX_HELD_CHARS, which no identifier is.
 */
size_t hf_find_undecided(const struct hf_detect *detect);

/* Whether only words are under way, which look the same when they are looked at again later. */
bool hf_find_is_idle(const struct hf_detect *detect);

/* --- detect.c --- */

/* Masks the characters from @from up to and with @to, as far as they are still held. */
void hf_detect_mask(struct hf_detect *detect, size_t from, size_t to);
