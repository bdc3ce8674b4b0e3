/*
 * What the ops listener shows: /metrics (Prometheus), /healthz (the process turns), /readyz (it
 * would serve an access now).
 */
#pragma once

#include "gateway/ops.h"
#include "gateway/worker.h"

struct hf_ops_content {
    struct hf_gateway *gateway;
    struct hf_worker *const *workers;
    size_t n_workers;
    bool is_draining;
};

/* As hf_ops_handler; @context is a struct hf_ops_content. */
void hf_ops_content_answer(void *context, hf_bytes path, struct hf_ops_reply *reply);
