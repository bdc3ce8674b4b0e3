/*
 * Set-associative, by a keyed hash: nobody chooses ids that push each other out, and nothing is
 * pushed out before its time. A tag of 64 bits stands for an id; that two share one by chance makes
 * one of them ask again.
 */
#include "gateway/seen.h"

#include "base/siphash.h"

#include <pthread.h>
#include <stdlib.h>

enum { N_SETS = 8192, WAYS = 8 };

struct used {
    uint64_t tag;
    int64_t until_unix_s;
};

struct hf_seen {
    pthread_mutex_t mutex;
    struct hf_siphash_key key;
    struct used sets[N_SETS][WAYS];
};

hf_status hf_seen_new(struct hf_seen **ret_seen)
{
    struct hf_seen *seen = calloc(1, sizeof *seen);
    if (!seen) {
        HF_FAIL(NOMEM);
    }
    pthread_mutex_init(&seen->mutex, NULL);
    seen->key = hf_siphash_process_key();
    *ret_seen = seen;
    return HF_DONE;
}

void hf_seen_free(struct hf_seen *seen)
{
    if (seen) {
        pthread_mutex_destroy(&seen->mutex);
        free(seen);
    }
}

static hf_status note(struct used *set, struct used used, int64_t now_unix_s)
{
    struct used *room = NULL;
    for (size_t i = 0; i < WAYS; i++) {
        bool is_past = set[i].until_unix_s < now_unix_s;
        if (!is_past && set[i].tag == used.tag) {
            HF_FAIL(EXISTS);
        }
        room = is_past && !room ? &set[i] : room;
    }
    if (!room) {
        HF_FAIL(LIMIT);
    }
    *room = used;
    return HF_DONE;
}

hf_status hf_seen_note(struct hf_seen *seen, hf_bytes id, int64_t now_unix_s, int64_t until_unix_s)
{
    struct used *set = seen->sets[hf_siphash(&seen->key, 1, id) % N_SETS];
    const struct used used = {hf_siphash(&seen->key, 2, id), until_unix_s};
    pthread_mutex_lock(&seen->mutex);
    hf_status status = note(set, used, now_unix_s);
    pthread_mutex_unlock(&seen->mutex);
    return status;
}
