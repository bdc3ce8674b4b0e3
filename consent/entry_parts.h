/*
 * The inside of an entry, for the registry alone.
 */
#pragma once

#include "consent/entry.h"

#include <pthread.h>
#include <stdatomic.h>

/* How often a consent was used, in a form that does not depend on its own window. */
struct hf_use_counts {
    uint32_t total;
    uint64_t n_records; /* every record below this index is counted */
    struct {
        uint32_t index;
        uint32_t count;
    } windows[HF_N_WINDOWS];
};

/*
 * Which entries' counts differ from the store. An entry is put here by the first use after it was
 * stored, and taken out by the registry thread once it has been stored with no use under way.
 */
struct hf_tally {
    pthread_mutex_t mutex;
    struct hf_entry *dirty;  /* under the mutex; holds a reference to each */
    _Atomic uint64_t n_told; /* records known to be on disk; a use that begins has a later one */
};

/* So many records are on disk; a lower number changes nothing. */
void hf_tally_raise(struct hf_tally *tally, uint64_t n_records);

enum hf_entry_word { HF_WORD_REVOKED = 0, HF_WORD_PAUSED = 1, HF_WORD_STANDS = 2 };

struct hf_entry {
    atomic_size_t n_refs;
    _Atomic uint32_t word;        /* enum hf_entry_word */
    _Atomic uint64_t uses;        /* total 20 bits | used in window 12 | index of window 32 */
    atomic_size_t n_under_way;    /* uses reserved and not ended */
    _Atomic uint64_t n_records;   /* index + 1 of the last record told of */
    atomic_bool is_dirty;         /* in the tally's list, or in the registry thread's hands */
    atomic_bool is_registered;    /* durable with its token */
    struct hf_entry_facts facts;  /* but for its id, zero until is_bound */
    struct hf_status_slot drawn;  /* its place, before it is registered; under the shard's lock */
    bool is_bound;                /* under the shard's lock; workers see bound ones only */
    bool is_stored;               /* registry thread's: the facts are in the store */
    bool is_paused;               /* by the last status, under the shard's lock … */
    bool is_ending;               /* a batch revokes it; likewise; never false again */
    int64_t status_iat_unix_s;    /* … which was signed then; 0: there was none */
    uint64_t n_statuses;          /* so many there were; under the shard's lock */
    struct hf_use_counts unbound; /* under the shard's lock, until bound */
    struct hf_tally *tally;
    uint64_t dirty_from; /* no record of an unstored use has a lower index */
    struct hf_entry *next_dirty;
    struct hf_entry *next_in_shard; /* under the shard's lock */
};

/* A new entry of nothing but its id, standing. Errors: NOMEM. */
hf_status hf_entry_new(const struct hf_consent_id *id, struct hf_tally *tally,
                       struct hf_entry **ret_entry);

/* Gives an entry its facts and turns its counts into uses of its own window. */
void hf_entry_bind(struct hf_entry *entry, const struct hf_entry_facts *facts);

/* Sets the state word; workers see it from their next look on. */
void hf_entry_set_word(struct hf_entry *entry, enum hf_entry_word word);

/* Counts a use, or gives one back, that the log tells of. Under the shard's lock, before workers.
 */
void hf_entry_replay(struct hf_entry *entry, int64_t unix_s, uint64_t index, bool is_return);

/* Puts the entry on the tally's list unless it is there. */
void hf_entry_touch(struct hf_entry *entry);

/**
 * hf_entry_snapshot() - the counts at a moment when no use is under way
 *
 * False when one is, or begins or ends meanwhile: try again later. Under the shard's lock; is_dirty
 * was cleared before.
 */
bool hf_entry_snapshot(const struct hf_entry *entry, struct hf_use_counts *ret_counts);
