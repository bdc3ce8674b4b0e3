/*
 * A connection without socket and TLS, in the place of gateway/conn.c: bytes are fed in by hand and
 * what is sent is thrown away. For fuzzing the sessions above it.
 */
#pragma once

#include "gateway/conn.h"

/* The connection that was made last; NULL when it has ended. */
struct hf_conn *bare_conn_last(void);

/* The handshake is over. */
void bare_conn_ready(void);

/* Bytes from the peer, and one turn of the loop. */
void bare_conn_feed(hf_bytes bytes);

/* Feeds all but the first byte, which says in which pieces (0: in one), and then the peer goes. */
void bare_conn_play(const uint8_t *data, size_t size);

/* How many bytes the session has sent in all. */
size_t bare_conn_sent_bytes(void);
