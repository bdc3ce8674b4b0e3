/*
 * A request's head: which fields it is made of, and the few rules of form that libnghttp2 leaves to
 * its user. libnghttp2 has refused bad characters, upper case, connection fields and doubled pseudo
 * fields before we see them.
 */
#include "gateway/h2_server_impl.h"

static hf_status keep_pseudo(struct hf_h2_stream *stream, hf_bytes name, nghttp2_rcbuf *value)
{
    struct hf_h2_request *request = &stream->request;
    hf_bytes *view = NULL;
    if (hf_bytes_equal(name, HF_LITERAL(":method"))) {
        view = &request->method;
    } else if (hf_bytes_equal(name, HF_LITERAL(":path"))) {
        view = &request->path;
    } else if (hf_bytes_equal(name, HF_LITERAL(":authority"))) {
        view = &request->authority;
    }
    return view ? hf_h2_block_hold(&stream->block, &stream->arena, value, view) : HF_DONE;
}

hf_status hf_h2_head_add(struct hf_h2_stream *stream, nghttp2_rcbuf *name, nghttp2_rcbuf *value)
{
    hf_bytes name_view = hf_h2_view(name);
    if (!hf_h2_block_count(&stream->block, name_view.size, hf_h2_view(value).size) ||
        stream->dispatched || name_view.size == 0) {
        return HF_DONE; /* trailers are bounded and dropped */
    }
    if (name_view.data[0] == ':') {
        return keep_pseudo(stream, name_view, value);
    }
    return hf_h2_block_keep(&stream->block, &stream->arena, name, value);
}

static bool has_byte(hf_bytes bytes, char byte)
{
    return bytes.size > 0 && memchr(bytes.data, byte, bytes.size) != NULL;
}

static bool is_malformed(const struct hf_h2_stream *stream)
{
    const struct hf_h2_request *request = &stream->request;
    /* = RFC 9113 8.3.1: a request without authority is one that nobody is asked to answer; user
     * information in it is forbidden. A fragment is never sent (RFC 9112 3.2.1 has no place for
     * it): two readers of such a target may disagree about what it names. */
    if (request->authority.size == 0 || has_byte(request->authority, '@') ||
        has_byte(request->authority, '#') || has_byte(request->path, '#')) {
        return true;
    }
    for (size_t i = 0; i < stream->block.n_fields; i++) {
        const struct hf_h2_field *field = &stream->block.fields[i];
        /* Some servers read '_' as '-': what they see is not what was judged. */
        if (has_byte(field->name, '_')) {
            return true;
        }
        if (hf_bytes_equal(field->name, HF_LITERAL("host")) &&
            !hf_bytes_equal(field->value, request->authority)) {
            return true;
        }
    }
    return false;
}

void hf_h2_head_judge(struct hf_h2_stream *stream)
{
    struct hf_h2_request *request = &stream->request;
    request->fault = HF_OK;
    if (stream->block.too_large) {
        request->fault = HF_HEADERS_TOO_LARGE;
    } else if (is_malformed(stream)) {
        request->fault = HF_REQUEST_MALFORMED;
    } else {
        request->fields = stream->block.fields;
        request->n_fields = stream->block.n_fields;
    }
}
