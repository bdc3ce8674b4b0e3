/*
 * Decides which paths a template matches and whether two templates can match the same path. Knows
 * nothing of values' schemas. Invariant: a segment holds at most one parameter, so prefix and
 * suffix determine its value, and overlap of two templates is decided segment by segment.
 */
#include "policy/route_template.h"

static bool is_literal_byte(uint8_t byte)
{
    bool alnum = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                 (byte >= 'a' && byte <= 'z');
    return alnum || (byte != 0 && strchr("-._~!$&'()*+,=:@", byte) != NULL);
}

static bool is_literal(hf_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (!is_literal_byte(text.data[i])) {
            return false;
        }
    }
    return true;
}

static hf_bytes slice(hf_bytes text, size_t from, size_t to)
{
    return hf_bytes_of(text.data + from, to - from);
}

/* Offset of @byte at or behind @from; the size when there is none. */
static size_t find(hf_bytes text, size_t from, char byte)
{
    const uint8_t *at = from < text.size ? memchr(text.data + from, byte, text.size - from) : NULL;
    return at ? (size_t)(at - text.data) : text.size;
}

static hf_status bad(struct hf_problem *reterr, const char *sentence)
{
    return hf_problem_set(reterr, HF_CATALOG_INVALID, NULL, "%s", sentence);
}

static hf_status parse_segment(hf_bytes text, struct hf_template_segment *ret_segment,
                               struct hf_problem *reterr)
{
    size_t open = find(text, 0, '{');
    size_t close = find(text, 0, '}');
    struct hf_template_segment segment = {.prefix = slice(text, 0, open)};

    if (text.size == 0) {
        return bad(reterr, "the path has an empty segment; write one `/` between two names");
    }
    if (hf_bytes_equal_string(text, ".") || hf_bytes_equal_string(text, "..")) {
        return bad(reterr, "a path may not hold the segments `.` and `..`; write it plainly");
    }
    if (open < text.size) {
        if (close < open || close == text.size || close == open + 1) {
            return bad(reterr, "a brace of the path has no partner; write `{name}`");
        }
        segment.parameter = slice(text, open + 1, close);
        segment.suffix = slice(text, close + 1, text.size);
    }
    if (find(segment.suffix, 0, '{') < segment.suffix.size) {
        return bad(reterr, "a segment may hold one parameter only: two cannot be told apart; put "
                           "a `/` between them");
    }
    if (!is_literal(segment.prefix) || !is_literal(segment.suffix) ||
        !is_literal(segment.parameter)) {
        return bad(reterr, "the path holds a character that must not stand in it; use letters, "
                           "digits and -._~!$&'()*+,=:@");
    }
    *ret_segment = segment;
    return HF_DONE;
}

static bool has_parameter(const struct hf_template *template, hf_bytes name)
{
    for (size_t i = 0; name.size && i < template->n_segments; i++) {
        if (hf_bytes_equal(template->segments[i].parameter, name)) {
            return true;
        }
    }
    return false;
}

static hf_status parse_all(hf_bytes text, struct hf_template *template, struct hf_problem *reterr)
{
    for (size_t at = 1; at <= text.size;) {
        struct hf_template_segment segment = {0};
        size_t end = find(text, at, '/');
        if (template->n_segments == HF_TEMPLATE_MAX_SEGMENTS) {
            return bad(reterr, "the path has more than 16 segments; shorten it");
        }
        HF_TRY(parse_segment(slice(text, at, end), &segment, reterr));
        if (has_parameter(template, segment.parameter)) {
            return bad(reterr, "a parameter stands twice in the path; name each once");
        }
        template->segments[template->n_segments++] = segment;
        at = end + 1;
    }
    return HF_DONE;
}

hf_status hf_template_parse(hf_bytes text, struct hf_arena *arena,
                            struct hf_template **ret_template, struct hf_problem *reterr)
{
    struct hf_template *template = hf_arena_alloc(arena, sizeof(*template));
    if (!template) {
        HF_FAIL(NOMEM);
    }
    template->segments =
        hf_arena_alloc_array(arena, HF_TEMPLATE_MAX_SEGMENTS, sizeof(*template->segments));
    if (!template->segments) {
        HF_FAIL(NOMEM);
    }
    if (text.size == 0 || text.data[0] != '/') {
        return bad(reterr, "a path begins with `/`");
    }
    if (text.size > HF_TEMPLATE_MAX_BYTES) {
        return bad(reterr, "the path is longer than 512 bytes; shorten it");
    }
    HF_TRY(parse_all(text, template, reterr));
    *ret_template = template;
    return HF_DONE;
}

static bool ends_with(hf_bytes text, hf_bytes suffix)
{
    return text.size >= suffix.size &&
           hf_bytes_equal(hf_bytes_skip(text, text.size - suffix.size), suffix);
}

static bool segment_match(const struct hf_template_segment *segment, hf_bytes text,
                          hf_bytes *ret_value)
{
    if (segment->parameter.size == 0) {
        return hf_bytes_equal(segment->prefix, text);
    }
    if (text.size <= segment->prefix.size + segment->suffix.size ||
        !hf_bytes_starts_with(text, segment->prefix) || !ends_with(text, segment->suffix)) {
        return false;
    }
    *ret_value = slice(text, segment->prefix.size, text.size - segment->suffix.size);
    return true;
}

bool hf_template_match(const struct hf_template *template, const hf_bytes *segments,
                       size_t n_segments, hf_bytes ret_values[static HF_TEMPLATE_MAX_SEGMENTS])
{
    if (n_segments != template->n_segments) {
        return false;
    }
    for (size_t i = 0; i < n_segments; i++) {
        ret_values[i] = (hf_bytes){0};
        if (!segment_match(&template->segments[i], segments[i], &ret_values[i])) {
            return false;
        }
    }
    return true;
}

static bool segments_overlap(const struct hf_template_segment *a,
                             const struct hf_template_segment *b)
{
    hf_bytes ignored;
    if (a->parameter.size == 0) {
        return segment_match(b, a->prefix, &ignored);
    }
    if (b->parameter.size == 0) {
        return segment_match(a, b->prefix, &ignored);
    }
    return (hf_bytes_starts_with(a->prefix, b->prefix) ||
            hf_bytes_starts_with(b->prefix, a->prefix)) &&
           (ends_with(a->suffix, b->suffix) || ends_with(b->suffix, a->suffix));
}

/* Two segments with a parameter that match the same texts. */
static bool are_alike(const struct hf_template_segment *a, const struct hf_template_segment *b)
{
    return hf_bytes_equal(a->prefix, b->prefix) && hf_bytes_equal(a->suffix, b->suffix);
}

enum hf_template_order hf_template_compare(const struct hf_template *a, const struct hf_template *b)
{
    bool first = false;
    bool second = false;
    if (a->n_segments != b->n_segments) {
        return HF_TEMPLATE_APART;
    }
    for (size_t i = 0; i < a->n_segments; i++) {
        bool a_is_literal = a->segments[i].parameter.size == 0;
        bool b_is_literal = b->segments[i].parameter.size == 0;
        if (!segments_overlap(&a->segments[i], &b->segments[i])) {
            return HF_TEMPLATE_APART;
        }
        first |= a_is_literal && !b_is_literal;
        second |= b_is_literal && !a_is_literal;
        /* One that holds the other, as `{x}` holds `{y}.json`, is no more concrete than it. */
        if (!a_is_literal && !b_is_literal && !are_alike(&a->segments[i], &b->segments[i])) {
            first = second = true;
        }
    }
    if (first == second) {
        return HF_TEMPLATE_UNCLEAR;
    }
    return first ? HF_TEMPLATE_FIRST : HF_TEMPLATE_SECOND;
}
