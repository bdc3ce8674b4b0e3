/*
 * DEFLATE (RFC 1951) behind one door: whole streams of the ZLIB format (RFC 1950), and the gzip
 * format (RFC 1952) as it arrives.
 */
#pragma once

#include "base/buf.h"

/* Appends @bytes compressed as well as zlib can. On failure @buf is as it was. Errors: LIMIT,
 * NOMEM.
 */
hf_status hf_deflate(hf_bytes bytes, hf_buf *buf);

/**
 * hf_inflate() - append what @bytes spell
 * @bytes: exactly one whole stream, untrusted
 * @buf:   its limit is the bound: not a byte beyond it is ever written, whatever the stream holds
 *
 * On failure @buf is as it was. Cost: O(output), at most the room that @buf has left.
 * Errors: DEFLATE_MALFORMED (also: cut short, bytes behind the end, a preset dictionary), LIMIT,
 * NOMEM.
 */
hf_status hf_inflate(hf_bytes bytes, hf_buf *buf);

/* One gzip member of untrusted origin, inflated piece by piece. */
struct hf_gunzip;

enum {
    HF_GUNZIP_PIECE_BYTES = 8192,  /* most that one call gives */
    HF_GUNZIP_MAX_RATIO = 100,     /* inflated bytes for one that was taken … */
    HF_GUNZIP_FREE_BYTES = 1 << 20 /* … beyond so many: rows that repeat themselves are no bomb */
};

/* @max_bytes: of what is taken, and of what is given. Memory: 16 KiB, and 32 KiB with the first
 * byte that is inflated. Errors: NOMEM. */
hf_status hf_gunzip_new(uint64_t max_bytes, struct hf_gunzip **ret_gunzip);
void hf_gunzip_free(struct hf_gunzip *gunzip); /* NULL is fine */

/**
 * hf_gunzip_next() - the next piece of what the member spells
 * @bytes:       those that follow what has been taken, as many as are at hand; may be none
 * @ret_n_taken: how many of them are done with: all that they spell has been given. The rest is to
 *               be offered again, with what follows it
 * @ret_piece:   at most HF_GUNZIP_PIECE_BYTES, valid until the next call; may be empty
 *
 * Goes on as long as bytes are offered until they are taken, so whoever has no room just does not
 * call. Extra fields, names and comments of the header are passed over, its checksum is verified.
 * After a failure it fails ever after. Cost: O(taken + piece).
 * Errors: DEFLATE_MALFORMED (no gzip, a wrong checksum or length, bytes behind the one member),
 * LIMIT (@max_bytes, the ratio), NOMEM.
 */
hf_status hf_gunzip_next(struct hf_gunzip *gunzip, hf_bytes bytes, size_t *ret_n_taken,
                         hf_bytes *ret_piece);

/* All has been offered. Errors: DEFLATE_MALFORMED (cut short, or nothing at all), and what
 * hf_gunzip_next() said. */
hf_status hf_gunzip_finish(const struct hf_gunzip *gunzip);
