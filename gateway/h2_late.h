/*
 * Frames for streams that are over: what a server keeps in mind to tell a client that breaks the
 * rules from one whose frames were under way when we ended a stream. Source: RFC 9113 5.1.
 */
#pragma once

#include "base/bytes.h"

enum { HF_H2_LATE_MAX = 128 }; /* streams that are kept in mind, more than may be open at once */

struct hf_h2_late {
    uint32_t n_skip; /* bytes until the next frame's head */
    uint32_t n_head; /* bytes of it that are there */
    uint8_t head[9];
    uint32_t n_over;
    int32_t over[HF_H2_LATE_MAX]; /* a ring of identifiers; negative: the client was cut short */
};

enum hf_h2_past {
    HF_H2_FORGOTTEN, /* never opened, or too long ago */
    HF_H2_HEARD_OUT, /* the client had ended its side: nothing more may come */
    HF_H2_CUT_SHORT  /* it had not, and what it sent before it knew may come */
};

/* Before the first byte, which is the preface's. */
struct hf_h2_late hf_h2_late_init(void);

/* The head of a DATA frame. */
struct hf_h2_data_head {
    int32_t stream_id; /* 0: there is none */
    uint32_t length;
};

/**
 * hf_h2_late_scan() - look for the next DATA frame in what the client sends
 * @bytes:    each byte of the connection once, in order, in any pieces
 * @ret_head: the frame, whose head ends where the return value says
 *
 * Returns how far it went: behind that head, or the end of @bytes. Cost: O(frames).
 */
size_t hf_h2_late_scan(struct hf_h2_late *late, hf_bytes bytes, struct hf_h2_data_head *ret_head);

/* A stream is over. @heard_out: the client had ended its side. */
void hf_h2_late_add(struct hf_h2_late *late, int32_t stream_id, bool heard_out);

/* What became of a stream that is not open. */
enum hf_h2_past hf_h2_late_find(const struct hf_h2_late *late, int32_t stream_id);

/* The client has ended its side of a stream that was cut short: it is heard out now. */
void hf_h2_late_hear_out(struct hf_h2_late *late, int32_t stream_id);
