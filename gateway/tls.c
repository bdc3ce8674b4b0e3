/*
 * TLS by OpenSSL over a thin BIO of our own. The BIO reads from the socket straight into OpenSSL's
 * read-ahead buffer, so one recv brings many records, and gathers written records, so one send
 * takes many; both were measured to matter (a record per system call costs half a microsecond a
 * request).
 *
 * This file knows sockets and certificates, and nothing of what is said over them. It does not
 * judge whose certificate a client shows: it proves possession of the key, and hands the hash over.
 *
 * Invariant: a connection that reached HF_TLS_DONE in its handshake speaks TLS 1.3 and h2.
 */
#include "gateway/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
    /*
     * A client's (our side of a source) buffer brings whole answers in one recv and stays. A
     * server's is given back while its connection is idle, and so must stay under the size (64
     * KiB) whose every free makes glibc tidy its heap.
     */
    CLIENT_READ_AHEAD_BYTES = 65536,
    SERVER_READ_AHEAD_BYTES = 32768,
    SPARE_BYTES = 160 * 1024, /* what one send of a busy connection takes, kept for the next */
    UNSENT_LIMIT_BYTES = 4 * 1024 * 1024,
    PEER_CHAIN_LIMIT_BYTES = 16 * 1024
};

static const unsigned char alpn_h2[] = {2, 'h', '2'};

struct hf_tls_context {
    SSL_CTX *ssl;
    atomic_uint n_refs;
    bool is_client;
};

struct hf_tls {
    struct hf_tls_context *context;
    SSL *ssl;
    hf_buf *spare;
    hf_buf unsent;
    size_t sent; /* of unsent, already taken by the socket */
    int fd;
    bool peer_gone; /* recv said end of file, or a socket error */
    const char *failure;
};

/* --- the BIO ------------------------------------------------------------------------------- */

static int bio_read(BIO *bio, char *data, int capacity)
{
    struct hf_tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    for (;;) {
        ssize_t n = recv(tls->fd, data, (size_t)capacity, 0);
        if (n > 0) {
            return (int)n;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno == EAGAIN) {
            BIO_set_retry_read(bio);
        } else {
            tls->peer_gone = true;
        }
        return n == 0 ? 0 : -1;
    }
}

static int bio_write(BIO *bio, const char *data, int size)
{
    struct hf_tls *tls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (tls->unsent.capacity_bytes == 0) {
        tls->unsent = *tls->spare;
        tls->unsent.limit_bytes = UNSENT_LIMIT_BYTES;
        *tls->spare = hf_buf_init(0);
        if (!hf_is_ok(hf_buf_reserve(&tls->unsent, SPARE_BYTES))) {
            return -1;
        }
    }
    hf_bytes bytes = hf_bytes_of(data, (size_t)size);
    return hf_is_ok(hf_buf_append(&tls->unsent, bytes)) ? size : -1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    const struct hf_tls *tls = BIO_get_data(bio);
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1; /* hf_tls_flush() sends, once a turn */
    case BIO_CTRL_EOF:
        return tls->peer_gone;
    default:
        return 0;
    }
}

static BIO_METHOD *bio_method;
static pthread_once_t bio_once = PTHREAD_ONCE_INIT;

static void make_bio_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "hufu");
    if (method && BIO_meth_set_read(method, bio_read) && BIO_meth_set_write(method, bio_write) &&
        BIO_meth_set_ctrl(method, bio_ctrl)) {
        bio_method = method;
    } else {
        BIO_meth_free(method);
    }
}

/* --- contexts ------------------------------------------------------------------------------ */

static void free_context(struct hf_tls_context **context)
{
    if (*context) {
        SSL_CTX_free((*context)->ssl);
        free(*context);
    }
}

/* What holds for both sides. */
static hf_status new_context(bool is_client, struct hf_tls_context **ret_context)
{
    pthread_once(&bio_once, make_bio_method);
    HF_CLEANUP(free_context) struct hf_tls_context *context = calloc(1, sizeof *context);
    if (!context || !bio_method) {
        HF_FAIL(NOMEM);
    }
    context->ssl = SSL_CTX_new(is_client ? TLS_client_method() : TLS_server_method());
    SSL_CTX *ssl = context->ssl;
    if (!ssl || !SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) ||
        !SSL_CTX_set_ciphersuites(ssl, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                       "TLS_CHACHA20_POLY1305_SHA256") ||
        !SSL_CTX_set1_groups_list(ssl, "X25519:P-256:P-384") || !SSL_CTX_set_num_tickets(ssl, 0)) {
        HF_FAIL(CRYPTO);
    }
    SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_read_ahead(ssl, 1);
    SSL_CTX_set_default_read_buffer_len(ssl, is_client ? CLIENT_READ_AHEAD_BYTES
                                                       : SERVER_READ_AHEAD_BYTES);
    if (!is_client) {
        SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    }
    SSL_CTX_set_max_cert_list(ssl, PEER_CHAIN_LIMIT_BYTES);
    context->is_client = is_client;
    atomic_init(&context->n_refs, 1);
    *ret_context = context;
    context = NULL;
    return HF_DONE;
}

/* A key file with a passphrase is refused: OpenSSL would ask for it on the terminal. */
static int no_passphrase(char *text, int capacity, int rwflag, void *context)
{
    (void)text;
    (void)capacity;
    (void)rwflag;
    (void)context;
    return -1;
}

static void free_bio(BIO **bio)
{
    BIO_free(*bio);
}

static void free_cert(X509 **cert)
{
    X509_free(*cert);
}

static void free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static hf_status bio_of(hf_bytes pem, BIO **ret_bio)
{
    const void *text =
        pem.size ? (const void *)pem.data : ""; /* nothing is no PEM, not no memory */
    BIO *bio = BIO_new_mem_buf(text, pem.size > INT32_MAX ? INT32_MAX : (int)pem.size);
    if (!bio) {
        HF_FAIL(NOMEM);
    }
    *ret_bio = bio;
    return HF_DONE;
}

static hf_status use_chain(SSL_CTX *ssl, hf_bytes pem, struct hf_problem *reterr)
{
    HF_CLEANUP(free_bio) BIO *bio = NULL;
    HF_TRY(bio_of(pem, &bio));
    HF_CLEANUP(free_cert) X509 *leaf = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
    if (!leaf || SSL_CTX_use_certificate(ssl, leaf) != 1) {
        return hf_problem_set(reterr, HF_CONFIG_INVALID, "cert",
                              "the certificate is not readable PEM, or too weak");
    }
    X509 *next;
    while ((next = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL) {
        if (SSL_CTX_add0_chain_cert(ssl, next) != 1) {
            X509_free(next);
            return hf_problem_set(reterr, HF_CONFIG_INVALID, "cert",
                                  "a certificate of the chain is too weak");
        }
    }
    ERR_clear_error(); /* the end of the PEM text counts as an error there */
    return HF_DONE;
}

static hf_status use_identity(SSL_CTX *ssl, hf_bytes cert_pem, hf_bytes key_pem,
                              struct hf_problem *reterr)
{
    HF_TRY(use_chain(ssl, cert_pem, reterr));
    HF_CLEANUP(free_bio) BIO *bio = NULL;
    HF_TRY(bio_of(key_pem, &bio));
    HF_CLEANUP(free_key) EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    if (!key) {
        return hf_problem_set(reterr, HF_CONFIG_INVALID, "key",
                              "the private key is not readable PEM without a passphrase");
    }
    /* The second question is for a key of another kind: OpenSSL keeps it beside the certificate. */
    if (SSL_CTX_use_PrivateKey(ssl, key) != 1 || SSL_CTX_check_private_key(ssl) != 1) {
        return hf_problem_set(reterr, HF_CONFIG_INVALID, "key",
                              "the private key is not the certificate's");
    }
    return HF_DONE;
}

static hf_status trust(SSL_CTX *ssl, hf_bytes ca_pem, struct hf_problem *reterr)
{
    HF_CLEANUP(free_bio) BIO *bio = NULL;
    HF_TRY(bio_of(ca_pem, &bio));
    X509_STORE *store = SSL_CTX_get_cert_store(ssl);
    size_t n_roots = 0;
    for (;;) {
        HF_CLEANUP(free_cert) X509 *root = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
        if (!root) {
            break;
        }
        /* Purpose -1 only reads the extensions: here, and not in the first handshakes of several
         * workers at once, which share the certificate. */
        if (X509_check_purpose(root, -1, 0) != 1) {
            return hf_problem_set(reterr, HF_CONFIG_INVALID, "ca",
                                  "a certificate in it cannot be understood");
        }
        if (X509_STORE_add_cert(store, root) != 1) {
            HF_FAIL(NOMEM);
        }
        n_roots++;
    }
    ERR_clear_error();
    if (n_roots == 0) {
        return hf_problem_set(reterr, HF_CONFIG_INVALID, "ca", "there is no certificate in it");
    }
    return HF_DONE;
}

static int choose_h2(SSL *ssl, const unsigned char **out, unsigned char *out_size,
                     const unsigned char *in, unsigned int in_size, void *context)
{
    (void)ssl;
    (void)context;
    for (unsigned i = 0; i + 1 <= in_size; i += in[i] + 1U) {
        if (in[i] == 2 && i + 3 <= in_size && memcmp(in + i + 1, "h2", 2) == 0) {
            *out = in + i + 1;
            *out_size = 2;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* Any certificate will do: the gate looks its hash up. OpenSSL still checks the handshake's
 * signature against it, which is what proves possession. */
static int accept_any_cert(X509_STORE_CTX *store, void *context)
{
    (void)store;
    (void)context;
    return 1;
}

hf_status hf_tls_server_new(const struct hf_tls_server_config *config,
                            struct hf_tls_context **ret_context, struct hf_problem *reterr)
{
    HF_CLEANUP(free_context) struct hf_tls_context *context = NULL;
    HF_TRY(new_context(false, &context));
    HF_TRY(use_identity(context->ssl, config->cert_pem, config->key_pem, reterr));
    SSL_CTX_set_alpn_select_cb(context->ssl, choose_h2, NULL);
    if (config->client_cert) {
        SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SSL_CTX_set_cert_verify_callback(context->ssl, accept_any_cert, NULL);
    }
    *ret_context = context;
    context = NULL;
    return HF_DONE;
}

hf_status hf_tls_client_new(const struct hf_tls_client_config *config,
                            struct hf_tls_context **ret_context, struct hf_problem *reterr)
{
    HF_CLEANUP(free_context) struct hf_tls_context *context = NULL;
    HF_TRY(new_context(true, &context));
    HF_TRY(trust(context->ssl, config->ca_pem, reterr));
    if (config->cert_pem.size > 0) {
        HF_TRY(use_identity(context->ssl, config->cert_pem, config->key_pem, reterr));
    }
    SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_set_alpn_protos(context->ssl, alpn_h2, sizeof alpn_h2) != 0) {
        HF_FAIL(NOMEM);
    }
    *ret_context = context;
    context = NULL;
    return HF_DONE;
}

struct hf_tls_context *hf_tls_context_ref(struct hf_tls_context *context)
{
    atomic_fetch_add(&context->n_refs, 1);
    return context;
}

void hf_tls_context_unref(struct hf_tls_context *context)
{
    if (context && atomic_fetch_sub(&context->n_refs, 1) == 1) {
        free_context(&context);
    }
}

/* --- connections --------------------------------------------------------------------------- */

static bool is_literal(const char *host)
{
    uint8_t address[16];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static hf_status demand_host(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_literal(host)) {
        if (X509_VERIFY_PARAM_set1_ip_asc(param, host) != 1) {
            HF_FAIL(CRYPTO);
        }
    } else if (X509_VERIFY_PARAM_set1_host(param, host, 0) != 1 ||
               SSL_set_tlsext_host_name(ssl, (uintptr_t)host) != 1) { /* it casts const away */
        HF_FAIL(CRYPTO);
    }
    return HF_DONE;
}

static void free_tls(struct hf_tls **tls)
{
    hf_tls_free(*tls);
}

hf_status hf_tls_new(struct hf_tls_context *context, int fd, const char *host, hf_buf *spare,
                     struct hf_tls **ret_tls)
{
    HF_CLEANUP(free_tls) struct hf_tls *tls = calloc(1, sizeof *tls);
    if (!tls) {
        HF_FAIL(NOMEM);
    }
    tls->context = hf_tls_context_ref(context);
    tls->fd = fd;
    tls->spare = spare;
    spare->limit_bytes = UNSENT_LIMIT_BYTES; /* it may be its first use */
    tls->unsent = hf_buf_init(UNSENT_LIMIT_BYTES);
    tls->failure = "";
    tls->ssl = SSL_new(context->ssl);
    BIO *bio = BIO_new(bio_method);
    if (!tls->ssl || !bio) {
        BIO_free(bio);
        HF_FAIL(NOMEM);
    }
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    if (context->is_client) {
        if (!host) {
            HF_FAIL(BUG); /* a certificate that may carry any name verifies nobody */
        }
        HF_TRY(demand_host(tls->ssl, host));
        SSL_set_connect_state(tls->ssl);
    } else {
        SSL_set_accept_state(tls->ssl);
    }
    *ret_tls = tls;
    tls = NULL;
    return HF_DONE;
}

void hf_tls_free(struct hf_tls *tls)
{
    if (!tls) {
        return;
    }
    SSL_free(tls->ssl);
    hf_buf_clear(&tls->unsent);
    hf_tls_context_unref(tls->context);
    free(tls);
}

/* Classifies a failed SSL call and empties OpenSSL's error queue. */
static enum hf_tls_progress progress_of(struct hf_tls *tls, int rc, const char *sentence)
{
    int error = SSL_get_error(tls->ssl, rc);
    ERR_clear_error();
    switch (error) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return HF_TLS_WAIT;
    case SSL_ERROR_ZERO_RETURN:
        tls->failure = "the peer closed the connection";
        return HF_TLS_CLOSED;
    default:
        if (tls->failure[0] == '\0') {
            tls->failure = tls->peer_gone ? "the connection was cut" : sentence;
        }
        return HF_TLS_FAILED;
    }
}

static enum hf_tls_progress handshake_over(struct hf_tls *tls)
{
    const unsigned char *alpn = NULL;
    unsigned alpn_size = 0;
    SSL_get0_alpn_selected(tls->ssl, &alpn, &alpn_size);
    if (alpn_size != 2 || memcmp(alpn, "h2", 2) != 0) {
        tls->failure = "the peer does not offer h2 by ALPN";
        return HF_TLS_FAILED;
    }
    return HF_TLS_DONE;
}

enum hf_tls_progress hf_tls_handshake(struct hf_tls *tls)
{
    ERR_clear_error();
    int rc = SSL_do_handshake(tls->ssl);
    enum hf_tls_progress progress = HF_TLS_DONE;
    if (rc != 1) {
        progress = progress_of(tls, rc, "the TLS handshake failed");
        long verdict = SSL_get_verify_result(tls->ssl);
        if (progress == HF_TLS_FAILED && tls->context->is_client && verdict != X509_V_OK) {
            tls->failure = X509_verify_cert_error_string(verdict);
        }
    }
    enum hf_tls_progress flushed = hf_tls_flush(tls); /* alerts of a failure, too */
    if (progress == HF_TLS_DONE) {
        progress = handshake_over(tls);
    }
    return flushed == HF_TLS_FAILED ? flushed : progress;
}

enum hf_tls_progress hf_tls_read(struct hf_tls *tls, uint8_t *data, size_t capacity_bytes,
                                 size_t *ret_size)
{
    int rc = SSL_read_ex(tls->ssl, data, capacity_bytes, ret_size);
    if (rc == 1) {
        return HF_TLS_DONE;
    }
    return progress_of(tls, rc, "a TLS record could not be read");
}

enum hf_tls_progress hf_tls_write(struct hf_tls *tls, hf_bytes bytes)
{
    while (bytes.size > 0) {
        size_t n = 0;
        int rc = SSL_write_ex(tls->ssl, bytes.data, bytes.size, &n);
        if (rc != 1) {
            progress_of(tls, rc, "a TLS record could not be written");
            return HF_TLS_FAILED; /* the BIO takes all or is out of memory: no waiting here */
        }
        bytes = hf_bytes_skip(bytes, n);
    }
    return HF_TLS_DONE;
}

/* Moves what the socket did not take to the front: the buffer holds unsent bytes only. */
static void compact(struct hf_tls *tls)
{
    if (tls->sent > 0) {
        tls->unsent.size -= tls->sent;
        memmove(tls->unsent.data, tls->unsent.data + tls->sent, tls->unsent.size);
        tls->sent = 0;
    }
}

/* An idle connection holds no buffer: the next one that writes takes it over. */
static void give_back(struct hf_tls *tls)
{
    tls->sent = 0;
    hf_buf_reset(&tls->unsent);
    if (tls->spare->capacity_bytes == 0 && tls->unsent.capacity_bytes <= 2 * SPARE_BYTES) {
        *tls->spare = tls->unsent;
        tls->unsent = hf_buf_init(UNSENT_LIMIT_BYTES);
    } else {
        hf_buf_clear(&tls->unsent);
    }
}

enum hf_tls_progress hf_tls_flush(struct hf_tls *tls)
{
    while (tls->sent < tls->unsent.size) {
        ssize_t n =
            send(tls->fd, tls->unsent.data + tls->sent, tls->unsent.size - tls->sent, MSG_NOSIGNAL);
        if (n >= 0) {
            tls->sent += (size_t)n;
        } else if (errno == EAGAIN) {
            compact(tls);
            return HF_TLS_WAIT;
        } else if (errno != EINTR) {
            tls->failure = "the connection was cut";
            return HF_TLS_FAILED;
        }
    }
    give_back(tls);
    return HF_TLS_DONE;
}

size_t hf_tls_unsent(const struct hf_tls *tls)
{
    return tls->unsent.size - tls->sent;
}

void hf_tls_shutdown(struct hf_tls *tls)
{
    ERR_clear_error();
    if (SSL_shutdown(tls->ssl) < 0) {
        ERR_clear_error(); /* nothing to be done about it: the socket is closed next */
    }
}

hf_status hf_tls_peer_cert(const struct hf_tls *tls, struct hf_cert_info *ret_info)
{
    X509 *cert = SSL_get0_peer_certificate(tls->ssl);
    if (!cert) {
        HF_FAIL(NOT_FOUND);
    }
    unsigned char *der = NULL;
    int size = i2d_X509(cert, &der);
    if (size <= 0) {
        HF_FAIL(NOMEM);
    }
    hf_status status = hf_cert_info_from_der(hf_bytes_of(der, (size_t)size), ret_info);
    OPENSSL_free(der);
    return status;
}

const char *hf_tls_failure(const struct hf_tls *tls)
{
    return tls->failure;
}
