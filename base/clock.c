/*
 * The system's clocks and a fixed one.
 */
#include "base/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now); /* cannot fail for these two ids with a valid pointer */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_unix_ms(void *context)
{
    (void)context;
    return read_ms(CLOCK_REALTIME);
}

static int64_t system_monotonic_ms(void *context)
{
    (void)context;
    return read_ms(CLOCK_MONOTONIC);
}

struct hf_clock hf_clock_system(void)
{
    return (struct hf_clock){system_unix_ms, system_monotonic_ms, NULL};
}

static int64_t fixed_unix_ms(void *context)
{
    return ((struct hf_clock_fixed *)context)->unix_ms;
}

static int64_t fixed_monotonic_ms(void *context)
{
    return ((struct hf_clock_fixed *)context)->monotonic_ms;
}

struct hf_clock hf_clock_fixed(struct hf_clock_fixed *fixed)
{
    return (struct hf_clock){fixed_unix_ms, fixed_monotonic_ms, fixed};
}
