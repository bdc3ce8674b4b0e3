/*
 * The gateway's own resources: consents, revocations, the log. The same on both listeners, but for
 * what needs to know who asks: that is not served on the public one.
 */
#pragma once

#include "gateway/banks.h"
#include "gateway/h2_server.h"
#include "gateway/worker.h"

/* Whether @path (with its query) is under one of the endpoints' names. */
bool hf_endpoint_serves(hf_bytes path);

/**
 * hf_endpoint_begin() - take over a request for one of them
 * @snapshot: a reference is taken
 * @bank:     who asks, in @snapshot; NULL on the public listener
 *
 * The stream is the endpoint's from here on; whatever goes wrong is an answer on it.
 */
void hf_endpoint_begin(struct hf_worker *worker, struct hf_h2_stream *stream,
                       const struct hf_h2_request *request, struct hf_snapshot *snapshot,
                       const struct hf_bank *bank);
