/*
 * The strict JSON reader.
 *
 * It decides what is JSON and how much of it we take; it knows nothing of what the members mean,
 * and it never turns a number into a double: a number stays the lexeme that was written.
 *
 * The text is copied once into the arena and strings are unescaped inside that copy: an unescaped
 * string is never longer than its spelling, so no string needs memory of its own. Open containers
 * are a fixed stack; there is no recursion. The names of a small object are compared one by one,
 * which costs less than hashing them; those of a large one go into a hash set keyed by (object,
 * name) under a key that the writer of the text does not know.
 *
 * Invariant: the first byte that cannot continue a valid document is where the error points.
 */
#include "base/json.h"

#include "base/siphash.h"
#include "base/utf8.h"

#include <endian.h>
#include <stdlib.h>

enum { SMALL_OBJECT = 32, FIRST_SET_SLOTS = 128 };

/* A member name of an object, somewhere in the set of all. */
struct slot {
    uint64_t hash;
    const struct hf_json *object; /* NULL: empty */
    const struct hf_json *member;
};

/* Open addressing, at most half full. */
struct name_set {
    struct hf_siphash_key key;
    struct slot *slots;
    size_t n_slots; /* a power of two, or 0 */
    size_t n_used;
};

struct frame {
    struct hf_json *container;
    struct hf_json *last_child;
};

struct parser {
    uint8_t *text; /* our copy: strings behind `at` may be unescaped already */
    size_t size;
    size_t at;
    hf_bytes original;
    const struct hf_json_limits *limits;
    struct hf_arena *arena;
    struct hf_problem *reterr;
    struct name_set names; /* of the large objects; its key is drawn for the first of them */
    size_t n_values;
    unsigned depth;
    struct frame *frames; /* HF_JSON_MAX_DEPTH */
};

void hf_json_position(hf_bytes text, size_t offset, unsigned *ret_line, unsigned *ret_column)
{
    unsigned line = 1;
    size_t line_start = 0;
    for (size_t i = 0; i < offset && i < text.size; i++) {
        if (text.data[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    *ret_line = line;
    *ret_column = (unsigned)(offset - line_start) + 1;
}

void hf_json_problem_at(struct hf_problem *reterr, hf_bytes text, size_t offset)
{
    if (reterr) {
        reterr->offset = offset;
        hf_json_position(text, offset, &reterr->line, &reterr->column);
    }
}

static hf_status refuse(const struct parser *p, size_t offset, enum hf_code code,
                        const char *detail)
{
    hf_json_problem_at(p->reterr, p->original, offset);
    return hf_problem_set(p->reterr, code, NULL, "%s", detail);
}

static hf_status malformed(const struct parser *p, size_t offset, const char *detail)
{
    return refuse(p, offset, HF_JSON_MALFORMED,
                  offset == p->size ? "the text ends too early" : detail);
}

/* ---- member names ---- */

static hf_status set_grow(struct name_set *set)
{
    size_t n_slots = set->n_slots ? 2 * set->n_slots : FIRST_SET_SLOTS;
    struct slot *slots = calloc(n_slots, sizeof *slots);
    if (!slots) {
        HF_FAIL(NOMEM);
    }
    for (size_t i = 0; i < set->n_slots; i++) {
        if (set->slots[i].object) {
            size_t to = set->slots[i].hash & (n_slots - 1);
            while (slots[to].object) {
                to = (to + 1) & (n_slots - 1);
            }
            slots[to] = set->slots[i];
        }
    }
    free(set->slots);
    set->slots = slots;
    set->n_slots = n_slots;
    return HF_DONE;
}

/* @ret_is_new is false when @object has a member of that name already. */
static hf_status set_add(struct name_set *set, const struct hf_json *object,
                         const struct hf_json *member, bool *ret_is_new)
{
    if (set->n_slots == 0) {
        set->key = hf_siphash_process_key();
    }
    if (2 * set->n_used >= set->n_slots) {
        HF_TRY(set_grow(set));
    }
    uint64_t hash = hf_siphash(&set->key, object->offset, member->name);
    size_t at = hash & (set->n_slots - 1);
    for (; set->slots[at].object; at = (at + 1) & (set->n_slots - 1)) {
        const struct slot *slot = &set->slots[at];
        if (slot->hash == hash && slot->object == object &&
            hf_bytes_equal(slot->member->name, member->name)) {
            *ret_is_new = false;
            return HF_DONE;
        }
    }
    set->slots[at] = (struct slot){hash, object, member};
    set->n_used++;
    *ret_is_new = true;
    return HF_DONE;
}

static bool is_among(const struct hf_json *members, hf_bytes name)
{
    for (const struct hf_json *member = members; member; member = member->next) {
        if (hf_bytes_equal(member->name, name)) {
            return true;
        }
    }
    return false;
}

/* @member is not among the children of @object yet. */
static hf_status check_name(struct name_set *set, const struct hf_json *object,
                            const struct hf_json *member, bool *ret_is_new)
{
    if (object->n_children < SMALL_OBJECT) {
        *ret_is_new = !is_among(object->child, member->name);
        return HF_DONE;
    }
    if (object->n_children == SMALL_OBJECT) { /* it outgrows the comparison */
        bool is_new = false;
        for (const struct hf_json *before = object->child; before; before = before->next) {
            HF_TRY(set_add(set, object, before, &is_new));
        }
    }
    return set_add(set, object, member, ret_is_new);
}

/* ---- tokens ---- */

/* The byte at the cursor, or 0 at the end: 0 is not allowed anywhere in JSON. */
static uint8_t peek(const struct parser *p)
{
    return p->at < p->size ? p->text[p->at] : 0;
}

static void skip_space(struct parser *p)
{
    while (p->at < p->size) {
        uint8_t c = p->text[p->at];
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
            return;
        }
        p->at++;
    }
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* RFC 8259 6: `int [frac] [exp]`. What follows the number is the container's affair. */
static hf_status parse_digits(struct parser *p)
{
    if (!is_digit(peek(p))) {
        return malformed(p, p->at, "a digit is missing in a number");
    }
    while (is_digit(peek(p))) {
        p->at++;
    }
    return HF_DONE;
}

static hf_status parse_number(struct parser *p, struct hf_json *value)
{
    size_t start = p->at;
    if (peek(p) == '-') {
        p->at++;
    }
    if (peek(p) == '0') {
        p->at++; /* no digit may follow a leading zero */
    } else {
        HF_TRY(parse_digits(p));
    }
    if (peek(p) == '.') {
        p->at++;
        HF_TRY(parse_digits(p));
    }
    if (peek(p) == 'e' || peek(p) == 'E') {
        p->at++;
        if (peek(p) == '+' || peek(p) == '-') {
            p->at++;
        }
        HF_TRY(parse_digits(p));
    }
    value->type = HF_JSON_NUMBER;
    value->text = hf_bytes_of(p->text + start, p->at - start);
    return HF_DONE;
}

static hf_status parse_literal(struct parser *p, struct hf_json *value, enum hf_json_type type,
                               const char *literal)
{
    for (; *literal; literal++, p->at++) {
        if (peek(p) != (uint8_t)*literal) {
            return malformed(p, p->at, "expected a value");
        }
    }
    value->type = type;
    return HF_DONE;
}

static int hex_digit(uint8_t c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits behind `\u`; the cursor stands on the first. */
static hf_status parse_hex4(struct parser *p, uint32_t *ret_unit)
{
    uint32_t unit = 0;
    for (unsigned i = 0; i < 4; i++) {
        int digit = hex_digit(peek(p));
        if (digit < 0) {
            return malformed(p, p->at, "\\u needs four hexadecimal digits");
        }
        unit = unit << 4 | (uint32_t)digit;
        p->at++;
    }
    *ret_unit = unit;
    return HF_DONE;
}

/* `\uXXXX`, or a surrogate pair of two; the cursor stands behind the first `u`. */
static hf_status parse_unicode_escape(struct parser *p, uint32_t *ret_scalar)
{
    size_t start = p->at - 2;
    uint32_t unit = 0;
    HF_TRY(parse_hex4(p, &unit));
    if (unit < 0xd800 || unit > 0xdfff) {
        *ret_scalar = unit;
        return HF_DONE;
    }
    uint32_t low = 0;
    bool pair = unit < 0xdc00 && p->size - p->at >= 2 && p->text[p->at] == '\\' &&
                p->text[p->at + 1] == 'u';
    if (pair) {
        p->at += 2;
        HF_TRY(parse_hex4(p, &low));
    }
    if (low < 0xdc00 || low > 0xdfff) {
        return malformed(p, start, "a \\u escape is half of a surrogate pair");
    }
    *ret_scalar = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    return HF_DONE;
}

/* An escape; the cursor stands behind the backslash. Writes at *@to, which never passes the cursor:
 * two to twelve characters become one to four bytes. */
static hf_status parse_escape(struct parser *p, size_t *to)
{
    static const char plain[] = "\"\\/bfnrt";
    static const char meaning[] = "\"\\/\b\f\n\r\t";
    uint8_t c = peek(p);
    if (c == 'u') {
        uint32_t scalar = 0;
        p->at++;
        HF_TRY(parse_unicode_escape(p, &scalar));
        uint8_t encoded[4];
        unsigned n = hf_utf8_encode(scalar, encoded);
        memcpy(p->text + *to, encoded, n);
        *to += n;
        return HF_DONE;
    }
    const char *found = c ? strchr(plain, c) : NULL;
    if (!found) {
        return malformed(p, p->at, "there is no such escape");
    }
    p->text[(*to)++] = (uint8_t)meaning[found - plain];
    p->at++;
    return HF_DONE;
}

/* Bytes that a string holds as they stand: ASCII without controls, quote and backslash. Eight at a
 * time; of the top bits that @special sets, the lowest tells no lie (a borrow only runs upwards).
 */
static size_t end_of_plain(const uint8_t *text, size_t at, size_t size)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = ones << 7;
    for (; size - at >= sizeof ones; at += sizeof ones) {
        uint64_t word;
        memcpy(&word, text + at, sizeof word);
        word = le64toh(word);
        uint64_t quote = word ^ ones * '"';
        uint64_t backslash = word ^ ones * '\\';
        uint64_t special = ((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) |
                           ((backslash - ones) & ~backslash) | word;
        if (special & tops) {
            return at + (size_t)__builtin_ctzll(special & tops) / 8;
        }
    }
    while (at < size && text[at] >= 0x20 && text[at] < 0x80 && text[at] != '"' &&
           text[at] != '\\') {
        at++;
    }
    return at;
}

/* Takes @n bytes at the cursor into the string that ends at *@to. */
static void take(struct parser *p, size_t n, size_t *to)
{
    if (*to != p->at) { /* an escape has made it shorter */
        memmove(p->text + *to, p->text + p->at, n);
    }
    *to += n;
    p->at += n;
}

/* A string; the cursor stands on the opening quote. */
static hf_status parse_string(struct parser *p, hf_bytes *ret_text)
{
    size_t quote = p->at++;
    size_t to = p->at;
    for (;;) {
        take(p, end_of_plain(p->text, p->at, p->size) - p->at, &to);
        uint8_t c = peek(p);
        if (c == '"') {
            break;
        }
        if (c < 0x20) {
            return malformed(p, p->at, "a control character in a string must be escaped");
        }
        if (c == '\\') {
            p->at++;
            HF_TRY(parse_escape(p, &to));
            continue;
        }
        unsigned n = hf_utf8_sequence(hf_bytes_of(p->text + p->at, p->size - p->at));
        if (n == 0) {
            return refuse(p, p->at, HF_JSON_MALFORMED, "the text is not UTF-8");
        }
        take(p, n, &to);
    }
    p->at++;
    size_t size = to - quote - 1;
    if (size > p->limits->max_string_bytes) {
        return refuse(p, quote, HF_LIMIT, "a string is too long");
    }
    *ret_text = hf_bytes_of(p->text + quote + 1, size);
    return HF_DONE;
}

/* ---- structure ---- */

static hf_status open_container(struct parser *p, struct hf_json *value, enum hf_json_type type)
{
    unsigned max_depth =
        p->limits->max_depth < HF_JSON_MAX_DEPTH ? p->limits->max_depth : HF_JSON_MAX_DEPTH;
    if (p->depth == max_depth) {
        return refuse(p, p->at, HF_LIMIT, "the nesting is too deep");
    }
    value->type = type;
    p->frames[p->depth++] = (struct frame){.container = value};
    p->at++;
    return HF_DONE;
}

/* A value at the cursor; a container is only opened here, and filled by the loop. */
static hf_status begin_value(struct parser *p, struct hf_json *value)
{
    value->offset = p->at;
    switch (peek(p)) {
    case '{':
        return open_container(p, value, HF_JSON_OBJECT);
    case '[':
        return open_container(p, value, HF_JSON_ARRAY);
    case '"':
        value->type = HF_JSON_STRING;
        return parse_string(p, &value->text);
    case 'n':
        return parse_literal(p, value, HF_JSON_NULL, "null");
    case 't':
        return parse_literal(p, value, HF_JSON_TRUE, "true");
    case 'f':
        return parse_literal(p, value, HF_JSON_FALSE, "false");
    default:
        if (peek(p) == '-' || is_digit(peek(p))) {
            return parse_number(p, value);
        }
        return malformed(p, p->at, "expected a value");
    }
}

static hf_status new_value(struct parser *p, struct hf_json **ret_value)
{
    if (p->n_values >= p->limits->max_values) {
        return refuse(p, p->at, HF_LIMIT, "there are too many values");
    }
    struct hf_json *value = hf_arena_room(p->arena, sizeof *value);
    if (!value) {
        HF_FAIL(NOMEM);
    }
    *value = (struct hf_json){0};
    p->n_values++;
    *ret_value = value;
    return HF_DONE;
}

/* `"name" :` of a member; the cursor ends on the value. */
static hf_status parse_name(struct parser *p, const struct hf_json *object, struct hf_json *member)
{
    if (peek(p) != '"') {
        return malformed(p, p->at, "expected a member name");
    }
    member->name_offset = p->at;
    HF_TRY(parse_string(p, &member->name));
    bool is_new = false;
    HF_TRY(check_name(&p->names, object, member, &is_new));
    if (!is_new) {
        return refuse(p, member->name_offset, HF_JSON_MALFORMED,
                      "the object has a member of this name already");
    }
    skip_space(p);
    if (peek(p) != ':') {
        return malformed(p, p->at, "expected a colon behind the member name");
    }
    p->at++;
    skip_space(p);
    return HF_DONE;
}

/* One step in the innermost open container: its end, or its next child. */
static hf_status parse_next(struct parser *p)
{
    struct frame *frame = &p->frames[p->depth - 1];
    struct hf_json *container = frame->container;
    bool is_object = container->type == HF_JSON_OBJECT;
    skip_space(p);
    if (peek(p) == (is_object ? '}' : ']')) {
        p->at++;
        p->depth--;
        return HF_DONE;
    }
    if (container->n_children > 0) {
        if (peek(p) != ',') {
            return malformed(p, p->at,
                             is_object ? "expected a comma or the end of the object"
                                       : "expected a comma or the end of the array");
        }
        p->at++;
        skip_space(p);
    }
    struct hf_json *child = NULL;
    HF_TRY(new_value(p, &child));
    if (is_object) {
        HF_TRY(parse_name(p, container, child));
    }
    *(frame->last_child ? &frame->last_child->next : &container->child) = child;
    frame->last_child = child;
    container->n_children++;
    return begin_value(p, child);
}

static hf_status parse_document(struct parser *p, const struct hf_json **ret_root)
{
    struct hf_json *root = NULL;
    skip_space(p);
    HF_TRY(new_value(p, &root));
    HF_TRY(begin_value(p, root));
    while (p->depth > 0) {
        HF_TRY(parse_next(p));
    }
    skip_space(p);
    if (p->at < p->size) {
        return malformed(p, p->at, "there is something behind the value");
    }
    *ret_root = root;
    return HF_DONE;
}

hf_status hf_json_parse(hf_bytes text, const struct hf_json_limits *limits, struct hf_arena *arena,
                        const struct hf_json **ret_root, struct hf_problem *reterr)
{
    HF_UNINITIALISED struct frame frames[HF_JSON_MAX_DEPTH];
    struct parser p = {
        .size = text.size,
        .original = text,
        .limits = limits,
        .arena = arena,
        .reterr = reterr,
        .frames = frames,
    };
    if (text.size > limits->max_bytes) {
        return refuse(&p, limits->max_bytes, HF_LIMIT, "the text is too long");
    }
    p.text = hf_arena_room(arena, text.size + 1);
    if (!p.text) {
        HF_FAIL(NOMEM);
    }
    if (text.size > 0) {
        memcpy(p.text, text.data, text.size);
    }
    p.text[text.size] = 0;
    hf_status status = parse_document(&p, ret_root);
    free(p.names.slots);
    return status;
}

/* ---- reading the tree ---- */

const struct hf_json *hf_json_member(const struct hf_json *object, const char *name)
{
    if (!object || object->type != HF_JSON_OBJECT) {
        return NULL;
    }
    hf_bytes wanted = hf_bytes_of_string(name);
    for (const struct hf_json *member = object->child; member; member = member->next) {
        /* the first letter tells most names of a size apart, for the price of no call */
        if (member->name.size == wanted.size &&
            (wanted.size == 0 || member->name.data[0] == wanted.data[0]) &&
            hf_bytes_equal(member->name, wanted)) {
            return member;
        }
    }
    return NULL;
}

bool hf_json_is_string(const struct hf_json *value, const char *string)
{
    return value && value->type == HF_JSON_STRING && hf_bytes_equal_string(value->text, string);
}

hf_status hf_json_integer(const struct hf_json *value, int64_t *ret_integer)
{
    if (value->type != HF_JSON_NUMBER) {
        HF_FAIL(JSON_MALFORMED);
    }
    const uint8_t *digits = value->text.data;
    size_t n = value->text.size;
    bool negative = digits[0] == '-';
    size_t at = negative ? 1 : 0;
    if (negative && digits[1] == '0') {
        HF_FAIL(JSON_MALFORMED); /* minus zero is a double's affair */
    }
    int64_t integer = 0; /* counted downwards: the negative half is the larger */
    for (; at < n; at++) {
        if (!is_digit(digits[at]) || __builtin_mul_overflow(integer, 10, &integer) ||
            __builtin_sub_overflow(integer, digits[at] - '0', &integer)) {
            HF_FAIL(JSON_MALFORMED);
        }
    }
    if (!negative && __builtin_sub_overflow(0, integer, &integer)) {
        HF_FAIL(JSON_MALFORMED);
    }
    *ret_integer = integer;
    return HF_DONE;
}
