/*
 * What the sub-commands that speak to a gateway share: a URL, files for TLS, one request.
 */
#pragma once

#include "cli/command.h"
#include "gateway/client.h"

/* Options of TLS, for the table of a command. */
#define HF_OPTION_CA                                                                               \
    {                                                                                              \
        .name = "ca", .value = "FILE", .help = "PEM of the roots the gateway is trusted by",       \
        .is_required = true                                                                        \
    }

struct hf_remote {
    char host[256];
    uint16_t port;
    hf_bytes path; /* points into the URL */
    struct hf_tls_context *tls;
};

/**
 * hf_remote_open() - read URL and the files of --ca, --cert and --key
 * @url:        outlives @ret_remote
 * @ret_remote: set only on HF_EXIT_YES; caller owns, hf_remote_clear()
 *
 * --cert and --key come together or not at all. Prints what is wrong.
 * Returns HF_EXIT_YES, HF_EXIT_USAGE, HF_EXIT_NO (unusable PEM) or HF_EXIT_UNREADABLE.
 */
enum hf_exit hf_remote_open(const struct hf_cli *cli, const struct hf_arguments *arguments,
                            const char *url, struct hf_remote *ret_remote);
void hf_remote_clear(struct hf_remote *remote);

/* The same as somebody without a certificate: of the options only --ca is read. */
enum hf_exit hf_remote_open_public(const struct hf_cli *cli, const struct hf_arguments *arguments,
                                   const char *url, struct hf_remote *ret_remote);

/* @text without the line ends behind it: as a file or an answer ends in one. */
hf_bytes hf_remote_line(hf_bytes text);

/**
 * hf_remote_fault() - say on stderr how an answer broke
 * @status: of hf_client_fetch()
 *
 * Returns HF_EXIT_UNREADABLE.
 */
enum hf_exit hf_remote_fault(const struct hf_cli *cli, hf_status status,
                             const struct hf_client_answer *answer);

/**
 * hf_remote_problem() - tell a refusal (RFC 9457) of the gateway
 * @body: of the answer, untrusted
 *
 * Words: `deny <code>: <attribute>: <title>` and the index in the log; JSON: the body as it is.
 * Returns HF_EXIT_NO.
 */
enum hf_exit hf_remote_problem(const struct hf_cli *cli, const struct hf_client_answer *answer,
                               hf_bytes body);
