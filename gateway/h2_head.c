/*
 * A request's head: its bounds, counted before anything is copied, and the few rules of form that
 * libnghttp2 leaves to its user. libnghttp2 has refused bad characters, upper case, connection
 * fields and doubled pseudo fields before we see them; it enforces no size at all.
 *
 * Invariant: what is copied of a head is at most HF_H2_MAX_LIST_BYTES, whatever HPACK makes of the
 * bytes on the wire.
 */
#include "gateway/h2_server_impl.h"

enum {
    FEW_FIELDS = 16,
    FIELD_OVERHEAD_BYTES = 32, /* = RFC 9113 10.5.1: counted for each field */
    /* Beyond the bound a block is decoded on, to keep HPACK in step and answer 431; beyond this
     * multiple it is an attack. */
    BOMB_FACTOR = 4
};

/* Most heads have a dozen fields; the array grows once, to the bound. */
static hf_status make_room(struct hf_h2_stream *stream)
{
    size_t n = stream->request.n_fields;
    if (n != 0 && n != FEW_FIELDS) {
        return HF_DONE;
    }
    size_t capacity = n == 0 ? FEW_FIELDS : HF_H2_MAX_FIELDS;
    struct hf_h2_field *fields =
        hf_arena_alloc_array(&stream->arena, capacity, sizeof *stream->fields);
    if (!fields) {
        HF_FAIL(NOMEM);
    }
    if (n > 0) {
        memcpy(fields, stream->fields, n * sizeof *fields);
    }
    stream->fields = fields;
    return HF_DONE;
}

static hf_status keep_field(struct hf_h2_stream *stream, hf_bytes name, hf_bytes value)
{
    struct hf_h2_request *request = &stream->request;
    hf_bytes copy;
    HF_TRY(hf_arena_copy(&stream->arena, value, &copy));
    if (name.data[0] == ':') {
        if (hf_bytes_equal_string(name, ":method")) {
            request->method = copy;
        } else if (hf_bytes_equal_string(name, ":path")) {
            request->path = copy;
        } else if (hf_bytes_equal_string(name, ":authority")) {
            request->authority = copy;
        }
        return HF_DONE;
    }
    HF_TRY(make_room(stream));
    struct hf_h2_field *field = &stream->fields[request->n_fields];
    HF_TRY(hf_arena_copy(&stream->arena, name, &field->name));
    field->value = copy;
    request->n_fields++;
    return HF_DONE;
}

hf_status hf_h2_head_add(struct hf_h2_stream *stream, hf_bytes name, hf_bytes value, bool keep,
                         enum hf_h2_head *ret_head)
{
    size_t size = name.size + value.size;
    stream->n_list_bytes += size + FIELD_OVERHEAD_BYTES;
    stream->n_block_fields++;
    if (size > HF_H2_MAX_FIELD_BYTES || stream->n_list_bytes > HF_H2_MAX_LIST_BYTES ||
        stream->n_block_fields > HF_H2_MAX_FIELDS) {
        stream->too_large = true;
    }
    bool bomb = stream->n_list_bytes > BOMB_FACTOR * (size_t)HF_H2_MAX_LIST_BYTES ||
                stream->n_block_fields > BOMB_FACTOR * (size_t)HF_H2_MAX_FIELDS;
    if (keep && !stream->too_large && name.size > 0) {
        HF_TRY(keep_field(stream, name, value));
    }
    *ret_head = bomb ? HF_H2_HEAD_BOMB : HF_H2_HEAD_GOES_ON;
    return HF_DONE;
}

static bool has_byte(hf_bytes bytes, char byte)
{
    return bytes.size > 0 && memchr(bytes.data, byte, bytes.size) != NULL;
}

static bool is_malformed(const struct hf_h2_request *request)
{
    /* = RFC 9113 8.3.1: a request without authority is one that nobody is asked to answer; user
     * information in it is forbidden. A fragment is never sent (RFC 9112 3.2.1 has no place for
     * it): two readers of such a target may disagree about what it names. */
    if (request->authority.size == 0 || has_byte(request->authority, '@') ||
        has_byte(request->authority, '#') || has_byte(request->path, '#')) {
        return true;
    }
    for (size_t i = 0; i < request->n_fields; i++) {
        const struct hf_h2_field *field = &request->fields[i];
        /* Some servers read '_' as '-': what they see is not what was judged. */
        if (has_byte(field->name, '_')) {
            return true;
        }
        if (hf_bytes_equal_string(field->name, "host") &&
            !hf_bytes_equal(field->value, request->authority)) {
            return true;
        }
    }
    return false;
}

void hf_h2_head_judge(struct hf_h2_stream *stream)
{
    struct hf_h2_request *request = &stream->request;
    request->fields = stream->fields;
    request->fault = HF_OK;
    if (stream->too_large) {
        request->fault = HF_HEADERS_TOO_LARGE;
    } else if (is_malformed(request)) {
        request->fault = HF_REQUEST_MALFORMED;
    }
    if (request->fault != HF_OK) {
        request->n_fields = 0;
    }
}
