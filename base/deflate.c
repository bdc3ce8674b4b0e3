/*
 * The one door to zlib. What bounds an answer is the room of the caller's buffer, asked for in
 * steps while it fills: a stream of a kilobyte that spells a gigabyte costs no more than that room.
 * A bound on the ratio would be no protection besides, and a list of nothing but zeros has zlib's
 * highest.
 */
#include "base/deflate.h"

#include <zlib.h>

enum { STEP_BYTES = 16384 };

/* zlib counts in unsigned int: nothing here comes near. */
static bool is_countable(size_t size)
{
    return size <= UINT32_MAX / 2;
}

hf_status hf_deflate(hf_bytes bytes, hf_buf *buf)
{
    if (!is_countable(bytes.size)) {
        HF_FAIL(LIMIT);
    }
    uLongf size = compressBound((uLong)bytes.size);
    HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(size);
    HF_TRY(hf_buf_reserve(&packed, size));
    if (compress2(packed.data, &size, bytes.data ? bytes.data : (const Bytef *)"",
                  (uLong)bytes.size, Z_BEST_COMPRESSION) != Z_OK) {
        HF_FAIL(NOMEM);
    }
    packed.size = size;
    return hf_buf_append(buf, hf_buf_view(&packed));
}

/* One more step of room, or the rest of what the buffer may have. */
static hf_status make_room(hf_buf *buf)
{
    size_t room = buf->limit_bytes - buf->size;
    if (room == 0) {
        HF_FAIL(LIMIT);
    }
    return hf_buf_reserve(buf, room < STEP_BYTES ? room : STEP_BYTES);
}

/* Z_OK: there is more to come. */
static hf_status inflate_step(z_stream *stream, hf_buf *buf, int *ret_code)
{
    HF_TRY(make_room(buf));
    size_t room = buf->limit_bytes - buf->size;
    room = room < STEP_BYTES ? room : STEP_BYTES;
    stream->next_out = buf->data + buf->size;
    stream->avail_out = (uInt)room;
    *ret_code = inflate(stream, Z_NO_FLUSH);
    buf->size += room - stream->avail_out;
    return HF_DONE;
}

static hf_status inflate_all(z_stream *stream, hf_buf *buf)
{
    int code = Z_OK;
    while (code == Z_OK) {
        hf_status status = inflate_step(stream, buf, &code);
        if (status.code == HF_LIMIT && stream->avail_in == 0) {
            HF_FAIL(DEFLATE_MALFORMED); /* it filled the room exactly, and has no end */
        }
        HF_TRY(status);
        if (code == Z_OK && stream->avail_out > 0 && stream->avail_in == 0) {
            HF_FAIL(DEFLATE_MALFORMED);
        }
    }
    if (code == Z_MEM_ERROR) {
        HF_FAIL(NOMEM);
    }
    return hf_status_of(code == Z_STREAM_END && stream->avail_in == 0 ? HF_OK
                                                                      : HF_DEFLATE_MALFORMED);
}

hf_status hf_inflate(hf_bytes bytes, hf_buf *buf)
{
    const size_t before = buf->size;
    z_stream stream = {.next_in = NULL};
    if (bytes.size == 0 || !is_countable(bytes.size)) {
        HF_FAIL(DEFLATE_MALFORMED);
    }
    if (inflateInit(&stream) != Z_OK) {
        HF_FAIL(NOMEM);
    }
    stream.next_in = (z_const Bytef *)(uintptr_t)bytes.data; /* only read: z_const is empty here */
    stream.avail_in = (uInt)bytes.size;
    hf_status status = inflate_all(&stream, buf);
    (void)inflateEnd(&stream);
    if (!hf_is_ok(status)) {
        buf->size = before;
    }
    return status;
}
