/*
 * Memory for secrets, by libsodium: locked against swapping, between guard pages, left out of core
 * dumps, wiped before it is freed. Each secret costs several pages and two system calls, so this is
 * for keys, which live long, and not for the values of a request.
 *
 * mlock may be refused by a small RLIMIT_MEMLOCK; libsodium then hands out the memory all the same,
 * and so do we: a gateway that cannot lock 4 KiB still guards and wipes.
 */
#include "crypto/secret.h"

#include <sodium.h>

hf_status hf_secret_new(size_t size, struct hf_secret *ret_secret)
{
    uint8_t *data = sodium_malloc(size);
    if (!data) {
        HF_FAIL(NOMEM);
    }
    sodium_memzero(data, size);
    *ret_secret = (struct hf_secret){data, size};
    return HF_DONE;
}

void hf_secret_clear(struct hf_secret *secret)
{
    sodium_free(secret->data); /* wipes; NULL is fine */
    *secret = (struct hf_secret){0};
}

void hf_wipe(void *data, size_t size)
{
    if (size > 0) {
        sodium_memzero(data, size);
    }
}

bool hf_secret_equal(hf_bytes a, hf_bytes b)
{
    return a.size == b.size && (a.size == 0 || sodium_memcmp(a.data, b.data, a.size) == 0);
}

void hf_secret_buf_clear(hf_buf *buf)
{
    hf_wipe(buf->data, buf->capacity_bytes);
    hf_buf_clear(buf);
}
