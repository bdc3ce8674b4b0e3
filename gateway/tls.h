/*
 * TLS 1.3 for both sides of the gateway, the only door to OpenSSL's libssl.
 *
 * Always: TLS 1.3 only, ALPN "h2" or no connection, AES-128-GCM first, no tickets, no resumption,
 * no early data, no renegotiation, no compression. Records are read ahead straight from
 * the socket; written records gather in memory until hf_tls_flush() sends them in one call.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"
#include "crypto/cert.h"

struct hf_tls_context; /* certificates and rules; immutable, shared by threads */

struct hf_tls_server_config {
    hf_bytes cert_pem; /* chain, leaf first */
    hf_bytes key_pem;
    /*
     * Demand a client certificate. Its key must sign the handshake; no chain is checked: who the
     * certificate belongs to is looked up by its SHA-256 for every request, so an unknown one gets
     * an HTTP answer that says so.
     */
    bool client_cert;
};

struct hf_tls_client_config {
    hf_bytes ca_pem;   /* the only roots trusted */
    hf_bytes cert_pem; /* empty: no client certificate */
    hf_bytes key_pem;
};

/* Errors: CONFIG_INVALID (unreadable PEM, key of another certificate: @reterr says which), NOMEM,
 * CRYPTO. @reterr may be NULL. */
hf_status hf_tls_server_new(const struct hf_tls_server_config *config,
                            struct hf_tls_context **ret_context, struct hf_problem *reterr);
hf_status hf_tls_client_new(const struct hf_tls_client_config *config,
                            struct hf_tls_context **ret_context, struct hf_problem *reterr);
struct hf_tls_context *hf_tls_context_ref(struct hf_tls_context *context);
void hf_tls_context_unref(struct hf_tls_context *context); /* NULL is fine */

struct hf_tls; /* one connection */

/**
 * hf_tls_new() - TLS over a connected non-blocking socket
 * @fd:   borrowed until hf_tls_free()
 * @host: a client's: name or address literal that the certificate must carry; a server's: NULL
 * @spare: borrowed until hf_tls_free(): memory for unsent bytes, passed from connection to
 *         connection of one thread, so that idle ones hold none
 *
 * Errors: NOMEM, CRYPTO.
 */
hf_status hf_tls_new(struct hf_tls_context *context, int fd, const char *host, hf_buf *spare,
                     struct hf_tls **ret_tls);
void hf_tls_free(struct hf_tls *tls); /* NULL is fine */

enum hf_tls_progress {
    HF_TLS_DONE,   /* it happened */
    HF_TLS_WAIT,   /* wait for the socket: readable, or writable while hf_tls_unsent() > 0 */
    HF_TLS_CLOSED, /* the peer closed the connection in order */
    HF_TLS_FAILED  /* broken: free it; hf_tls_failure() says why */
};

/* One step of the handshake; flushes by itself. DONE implies that ALPN settled on "h2". */
enum hf_tls_progress hf_tls_handshake(struct hf_tls *tls);

/* Reads decrypted bytes, at least one on DONE. */
enum hf_tls_progress hf_tls_read(struct hf_tls *tls, uint8_t *data, size_t capacity_bytes,
                                 size_t *ret_size);

/* Encrypts @bytes (at most 16 KiB become one record) into the unsent bytes. DONE or FAILED. */
enum hf_tls_progress hf_tls_write(struct hf_tls *tls, hf_bytes bytes);

/* Sends what is unsent in one call: DONE when all left, WAIT when some stayed. */
enum hf_tls_progress hf_tls_flush(struct hf_tls *tls);
size_t hf_tls_unsent(const struct hf_tls *tls);

/* Queues the closing alert; flush it, then close the socket. */
void hf_tls_shutdown(struct hf_tls *tls);

/**
 * hf_tls_peer_cert() - what identifies the peer's certificate, after the handshake
 *
 * Errors: NOT_FOUND (it showed none), KEY_MALFORMED, KEY_UNSUPPORTED, NOMEM.
 */
hf_status hf_tls_peer_cert(const struct hf_tls *tls, struct hf_cert_info *ret_info);

/* A fixed sentence, never a value that the peer chose. */
const char *hf_tls_failure(const struct hf_tls *tls);
