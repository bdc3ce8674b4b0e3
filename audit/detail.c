/*
 * Details as one table: member, type, place in the struct. Writer and reader walk the same table,
 * so they cannot disagree about names or order. What a member means is for who fills and reads it.
 *
 * The reader accepts exactly what the writer makes: members in byte order, present only when they
 * say something, strings with exactly the escapes that are needed.
 */
#include "audit/detail.h"

#include "audit/record.h"

#include <stddef.h>

enum member_type { TEXT, NUMBER, LIST };

struct member {
    hf_bytes lead; /* `,"name":` as it is written behind another member */
    enum member_type type;
    size_t offset;
};

#define LEAD(name) ",\"" name "\":"
/* clang-format off */
#define MEMBER(name, type)                                                                         \
    {{(const uint8_t *)LEAD(#name), sizeof(LEAD(#name)) - 1}, type, offsetof(struct hf_detail, name)}
/* clang-format on */
#define TEXT_MEMBER(name) MEMBER(name, TEXT)
#define NUMBER_MEMBER(name) MEMBER(name, NUMBER)
#define LIST_MEMBER(name) MEMBER(name, LIST)

static const struct member members[] = {
    NUMBER_MEMBER(access),
    TEXT_MEMBER(access_id),
    LIST_MEMBER(actions),
    TEXT_MEMBER(agreements_sha256),
    TEXT_MEMBER(bank),
    TEXT_MEMBER(banks_sha256),
    NUMBER_MEMBER(batch),
    TEXT_MEMBER(body_sha256),
    TEXT_MEMBER(boot_id),
    TEXT_MEMBER(boot_id_before),
    NUMBER_MEMBER(bytes),
    TEXT_MEMBER(catalogs_sha256),
    TEXT_MEMBER(ceilings_sha256),
    TEXT_MEMBER(change),
    LIST_MEMBER(clamped),
    TEXT_MEMBER(code),
    LIST_MEMBER(consents),
    NUMBER_MEMBER(count),
    NUMBER_MEMBER(cut_bytes),
    TEXT_MEMBER(cut_sha256),
    LIST_MEMBER(datasets),
    TEXT_MEMBER(enterprise),
    NUMBER_MEMBER(exp),
    TEXT_MEMBER(fault),
    NUMBER_MEMBER(generation),
    NUMBER_MEMBER(iat),
    TEXT_MEMBER(iss),
    TEXT_MEMBER(jti),
    TEXT_MEMBER(kid),
    TEXT_MEMBER(loan),
    NUMBER_MEMBER(n_kept),
    NUMBER_MEMBER(n_rows_withheld),
    NUMBER_MEMBER(n_withheld),
    TEXT_MEMBER(note),
    TEXT_MEMBER(operation),
    TEXT_MEMBER(policy_sha256),
    TEXT_MEMBER(purpose),
    TEXT_MEMBER(reason),
    TEXT_MEMBER(reference),
    TEXT_MEMBER(request_sha256),
    LIST_MEMBER(spared),
    TEXT_MEMBER(state),
    NUMBER_MEMBER(status),
    NUMBER_MEMBER(status_idx),
    TEXT_MEMBER(status_list),
    NUMBER_MEMBER(time_ms),
    TEXT_MEMBER(token_sha256),
    LIST_MEMBER(tokens),
    TEXT_MEMBER(view_sha256),
};
enum { N_MEMBERS = sizeof(members) / sizeof(members[0]), USUAL_BYTES = 512 };

static const void *value_of(const struct hf_detail *detail, const struct member *member)
{
    return (const char *)detail + member->offset;
}

static bool is_plain(uint8_t byte)
{
    return (byte >= 0x20) & (byte <= 0x7e) & (byte != '"') & (byte != '\\') & (byte != '%');
}

enum { WORD_BYTES = sizeof(uint64_t) };

/* is_plain() of eight bytes: a high bit is left wherever one of them is not (each test is exact for
 * the lowest byte that fails it, and one is enough). */
static bool is_word_plain(const uint8_t *bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    const uint64_t quote = word ^ ones * '"';
    const uint64_t backslash = word ^ ones * '\\';
    const uint64_t percent = word ^ ones * '%';
    const uint64_t below = (word - ones * 0x20) & ~word;
    const uint64_t above = (word + ones * (0x7f - 0x7e)) | word;
    const uint64_t equal = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
                           ((percent - ones) & ~percent);
    return ((below | above | equal) & ones << 7) == 0;
}

/* By words, the last of which overlaps the one before: strings here have some 30 bytes, and a rest
 * taken byte by byte was most of the work. */
static bool is_all_plain(hf_bytes text)
{
    size_t i = 0;
    if (text.size < WORD_BYTES) {
        while (i < text.size && is_plain(text.data[i])) {
            i++;
        }
        return i == text.size;
    }
    for (; i + WORD_BYTES <= text.size; i += WORD_BYTES) {
        if (!is_word_plain(text.data + i)) {
            return false;
        }
    }
    return is_word_plain(text.data + text.size - WORD_BYTES);
}

static uint8_t *put(uint8_t *at, hf_bytes text)
{
    memcpy(at, text.data, text.size);
    return at + text.size;
}

static size_t spelled_bytes(hf_bytes text)
{
    size_t n = text.size;
    for (size_t i = 0; i < text.size; i++) {
        n += is_plain(text.data[i]) ? 0 : 2;
    }
    return n;
}

static uint8_t *put_escaped(uint8_t *at, hf_bytes text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.size; i++) {
        if (is_plain(text.data[i])) {
            *at++ = text.data[i];
            continue;
        }
        *at++ = '%';
        *at++ = (uint8_t)hex[text.data[i] >> 4];
        *at++ = (uint8_t)hex[text.data[i] & 15];
    }
    return at;
}

/* Room is asked for once a value, and then filled without looking: a record has some fifteen
 * members, and appending each of their quotes and names on its own took twice as long. */
static hf_status write_text(hf_bytes text, hf_buf *buf)
{
    if (text.size > HF_DETAIL_MAX_BYTES) {
        HF_FAIL(LIMIT);
    }
    const bool is_plain_text = is_all_plain(text);
    HF_TRY(hf_buf_reserve(buf, (is_plain_text ? text.size : spelled_bytes(text)) + 2));
    uint8_t *at = buf->data + buf->size;
    *at++ = '"';
    if (text.size) {
        at = is_plain_text ? put(at, text) : put_escaped(at, text);
    }
    *at++ = '"';
    buf->size = (size_t)(at - buf->data);
    return HF_DONE;
}

static hf_status write_number(uint64_t number, hf_buf *buf)
{
    if (number > HF_RECORD_MAX_NUMBER) {
        HF_FAIL(BUG);
    }
    return hf_buf_append_number(buf, number);
}

static hf_status write_list(const struct hf_detail_list *list, hf_buf *buf)
{
    if (list->n_items > HF_DETAIL_MAX_ITEMS) {
        HF_FAIL(LIMIT);
    }
    for (size_t i = 0; i < list->n_items; i++) {
        HF_TRY(hf_buf_append_byte(buf, i ? ',' : '['));
        HF_TRY(write_text(list->items[i], buf));
    }
    return hf_buf_append_byte(buf, ']');
}

static bool is_present(const struct hf_detail *detail, const struct member *member)
{
    const void *value = value_of(detail, member);
    switch (member->type) {
    case TEXT:
        return ((const hf_bytes *)value)->size != 0;
    case NUMBER:
        return ((const struct hf_detail_number *)value)->is_set;
    case LIST:
        return ((const struct hf_detail_list *)value)->n_items != 0;
    }
    return false;
}

static hf_status write_value(const struct hf_detail *detail, const struct member *member,
                             hf_buf *buf)
{
    const void *value = value_of(detail, member);
    switch (member->type) {
    case TEXT:
        return write_text(*(const hf_bytes *)value, buf);
    case NUMBER:
        return write_number(((const struct hf_detail_number *)value)->value, buf);
    case LIST:
        return write_list(value, buf);
    }
    HF_FAIL(BUG);
}

static hf_status write_members(const struct hf_detail *detail, hf_buf *buf)
{
    const size_t begin = buf->size;
    for (size_t i = 0; i < N_MEMBERS; i++) {
        if (is_present(detail, &members[i])) {
            HF_TRY(hf_buf_append(buf, members[i].lead));
            HF_TRY(write_value(detail, &members[i], buf));
        }
    }
    if (buf->size == begin) {
        return hf_buf_append(buf, HF_LITERAL("{}"));
    }
    buf->data[begin] = '{'; /* where the first member has its comma */
    return hf_buf_append_byte(buf, '}');
}

hf_status hf_detail_write(const struct hf_detail *detail, hf_buf *buf)
{
    size_t before = buf->size;
    hf_ignore(hf_buf_reserve(buf, USUAL_BYTES)); /* one growth, where the limit allows it */
    hf_status status = write_members(detail, buf);
    if (hf_is_ok(status) && buf->size - before > HF_DETAIL_MAX_BYTES) {
        status = hf_status_of(HF_LIMIT);
    }
    if (!hf_is_ok(status)) {
        buf->size = before;
    }
    return status;
}

struct reader {
    hf_bytes text;
    size_t at;
    struct hf_arena *arena;
};

static bool take(struct reader *reader, uint8_t byte)
{
    if (reader->at >= reader->text.size || reader->text.data[reader->at] != byte) {
        return false;
    }
    reader->at++;
    return true;
}

static int hex_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* One character of a string, escaped or plain; false at anything that is neither. */
static bool take_character(struct reader *reader, uint8_t *ret_byte)
{
    hf_bytes rest = hf_bytes_of(reader->text.data + reader->at, reader->text.size - reader->at);
    if (rest.size == 0) {
        return false;
    }
    if (is_plain(rest.data[0])) {
        *ret_byte = rest.data[0];
        reader->at++;
        return true;
    }
    if (rest.data[0] != '%' || rest.size < 3) {
        return false;
    }
    int high = hex_value(rest.data[1]);
    int low = hex_value(rest.data[2]);
    if (high < 0 || low < 0 || is_plain((uint8_t)(high * 16 + low))) {
        return false; /* an escape that is not needed is another spelling */
    }
    *ret_byte = (uint8_t)(high * 16 + low);
    reader->at += 3;
    return true;
}

static hf_status read_text(struct reader *reader, hf_bytes *ret_text)
{
    if (!take(reader, '"')) {
        HF_FAIL(LOG_TAMPERED);
    }
    const uint8_t *rest = reader->text.data + reader->at;
    const uint8_t *quote = memchr(rest, '"', reader->text.size - reader->at);
    if (!quote) {
        HF_FAIL(LOG_TAMPERED);
    }
    uint8_t *copy = hf_arena_alloc(reader->arena, (size_t)(quote - rest) + 1);
    if (!copy) {
        HF_FAIL(NOMEM);
    }
    size_t size = 0;
    while (!take(reader, '"')) {
        if (!take_character(reader, &copy[size])) {
            HF_FAIL(LOG_TAMPERED);
        }
        size++;
    }
    *ret_text = hf_bytes_of(copy, size);
    return HF_DONE;
}

static hf_status read_number(struct reader *reader, struct hf_detail_number *ret_number)
{
    uint64_t number = 0;
    size_t begin = reader->at;
    for (; reader->at < reader->text.size && reader->at - begin < 17; reader->at++) {
        uint8_t digit = reader->text.data[reader->at];
        if (digit < '0' || digit > '9') {
            break;
        }
        number = number * 10 + (uint64_t)(digit - '0');
    }
    size_t n_digits = reader->at - begin;
    if (n_digits == 0 || number > HF_RECORD_MAX_NUMBER ||
        (n_digits > 1 && reader->text.data[begin] == '0')) {
        HF_FAIL(LOG_TAMPERED);
    }
    *ret_number = HF_DETAIL_NUMBER(number);
    return HF_DONE;
}

static hf_status read_list(struct reader *reader, struct hf_detail_list *ret_list)
{
    hf_bytes items[HF_DETAIL_MAX_ITEMS];
    size_t n_items = 0;
    if (!take(reader, '[')) {
        HF_FAIL(LOG_TAMPERED);
    }
    do {
        if (n_items == HF_DETAIL_MAX_ITEMS) {
            HF_FAIL(LOG_TAMPERED);
        }
        HF_TRY(read_text(reader, &items[n_items]));
        n_items++;
    } while (take(reader, ','));
    if (!take(reader, ']')) {
        HF_FAIL(LOG_TAMPERED);
    }
    hf_bytes *copy = hf_arena_alloc_array(reader->arena, n_items, sizeof(*copy));
    if (!copy) {
        HF_FAIL(NOMEM);
    }
    memcpy(copy, items, n_items * sizeof(*copy));
    *ret_list = (struct hf_detail_list){copy, n_items};
    return HF_DONE;
}

static hf_status read_value(struct reader *reader, const struct member *member,
                            struct hf_detail *detail)
{
    void *value = (char *)detail + member->offset;
    switch (member->type) {
    case TEXT:
        HF_TRY(read_text(reader, value));
        break;
    case NUMBER:
        HF_TRY(read_number(reader, value));
        break;
    case LIST:
        HF_TRY(read_list(reader, value));
        break;
    }
    if (!is_present(detail, member)) { /* an empty string is written by leaving it out */
        HF_FAIL(LOG_TAMPERED);
    }
    return HF_DONE;
}

/* The member of the table that stands at the reader, from @first on; NULL if none. */
static const struct member *take_name(struct reader *reader, size_t first)
{
    hf_bytes rest = hf_bytes_skip(reader->text, reader->at);
    for (size_t i = first; i < N_MEMBERS; i++) {
        hf_bytes name = hf_bytes_skip(members[i].lead, 1); /* without the comma */
        if (hf_bytes_starts_with(rest, name)) {
            reader->at += name.size;
            return &members[i];
        }
    }
    return NULL;
}

static hf_status read_members(struct reader *reader, struct hf_detail *detail)
{
    if (!take(reader, '{')) {
        HF_FAIL(LOG_TAMPERED);
    }
    if (take(reader, '}')) {
        return HF_DONE;
    }
    size_t next = 0;
    do {
        const struct member *member = take_name(reader, next);
        if (!member) {
            HF_FAIL(LOG_TAMPERED);
        }
        HF_TRY(read_value(reader, member, detail));
        next = (size_t)(member - members) + 1;
    } while (take(reader, ','));
    if (!take(reader, '}')) {
        HF_FAIL(LOG_TAMPERED);
    }
    return HF_DONE;
}

hf_status hf_detail_parse(hf_bytes text, struct hf_arena *arena, struct hf_detail *ret_detail,
                          struct hf_problem *reterr)
{
    struct hf_detail detail = {0};
    struct reader reader = {.text = text, .arena = arena};
    hf_status status = text.size > HF_DETAIL_MAX_BYTES ? hf_status_of(HF_LOG_TAMPERED)
                                                       : read_members(&reader, &detail);
    if (hf_is_ok(status) && reader.at != text.size) {
        status = hf_status_of(HF_LOG_TAMPERED);
    }
    if (!hf_is_ok(status)) {
        if (reterr) {
            reterr->offset = reader.at;
        }
        return hf_problem_set(reterr, status.code, "detail",
                              "the detail is not in its one spelling here");
    }
    *ret_detail = detail;
    return HF_DONE;
}
