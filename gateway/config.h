/*
 * hufud.json: what an operator writes to run one gateway. Read once at start, immutable after;
 * what may change while it runs (banks, grantors, agreements, catalogs, policy) is the snapshot's.
 *
 *   {"audience": "https://gw.example.test",          the `aud` of consents, and our authority
 *    "origin": "gw.example.test/access-log-2026",    of the access log (C2SP tlog-checkpoint)
 *    "listen": {"banks": "127.0.0.1:8443", "public": "…", "ops": "127.0.0.1:…"},
 *    "sources": {"tax": {"url": "https://127.0.0.1:9001", "ca": "ca/ca.pem", "cert": "…",
 *                "key": "…", "log_first": false, "agreement_key": "…"}},
 *    "public_url": "https://gw.example.test:8444",    what receipts name; has a default
 *    "workers": 2,
 *    "paths": {"policy": "policy.json", …},          each with the default of `hufu init`
 *    "limits": {"max_body_bytes": 67108864, …}}      each with a default
 *
 * Relative paths are seen from the folder that holds hufud.json. An unknown member is an error.
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "base/vocabulary.h"

#include <stdint.h>

enum { HF_CONFIG_MAX_SOURCES = HF_N_SOURCES, HF_CONFIG_MAX_WORKERS = 64 };

/* "127.0.0.1:8443", "[::1]:8443" or "host.name:8443" taken apart. */
struct hf_endpoint {
    const char *host; /* without brackets */
    uint16_t port;    /* 0: not configured */
};

/* A department and how it is reached. */
struct hf_source_config {
    enum hf_source source;
    const char *name;           /* "tax" */
    struct hf_endpoint address; /* of `url`, which is https://host[:port] and nothing more */
    const char *authority;      /* host[:port] as written in `url`: what we send as :authority */
    const char *ca;             /* PEM file of the roots its certificate must chain to */
    const char *cert;           /* NULL, or our client certificate there … */
    const char *key;            /* … and its key; both or none */
    const char *agreement_key;  /* NULL, or a JWK file: the key that signs its agreements */
    bool log_first;             /* the request leaves only when its record is durable */
};

struct hf_config_paths {
    const char *policy;        /* policy.json */
    const char *catalogs;      /* catalogs/ */
    const char *agreements;    /* agreements/ */
    const char *ceilings;      /* NULL: none; see consent/ceiling.h */
    const char *banks;         /* banks/ */
    const char *grantors;      /* grantors/ */
    const char *orders;        /* orders/: may be missing */
    const char *registry;      /* registry/ */
    const char *known_keys;    /* known_keys: see known_keys.h */
    const char *log;           /* log/ */
    const char *tls_cert;      /* keys/tls.pem: our chain, leaf first */
    const char *tls_key;       /* keys/tls.key */
    const char *log_key;       /* keys/log.key: signs checkpoints */
    const char *operator_key;  /* keys/operator.key: opens sealed details */
    const char *tag_key;       /* keys/tag.key: ids in records are tags under it */
    const char *pseudonym_key; /* keys/pseudonym.key */
    const char *gateway_key;   /* keys/gateway.key: signs receipts and status lists */
    const char *retired_keys;  /* keys/retired/: public keys that did so before; may be missing */
    const char *authorities;   /* NULL: tokens may not bring certificates */
};

/* Times in milliseconds, sizes in bytes; the default of each stands in config.c. */
struct hf_config_limits {
    uint64_t max_body_bytes;          /* of a source's answer */
    uint64_t max_connections;         /* per listener and worker; fewer if descriptors are few */
    uint64_t max_connection_requests; /* then GOAWAY in order */
    uint64_t max_streams;             /* at once on a connection, and work in flight for it */
    uint64_t max_accesses;            /* in flight in one worker; above: overloaded */
    uint64_t max_iss_consents;        /* stored consents of one grantor */
    uint64_t handshake_timeout_ms;
    uint64_t header_timeout_ms;
    uint64_t body_timeout_ms;   /* a request body that makes no progress */
    uint64_t write_timeout_ms;  /* a peer that takes nothing */
    uint64_t idle_timeout_ms;   /* a connection without requests */
    uint64_t access_timeout_ms; /* one whole access */
    uint64_t source_connect_timeout_ms;
    uint64_t source_first_byte_timeout_ms;
    uint64_t drain_timeout_ms;
    uint64_t status_interval_ms; /* between two looks at whether status lists must be made anew */
};

struct hf_config {
    struct hf_arena arena;
    const char *folder; /* that holds hufud.json */
    const char *audience;
    const char *authority; /* host[:port] of the audience */
    /* Of the public listener, as grantors and outsiders reach it: https://host[:port]. Unless set,
     * the audience's host with the public listener's port; without one, the audience. */
    const char *public_url;
    const char *origin;
    struct hf_endpoint banks;
    struct hf_endpoint public;
    struct hf_endpoint ops;
    struct hf_source_config sources[HF_CONFIG_MAX_SOURCES];
    size_t n_sources;
    uint64_t workers;
    struct hf_config_paths paths;
    struct hf_config_limits limits;
};

/**
 * hf_config_read() - read and check hufud.json
 * @ret_config: set only on success; caller owns, hf_config_free()
 * @reterr:     may be NULL; line, column and member of the first mistake
 *
 * Reads no other file. Errors: CONFIG_INVALID, NOT_FOUND, LIMIT, IO, NOMEM.
 */
hf_status hf_config_read(const char *path, struct hf_config **ret_config,
                         struct hf_problem *reterr);
void hf_config_free(struct hf_config *config); /* NULL is fine */
void hf_config_cleanup(struct hf_config **config);

/* The source of that name, or NULL. */
const struct hf_source_config *hf_config_source(const struct hf_config *config, hf_bytes name);
