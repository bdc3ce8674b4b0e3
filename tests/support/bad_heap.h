/*
 * The heap of a test program, empty on demand: linked in, it stands in for the C library's
 * allocator in the whole process, so that OpenSSL, libsodium and the C library itself run out of
 * memory like our own code. Not for programs with C++ libraries, which abort instead of returning,
 * nor under a sanitizer, which has an allocator of its own.
 *
 * bad_heap_sweep() runs something again and again: first with all the memory it wants, then with
 * the first allocation failing, then the second, until a run ends that no failure met.
 */
#pragma once

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum bad_heap_kind {
    BAD_HEAP_ONCE, /* one allocation fails, the next succeeds */
    BAD_HEAP_DRY   /* nothing is left from there on */
};

/* The allocation after @n_good more fails; any thread's. */
void bad_heap_arm(enum bad_heap_kind kind, size_t n_good);

/* All is well again. How many allocations were asked for since bad_heap_arm(). */
size_t bad_heap_disarm(void);

/* Blocks that are allocated now. */
size_t bad_heap_n_live(void);

/* What is swept. All but run() is called with a good heap, and may assert. */
struct bad_heap_scenario {
    void (*prepare)(void *context);                 /* may be NULL */
    hf_status (*run)(void *context);                /* must not assert */
    void (*check)(void *context, hf_status status); /* what it left; takes it down */
    void *context;
};

/*
 * Asserts that each run under want of memory ends in a status of the class FAULT, or in success,
 * that check() is content, and that nothing has leaked. Returns the number of runs.
 */
size_t bad_heap_sweep(enum bad_heap_kind kind, const struct bad_heap_scenario *scenario);
