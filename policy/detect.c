/*
 * Carries text past detect_find.c: tells characters from their spelling, passes by what cannot
 * belong to an identifier without looking at its characters, keeps what is undecided, writes the
 * rest.
 *
 * Passing by is safe for two reasons. Before the first digit or at-sign an identifier has a few
 * letters, or a local part without spaces: back_up() goes back that far, and no further. And a
 * character that breaks every identifier leaves nothing of the past: from there on reading begins
 * as at the beginning of a text.
 */
#include "policy/detect.h"

#include "base/uscc.h"
#include "policy/detect_form.h"
#include "policy/detect_state.h"
#include "policy/resident.h"

#include <stdlib.h>

enum {
    LEAD_CHARS = HF_DETECT_MAX_LOCAL_CHARS, /* of an identifier, before what gives it away */
    LEAD_MARKS = 4                          /* a province and three letters of a plate */
};

/* A piece being read; what lies before `from` has left or is held. */
struct piece {
    struct hf_detect *detect;
    const uint8_t *from; /* the first byte that has not left */
    const uint8_t *at;   /* the next to be read */
    const uint8_t *fed;  /* up to here nothing can be passed by */
    const uint8_t *end;
};

/* --- characters and their spelling --- */

static inline unsigned hex_of(uint8_t digit)
{
    return (digit & 0x0fu) + (digit >> 6) * 9u; /* `A` and `a` are 0x41 and 0x61 */
}

/* The unit of the `\uXXXX` at @p. */
static inline uint32_t read_unit(const uint8_t *p)
{
    return hex_of(p[2]) << 12 | hex_of(p[3]) << 8 | hex_of(p[4]) << 4 | hex_of(p[5]);
}

/* = RFC 8259 section 7; what an escape of two bytes stands for is a break, or one of these */
static uint32_t short_escape(uint8_t byte)
{
    switch (byte) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return byte;
    }
}

/* The character at @p; returns its length as spelled. */
static unsigned read_char(const uint8_t *p, const uint8_t *end, uint32_t *ret_scalar)
{
    size_t size = (size_t)(end - p);
    if (*p != '\\') {
        return hf_detect_decode(p, size, ret_scalar);
    }
    if (size < 2) {
        *ret_scalar = '\\';
        return 1;
    }
    if (p[1] != 'u' || size < 6) {
        *ret_scalar = short_escape(p[1]);
        return 2;
    }
    uint32_t unit = read_unit(p);
    if ((unit & 0xfc00) != 0xd800 || size < 12) {
        *ret_scalar = unit;
        return 6;
    }
    *ret_scalar = 0x10000 + ((unit & 0x3ff) << 10) + (read_unit(p + 6) & 0x3ff);
    return 12;
}

/* --- what leaves --- */

static void write_bytes(struct hf_detect *detect, const uint8_t *bytes, size_t n)
{
    if (detect->out && hf_is_ok(detect->status)) {
        detect->status = hf_buf_append(detect->out, hf_bytes_of(bytes, n));
    }
}

static void write_star(struct hf_detect *detect)
{
    if (detect->out && hf_is_ok(detect->status)) {
        detect->status = hf_buf_append_byte(detect->out, '*');
    }
}

/* Writes @n raw bytes from what is held and then from the piece, or instead @n_stars. */
static void release_bytes(struct piece *piece, size_t n, size_t n_stars)
{
    struct hf_detect *detect = piece->detect;
    size_t n_held = detect->n_held - detect->held_from;
    n_held = n_held < n ? n_held : n;
    if (n_stars == 0) {
        write_bytes(detect, detect->held + detect->held_from, n_held);
        write_bytes(detect, piece->from, n - n_held);
    }
    for (size_t i = 0; i < n_stars; i++) {
        write_star(detect);
    }
    detect->held_from += (unsigned)n_held;
    piece->from += n - n_held;
}

/* Lets out the oldest characters: those before @undecided. */
static void release(struct piece *piece, size_t undecided)
{
    struct hf_detect *detect = piece->detect;
    size_t n = undecided - detect->first;
    for (size_t i = 0; i < n;) {
        bool masked = detect->pending[i].masked;
        size_t n_bytes = 0;
        size_t n_alike = 0;
        for (; i < n && detect->pending[i].masked == masked; i++) {
            n_bytes += detect->pending[i].n_raw_bytes;
            n_alike++;
        }
        release_bytes(piece, n_bytes, masked ? n_alike : 0);
    }
    memmove(detect->pending, detect->pending + n,
            (detect->n_chars - undecided) * sizeof detect->pending[0]);
    detect->first = undecided;
}

void hf_detect_mask(struct hf_detect *detect, size_t from, size_t to)
{
    detect->any = true;
    for (size_t i = from > detect->first ? from : detect->first; i <= to; i++) {
        detect->pending[i - detect->first].masked = true;
    }
}

/* --- reading --- */

static void feed(struct piece *piece)
{
    struct hf_detect *detect = piece->detect;
    uint32_t scalar = 0;
    unsigned n = read_char(piece->at, piece->end, &scalar);
    if (detect->n_chars - detect->first == HF_DETECT_N_CHARS) {
        release(piece, hf_find_undecided(detect));
    }
    detect->pending[detect->n_chars - detect->first] =
        (struct hf_pending){.n_raw_bytes = (uint8_t)n};
    hf_find_feed(detect, hf_fold_of(scalar));
    piece->at += n;
}

/* The character that ends before @p, which is no escape. */
static const uint8_t *step_back(const uint8_t *low, const uint8_t *p, struct hf_fold *ret_fold)
{
    uint32_t scalar = 0;
    const uint8_t *begin = p - 1;
    while (begin > low && p - begin < 4 && (*begin & 0xc0) == 0x80) {
        begin--;
    }
    hf_detect_decode(begin, (size_t)(p - begin), &scalar);
    *ret_fold = hf_fold_of(scalar);
    return begin;
}

static bool is_space(struct hf_fold fold)
{
    return fold.kind == HF_FOLD_SEPARATOR && fold.text == 0;
}

/*
 * Where an identifier could begin, at the earliest, of which the first anchor stands at @anchor;
 * before @low nothing matters. @is_near: the piece ends so soon that what is held back at its end
 * may reach back to here, and that begins behind a break.
 */
static const uint8_t *back_up(const uint8_t *low, const uint8_t *anchor, bool is_near)
{
    const uint8_t *p = anchor;
    unsigned n_marks = 0;
    unsigned n_chars = is_near ? HF_DETECT_MAX_HELD_CHARS : LEAD_CHARS;
    for (unsigned n = 0; p > low && n < n_chars; n++) {
        struct hf_fold fold;
        const uint8_t *before = step_back(low, p, &fold);
        bool is_word_lead = is_space(fold) && n_marks >= LEAD_MARKS;
        if (hf_fold_is_break(fold) || (is_word_lead && !is_near)) {
            break;
        }
        n_marks += fold.kind == HF_FOLD_LETTER || fold.kind == HF_FOLD_PROVINCE;
        p = before;
    }
    return p;
}

/*
 * Behind a number of so few digits, alone or with separators, with breaks before and behind it,
 * that it is nothing: of a day, a sum, an article. @p when it is not so.
 */
static const uint8_t *pass_number(const uint8_t *p, const uint8_t *end)
{
    unsigned n_digits = 0;
    const uint8_t *at = p;
    while (at < end) {
        uint32_t scalar = *at;
        unsigned n = 1;
        if (scalar >= 0x80 || scalar == '\\') {
            n = read_char(at, end, &scalar);
        }
        struct hf_fold fold = hf_fold_of(scalar);
        if (fold.kind != HF_FOLD_DIGIT && fold.kind != HF_FOLD_SEPARATOR) {
            bool is_nothing = n_digits < HF_LANDLINE_MIN_DIGITS && hf_fold_is_break(fold);
            return is_nothing ? at + n : p;
        }
        n_digits += fold.kind == HF_FOLD_DIGIT;
        at += n;
    }
    return p;
}

/* Behind a row of escapes of which each is a break. */
static const uint8_t *pass_escapes(const uint8_t *p, const uint8_t *end)
{
    while (end - p >= 2 && *p == '\\') {
        uint32_t scalar = 0;
        unsigned n = read_char(p, end, &scalar);
        if (!hf_fold_is_break(hf_fold_of(scalar))) {
            break;
        }
        p += n;
    }
    return p;
}

/*
 * The beginning of the first identifier that there may be in what is left of @piece. Only where
 * nothing of the past matters may a lone number be passed.
 */
static const uint8_t *find_begin(struct piece *piece)
{
    const struct hf_detect *detect = piece->detect;
    const uint8_t *end = piece->end;
    const uint8_t *clean = piece->at; /* behind the last break */
    bool is_clean = detect->n_marks == 0;
    if (is_clean) {
        clean = pass_escapes(clean, end);
    }
    for (;;) {
        const uint8_t *anchor = clean + detect->skip(clean, (size_t)(end - clean));
        bool is_near = detect->out && end - anchor <= HF_DETECT_MAX_HELD_BYTES;
        const uint8_t *begin = back_up(clean, anchor, is_near);
        piece->fed = anchor;
        if (anchor == end || begin < anchor || (begin == piece->at && !is_clean)) {
            return begin;
        }
        const uint8_t *behind = *anchor == '\\' ? pass_escapes(anchor, end) : anchor;
        behind = behind == anchor ? pass_number(anchor, end) : behind;
        if (behind == anchor) {
            return begin;
        }
        clean = behind;
    }
}

/* Only words are under way: goes to where something may begin, if that is further on. */
static void pass_by(struct piece *piece)
{
    struct hf_detect *detect = piece->detect;
    const uint8_t *begin = find_begin(piece);
    if (begin == piece->at) {
        return;
    }
    release(piece, detect->n_chars);
    hf_find_reset(detect);
    write_bytes(detect, piece->from, (size_t)(begin - piece->from));
    piece->from = begin;
    piece->at = begin;
}

static void read_piece(struct piece *piece)
{
    struct hf_detect *detect = piece->detect;
    while (piece->at < piece->end && (detect->out || !detect->any)) {
        if (piece->at >= piece->fed && hf_find_is_idle(detect)) {
            pass_by(piece);
        }
        if (piece->at < piece->end) {
            feed(piece);
        }
    }
}

/* Keeps what is undecided for the next piece. */
static void hold(struct piece *piece)
{
    struct hf_detect *detect = piece->detect;
    release(piece, hf_find_undecided(detect));
    unsigned n_old = detect->n_held - detect->held_from;
    size_t n_new = (size_t)(piece->end - piece->from);
    memmove(detect->held, detect->held + detect->held_from, n_old);
    memcpy(detect->held + n_old, piece->from, n_new);
    detect->held_from = 0;
    detect->n_held = n_old + (unsigned)n_new;
}

static struct piece piece_of(struct hf_detect *detect, hf_bytes raw)
{
    return (struct piece){.detect = detect,
                          .from = raw.data,
                          .at = raw.data,
                          .fed = raw.data,
                          .end = raw.data + raw.size};
}

/* --- the interface --- */

hf_status hf_detect_new(struct hf_detect **ret_detect)
{
    struct hf_detect *detect = malloc(sizeof *detect);
    if (!detect) {
        HF_FAIL(NOMEM);
    }
    hf_detect_begin(detect);
    *ret_detect = detect;
    return HF_DONE;
}

void hf_detect_free(struct hf_detect *detect)
{
    free(detect);
}

void hf_detect_begin(struct hf_detect *detect)
{
    memset(detect, 0, offsetof(struct hf_detect, text));
    detect->status = HF_DONE;
    detect->skip = hf_detect_skip_best();
    hf_find_reset(detect);
}

hf_status hf_detect_push(struct hf_detect *detect, hf_bytes raw, hf_buf *out)
{
    if (raw.size == 0) {
        return detect->status;
    }
    struct piece piece = piece_of(detect, raw);
    detect->out = out;
    read_piece(&piece);
    hold(&piece);
    return detect->status;
}

hf_status hf_detect_end(struct hf_detect *detect, hf_buf *out)
{
    struct piece piece = piece_of(detect, HF_LITERAL(""));
    detect->out = out;
    hf_find_end(detect);
    release(&piece, detect->n_chars);
    return detect->status;
}

bool hf_detect_any(const struct hf_detect *detect)
{
    return detect->any;
}

bool hf_detect_search(struct hf_detect *detect, hf_bytes raw)
{
    hf_detect_begin(detect);
    if (raw.size == 0 || detect->skip(raw.data, raw.size) == raw.size) {
        return false;
    }
    struct piece piece = piece_of(detect, raw);
    read_piece(&piece);
    hf_find_end(detect);
    return detect->any;
}

bool hf_detect_is_integer(hf_bytes lexeme)
{
    const hf_bytes country = HF_LITERAL("86");
    if (lexeme.size < HF_DETECT_MIN_INTEGER_DIGITS || lexeme.data[0] == '-') {
        return false;
    }
    if (lexeme.size > HF_DETECT_MAX_GROUP_DIGITS || hf_form_is_resident(lexeme) ||
        hf_form_is_uscc(lexeme) || hf_form_is_mobile(lexeme) || hf_form_is_card(lexeme) ||
        hf_resident_is_old(lexeme)) {
        return true;
    }
    return hf_bytes_starts_with(lexeme, country) &&
           hf_form_is_mobile(hf_bytes_skip(lexeme, country.size));
}
