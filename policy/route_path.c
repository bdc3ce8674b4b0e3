/*
 * Decides what a well-formed `:path` is, before anyone asks what it names. Its rule: a text that
 * two programs could read differently is refused rather than repaired. So nothing is normalised:
 * dot segments, doubled slashes, double encoding and encoded separators are errors, not aliases.
 */
#include "policy/route_path.h"

#include "base/utf8.h"
#include "policy/route.h"

struct reader {
    hf_bytes text;
    size_t at;
    struct hf_arena *arena;
    struct hf_problem *reterr;
};

static hf_status bad(const struct reader *reader, size_t offset, const char *sentence)
{
    if (reader->reterr) {
        reader->reterr->offset = offset;
    }
    return hf_problem_set(reader->reterr, HF_REQUEST_MALFORMED, NULL, "%s", sentence);
}

static bool is_unreserved(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

/* RFC 3986 3.3 pchar without `;` (path parameters) and percent-encoding. */
static bool is_path_byte(uint8_t byte)
{
    return is_unreserved(byte) || (byte != 0 && strchr("!$&'()*+,=:@", byte) != NULL);
}

/* RFC 3986 3.4 without `;` and `+`, both of which servers read in two ways. */
static bool is_query_byte(uint8_t byte)
{
    return is_unreserved(byte) || (byte != 0 && strchr("!$'()*,:@/?", byte) != NULL);
}

static int hex_value(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    if (byte >= 'A' && byte <= 'F') {
        return byte - 'A' + 10;
    }
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The byte that `%xx` at @offset stands for, if it may be written so. */
static hf_status decode_one(const struct reader *reader, size_t offset, size_t end, uint8_t *ret)
{
    const uint8_t *data = reader->text.data;
    int high = offset + 2 < end ? hex_value(data[offset + 1]) : -1;
    int low = offset + 2 < end ? hex_value(data[offset + 2]) : -1;
    if (high < 0 || low < 0) {
        return bad(reader, offset, "a percent sign needs two hexadecimal digits");
    }
    uint8_t byte = (uint8_t)(high * 16 + low);
    if (byte < 0x20 || byte == 0x7f || byte == '/' || byte == '\\' || byte == '.' || byte == '%') {
        return bad(reader, offset, "this character may not be percent-encoded");
    }
    *ret = byte;
    return HF_DONE;
}

/* Decodes text[at, end) into the arena and moves on to @end. */
static hf_status decode(struct reader *reader, size_t end, bool (*allowed)(uint8_t),
                        hf_bytes *ret_text)
{
    size_t begin = reader->at;
    size_t n = 0;
    uint8_t *out = hf_arena_room(reader->arena, end - begin + 1);
    if (!out) {
        HF_FAIL(NOMEM);
    }
    for (size_t i = begin; i < end; i++) {
        uint8_t byte = reader->text.data[i];
        if (byte == '%') {
            HF_TRY(decode_one(reader, i, end, &byte));
            i += 2;
        } else if (!allowed(byte)) {
            return bad(reader, i, "this character may not stand here");
        }
        out[n++] = byte;
    }
    if (!hf_utf8_check(hf_bytes_of(out, n), NULL)) {
        return bad(reader, begin, "the text is not UTF-8");
    }
    reader->at = end;
    *ret_text = hf_bytes_of(out, n);
    return HF_DONE;
}

/* Offset of the next @stop at or behind the reader's place, at most @end. */
static size_t next_of(const struct reader *reader, char stop, size_t end)
{
    const uint8_t *begin = reader->text.data + reader->at;
    const uint8_t *found = memchr(begin, stop, end - reader->at);
    return found ? reader->at + (size_t)(found - begin) : end;
}

static hf_status read_segments(struct reader *reader, size_t end, struct hf_path *path)
{
    while (reader->at < end) {
        hf_bytes segment;
        size_t begin = ++reader->at; /* behind the slash */
        if (path->n_segments == HF_PATH_MAX_SEGMENTS) {
            return bad(reader, begin, "the path has too many segments");
        }
        HF_TRY(decode(reader, next_of(reader, '/', end), is_path_byte, &segment));
        if (segment.size == 0) {
            return bad(reader, begin, "the path has an empty segment");
        }
        if (hf_bytes_equal_string(segment, ".") || hf_bytes_equal_string(segment, "..")) {
            return bad(reader, begin, "the path has a dot segment");
        }
        path->segments[path->n_segments++] = segment;
    }
    return HF_DONE;
}

static hf_status read_pair(struct reader *reader, struct hf_path *path)
{
    struct hf_path_pair pair;
    size_t begin = reader->at;
    size_t end = next_of(reader, '&', reader->text.size);
    size_t equals = next_of(reader, '=', end);
    if (path->n_pairs == HF_PATH_MAX_PAIRS) {
        return bad(reader, begin, "the query has too many parameters");
    }
    if (equals == begin || equals == end) {
        return bad(reader, begin, "a query parameter is written name=value");
    }
    HF_TRY(decode(reader, equals, is_query_byte, &pair.name));
    reader->at = equals + 1;
    HF_TRY(decode(reader, end, is_query_byte, &pair.value));
    path->pairs[path->n_pairs++] = pair;
    return HF_DONE;
}

hf_status hf_path_read(hf_bytes text, struct hf_arena *arena, struct hf_path *ret_path,
                       struct hf_problem *reterr)
{
    struct reader reader = {.text = text, .arena = arena, .reterr = reterr};
    HF_UNINITIALISED struct hf_path path;
    path.n_segments = path.n_pairs = 0;
    if (text.size == 0 || text.data[0] != '/') {
        return bad(&reader, 0, "the path does not begin with a slash");
    }
    if (text.size > HF_ROUTE_MAX_PATH_BYTES) {
        return bad(&reader, HF_ROUTE_MAX_PATH_BYTES, "the path is too long");
    }
    HF_TRY(read_segments(&reader, next_of(&reader, '?', text.size), &path));
    while (reader.at < text.size) {
        reader.at++; /* behind `?` or `&` */
        HF_TRY(read_pair(&reader, &path));
    }
    memcpy(ret_path->segments, path.segments, path.n_segments * sizeof *path.segments);
    memcpy(ret_path->pairs, path.pairs, path.n_pairs * sizeof *path.pairs);
    ret_path->n_segments = path.n_segments;
    ret_path->n_pairs = path.n_pairs;
    return HF_DONE;
}

static hf_status encode(hf_buf *buf, hf_bytes text, uint8_t also)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (is_unreserved(byte) || byte == also) {
            HF_TRY(hf_buf_append_byte(buf, byte));
        } else {
            HF_TRY(hf_buf_printf(buf, "%%%02X", byte));
        }
    }
    return HF_DONE;
}

hf_status hf_path_encode(hf_buf *buf, hf_bytes text)
{
    return encode(buf, text, '-');
}

hf_status hf_query_encode(hf_buf *buf, hf_bytes text)
{
    return encode(buf, text, '/');
}
