/* YAJL's parser and generator, fed in chunks and drained after each. */
#include "tests/bench/redact_peers.h"

#include <stdbool.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>

struct copier {
    yajl_gen gen;
    unsigned skip_depth; /* containers open inside a dropped member */
    bool skip;           /* the next value is dropped */
};

/* Whether the value at hand is dropped; a scalar is then done with. */
static bool skips(struct copier *copier)
{
    bool skip = copier->skip;
    copier->skip = skip && copier->skip_depth > 0;
    return skip;
}

static int on_null(void *ctx)
{
    struct copier *copier = ctx;
    return skips(copier) || yajl_gen_null(copier->gen) == yajl_gen_status_ok;
}

static int on_boolean(void *ctx, int value)
{
    struct copier *copier = ctx;
    return skips(copier) || yajl_gen_bool(copier->gen, value) == yajl_gen_status_ok;
}

static int on_number(void *ctx, const char *text, size_t size)
{
    struct copier *copier = ctx;
    return skips(copier) || yajl_gen_number(copier->gen, text, size) == yajl_gen_status_ok;
}

static int on_string(void *ctx, const unsigned char *text, size_t size)
{
    struct copier *copier = ctx;
    return skips(copier) || yajl_gen_string(copier->gen, text, size) == yajl_gen_status_ok;
}

static int on_name(void *ctx, const unsigned char *text, size_t size)
{
    struct copier *copier = ctx;
    if (copier->skip) {
        return 1;
    }
    for (size_t i = 0; i < REDACT_N_DROPPED; i++) {
        if (strlen(redact_dropped[i]) == size && memcmp(redact_dropped[i], text, size) == 0) {
            copier->skip = true;
            return 1;
        }
    }
    return yajl_gen_string(copier->gen, text, size) == yajl_gen_status_ok;
}

static int on_open(struct copier *copier, yajl_gen_status (*write)(yajl_gen))
{
    copier->skip_depth += copier->skip;
    return copier->skip || write(copier->gen) == yajl_gen_status_ok;
}

static int on_close(struct copier *copier, yajl_gen_status (*write)(yajl_gen))
{
    if (!copier->skip) {
        return write(copier->gen) == yajl_gen_status_ok;
    }
    copier->skip = --copier->skip_depth > 0;
    return 1;
}

static int on_open_object(void *ctx)
{
    return on_open(ctx, yajl_gen_map_open);
}

static int on_close_object(void *ctx)
{
    return on_close(ctx, yajl_gen_map_close);
}

static int on_open_array(void *ctx)
{
    return on_open(ctx, yajl_gen_array_open);
}

static int on_close_array(void *ctx)
{
    return on_close(ctx, yajl_gen_array_close);
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_open_object,
    .yajl_map_key = on_name,
    .yajl_end_map = on_close_object,
    .yajl_start_array = on_open_array,
    .yajl_end_array = on_close_array,
};

/* Appends what the generator has written, as a proxy would hand it on after each chunk. */
static bool drain(struct copier *copier, char *out, size_t n_out_bytes, size_t *n_written)
{
    const unsigned char *text = NULL;
    size_t size = 0;
    if (yajl_gen_get_buf(copier->gen, &text, &size) != yajl_gen_status_ok ||
        size > n_out_bytes - *n_written) {
        return false;
    }
    memcpy(out + *n_written, text, size);
    *n_written += size;
    yajl_gen_clear(copier->gen);
    return true;
}

size_t redact_yajl(const char *document, size_t size, size_t n_chunk_bytes, char *out,
                   size_t n_out_bytes)
{
    struct copier copier = {.gen = yajl_gen_alloc(NULL)};
    yajl_handle parser = yajl_alloc(&callbacks, NULL, &copier);
    size_t n_written = 0;
    bool good = true;
    for (size_t at = 0; good && at < size; at += n_chunk_bytes) {
        size_t left = size - at < n_chunk_bytes ? size - at : n_chunk_bytes;
        good = yajl_parse(parser, (const unsigned char *)document + at, left) == yajl_status_ok &&
               drain(&copier, out, n_out_bytes, &n_written);
    }
    good = good && yajl_complete_parse(parser) == yajl_status_ok &&
           drain(&copier, out, n_out_bytes, &n_written);
    yajl_free(parser);
    yajl_gen_free(copier.gen);
    return good ? n_written : 0;
}
