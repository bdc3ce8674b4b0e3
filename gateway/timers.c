/*
 * A pairing heap with the children of a node in a doubly linked list, whose first member points
 * back at its parent. It was chosen over an array heap because it needs no memory of its own (so a
 * deadline can always be armed) and over a wheel because most timers are started once, never fire,
 * and are taken out from the middle.
 *
 * Invariant: no node is earlier than its parent; a running timer is in exactly one heap.
 */
#include "gateway/timers.h"

#include <stddef.h>

/* The earlier of two heaps adopts the other. Both are roots; neither may be NULL. */
static struct hf_timer *meld(struct hf_timer *a, struct hf_timer *b)
{
    if (b->deadline_ms < a->deadline_ms) {
        struct hf_timer *swap = a;
        a = b;
        b = swap;
    }
    b->prev = a;
    b->next = a->child;
    if (b->next) {
        b->next->prev = b;
    }
    a->child = b;
    a->next = NULL;
    a->prev = NULL;
    return a;
}

/* Makes one heap of a list of siblings: pairs from the left, then all pairs from the right. */
static struct hf_timer *meld_siblings(struct hf_timer *first)
{
    struct hf_timer *pairs = NULL;
    while (first) {
        struct hf_timer *a = first;
        struct hf_timer *b = a->next;
        first = b ? b->next : NULL;
        struct hf_timer *pair = a;
        if (b) {
            pair = meld(a, b);
        }
        pair->next = pairs;
        pairs = pair;
    }
    struct hf_timer *root = NULL;
    while (pairs) {
        struct hf_timer *pair = pairs;
        pairs = pair->next;
        pair->next = NULL;
        pair->prev = NULL;
        root = root ? meld(root, pair) : pair;
    }
    return root;
}

void hf_timers_stop(struct hf_timers *timers, struct hf_timer *timer)
{
    if (!timer->running) {
        return;
    }
    struct hf_timer *rest = meld_siblings(timer->child);
    if (timers->root == timer) {
        timers->root = rest;
    } else {
        if (timer->prev->child == timer) {
            timer->prev->child = timer->next;
        } else {
            timer->prev->next = timer->next;
        }
        if (timer->next) {
            timer->next->prev = timer->prev;
        }
        timers->root = rest ? meld(timers->root, rest) : timers->root;
    }
    timer->child = timer->next = timer->prev = NULL;
    timer->running = false;
}

void hf_timers_start(struct hf_timers *timers, struct hf_timer *timer, uint64_t deadline_ms)
{
    hf_timers_stop(timers, timer);
    timer->deadline_ms = deadline_ms;
    timer->running = true;
    timer->child = timer->next = timer->prev = NULL;
    timers->root = timers->root ? meld(timers->root, timer) : timer;
}

struct hf_timer *hf_timers_take_due(struct hf_timers *timers, uint64_t now_ms)
{
    struct hf_timer *root = timers->root;
    if (!root || root->deadline_ms > now_ms) {
        return NULL;
    }
    hf_timers_stop(timers, root);
    return root;
}
