/*
 * What a stream's events are handed to: an access (exchange.h) or a call of one of the gateway's
 * own endpoints (endpoint.h). A task is the first member of either.
 */
#pragma once

#include "base/bytes.h"
#include "gateway/h2_server.h"

struct hf_task;

struct hf_task_events {
    void (*on_body)(struct hf_task *task, hf_bytes bytes);
    void (*on_body_end)(struct hf_task *task);
    void (*on_writable)(struct hf_task *task);
    bool (*on_send)(struct hf_task *task, hf_bytes bytes);
    void (*on_end)(struct hf_task *task, enum hf_h2_end end);
};

struct hf_task {
    const struct hf_task_events *events;
    struct hf_h2_stream *stream; /* ours until hf_h2_stream_release() */
};
