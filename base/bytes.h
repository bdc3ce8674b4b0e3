/*
 * A borrowed view of bytes: pointer and length, never owned, never NUL-terminated by contract.
 * The owner is an hf_buf, an arena or the caller; a view must not outlive it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const uint8_t *data; /* may be NULL when size is 0 */
    size_t size;
} hf_bytes;

static inline hf_bytes hf_bytes_of(const void *data, size_t size)
{
    return (hf_bytes){data, size};
}

static inline hf_bytes hf_bytes_of_string(const char *string)
{
    return (hf_bytes){(const uint8_t *)string, strlen(string)};
}

/* A string literal as a view, without strlen. */
#define HF_LITERAL(text) ((hf_bytes){(const uint8_t *)(text), sizeof(text) - 1})

/* Equality of public bytes. Secrets are compared with hf_secret_equal(). */
static inline bool hf_bytes_equal(hf_bytes a, hf_bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool hf_bytes_equal_string(hf_bytes a, const char *string)
{
    return hf_bytes_equal(a, hf_bytes_of_string(string));
}

static inline bool hf_bytes_starts_with(hf_bytes a, hf_bytes prefix)
{
    return a.size >= prefix.size && hf_bytes_equal((hf_bytes){a.data, prefix.size}, prefix);
}

/* The view without its first @n bytes; @n must not exceed its size. */
static inline hf_bytes hf_bytes_skip(hf_bytes a, size_t n)
{
    return (hf_bytes){a.data ? a.data + n : NULL, a.size - n};
}

/* Says of a large local array that nothing of it is read before it is written: the build zeroes all
 * others, which takes longer than what a request does with a few bytes of it. */
#define HF_UNINITIALISED __attribute__((uninitialized))

/*
 * Asks the processor for memory that is needed soon, and waits for nothing. With 256 requests under
 * way, what one left in the cache is gone when its next event comes; asked for one request ahead,
 * it is there. A hint: @memory may be NULL or shorter than @size, which is why the addresses are
 * counted as numbers.
 */
static inline void hf_prefetch(const void *memory, size_t size)
{
    for (size_t i = 0; i < size; i += 64) { /* a line of the cache */
        __builtin_prefetch((const void *)((uintptr_t)memory + i), 1);
    }
}

/* For printf: printf("%.*s", HF_PRINT(view)). */
#define HF_PRINT(view) (int)(view).size, (const char *)(view).data
