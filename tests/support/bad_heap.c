/*
 * The allocator of glibc under its own names, with a count before it. A block that one run leaves
 * behind may be a library's cache, so it counts as leaked only if the same run leaves one again.
 */
#include "tests/support/bad_heap.h"

#include "tests/unit/unit.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static atomic_bool is_armed;
static atomic_bool is_dry; /* once it has failed it goes on failing */
static atomic_size_t n_good_left;
static atomic_size_t n_asked;
static atomic_size_t n_live;

static bool may_have(void)
{
    if (!atomic_load(&is_armed)) {
        return true;
    }
    size_t asked = atomic_fetch_add(&n_asked, 1);
    size_t good = atomic_load(&n_good_left);
    if (asked < good || (asked > good && !atomic_load(&is_dry))) {
        return true;
    }
    errno = ENOMEM;
    return false;
}

static void *counted(void *block)
{
    atomic_fetch_add(&n_live, block != NULL);
    return block;
}

void *malloc(size_t size)
{
    return may_have() ? counted(__libc_malloc(size)) : NULL;
}

void *calloc(size_t n, size_t size)
{
    return may_have() ? counted(__libc_calloc(n, size)) : NULL;
}

void *realloc(void *block, size_t size)
{
    if (!may_have()) {
        return NULL;
    }
    return block ? __libc_realloc(block, size) : counted(__libc_malloc(size));
}

void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size)
{
    return may_have() ? counted(__libc_memalign(alignment, size)) : NULL;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **ret_block, size_t alignment, size_t size)
{
    void *block = memalign(alignment, size);
    if (!block) {
        return ENOMEM;
    }
    *ret_block = block;
    return 0;
}

void free(void *block)
{
    atomic_fetch_sub(&n_live, block != NULL);
    __libc_free(block);
}

void bad_heap_arm(enum bad_heap_kind kind, size_t n_good)
{
    atomic_store(&is_dry, kind == BAD_HEAP_DRY);
    atomic_store(&n_good_left, n_good);
    atomic_store(&n_asked, 0);
    atomic_store(&is_armed, true);
}

size_t bad_heap_disarm(void)
{
    atomic_store(&is_armed, false);
    return atomic_load(&n_asked);
}

size_t bad_heap_n_live(void)
{
    return atomic_load(&n_live);
}

/* --- sweeping ------------------------------------------------------------------------------ */

struct outcome {
    hf_status status;
    bool has_failed; /* the heap has */
    size_t n_left;   /* blocks; huge when there are fewer than before */
};

static struct outcome run(enum bad_heap_kind kind, const struct bad_heap_scenario *scenario,
                          size_t n_good)
{
    struct outcome outcome;
    size_t n_before = bad_heap_n_live();
    if (scenario->prepare) {
        scenario->prepare(scenario->context);
    }
    bad_heap_arm(kind, n_good);
    outcome.status = scenario->run(scenario->context);
    outcome.has_failed = bad_heap_disarm() > n_good;
    scenario->check(scenario->context, outcome.status);
    outcome.n_left = bad_heap_n_live() - n_before;
    return outcome;
}

static void assert_fault(hf_status status, size_t n_good)
{
    const struct hf_code_info *info = hf_code_info(status.code);
    if (!hf_is_ok(status) && info->class != HF_CLASS_FAULT) {
        fail_msg("without allocation %zu: %s", n_good, info->name);
    }
}

size_t bad_heap_sweep(enum bad_heap_kind kind, const struct bad_heap_scenario *scenario)
{
    for (int i = 0; i < 2; i++) { /* the second run finds all caches filled */
        assert_ok(run(kind, scenario, SIZE_MAX).status);
    }
    for (size_t n_good = 0;; n_good++) {
        struct outcome outcome = run(kind, scenario, n_good);
        assert_fault(outcome.status, n_good);
        if (!outcome.has_failed) {
            assert_ok(outcome.status);
            return n_good;
        }
        for (int i = 0; i < 3 && outcome.n_left != 0; i++) {
            outcome = run(kind, scenario, n_good);
        }
        if (outcome.n_left != 0) {
            fail_msg("without allocation %zu: %zu blocks are left", n_good, outcome.n_left);
        }
    }
}
