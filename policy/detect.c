/*
 * Carries text past detect_find.c: passes by what is not worth reading (detect_skip.h) and reads
 * the rest character by character, keeps what is undecided, writes what is decided.
 *
 * What leaves as it came is not written character by character, nor stretch by stretch, but in one
 * piece: up to the next thing that is masked, or the end of what is at hand. A text in which
 * nothing is found is thus never written at all, and its owner may do that at once.
 *
 * Inside a stretch reading may jump, too. Before the first digit or at-sign an identifier has a few
 * letters, or a local part without spaces: back_up() goes back that far, and no further.
 */
#include "policy/detect.h"

#include "base/uscc.h"
#include "policy/detect_char.h"
#include "policy/detect_form.h"
#include "policy/detect_state.h"
#include "policy/resident.h"

#include <endian.h>
#include <stdlib.h>

enum {
    LEAD_CHARS = HF_DETECT_MAX_LOCAL_CHARS, /* of an identifier, before what gives it away */
    LEAD_MARKS = 4                          /* a province and three letters of a plate */
};

/* A piece being read; `from` <= `decided` <= `at`. */
struct piece {
    struct hf_detect *detect;
    const uint8_t *from;    /* what lies before has left or is held */
    const uint8_t *decided; /* what lies before may leave as it is */
    const uint8_t *at;      /* the next to be read */
    const uint8_t *fed;     /* up to here nothing can be jumped over */
    const uint8_t *end;
    bool is_end; /* the text ends with it */
};

/* --- what leaves --- */

static void write_bytes(struct hf_detect *detect, const uint8_t *bytes, size_t n)
{
    if (hf_is_ok(detect->status)) {
        detect->status = hf_buf_append(detect->out, hf_bytes_of(bytes, n));
    }
}

static void write_stars(struct hf_detect *detect, size_t n)
{
    hf_buf *out = detect->out;
    if (hf_is_ok(detect->status)) {
        detect->status = hf_buf_reserve(out, n);
    }
    if (hf_is_ok(detect->status)) {
        memset(out->data + out->size, '*', n);
        out->size += n;
    }
}

/* Writes what is decided of the piece. */
static void flush(struct piece *piece)
{
    write_bytes(piece->detect, piece->from, (size_t)(piece->decided - piece->from));
    piece->from = piece->decided;
}

/* Lets @n raw bytes out, of what is held and then of the piece, or instead @n_stars. */
static void release_bytes(struct piece *piece, size_t n, size_t n_stars)
{
    struct hf_detect *detect = piece->detect;
    size_t n_held = detect->n_held - detect->held_from;
    n_held = n_held < n ? n_held : n;
    if (n_stars == 0) {
        write_bytes(detect, detect->held + detect->held_from, n_held);
        piece->decided += n - n_held;
    } else {
        flush(piece);
        write_stars(detect, n_stars);
        piece->decided += n - n_held;
        piece->from = piece->decided;
    }
    detect->held_from += (unsigned)n_held;
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
    size_t n_left = detect->n_chars - undecided;
    if (n_left > 0) {
        memmove(detect->pending, detect->pending + n, n_left * sizeof detect->pending[0]);
    }
    detect->first = undecided;
}

/* All that has been read is decided. */
static void release_all(struct piece *piece)
{
    struct hf_detect *detect = piece->detect;
    if (detect->is_masking || detect->n_held > detect->held_from) {
        release(piece, detect->n_chars);
    } else {
        detect->first = detect->n_chars;
        piece->decided = piece->at;
    }
    detect->is_masking = false;
}

void hf_detect_mask(struct hf_detect *detect, size_t from, size_t to)
{
    detect->any = true;
    detect->is_masking = true;
    for (size_t i = from > detect->first ? from : detect->first; i <= to; i++) {
        detect->pending[i - detect->first].masked = true;
    }
}

/* --- reading --- */

/* Reads a character; whether it is a break. */
static bool feed(struct piece *piece)
{
    struct hf_detect *detect = piece->detect;
    struct hf_fold fold;
    unsigned n = hf_char_fold(piece->at, piece->end, &fold);
    if (detect->n_chars - detect->first == HF_DETECT_N_CHARS) {
        release(piece, hf_find_undecided(detect));
    }
    detect->pending[detect->n_chars - detect->first] =
        (struct hf_pending){.n_raw_bytes = (uint8_t)n};
    piece->at += n;
    hf_find_feed(detect, fold);
    return detect->break_at == detect->n_chars;
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
        const uint8_t *before = hf_char_before(low, p, &fold);
        bool is_word_lead = is_space(fold) && n_marks >= LEAD_MARKS;
        if (hf_fold_is_break(fold) || (is_word_lead && !is_near)) {
            break;
        }
        n_marks += fold.kind == HF_FOLD_LETTER || fold.kind == HF_FOLD_PROVINCE;
        p = before;
    }
    return p;
}

/* Nothing read so far matters to what comes: goes on from @p. */
static void begin_at(struct piece *piece, const uint8_t *p)
{
    release_all(piece);
    hf_find_reset(piece->detect);
    piece->at = p;
    piece->decided = p;
}

/* At the beginning of a stretch: goes to that of the first which is worth reading. */
static void skip(struct piece *piece)
{
    size_t n_left = (size_t)(piece->end - piece->at);
    begin_at(piece, piece->at + piece->detect->skip(piece->at, n_left, piece->is_end));
}

/* Inside of a stretch, where only words are under way: goes to where something may begin. */
static void jump(struct piece *piece)
{
    const uint8_t *anchor = hf_anchor_find(piece->at, piece->end);
    bool is_near = !piece->is_end && piece->end - anchor <= HF_DETECT_MAX_HELD_BYTES;
    const uint8_t *begin = back_up(piece->at, anchor, is_near);
    piece->fed = anchor;
    if (begin > piece->at) {
        begin_at(piece, begin);
    }
}

/* How many digits of ASCII stand at @p; of more than eight, eight. */
static unsigned count_digits(const uint8_t *p, const uint8_t *end)
{
    const uint64_t every_byte = UINT64_C(0x0101010101010101);
    unsigned n = 0;
    if (end - p >= 8) {
        uint64_t bytes;
        memcpy(&bytes, p, sizeof bytes);
        bytes = le64toh(bytes) ^ '0' * every_byte; /* of a digit: its value */
        uint64_t others =
            (((bytes & 0x7f * every_byte) + 0x76 * every_byte) | bytes) & 0x80 * every_byte;
        return others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
    }
    while (p + n < end && p[n] >= '0' && p[n] <= '9') {
        n++;
    }
    return n;
}

/* Reads the digits that come next, as long as they mean nothing yet. */
static void feed_digits(struct piece *piece)
{
    struct hf_detect *detect = piece->detect;
    unsigned n;
    do {
        size_t n_held = detect->n_chars - detect->first;
        n = count_digits(piece->at, piece->end);
        n = n_held + n <= HF_DETECT_N_CHARS ? n : 0;
        n = n > 0 ? hf_find_digits(detect, piece->at, n) : 0;
        for (unsigned i = 0; i < n; i++) {
            detect->pending[n_held + i] = (struct hf_pending){.n_raw_bytes = 1};
        }
        piece->at += n;
    } while (n == 8);
}

/* Reads on up to the end of the stretch, or of the piece. */
static void read_stretch(struct piece *piece)
{
    const struct hf_detect *detect = piece->detect;
    size_t n_left = (size_t)(piece->end - piece->at);
    piece->fed = piece->at + (n_left < LEAD_CHARS ? n_left : LEAD_CHARS); /* a short one whole */
    while (piece->at < piece->end) {
        if (piece->at >= piece->fed && hf_find_is_idle(detect)) {
            jump(piece);
        }
        if (piece->at < piece->end && *piece->at >= '0' && *piece->at <= '9') {
            feed_digits(piece);
        }
        if (piece->at < piece->end && feed(piece)) {
            break;
        }
    }
}

static void read_piece(struct piece *piece)
{
    const struct hf_detect *detect = piece->detect;
    while (piece->at < piece->end) {
        if (detect->break_at == detect->n_chars) {
            skip(piece);
        }
        read_stretch(piece);
    }
}

/* Keeps what is undecided for the next piece. */
static void hold(struct piece *piece)
{
    struct hf_detect *detect = piece->detect;
    release(piece, hf_find_undecided(detect));
    flush(piece);
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
                          .decided = raw.data,
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
    release_all(&piece);
    return detect->status;
}

bool hf_detect_any(const struct hf_detect *detect)
{
    return detect->any;
}

hf_status hf_detect_whole(struct hf_detect *detect, hf_bytes raw, hf_buf *out, bool *ret_any)
{
    size_t n_passed = raw.size > 0 ? detect->skip(raw.data, raw.size, true) : 0;
    *ret_any = false;
    if (n_passed == raw.size) {
        return HF_DONE;
    }
    struct piece piece = piece_of(detect, raw);
    piece.is_end = true;
    hf_detect_begin(detect);
    detect->out = out;
    begin_at(&piece, raw.data + n_passed);
    read_stretch(&piece);
    read_piece(&piece);
    hf_find_end(detect);
    release_all(&piece);
    *ret_any = detect->any;
    if (detect->any) {
        flush(&piece);
    }
    return detect->status;
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
