/*
 * Socket addresses as the gateway uses them: numbers and names in, one listening or connecting
 * TCP socket out, always with TCP_NODELAY, non-blocking, close-on-exec.
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

#include <stdbool.h>
#include <sys/socket.h>

enum { HF_ADDRESS_TEXT_BYTES = 64 };

struct hf_address {
    struct sockaddr_storage storage;
    socklen_t size_bytes;
};

/* An IPv4 or IPv6 literal (no brackets) and a port. Errors: CONFIG_INVALID. */
hf_status hf_address_from_literal(const char *host, uint16_t port, struct hf_address *ret_address);

/**
 * hf_address_resolve() - the first stream address of a name; blocks on the resolver
 *
 * A literal never blocks. Errors: SOURCE_UNAVAILABLE (no such name).
 */
hf_status hf_address_resolve(const char *host, uint16_t port, struct hf_address *ret_address);

/* "192.0.2.1" or "2001:db8::1", without the port. */
void hf_address_text(const struct hf_address *address, char ret_text[static HF_ADDRESS_TEXT_BYTES]);

/* Whose address it is, as far as can be told: all of an IPv4 address, the first 64 bits of an IPv6
 * one, because whoever has one such address has them all (RFC 4291 2.5.4). A view into @address. */
hf_bytes hf_address_network(const struct hf_address *address);

uint16_t hf_address_port(const struct hf_address *address);
bool hf_address_is_loopback(const struct hf_address *address);

/**
 * hf_address_listen() - a listening socket, with SO_REUSEPORT so that each worker has its own
 * @ret_fd: caller closes
 *
 * Errors: IO (errno kept).
 */
hf_status hf_address_listen(const struct hf_address *address, int backlog, int *ret_fd);

/* A socket whose connect has begun: writable when it is over. Errors: IO (errno kept). */
hf_status hf_address_connect(const struct hf_address *address, int *ret_fd);

/* Non-blocking accept. Errors: NOT_FOUND (none waits), LIMIT (descriptors are used up), IO. */
hf_status hf_address_accept(int listener_fd, int *ret_fd, struct hf_address *ret_peer);
