/*
 * The parts of `hufu init`, each of which lays a piece of a new deployment into a folder that is
 * not yet in its place.
 */
#pragma once

#include "cli/command.h"
#include "crypto/cert.h"

#include <limits.h>
#include <sys/types.h>

enum { HF_INIT_N_BANKS = 2, HF_INIT_N_SOURCES = 2 };

/* The parties of the demonstration: synthetic codes that nobody holds. */
#define HF_INIT_ENTERPRISE "91350100M000100Y43"
extern const char *const hf_init_banks[HF_INIT_N_BANKS];     /* "911100001000044477", … */
extern const char *const hf_init_sources[HF_INIT_N_SOURCES]; /* "tax", "samr" */

struct hf_init {
    const struct hf_cli *cli;
    char root[PATH_MAX];     /* the folder under construction */
    char examples[PATH_MAX]; /* policy.json, catalogs/ */
    uint16_t port;           /* the first of five */
    int64_t now_unix_s;
    char origin[64]; /* of the access log */
    struct hf_cert_issuer *issuer;
    struct hf_cert_info bank_certs[HF_INIT_N_BANKS];
    char blamed[PATH_MAX]; /* what was last touched, for the message when it fails */
    struct hf_problem problem;
};

/* root/@name into @ret_path, and blamed from now on. Errors: LIMIT. */
hf_status hf_init_path(struct hf_init *init, const char *name, char ret_path[static PATH_MAX]);

/* A new file root/@name. Errors: EXISTS, IO, LIMIT, NOMEM. */
hf_status hf_init_put(struct hf_init *init, const char *name, hf_bytes content, mode_t mode);

/* hufud.json. */
hf_status hf_init_config(struct hf_init *init);

/* policy.json and catalogs/ out of the examples; agreements/ of each bank with each source, over
 * every dataset that the catalog names. Errors: also NOT_FOUND, CATALOG_INVALID. */
hf_status hf_init_policy(struct hf_init *init);

/* ca/ca.pem; the certificates of the gateway, the banks and the sources, and banks/. The
 * authority's own key is never written: nobody can issue more in its name. */
hf_status hf_init_certs(struct hf_init *init);

/* keys/{log,gateway,operator,tag,pseudonym}.key, log/, auditor/log.policy. */
hf_status hf_init_log(struct hf_init *init);

/* The enterprise: its key, its file in grantors/, the notice it read and the claims of its consent
 * for the first bank, ready for `hufu consent grant`. */
hf_status hf_init_enterprise(struct hf_init *init);
