/*
 * File descriptors: how many connections of peers leave enough of them for the gateway's own files.
 * A log that cannot open its next file stops the service, so nobody who merely connects may take
 * the last descriptor.
 */
#pragma once

#include "gateway/config.h"

#include <stdint.h>

/* Raises the process's soft limit to its hard one. Returns what holds then. */
uint64_t hf_descriptors_raise(void);

/**
 * hf_descriptors_per_listener() - how many connections one listener of one worker may have
 * @limit: of descriptors, as hf_descriptors_raise() returned it
 *
 * At most limits.max_connections; 0: @limit does not cover what the gateway itself opens.
 */
uint64_t hf_descriptors_per_listener(uint64_t limit, const struct hf_config *config);
