/*
 * The two HTTP/2 listeners of a worker: who is asking, on which name, for what kind of thing. From
 * here a request goes to an exchange (data of a source) or to an endpoint (the gateway's own).
 */
#pragma once

#include "gateway/h2_server.h"

/* The context of both is the struct hf_worker. */
extern const struct hf_h2_server_events hf_listener_banks;
extern const struct hf_h2_server_events hf_listener_public;
