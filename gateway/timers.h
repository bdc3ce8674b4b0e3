/*
 * Timers of one event loop: an intrusive pairing heap ordered by deadline. The memory is the
 * owner's, so starting a timer cannot fail. Not thread-safe: one loop, one set.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct hf_timer {
    void (*fire)(void *context);
    void *context;
    uint64_t deadline_ms; /* monotonic */
    /* private to timers.c */
    struct hf_timer *child;
    struct hf_timer *next; /* sibling */
    struct hf_timer *prev; /* sibling before, or parent of a first child */
    bool running;
};

struct hf_timers {
    struct hf_timer *root; /* earliest; NULL: none */
};

/* A timer at rest. Allocates nothing. */
static inline struct hf_timer hf_timer_init(void (*fire)(void *context), void *context)
{
    return (struct hf_timer){.fire = fire, .context = context};
}

/* Starts @timer, or moves it when it runs already. Cost: O(1), moving O(log n) amortised. */
void hf_timers_start(struct hf_timers *timers, struct hf_timer *timer, uint64_t deadline_ms);

/* Stops @timer; one at rest stays so. Cost: O(log n) amortised. */
void hf_timers_stop(struct hf_timers *timers, struct hf_timer *timer);

/* Takes out and returns the earliest timer due at @now_ms, or NULL. Cost: O(log n) amortised. */
struct hf_timer *hf_timers_take_due(struct hf_timers *timers, uint64_t now_ms);
