/*
 * One access, from a request's head to the last record about it. Its life is a table of states and
 * events in exchange.c; docs/architecture.md draws it.
 */
#pragma once

#include "gateway/h2_server.h"
#include "gateway/worker.h"

/**
 * hf_exchange_begin() - take over a request for a source's data
 * @request:  its authority is not judged yet
 * @snapshot: a reference is taken
 * @bank:     who asks; in @snapshot
 *
 * The stream is the exchange's from here on. Never fails to the caller: whatever goes wrong is an
 * answer on the stream.
 */
void hf_exchange_begin(struct hf_worker *worker, struct hf_h2_stream *stream,
                       const struct hf_h2_request *request, struct hf_snapshot *snapshot,
                       const struct hf_bank *bank);

/* Frees the memory that ended exchanges have left for the next ones. */
void hf_exchange_free_idle(struct hf_worker *worker);
