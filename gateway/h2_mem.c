/*
 * A request makes nghttp2 ask for a dozen small objects on each side and give them back soon. It
 * refuses to know what they are.
 */
#include "gateway/h2_mem.h"

static void *take(size_t size, void *context)
{
    return hf_blocks_take(context, size);
}

static void *take_zeroed(size_t n, size_t size, void *context)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total)) {
        return NULL;
    }
    void *data = hf_blocks_take(context, total);
    if (data) {
        memset(data, 0, total);
    }
    return data;
}

static void give(void *data, void *context)
{
    hf_blocks_give(context, data);
}

static void *resize(void *data, size_t size, void *context)
{
    return hf_blocks_resize(context, data, size);
}

nghttp2_mem hf_h2_mem(struct hf_blocks *blocks)
{
    return (nghttp2_mem){.mem_user_data = blocks,
                         .malloc = take,
                         .free = give,
                         .calloc = take_zeroed,
                         .realloc = resize};
}
