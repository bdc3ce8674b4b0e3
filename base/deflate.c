/*
 * The one door to zlib. What bounds a whole stream is the room of the caller's buffer, asked for in
 * steps while it fills: a stream of a kilobyte that spells a gigabyte costs no more than that room.
 * A bound on the ratio would be no protection besides, and a list of nothing but zeros has zlib's
 * highest.
 *
 * A gzip member is given piece by piece, so it takes no memory however long it is; what it can take
 * is time, and there the ratio is the bound: a peer who sends little may not make us work much.
 * Both sides are counted, for headers and empty blocks can go on for ever and spell nothing.
 *
 * Invariant: bytes that have been taken have given all that they spell. zlib may hold output back
 * when its room is full, and its input may be used up by then: so the last byte is not taken until
 * there was room to spare. That way nothing waits in here that nobody will ask for.
 */
#include "base/deflate.h"

#include <stdlib.h>
#include <zlib.h>

enum { STEP_BYTES = 16384, GZIP_WINDOW_BITS = 16 + MAX_WBITS /* gzip alone, never guessed */ };

struct hf_gunzip {
    z_stream stream;
    uint64_t max_bytes;
    uint64_t n_in;
    uint64_t n_out;
    size_t n_ahead; /* bytes that zlib has read and that are not taken: 0 or 1 */
    bool has_ended;
    hf_status failure;
    uint8_t piece[HF_GUNZIP_PIECE_BYTES];
};

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

/* --- gzip as it arrives -------------------------------------------------------------------- */

hf_status hf_gunzip_new(uint64_t max_bytes, struct hf_gunzip **ret_gunzip)
{
    struct hf_gunzip *gunzip = malloc(sizeof *gunzip);
    if (!gunzip) {
        HF_FAIL(NOMEM);
    }
    memset(gunzip, 0, offsetof(struct hf_gunzip, piece));
    gunzip->max_bytes = max_bytes;
    if (inflateInit2(&gunzip->stream, GZIP_WINDOW_BITS) != Z_OK) {
        free(gunzip);
        HF_FAIL(NOMEM);
    }
    *ret_gunzip = gunzip;
    return HF_DONE;
}

void hf_gunzip_free(struct hf_gunzip *gunzip)
{
    if (gunzip) {
        (void)inflateEnd(&gunzip->stream);
        free(gunzip);
    }
}

static bool is_within_bounds(const struct hf_gunzip *gunzip)
{
    return gunzip->n_in <= gunzip->max_bytes && gunzip->n_out <= gunzip->max_bytes &&
           (gunzip->n_out <= HF_GUNZIP_FREE_BYTES ||
            gunzip->n_out / HF_GUNZIP_MAX_RATIO <= gunzip->n_in);
}

/* Lets zlib read @bytes, which it has not seen; how many are left, and what they gave. */
static hf_status run(struct hf_gunzip *gunzip, hf_bytes bytes, size_t *ret_n_left,
                     size_t *ret_n_given)
{
    z_stream *stream = &gunzip->stream;
    if (gunzip->has_ended || !is_countable(bytes.size)) {
        *ret_n_left = bytes.size;
        return hf_status_of(bytes.size ? HF_DEFLATE_MALFORMED : HF_OK);
    }
    stream->next_in = (z_const Bytef *)(uintptr_t)bytes.data; /* only read: z_const is empty here */
    stream->avail_in = (uInt)bytes.size;
    stream->next_out = gunzip->piece;
    stream->avail_out = sizeof gunzip->piece;
    int code = inflate(stream, Z_NO_FLUSH);
    *ret_n_left = stream->avail_in;
    *ret_n_given = sizeof gunzip->piece - stream->avail_out;
    gunzip->n_in += bytes.size - stream->avail_in;
    gunzip->n_out += *ret_n_given;
    gunzip->has_ended = code == Z_STREAM_END;
    if (code == Z_MEM_ERROR) {
        HF_FAIL(NOMEM);
    }
    bool is_good = code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR; /* nothing to do */
    if (!is_good || (gunzip->has_ended && stream->avail_in > 0)) {
        HF_FAIL(DEFLATE_MALFORMED);
    }
    return hf_status_of(is_within_bounds(gunzip) ? HF_OK : HF_LIMIT);
}

hf_status hf_gunzip_next(struct hf_gunzip *gunzip, hf_bytes bytes, size_t *ret_n_taken,
                         hf_bytes *ret_piece)
{
    size_t n_left = 0;
    size_t n_given = 0;
    if (!hf_is_ok(gunzip->failure)) {
        return gunzip->failure;
    }
    if (bytes.size < gunzip->n_ahead) {
        *ret_n_taken = 0; /* not even what was offered before */
        *ret_piece = hf_bytes_of(gunzip->piece, 0);
        return HF_DONE;
    }
    gunzip->failure = run(gunzip, hf_bytes_skip(bytes, gunzip->n_ahead), &n_left, &n_given);
    if (!hf_is_ok(gunzip->failure)) {
        return gunzip->failure;
    }
    bool may_hold_more = n_given == sizeof gunzip->piece && !gunzip->has_ended;
    gunzip->n_ahead = may_hold_more && n_left == 0 && bytes.size > 0;
    *ret_n_taken = bytes.size - n_left - gunzip->n_ahead;
    *ret_piece = hf_bytes_of(gunzip->piece, n_given);
    return HF_DONE;
}

hf_status hf_gunzip_finish(const struct hf_gunzip *gunzip)
{
    if (!hf_is_ok(gunzip->failure)) {
        return gunzip->failure;
    }
    return hf_status_of(gunzip->has_ended ? HF_OK : HF_DEFLATE_MALFORMED);
}
