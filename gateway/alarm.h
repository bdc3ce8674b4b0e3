/*
 * Records that somebody should look at.
 */
#pragma once

#include "gateway/worker.h"

/**
 * hf_alarm_jti_conflict() - put on record that one id came with two payloads
 * @bank:  bare USCC of who brought it; empty: unknown
 * @token: verified; not the one that the registry knows under its id
 *
 * The record names both. It is queued and not waited for; what cannot be queued is not told: the
 * log has failed then, and the service with it.
 */
void hf_alarm_jti_conflict(struct hf_worker *worker, hf_bytes bank, const struct hf_token *token);
