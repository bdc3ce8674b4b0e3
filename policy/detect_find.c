/*
 * Reads folded characters and says which of them belong to an identifier. Each question is asked
 * once, when the last character that it needs is there: of a group of digits, and of windows that
 * end with it, when it ends; of windows over digits and letters at each mark. So nothing hangs on
 * where a piece of the text ends.
 *
 * Forms with a check digit count wherever they stand. Those without, and cards, count inside one
 * group of digits, or when they begin and end where groups do: else every row of dates and small
 * numbers would be a telephone somewhere.
 *
 * Invariant: a mask only grows, and it grows by no character that is HF_DETECT_MAX_HELD_CHARS old:
 * a window has 19 marks with gaps of at most 6 between them, and its first group 96 characters. So
 * hf_find_undecided() hangs on the characters alone, and a text that is given up in the middle has
 * let out the same, however it was cut.
 */
#include "policy/detect_state.h"

#include "base/date.h"
#include "base/uscc.h"
#include "policy/detect_form.h"
#include "policy/resident.h"

#define PROVINCE_TEXT '#'

static bool is_digit_text(uint8_t text)
{
    return text >= '0' && text <= '9';
}

/* The last @n marks. */
static hf_bytes last_marks(const struct hf_detect *detect, unsigned n)
{
    return hf_bytes_of(detect->text + detect->n_marks - n, n);
}

/* --- masking --- */

static void mask_group(struct hf_detect *detect)
{
    detect->group.masked = true;
    hf_detect_mask(detect, detect->group.at, detect->n_chars);
}

/* The last @n marks are an identifier. Of an open group all that comes is masked, too. */
static void found(struct hf_detect *detect, unsigned n)
{
    const struct hf_mark *first = &detect->marks[detect->n_marks - n];
    hf_detect_mask(detect, first->group_at, detect->marks[detect->n_marks - 1].at);
    if (detect->group.open) {
        mask_group(detect);
    }
}

/* --- where a window may begin --- */

static bool is_group_begin(const struct hf_detect *detect, unsigned i)
{
    return i == 0 || detect->marks[i].parted || !is_digit_text(detect->text[i - 1]);
}

/* Whether the `86` before mark @i stands where a group begins, or the `0086` does. */
static bool is_country_begin(const struct hf_detect *detect, unsigned i)
{
    const uint8_t *text = detect->text;
    if (detect->marks[i - 1].parted) {
        return false;
    }
    if (is_group_begin(detect, i - 2)) {
        return true;
    }
    return i >= 4 && text[i - 4] == '0' && text[i - 3] == '0' && !detect->marks[i - 3].parted &&
           !detect->marks[i - 2].parted && is_group_begin(detect, i - 4);
}

/* Whether a country code stands before mark @i. */
static inline bool is_behind_country(const struct hf_detect *detect, unsigned i)
{
    const uint8_t *text = detect->text;
    return i >= 2 && text[i - 1] == '6' && text[i - 2] == '8' && is_country_begin(detect, i);
}

static bool is_number_begin(const struct hf_detect *detect, unsigned i)
{
    return is_group_begin(detect, i) || is_behind_country(detect, i);
}

/* --- forms that count wherever they stand --- */

_Static_assert((int)HF_RESIDENT_CHARS == (int)HF_USCC_CHARS, "both are looked for in one window");

/* A resident ID is all digits, or its last is an X; or its first, at whose other end is a digit. */
static bool may_be_resident(const struct hf_detect *detect)
{
    uint8_t last = detect->text[detect->n_marks - 1];
    return is_digit_text(last) ? detect->n_digits >= HF_RESIDENT_CHARS - 1 : last == 'X';
}

static void ask_eighteen(struct hf_detect *detect)
{
    if (detect->n_marks < HF_USCC_CHARS) {
        return;
    }
    hf_bytes window = last_marks(detect, HF_USCC_CHARS);
    if ((may_be_resident(detect) && hf_form_is_resident(window)) || hf_form_is_uscc(window)) {
        found(detect, HF_USCC_CHARS);
    }
}

static void ask_plate(struct hf_detect *detect)
{
    const unsigned n_lead = 2; /* province and letter */
    if (detect->is_plate && detect->n_marks == HF_PLATE_MARKS + 1 &&
        !detect->marks[HF_PLATE_MARKS].parted) {
        found(detect, HF_PLATE_MARKS + 1);
    }
    if (detect->n_marks == HF_PLATE_MARKS && detect->text[0] == PROVINCE_TEXT &&
        !is_digit_text(detect->text[1]) &&
        hf_form_is_plate_serial(last_marks(detect, HF_PLATE_MARKS - n_lead))) {
        detect->is_plate = true;
        found(detect, HF_PLATE_MARKS);
    }
}

/* What is asked at each mark. */
static void ask_any(struct hf_detect *detect)
{
    if (detect->n_marks >= HF_PLATE_MARKS) {
        ask_eighteen(detect);
        ask_plate(detect);
    }
}

/* 挂 学 警 港 澳 as the last of a serial number. */
static void ask_plate_tail(struct hf_detect *detect)
{
    if (detect->n_marks == HF_PLATE_MARKS - 1 && detect->n_gap_separators == 0 &&
        detect->text[0] == PROVINCE_TEXT && !is_digit_text(detect->text[1]) &&
        hf_form_is_plate_serial(last_marks(detect, 4))) {
        found(detect, HF_PLATE_MARKS - 1);
        hf_detect_mask(detect, detect->marks[0].at, detect->n_chars);
    }
}

/* --- inside one group --- */

/* Whether a landline begins at mark @begin, behind which @n digits of its group stand. */
static bool is_inside_landline(const struct hf_detect *detect, unsigned begin, unsigned n)
{
    unsigned area;
    bool is_abroad = is_behind_country(detect, begin);
    bool has_trunk = detect->text[begin] == '0' && (is_abroad || is_group_begin(detect, begin));
    for (unsigned size = HF_LANDLINE_MIN_DIGITS; size <= n && size <= HF_LANDLINE_MAX_DIGITS;
         size++) {
        hf_bytes digits = hf_bytes_of(detect->text + begin, size);
        if ((has_trunk && hf_form_is_landline(digits, true, &area)) ||
            (is_abroad && hf_form_is_landline(digits, false, &area))) {
            return true;
        }
    }
    return false;
}

/* As is_inside_landline(), of what else counts inside of a group. */
static bool is_inside_number(const struct hf_detect *detect, unsigned begin, unsigned n)
{
    const uint8_t *digits = detect->text + begin;
    if (n >= HF_MOBILE_DIGITS && hf_form_is_mobile(hf_bytes_of(digits, HF_MOBILE_DIGITS))) {
        return true;
    }
    if (n >= HF_RESIDENT_OLD_CHARS &&
        hf_resident_is_old(hf_bytes_of(digits, HF_RESIDENT_OLD_CHARS))) {
        return true;
    }
    for (unsigned size = 16; size <= n && size <= 19; size += 3) { /* what cards here have */
        if (hf_form_is_card(hf_bytes_of(digits, size))) {
            return true;
        }
    }
    return is_inside_landline(detect, begin, n);
}

/* The last group of the row is read, or no more of it can be kept: whatever is found inside of it,
 * it goes whole. It is at most HF_DETECT_MAX_GROUP_CHARS long, so all of it is still held. */
static void ask_group(struct hf_detect *detect)
{
    unsigned n =
        detect->group.n_digits < detect->n_digits ? detect->group.n_digits : detect->n_digits;
    for (; n >= HF_LANDLINE_MIN_DIGITS && !detect->group.masked; n--) {
        if (is_inside_number(detect, detect->n_marks - n, n)) {
            detect->group.masked = true;
            hf_detect_mask(detect, detect->group.at, detect->n_chars - 1);
        }
    }
}

/* --- over groups, asked when one ends --- */

/* The last mark of the row's last group was read; @mask_to: the last character of it. */
struct ending {
    struct hf_detect *detect;
    size_t mask_to;
};

static void found_ending(const struct ending *ending, unsigned n)
{
    struct hf_detect *detect = ending->detect;
    hf_detect_mask(detect, detect->marks[detect->n_marks - n].group_at, ending->mask_to);
}

/* Whether the groups of the last @n digits are an area code and others, or single digits. */
static bool is_grouped_as_landline(const struct hf_detect *detect, unsigned n, unsigned area)
{
    const struct hf_mark *marks = &detect->marks[detect->n_marks - n];
    unsigned n_parted = 0;
    unsigned n_first = 0;
    for (unsigned i = 1; i < n; i++) {
        n_parted += marks[i].parted;
        n_first += n_parted == 0;
    }
    return n_parted == n - 1 || n_first + 1 == area;
}

static bool is_ending_landline(const struct hf_detect *detect, unsigned n)
{
    unsigned area;
    hf_bytes digits = last_marks(detect, n);
    bool is_abroad = is_behind_country(detect, detect->n_marks - n);
    return (hf_form_is_landline(digits, true, &area) ||
            (is_abroad && hf_form_is_landline(digits, false, &area))) &&
           is_grouped_as_landline(detect, n, area);
}

static bool is_ending_number(const struct hf_detect *detect, unsigned n)
{
    hf_bytes digits = last_marks(detect, n);
    if (n <= HF_LANDLINE_MAX_DIGITS && is_ending_landline(detect, n)) {
        return true;
    }
    return hf_form_is_mobile(digits) || hf_resident_is_old(digits) || hf_form_is_card(digits);
}

static void ask_ending_numbers(const struct ending *ending)
{
    struct hf_detect *detect = ending->detect;
    for (unsigned n = HF_LANDLINE_MIN_DIGITS; n <= HF_CARD_MAX_DIGITS; n++) {
        if (n > detect->n_digits) {
            return;
        }
        if (is_number_begin(detect, detect->n_marks - n) && is_ending_number(detect, n)) {
            found_ending(ending, n);
        }
    }
}

/* Whether eight digits in groups are more likely a day than the number of a passport. */
static bool is_parted_day(const struct hf_detect *detect, unsigned n)
{
    struct hf_date_span span;
    bool is_parted = false;
    for (unsigned i = detect->n_marks - n; i < detect->n_marks; i++) {
        is_parted |= detect->marks[i].parted;
    }
    return is_parted && n == 8 && hf_date_read(last_marks(detect, n), &span);
}

static void ask_ending_passport(const struct ending *ending)
{
    struct hf_detect *detect = ending->detect;
    unsigned n = detect->n_digits;
    if (n < 7 || n > 10 || n >= detect->n_marks || is_parted_day(detect, n)) {
        return;
    }
    bool is_pair = n + 2 <= detect->n_marks && !detect->marks[detect->n_marks - n - 1].parted;
    for (unsigned n_letters = 1; n_letters <= 1u + is_pair; n_letters++) {
        unsigned begin = detect->n_marks - n - n_letters;
        bool is_word_begin =
            begin == 0 || detect->marks[begin].parted || detect->text[begin - 1] == PROVINCE_TEXT;
        if (is_word_begin && hf_form_is_passport(last_marks(detect, n + n_letters))) {
            found_ending(ending, n + n_letters);
        }
    }
}

/* The row's last group ends with the character @mask_to; a letter may touch it. */
static void ask_ending(struct hf_detect *detect, size_t mask_to, bool is_letter_next)
{
    const struct ending ending = {detect, mask_to};
    ask_ending_numbers(&ending);
    if (!is_letter_next) {
        ask_ending_passport(&ending);
    }
}

/* The group ends before the character at hand. */
static void end_group(struct hf_detect *detect, bool is_letter_next)
{
    if (detect->group.open && detect->n_marks > 0) {
        ask_group(detect);
        ask_ending(detect, detect->n_chars - 1, is_letter_next);
    }
    detect->group.open = false;
}

/* --- the row of marks --- */

static void forget_marks(struct hf_detect *detect)
{
    detect->n_marks = 0;
    detect->n_digits = 0;
    detect->n_since_digit = HF_DETECT_WINDOW;
    detect->is_plate = false;
}

/* Keeps the last marks only: enough for every window and what stands before it. */
static void make_room(struct hf_detect *detect)
{
    const unsigned n = HF_DETECT_N_KEPT_MARKS;
    if (detect->group.open) {
        ask_group(detect);
    }
    unsigned from = detect->n_marks - n;
    memmove(detect->text, detect->text + from, n);
    memmove(detect->marks, detect->marks + from, n * sizeof detect->marks[0]);
    detect->n_marks = n;
    detect->n_digits = detect->n_digits < n ? detect->n_digits : n;
}

static inline void add_mark(struct hf_detect *detect, uint8_t text, size_t group_at)
{
    if (detect->n_marks == HF_DETECT_N_MARKS) {
        make_room(detect);
    }
    bool is_digit = is_digit_text(text);
    detect->text[detect->n_marks] = text;
    detect->marks[detect->n_marks++] = (struct hf_mark){
        .at = detect->n_chars, .group_at = group_at, .parted = detect->n_gap_separators > 0};
    detect->n_digits = is_digit ? detect->n_digits + 1 : 0;
    if (is_digit) {
        detect->n_since_digit = 0;
    } else if (detect->n_since_digit < HF_DETECT_WINDOW) {
        detect->n_since_digit++;
    }
    detect->n_gap_chars = 0;
    detect->n_gap_separators = 0;
}

static void widen_gap(struct hf_detect *detect, bool is_separator)
{
    detect->n_gap_chars++;
    detect->n_gap_separators += is_separator;
    if (detect->n_gap_chars > HF_DETECT_MAX_GAP_CHARS ||
        detect->n_gap_separators > HF_DETECT_MAX_GAP_SEPARATORS) {
        if (detect->group.open && detect->n_marks > 0) {
            ask_ending(detect, detect->n_chars, false);
        }
        forget_marks(detect);
    }
}

/* --- the characters by kind --- */

static void begin_group(struct hf_detect *detect)
{
    detect->group = (struct hf_group){.open = true, .at = detect->n_chars};
}

/* A group that is too long to be judged is masked, whatever it is. */
static inline void measure_group(struct hf_detect *detect)
{
    const struct hf_group *group = &detect->group;
    if (group->n_digits > HF_DETECT_MAX_GROUP_DIGITS ||
        group->n_invisible > HF_DETECT_MAX_GAP_CHARS ||
        detect->n_chars - group->at >= HF_DETECT_MAX_GROUP_CHARS || group->masked) {
        mask_group(detect);
    }
}

static void feed_digit(struct hf_detect *detect, uint8_t text)
{
    if (!detect->group.open) {
        begin_group(detect);
    }
    add_mark(detect, text, detect->group.at);
    detect->group.n_digits++; /* never more than are marks */
    detect->group.n_invisible = 0;
    measure_group(detect);
    ask_any(detect);
}

static void feed_letter(struct hf_detect *detect, uint8_t text)
{
    end_group(detect, detect->n_gap_separators == 0);
    add_mark(detect, text, detect->n_chars);
    ask_any(detect);
}

static void feed_invisible(struct hf_detect *detect)
{
    if (detect->group.open) {
        detect->group.n_invisible++;
        measure_group(detect);
    }
    widen_gap(detect, false);
}

static void feed_mark(struct hf_detect *detect, struct hf_fold fold)
{
    switch ((enum hf_fold_kind)fold.kind) {
    case HF_FOLD_DIGIT:
        feed_digit(detect, fold.text);
        break;
    case HF_FOLD_LETTER:
        feed_letter(detect, fold.text);
        break;
    case HF_FOLD_INVISIBLE:
        feed_invisible(detect);
        break;
    case HF_FOLD_SEPARATOR:
        end_group(detect, false);
        widen_gap(detect, true);
        break;
    case HF_FOLD_PROVINCE:
        end_group(detect, false);
        forget_marks(detect);
        add_mark(detect, PROVINCE_TEXT, detect->n_chars);
        break;
    case HF_FOLD_OTHER:
        end_group(detect, false);
        if (fold.text == HF_FOLD_PLATE_TAIL) {
            ask_plate_tail(detect);
        }
        forget_marks(detect);
        break;
    }
}

/* --- mail addresses: a local part, an at-sign, a domain --- */

static bool is_mail_name(struct hf_fold fold)
{
    return fold.kind == HF_FOLD_DIGIT || fold.kind == HF_FOLD_LETTER;
}

/* = RFC 5322 3.2.3, as far as addresses are given out; with invisible characters in between */
static bool is_mail_local(struct hf_fold fold)
{
    bool is_dot = fold.kind == HF_FOLD_SEPARATOR && fold.text != 0;
    bool is_other = fold.kind == HF_FOLD_OTHER && (fold.text == '%' || fold.text == '+');
    return is_mail_name(fold) || is_dot || is_other;
}

static void begin_local(struct hf_detect *detect, struct hf_fold fold)
{
    detect->mail.step = is_mail_local(fold) ? HF_MAIL_LOCAL : HF_MAIL_NONE;
    detect->mail.at = detect->n_chars;
    detect->mail.n_chars = 0;
}

static void feed_local(struct hf_detect *detect, struct hf_fold fold)
{
    struct hf_mail *mail = &detect->mail;
    if (fold.kind == HF_FOLD_OTHER && fold.text == HF_FOLD_AT) {
        mail->step = HF_MAIL_AT;
        mail->n_chars = 0;
    } else if (!is_mail_local(fold) && fold.kind != HF_FOLD_INVISIBLE) {
        mail->step = HF_MAIL_NONE;
    } else if (detect->n_chars - mail->at >= HF_DETECT_MAX_LOCAL_CHARS) {
        mail->at++;
    }
}

static void feed_at(struct hf_detect *detect, struct hf_fold fold)
{
    struct hf_mail *mail = &detect->mail;
    bool is_invisible = fold.kind == HF_FOLD_INVISIBLE;
    if (is_mail_name(fold) || (is_invisible && ++mail->n_chars > HF_DETECT_MAX_GAP_CHARS)) {
        hf_detect_mask(detect, mail->at, detect->n_chars);
        mail->step = HF_MAIL_DOMAIN;
    } else if (!is_invisible) {
        begin_local(detect, fold);
    }
}

static void feed_domain(struct hf_detect *detect, struct hf_fold fold)
{
    struct hf_mail *mail = &detect->mail;
    bool is_tail = fold.kind == HF_FOLD_INVISIBLE ||
                   (fold.kind == HF_FOLD_SEPARATOR && (fold.text == '.' || fold.text == '-'));
    if (mail->step == HF_MAIL_DOMAIN) {
        mail->at = detect->n_chars;
        mail->n_chars = 0;
    }
    if (is_mail_name(fold)) {
        hf_detect_mask(detect, mail->at, detect->n_chars);
        mail->step = HF_MAIL_DOMAIN;
    } else if (is_tail && mail->n_chars < HF_DETECT_MAX_TAIL_CHARS) {
        mail->step = HF_MAIL_TAIL;
        mail->n_chars++;
    } else if (fold.kind == HF_FOLD_OTHER && fold.text == HF_FOLD_AT) {
        mail->step = HF_MAIL_AT; /* what stands before it is an address already */
        mail->n_chars = 0;
    } else {
        begin_local(detect, fold);
    }
}

static inline void feed_mail(struct hf_detect *detect, struct hf_fold fold)
{
    if (detect->mail.step == HF_MAIL_LOCAL && is_mail_name(fold) &&
        detect->n_chars - detect->mail.at < HF_DETECT_MAX_LOCAL_CHARS) {
        return;
    }
    switch (detect->mail.step) {
    case HF_MAIL_NONE:
        begin_local(detect, fold);
        break;
    case HF_MAIL_LOCAL:
        feed_local(detect, fold);
        break;
    case HF_MAIL_AT:
        feed_at(detect, fold);
        break;
    case HF_MAIL_DOMAIN:
    case HF_MAIL_TAIL:
        feed_domain(detect, fold);
        break;
    }
}

/* --- for detect.c --- */

void hf_find_reset(struct hf_detect *detect)
{
    forget_marks(detect);
    detect->n_gap_chars = 0;
    detect->n_gap_separators = 0;
    detect->group = (struct hf_group){0};
    detect->mail = (struct hf_mail){0};
    detect->break_at = detect->n_chars;
}

void hf_find_feed(struct hf_detect *detect, struct hf_fold fold)
{
    feed_mail(detect, fold);
    feed_mark(detect, fold);
    detect->n_chars++;
    if (hf_fold_is_break(fold)) {
        detect->break_at = detect->n_chars;
    }
}

/* How many digits may come before something is asked at one of them. */
static unsigned n_quiet(const struct hf_detect *detect)
{
    const struct hf_group *group = &detect->group;
    bool may_be_plate = detect->n_marks > 0 && detect->text[0] == PROVINCE_TEXT;
    if (detect->mail.step > HF_MAIL_LOCAL || may_be_plate || detect->n_marks >= HF_USCC_CHARS - 1) {
        return 0;
    }
    if (group->open && (group->masked || group->n_digits > detect->n_digits ||
                        detect->n_chars - group->at > HF_DETECT_MAX_GROUP_CHARS / 2)) {
        return 0;
    }
    return HF_USCC_CHARS - 1 - detect->n_marks;
}

unsigned hf_find_digits(struct hf_detect *detect, const uint8_t *digits, unsigned n)
{
    struct hf_group *group = &detect->group;
    unsigned most = n_quiet(detect);
    n = n < most ? n : most;
    if (n == 0) {
        return 0;
    }
    if (detect->mail.step == HF_MAIL_NONE) {
        begin_local(detect, (struct hf_fold){HF_FOLD_DIGIT, digits[0]});
    }
    if (!group->open) {
        begin_group(detect);
    }
    group->n_digits += n;
    group->n_invisible = 0;
    memcpy(detect->text + detect->n_marks, digits, n);
    for (unsigned i = 0; i < n; i++) {
        detect->marks[detect->n_marks + i] = (struct hf_mark){
            .at = detect->n_chars + i,
            .group_at = group->at,
            .parted = i == 0 && detect->n_gap_separators > 0,
        };
    }
    detect->n_marks += n;
    detect->n_digits += n;
    detect->n_since_digit = 0;
    detect->n_gap_chars = 0;
    detect->n_gap_separators = 0;
    detect->n_chars += n;
    if (detect->n_chars - detect->mail.at > HF_DETECT_MAX_LOCAL_CHARS) {
        detect->mail.at = detect->n_chars - HF_DETECT_MAX_LOCAL_CHARS;
    }
    return n;
}

void hf_find_end(struct hf_detect *detect)
{
    end_group(detect, false);
    hf_find_reset(detect);
}

size_t hf_find_undecided(const struct hf_detect *detect)
{
    size_t n_held = detect->n_chars - detect->break_at;
    return n_held <= HF_DETECT_MAX_HELD_CHARS ? detect->break_at
                                              : detect->n_chars - HF_DETECT_MAX_HELD_CHARS;
}

bool hf_find_is_idle(const struct hf_detect *detect)
{
    return detect->n_since_digit >= HF_DETECT_WINDOW && !detect->group.open &&
           detect->mail.step == HF_MAIL_NONE;
}
