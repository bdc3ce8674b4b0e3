/*
 * Carrying out the operator's orders that consents end. They are files of the deployment
 * (consent/order.h) and looked at when it is: at a start and at a reload. No door of the network
 * leads to them.
 */
#pragma once

#include "base/status.h"
#include "gateway/worker.h"

enum { HF_ORDERS_MAX_FILES = 100000 };

/**
 * hf_orders_carry_out() - put every order that was not carried out yet on record, and carry it out
 * @gateway:       its configuration, registry, log and clock
 * @ret_n_orders:  that were new
 * @reterr:        may be NULL; `where` names the file
 *
 * A missing folder holds no orders; a file that is taken away takes nothing back. Blocks until all
 * is durable; a crash in between puts an order on record twice, never not at all.
 * Errors: CONFIG_INVALID (a file is no order), LOG_UNAVAILABLE, OVERLOADED, RATE_LIMIT, LIMIT, IO,
 * NOMEM.
 */
hf_status hf_orders_carry_out(struct hf_gateway *gateway, size_t *ret_n_orders,
                              struct hf_problem *reterr);
