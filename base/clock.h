/*
 * Time is injected: whoever needs it takes a `struct hf_clock`, so that tests set it.
 */
#pragma once

#include <stdint.h>

struct hf_clock {
    int64_t (*unix_ms)(void *context);      /* wall clock, milliseconds since 1970 UTC */
    int64_t (*monotonic_ms)(void *context); /* never goes back */
    void *context;
};

/* The system's clocks (CLOCK_REALTIME, CLOCK_MONOTONIC). */
struct hf_clock hf_clock_system(void);

/* A clock that stands still until the test moves its values, while other threads may read them. */
struct hf_clock_fixed {
    _Atomic int64_t unix_ms;
    _Atomic int64_t monotonic_ms;
};
struct hf_clock hf_clock_fixed(struct hf_clock_fixed *fixed);

static inline int64_t hf_clock_unix_ms(const struct hf_clock *clock)
{
    return clock->unix_ms(clock->context);
}

static inline int64_t hf_clock_unix_s(const struct hf_clock *clock)
{
    return clock->unix_ms(clock->context) / 1000;
}

static inline int64_t hf_clock_monotonic_ms(const struct hf_clock *clock)
{
    return clock->monotonic_ms(clock->context);
}
