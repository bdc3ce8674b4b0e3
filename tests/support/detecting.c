/*
 * The oracle shares with the detectors what a character is, and the check digits of USCC and
 * resident ID; forms, rows, groups, windows and masks are all its own.
 */
#include "tests/support/detecting.h"

#include "base/date.h"
#include "base/uscc.h"
#include "base/utf8.h"
#include "policy/detect.h"
#include "policy/detect_fold.h"
#include "policy/resident.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_GAP = 6, MAX_SEPARATORS = 3, MAX_LOCAL = 64, MAX_TAIL = 8 };

struct character { /* a character */
    struct hf_fold fold;
    size_t raw_at;
    size_t n_raw;
    bool masked;
};

struct mark { /* a mark */
    size_t at;
    bool linked; /* to the one before */
    bool parted;
    size_t group; /* number of its group; 0: none */
};

struct text {
    struct character *characters;
    size_t n;
    struct mark *marks;
    size_t n_marks;
    uint8_t *folded; /* of the marks */
};

static void *allocate(size_t n, size_t size)
{
    void *memory = calloc(n + 1, size);
    if (!memory) {
        abort();
    }
    return memory;
}

/* --- reading --- */

static int hex(uint8_t c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* The unit at @p, or -1. */
static long unit_of(const uint8_t *p, size_t size)
{
    if (size < 6 || p[0] != '\\' || p[1] != 'u') {
        return -1;
    }
    long unit = 0;
    for (int i = 2; i < 6; i++) {
        if (hex(p[i]) < 0) {
            return -1;
        }
        unit = unit * 16 + hex(p[i]);
    }
    return unit;
}

/* Length of the character at @p, 0 when it is malformed or cut off. */
static size_t read_character(const uint8_t *p, size_t size, uint32_t *ret_scalar)
{
    if (p[0] != '\\') {
        unsigned n = hf_utf8_sequence(hf_bytes_of(p, size));
        static const uint8_t bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
        *ret_scalar = p[0] & bits[n];
        for (unsigned i = 1; i < n; i++) {
            *ret_scalar = *ret_scalar << 6 | (p[i] & 0x3f);
        }
        return p[0] < 0x20 || p[0] == '"' ? 0 : n;
    }
    if (size >= 2 && p[1] && strchr("\"\\/bfnrt", p[1])) {
        *ret_scalar = (uint32_t) "\"\\/\b\f\n\r\t"[strchr("\"\\/bfnrt", p[1]) - "\"\\/bfnrt"];
        return 2;
    }
    long high = unit_of(p, size);
    if (high < 0 || (high >= 0xdc00 && high < 0xe000)) {
        return 0;
    }
    *ret_scalar = (uint32_t)high;
    if (high < 0xd800 || high >= 0xe000) {
        return 6;
    }
    long low = unit_of(p + 6, size - 6);
    *ret_scalar = (uint32_t)(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
    return low >= 0xdc00 && low < 0xe000 ? 12 : 0;
}

size_t detecting_unit(const uint8_t *p, size_t size)
{
    uint32_t scalar = 0;
    return read_character(p, size, &scalar);
}

size_t detecting_whole(const uint8_t *p, size_t size)
{
    size_t at = 0;
    while (at < size && detecting_unit(p + at, size - at) > 0) {
        at += detecting_unit(p + at, size - at);
    }
    return at;
}

static void read_characters(struct text *text, hf_bytes raw)
{
    for (size_t at = 0; at < raw.size;) {
        uint32_t scalar = 0;
        size_t n = read_character(raw.data + at, raw.size - at, &scalar);
        if (n == 0) {
            abort(); /* the test's own fault */
        }
        text->characters[text->n++] =
            (struct character){.fold = hf_fold_of(scalar), .raw_at = at, .n_raw = n};
        at += n;
    }
}

static bool is_digit(uint8_t folded)
{
    return folded >= '0' && folded <= '9';
}

static uint8_t kind_at(const struct text *text, size_t i)
{
    return i < text->n ? text->characters[i].fold.kind : (uint8_t)HF_FOLD_OTHER;
}

static bool is_mark(uint8_t kind)
{
    return kind == HF_FOLD_DIGIT || kind == HF_FOLD_LETTER || kind == HF_FOLD_PROVINCE;
}

/* Whether what stands between two marks links them; @ret_parted: with a separator. */
static bool links(const struct text *text, size_t from, size_t to, bool *ret_parted)
{
    size_t n_separators = 0;
    for (size_t i = from + 1; i < to; i++) {
        if (kind_at(text, i) == HF_FOLD_OTHER) {
            return false;
        }
        n_separators += kind_at(text, i) == HF_FOLD_SEPARATOR;
    }
    *ret_parted = n_separators > 0;
    return to - from - 1 <= MAX_GAP && n_separators <= MAX_SEPARATORS &&
           kind_at(text, to) != HF_FOLD_PROVINCE;
}

static void read_marks(struct text *text)
{
    size_t group = 0;
    bool in_group = false;
    for (size_t i = 0; i < text->n; i++) {
        uint8_t kind = kind_at(text, i);
        bool is_group = kind == HF_FOLD_DIGIT || (in_group && kind == HF_FOLD_INVISIBLE);
        group += is_group && !in_group;
        in_group = is_group;
        if (!is_mark(kind)) {
            continue;
        }
        struct mark mark = {.at = i, .group = kind == HF_FOLD_DIGIT ? group : 0};
        if (text->n_marks > 0) {
            mark.linked = links(text, text->marks[text->n_marks - 1].at, i, &mark.parted);
        }
        text->folded[text->n_marks] =
            kind == HF_FOLD_PROVINCE ? '#' : text->characters[i].fold.text;
        text->marks[text->n_marks++] = mark;
    }
}

/* --- masking --- */

static void mask(struct text *text, size_t from, size_t to)
{
    for (size_t i = from; i <= to; i++) {
        text->characters[i].masked = true;
    }
}

/* The first and the last character of the group that holds mark @i, or its own. */
static size_t group_begin(const struct text *text, size_t i)
{
    size_t at = text->marks[i].at;
    while (text->marks[i].group && at > 0 &&
           (kind_at(text, at - 1) == HF_FOLD_DIGIT || kind_at(text, at - 1) == HF_FOLD_INVISIBLE)) {
        at--;
    }
    while (kind_at(text, at) == HF_FOLD_INVISIBLE) {
        at++;
    }
    return at;
}

static size_t group_end(const struct text *text, size_t i)
{
    size_t at = text->marks[i].at;
    while (text->marks[i].group &&
           (kind_at(text, at + 1) == HF_FOLD_DIGIT || kind_at(text, at + 1) == HF_FOLD_INVISIBLE)) {
        at++;
    }
    return at;
}

static void mask_window(struct text *text, size_t first, size_t last)
{
    mask(text, group_begin(text, first), group_end(text, last));
}

static void mask_long_groups(struct text *text)
{
    for (size_t i = 0; i < text->n_marks; i++) {
        if (!text->marks[i].group) {
            continue;
        }
        size_t from = group_begin(text, i);
        size_t to = group_end(text, i);
        size_t n_digits = 0;
        size_t n_row = 0;
        size_t longest = 0;
        for (size_t at = from; at <= to; at++) {
            n_digits += kind_at(text, at) == HF_FOLD_DIGIT;
            n_row = kind_at(text, at) == HF_FOLD_INVISIBLE ? n_row + 1 : 0;
            longest = n_row > longest ? n_row : longest;
        }
        if (n_digits > 64 || to - from + 1 > 96 || longest > MAX_GAP) {
            mask(text, from, to);
        }
        while (i + 1 < text->n_marks && text->marks[i + 1].group == text->marks[i].group) {
            i++;
        }
    }
}

/* --- forms --- */

static bool all_digits(const uint8_t *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(s[i])) {
            return false;
        }
    }
    return true;
}

static bool is_card(const uint8_t *s, size_t n)
{
    int sum = 0;
    if (n < 13 || n > 19 || !all_digits(s, n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        int digit = s[n - 1 - i] - '0';
        digit *= i % 2 ? 2 : 1;
        sum += digit / 10 + digit % 10;
    }
    int head = (s[0] - '0') * 1000 + (s[1] - '0') * 100 + (s[2] - '0') * 10 + (s[3] - '0');
    return sum % 10 == 0 && (strchr("34569", s[0]) || (head >= 2221 && head <= 2720));
}

static bool is_mobile(const uint8_t *s, size_t n)
{
    return n == 11 && all_digits(s, n) && s[0] == '1' && s[1] >= '3';
}

/* The digits of the area code with its trunk prefix, if there is one; 0: no landline. */
static size_t area_of(const uint8_t *s, size_t n, bool trunk)
{
    if (!all_digits(s, n) || n < 9 || (trunk && s[0] != '0')) {
        return 0;
    }
    const uint8_t *a = s + trunk;
    size_t rest = n - trunk;
    if (a[0] == '2' || (a[0] == '1' && a[1] == '0')) {
        return rest == 10 && a[2] >= '2' ? 2u + trunk : 0;
    }
    bool fits = a[0] >= '3' && (rest == 10 || rest == 11) && a[3] >= '2';
    return fits ? 3u + trunk : 0;
}

static bool is_resident(const uint8_t *s, size_t n)
{
    uint8_t back[18];
    if (n != 18) {
        return false;
    }
    for (size_t i = 0; i < 18; i++) {
        back[i] = s[17 - i];
    }
    return hf_resident_is_valid(hf_bytes_of(s, n)) || hf_resident_is_valid(hf_bytes_of(back, n));
}

static bool is_old_resident(const uint8_t *s, size_t n)
{
    char day[9] = "19";
    struct hf_date_span span;
    if (n != 15 || !all_digits(s, n)) {
        return false;
    }
    memcpy(day + 2, s + 6, 6);
    int province = (s[0] - '0') * 10 + s[1] - '0';
    static const int provinces[] = {11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34,
                                    35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
                                    53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83};
    bool known = province >= 90;
    for (size_t i = 0; i < sizeof provinces / sizeof provinces[0]; i++) {
        known |= provinces[i] == province;
    }
    return known && hf_date_read(hf_bytes_of(day, 8), &span);
}

static bool is_passport(const uint8_t *s, size_t n)
{
    if (n == 9 && strchr("CDEGHMPSW", s[0]) && all_digits(s + 1, 8)) {
        return true;
    }
    if (n == 11 && strchr("HM", s[0]) && all_digits(s + 1, 10)) {
        return true;
    }
    bool pair = n == 9 && s[1] >= 'A' && s[1] <= 'Z' && all_digits(s + 2, 7);
    return pair && (strchr("EC", s[0]) || (strchr("DSP", s[0]) && s[1] == 'E'));
}

static bool is_serial(const uint8_t *s, size_t n)
{
    size_t n_digits = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '#' || s[i] == 'I' || s[i] == 'O') {
            return false;
        }
        n_digits += is_digit(s[i]);
    }
    return n_digits >= 3;
}

/* --- windows: marks @i to @j, both in one row --- */

static bool begins_group(const struct text *text, size_t i)
{
    return !text->marks[i].linked || text->marks[i].parted || !is_digit(text->folded[i - 1]);
}

static bool follows(const struct text *text, size_t i, const char *digits)
{
    size_t n = strlen(digits);
    if (i < n || memcmp(text->folded + i - n, digits, n) != 0 || !begins_group(text, i - n)) {
        return false;
    }
    for (size_t k = i - n + 1; k < i; k++) {
        if (begins_group(text, k)) {
            return false;
        }
    }
    return text->marks[i].linked;
}

static bool behind_country(const struct text *text, size_t i)
{
    return follows(text, i, "86") || follows(text, i, "0086");
}

static bool begins_number(const struct text *text, size_t i)
{
    return begins_group(text, i) || behind_country(text, i);
}

static bool ends_group(const struct text *text, size_t j)
{
    return j + 1 == text->n_marks || !text->marks[j + 1].linked ||
           text->marks[j + 1].group != text->marks[j].group;
}

static bool is_in_one_group(const struct text *text, size_t i, size_t j)
{
    return text->marks[i].group && text->marks[i].group == text->marks[j].group;
}

/* As `0592 1234567`, or each digit apart. */
static bool is_landline_grouping(const struct text *text, size_t i, size_t j, size_t area)
{
    size_t n_first = 1;
    size_t n_parted = 0;
    for (size_t k = i + 1; k <= j; k++) {
        n_parted += text->marks[k].parted;
        n_first += n_parted == 0;
    }
    return n_first == area || n_parted == j - i;
}

static bool is_landline(const struct text *text, size_t i, size_t j, bool alone)
{
    const uint8_t *s = text->folded + i;
    size_t area = begins_number(text, i) ? area_of(s, j - i + 1, true) : 0;
    if (area == 0 && behind_country(text, i)) {
        area = area_of(s, j - i + 1, false);
    }
    return area > 0 &&
           (is_in_one_group(text, i, j) || (alone && is_landline_grouping(text, i, j, area)));
}

static bool is_identifier(const struct text *text, size_t i, size_t j)
{
    const uint8_t *s = text->folded + i;
    size_t n = j - i + 1;
    bool inside = is_in_one_group(text, i, j);
    bool alone = text->marks[j].group && begins_number(text, i) && ends_group(text, j);
    bool card_size = n == 16 || n == 19 || alone;
    if (is_resident(s, n)) {
        return true;
    }
    if (n == 18 && strchr("123456789ANY", s[0]) && hf_uscc_is_valid(hf_bytes_of(s, n))) {
        return true;
    }
    if ((inside || alone) && (is_mobile(s, n) || is_old_resident(s, n))) {
        return true;
    }
    return ((inside || alone) && card_size && is_card(s, n)) || is_landline(text, i, j, alone);
}

static bool is_whole_passport(const struct text *text, size_t i, size_t j)
{
    bool parted = false;
    struct hf_date_span span;
    if (!is_passport(text->folded + i, j - i + 1) || !ends_group(text, j)) {
        return false;
    }
    bool begins = !text->marks[i].linked || text->marks[i].parted || text->folded[i - 1] == '#';
    size_t n_letters = is_digit(text->folded[i + 1]) ? 1 : 2;
    bool pair = n_letters == 1 || !text->marks[i + 1].parted;
    bool letter_next = j + 1 < text->n_marks && text->marks[j + 1].linked &&
                       !text->marks[j + 1].parted && !text->marks[j + 1].group;
    for (size_t k = i + n_letters; k <= j; k++) {
        parted |= text->marks[k].parted;
    }
    size_t n_digits = j - i + 1 - n_letters;
    bool day = parted && n_digits == 8 &&
               hf_date_read(hf_bytes_of(text->folded + i + n_letters, 8), &span);
    return begins && pair && !letter_next && !day;
}

/* --- plates --- */

static void mask_plate(struct text *text, size_t i)
{
    const uint8_t *s = text->folded + i;
    size_t n = 1;
    while (n < 8 && i + n < text->n_marks && text->marks[i + n].linked) {
        n++;
    }
    if (s[0] != '#' || n < 6 || is_digit(s[1])) {
        return;
    }
    if (n >= 7 && is_serial(s + 2, 5)) {
        mask_window(text, i, i + 6);
        if (n == 8 && !text->marks[i + 7].parted) {
            mask_window(text, i, i + 7);
        }
    }
    if (n > 6 || !is_serial(s + 2, 4)) {
        return;
    }
    size_t at = text->marks[i + 5].at + 1;
    while (kind_at(text, at) == HF_FOLD_INVISIBLE) {
        at++;
    }
    if (at < text->n && at - text->marks[i + 5].at - 1 <= MAX_GAP &&
        kind_at(text, at) == HF_FOLD_OTHER && text->characters[at].fold.text == 'T') {
        mask(text, group_begin(text, i), at);
    }
}

/* --- mail addresses --- */

static bool is_name(const struct text *text, size_t i)
{
    return kind_at(text, i) == HF_FOLD_DIGIT || kind_at(text, i) == HF_FOLD_LETTER;
}

static bool is_sign(const struct text *text, size_t i, uint8_t kind, const char *signs)
{
    uint8_t sign = i < text->n ? text->characters[i].fold.text : 0;
    return kind_at(text, i) == kind && sign && strchr(signs, sign);
}

static bool is_local(const struct text *text, size_t i)
{
    return is_name(text, i) || is_sign(text, i, HF_FOLD_SEPARATOR, ".-_") ||
           is_sign(text, i, HF_FOLD_OTHER, "%+");
}

static bool is_tail(const struct text *text, size_t i)
{
    return kind_at(text, i) == HF_FOLD_INVISIBLE || is_sign(text, i, HF_FOLD_SEPARATOR, ".-");
}

/* The end of the domain that begins at @at; @ret_tail: of the tail behind it. */
static size_t domain_end(const struct text *text, size_t at, size_t *ret_tail)
{
    for (;;) {
        size_t tail = at + 1;
        while (tail - at - 1 < MAX_TAIL && is_tail(text, tail)) {
            tail++;
        }
        *ret_tail = tail;
        if (!is_name(text, tail)) {
            return at;
        }
        at = tail;
    }
}

/* An at-sign at @at, its local part from @local on: masks; returns from where to go on. */
static size_t mask_mail(struct text *text, size_t local, size_t at)
{
    for (;;) {
        size_t begin = at + 1;
        while (kind_at(text, begin) == HF_FOLD_INVISIBLE && begin < text->n &&
               begin - at <= MAX_GAP) {
            begin++;
        }
        bool flooded = begin - at > MAX_GAP && kind_at(text, begin) == HF_FOLD_INVISIBLE;
        if (!flooded && !is_name(text, begin)) {
            return begin;
        }
        size_t tail;
        size_t end = domain_end(text, begin, &tail);
        mask(text, local, end);
        if (!is_sign(text, tail, HF_FOLD_OTHER, "@")) {
            return tail;
        }
        local = end + 1;
        at = tail;
    }
}

static void mask_mails(struct text *text)
{
    size_t floor = 0;
    for (size_t at = 0; at < text->n; at++) {
        if (!is_sign(text, at, HF_FOLD_OTHER, "@")) {
            continue;
        }
        size_t local = at;
        while (local > floor &&
               (is_local(text, local - 1) || kind_at(text, local - 1) == HF_FOLD_INVISIBLE)) {
            local--;
        }
        while (local < at && !is_local(text, local)) {
            local++;
        }
        if (local == at) {
            continue;
        }
        local = at - local > MAX_LOCAL ? at - MAX_LOCAL : local;
        floor = mask_mail(text, local, at);
        at = floor - 1;
    }
}

/* --- all of it --- */

static void mask_windows(struct text *text)
{
    for (size_t i = 0; i < text->n_marks; i++) {
        for (size_t j = i + 1; j < text->n_marks && j < i + 19 && text->marks[j].linked; j++) {
            if (is_identifier(text, i, j) || is_whole_passport(text, i, j)) {
                mask_window(text, i, j);
            }
        }
        mask_plate(text, i);
    }
}

static void require(hf_status status)
{
    if (!hf_is_ok(status)) {
        fprintf(stderr, "detecting: %s\n", hf_code_info(status.code)->name);
        abort();
    }
}

hf_buf detecting_oracle(hf_bytes raw)
{
    struct text text = {.characters = allocate(raw.size, sizeof(struct character)),
                        .marks = allocate(raw.size, sizeof(struct mark)),
                        .folded = allocate(raw.size + 20, 1)};
    hf_buf out = hf_buf_init(raw.size + 1);
    read_characters(&text, raw);
    read_marks(&text);
    mask_long_groups(&text);
    mask_windows(&text);
    mask_mails(&text);
    for (size_t i = 0; i < text.n; i++) {
        const struct character *character = &text.characters[i];
        require(character->masked ? hf_buf_append_byte(&out, '*')
                                  : hf_buf_append(&out, hf_bytes_of(raw.data + character->raw_at,
                                                                    character->n_raw)));
    }
    free(text.characters);
    free(text.marks);
    free(text.folded);
    return out;
}

static hf_buf run(hf_bytes raw, size_t n_piece_bytes, bool ends)
{
    struct hf_detect *detect = NULL;
    hf_buf out = hf_buf_init(raw.size + 1);
    require(hf_detect_new(&detect));
    for (size_t at = 0; at < raw.size;) {
        size_t n = n_piece_bytes ? 0 : raw.size;
        while (at + n < raw.size) {
            size_t unit = detecting_unit(raw.data + at + n, raw.size - at - n);
            if (n > 0 && n + unit > n_piece_bytes) {
                break;
            }
            n += unit;
        }
        uint8_t *copy = allocate(n, 1); /* so that a read too far or too late shows */
        memcpy(copy, raw.data + at, n);
        require(hf_detect_push(detect, hf_bytes_of(copy, n), &out));
        free(copy);
        at += n;
    }
    if (ends) {
        require(hf_detect_end(detect, &out));
    }
    hf_detect_free(detect);
    return out;
}

hf_buf detecting_run(hf_bytes raw, size_t n_piece_bytes)
{
    return run(raw, n_piece_bytes, true);
}

hf_buf detecting_begun(hf_bytes raw, size_t n_piece_bytes)
{
    return run(raw, n_piece_bytes, false);
}

bool detecting_finds(hf_bytes raw)
{
    struct hf_detect *detect = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(raw.size + 1);
    HF_CLEANUP(hf_buf_clear) hf_buf streamed = detecting_run(raw, 0);
    uint8_t *copy = allocate(raw.size, 1);
    bool any = false;
    memcpy(copy, raw.size ? raw.data : copy, raw.size);
    require(hf_detect_new(&detect));
    require(hf_detect_whole(detect, hf_bytes_of(copy, raw.size), &out, &any));
    hf_detect_free(detect);
    free(copy);
    if (any ? !hf_bytes_equal(hf_buf_view(&out), hf_buf_view(&streamed)) : out.size > 0) {
        abort();
    }
    return any;
}
