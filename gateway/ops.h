/*
 * The ops listener: HTTP/1.1 on loopback for /metrics, /healthz, /readyz. GET only, one request a
 * connection, no body, a head of at most 4 KiB; everything else is answered 4xx and closed.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "gateway/address.h"
#include "gateway/loop.h"

struct hf_ops;

struct hf_ops_reply {
    int status;               /* 404 unless set */
    const char *content_type; /* static */
    hf_buf *body;             /* append here; bounded to 1 MiB */
};

/* @path: as sent, without query. */
typedef void hf_ops_handler(void *context, hf_bytes path, struct hf_ops_reply *reply);

/* Errors: IO (errno kept), NOMEM, CONFIG_INVALID (not a loopback address). */
hf_status hf_ops_open(struct hf_loop *loop, const struct hf_address *address,
                      hf_ops_handler *handler, void *context, struct hf_ops **ret_ops);
uint16_t hf_ops_port(const struct hf_ops *ops);
void hf_ops_close(struct hf_ops *ops); /* NULL is fine */

enum hf_ops_parse { HF_OPS_MORE, HF_OPS_GET, HF_OPS_BAD, HF_OPS_METHOD };

/**
 * hf_ops_parse_head() - read a request head as far as we serve it
 * @head:     what has arrived
 * @ret_path: set on GET: the target up to a '?', into @head
 *
 * MORE: not complete; BAD: answer 400; METHOD: answer 405. Source: RFC 9112 3.
 */
enum hf_ops_parse hf_ops_parse_head(hf_bytes head, hf_bytes *ret_path);
