/*
 * The status lists as they are published now: signed on a thread of their own, read by workers.
 */
#pragma once

#include "base/clock.h"
#include "consent/registry_status.h"
#include "crypto/key.h"

struct hf_status_board;

struct hf_status_board_options {
    struct hf_registry *registry; /* borrowed until the board is freed */
    const struct hf_key *key;     /* likewise */
    const char *url;              /* https://host[:port]: lists are below /status/; borrowed */
    struct hf_clock clock;
    int64_t interval_ms; /* between two looks at what has changed */
};

/* How long a list is to be believed after it was signed: so long may a gateway be down before
 * nobody believes what it said last. At least. */
enum { HF_STATUS_BOARD_LIFE_S = 3600 };

/**
 * hf_status_board_new() - start the thread; its first lists come soon
 * @ret_board: set only on success; caller owns, hf_status_board_free()
 *
 * Lists are made anew when something changed since, and when a quarter of their life is over: at
 * most once per interval, and never so often that more than a twentieth of one processor goes
 * there. Errors: NOMEM.
 */
hf_status hf_status_board_new(const struct hf_status_board_options *options,
                              struct hf_status_board **ret_board);

/* Stops the thread, at the latest with the list that it is making. NULL is fine. */
void hf_status_board_free(struct hf_status_board *board);

/**
 * hf_status_board_read() - append a list as it was last signed
 * @name: of the list; any bytes
 *
 * Any thread. Cost: a lock, and a copy of some kilobytes. Errors: NOT_FOUND; OVERLOADED (there are
 * none yet); LIMIT, NOMEM.
 */
hf_status hf_status_board_read(struct hf_status_board *board, hf_bytes name, hf_buf *buf);

/* Appends where a list of @name is published. */
hf_status hf_status_board_uri(const char *url, const char *name, hf_buf *buf);
