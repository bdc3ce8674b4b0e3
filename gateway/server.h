/*
 * The daemon: workers, signals, reloads, the minute's count of noise, the end. Runs on the main
 * thread.
 */
#pragma once

#include "base/status.h"
#include "gateway/config.h"

struct hf_server_options {
    const struct hf_config *config;
    void (*say)(const char *line); /* one line for the operator, without its end; any thread */
};

/* How the daemon ended: its exit status. */
enum hf_server_end {
    HF_SERVER_DRAINED = 0,
    HF_SERVER_REFUSED = 1,      /* something of the deployment is not as it must be */
    HF_SERVER_UNREADABLE = 4,   /* something of it could not be read or opened */
    HF_SERVER_LOG_CORRUPT = 65, /* acknowledged records are damaged */
    HF_SERVER_LOG_ROLLBACK = 66,
    HF_SERVER_LOG_FAILED = 70 /* a write or sync failed while serving: no log, no data */
};

/* Checks the configuration's files without serving; what is wrong is said. */
enum hf_server_end hf_server_check(const struct hf_server_options *options);

/**
 * hf_server_run() - serve until SIGTERM or SIGINT, or until the log fails
 *
 * SIGHUP reloads. After DRAINED a checkpoint covers the whole log. After LOG_FAILED the caller ends
 * the process at once, by _exit(): nothing more may be written.
 */
enum hf_server_end hf_server_run(const struct hf_server_options *options);
