/*
 * A log in a temporary folder, with keys that are made once: for the unit tests of audit/.
 */
#pragma once

#include "audit/detail.h"
#include "audit/log.h"
#include "crypto/rand.h"
#include "crypto/seal.h"

#include "tests/unit/unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_ORIGIN "gw1.example/access-log"

struct log_folder {
    char path[64];
    struct hf_key *signer;
    struct hf_seal_key operator_key;
    const struct hf_seal_key *recipients[1];
    struct hf_clock_fixed now;
    uint8_t tag_key[HF_LOG_TAG_KEY_BYTES];
    struct hf_log_options options;
};

static inline int log_folder_remove_one(const char *path, const struct stat *info, int type,
                                        struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void log_folder_remove(const char *path)
{
    nftw(path, log_folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A new empty log; the clock stands still at 2026-09-21. */
static inline struct log_folder *log_folder_new(void)
{
    struct log_folder *folder = calloc(1, sizeof(*folder));
    assert_non_null(folder);
    assert_ok(hf_crypto_init());
    snprintf(folder->path, sizeof(folder->path), "/tmp/hufu-log-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    assert_ok(hf_log_create(folder->path, LOG_ORIGIN));
    assert_ok(hf_key_generate(HF_ALG_ED25519, &folder->signer));
    uint8_t key[HF_SEAL_KEY_BYTES] = {7};
    assert_ok(hf_seal_key_init(&folder->operator_key, hf_bytes_of(key, sizeof(key))));
    folder->recipients[0] = &folder->operator_key;
    folder->now.unix_ms = 1790000000000;
    memset(folder->tag_key, 9, sizeof(folder->tag_key));
    folder->options = (struct hf_log_options){
        .folder = folder->path,
        .signer = folder->signer,
        .recipients = folder->recipients,
        .n_recipients = 1,
        .tag_key = hf_bytes_of(folder->tag_key, sizeof(folder->tag_key)),
        .clock = hf_clock_fixed(&folder->now),
        .segment_bytes = 1 << 20,
        .prewrite_bytes = 4096,
    };
    return folder;
}

static inline void log_folder_free(struct log_folder *folder)
{
    log_folder_remove(folder->path);
    hf_key_unref(folder->signer);
    hf_seal_key_clear(&folder->operator_key);
    free(folder);
}

static inline struct hf_log *log_folder_open(struct log_folder *folder)
{
    struct hf_log *log = NULL;
    struct hf_problem problem = {0};
    hf_status status = hf_log_open(&folder->options, &log, &problem);
    if (!hf_is_ok(status)) {
        print_message("# %s: %s\n", problem.where, problem.detail);
    }
    assert_ok(status);
    return log;
}

/* Appends one access record about @n and waits until it is durable. */
static inline uint64_t log_folder_append(struct hf_log *log, unsigned n)
{
    char detail[64];
    snprintf(detail, sizeof(detail), "{\"bytes\":%u,\"note\":\"record %u\"}", n, n);
    struct hf_log_entry entry = {.kind = HF_RECORD_ACCESS,
                                 .bank = HF_LITERAL("91350100M000100Y43"),
                                 .enterprise = HF_LITERAL("uscc:91350100M000100Y43"),
                                 .detail = hf_bytes_of_string(detail)};
    assert_ok(hf_log_append_wait(log, &entry));
    return entry.index;
}
