/*
 * The tool's side of a request to a gateway. It decides how the files for TLS are read and how a
 * refusal or a broken answer is told; which fields go out is the sub-command's own matter.
 */
#include "cli/remote.h"

#include "base/file.h"
#include "base/json.h"
#include "cli/print.h"
#include "crypto/secret.h"

enum { PEM_MAX_BYTES = 256 << 10, PROBLEM_MAX_BYTES = 64 << 10 };

static void clear_secret_text(hf_buf *text)
{
    if (text->data) {
        hf_wipe(text->data, text->capacity_bytes);
    }
    hf_buf_clear(text);
}

static enum hf_exit read_client_files(const struct hf_cli *cli,
                                      const struct hf_arguments *arguments, hf_buf *cert,
                                      hf_buf *key)
{
    const char *cert_path = hf_argument(arguments, "cert");
    const char *key_path = hf_argument(arguments, "key");
    if (!cert_path && !key_path) {
        return HF_EXIT_YES;
    }
    if (!cert_path || !key_path) {
        return hf_print_usage_error(cli, "--cert and --key are given together or not at all");
    }
    enum hf_exit exit = hf_read_input(cli, cert_path, cert);
    if (exit != HF_EXIT_YES) {
        return exit;
    }
    hf_status status = hf_file_read_secret(key_path, key);
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, key_path, status, NULL);
}

static enum hf_exit read_url(const struct hf_cli *cli, const char *url, struct hf_remote *remote)
{
    return hf_is_ok(hf_client_url(url, remote->host, &remote->port, &remote->path))
               ? HF_EXIT_YES
               : hf_print_usage_error(cli, "the URL must be https://host[:port]/path");
}

/* @config: client certificate and key as read; empty: none. */
static enum hf_exit add_tls(const struct hf_cli *cli, const char *ca_path,
                            struct hf_tls_client_config config, struct hf_remote *remote)
{
    HF_CLEANUP(hf_buf_clear) hf_buf ca = hf_buf_init(PEM_MAX_BYTES);
    enum hf_exit exit = hf_read_input(cli, ca_path, &ca);
    if (exit != HF_EXIT_YES) {
        return exit;
    }
    struct hf_problem problem = {0};
    config.ca_pem = hf_buf_view(&ca);
    hf_status status = hf_tls_client_new(&config, &remote->tls, &problem);
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, ca_path, status, &problem);
}

enum hf_exit hf_remote_open(const struct hf_cli *cli, const struct hf_arguments *arguments,
                            const char *url, struct hf_remote *ret_remote)
{
    HF_CLEANUP(hf_buf_clear) hf_buf cert = hf_buf_init(PEM_MAX_BYTES);
    HF_CLEANUP(clear_secret_text) hf_buf key = hf_buf_init(PEM_MAX_BYTES);
    struct hf_remote remote = {0};
    enum hf_exit exit = read_url(cli, url, &remote);
    if (exit == HF_EXIT_YES) {
        exit = read_client_files(cli, arguments, &cert, &key);
    }
    if (exit == HF_EXIT_YES) {
        const struct hf_tls_client_config config = {.cert_pem = hf_buf_view(&cert),
                                                    .key_pem = hf_buf_view(&key)};
        exit = add_tls(cli, hf_argument(arguments, "ca"), config, &remote);
    }
    if (exit == HF_EXIT_YES) {
        *ret_remote = remote;
    }
    return exit;
}

enum hf_exit hf_remote_open_public(const struct hf_cli *cli, const struct hf_arguments *arguments,
                                   const char *url, struct hf_remote *ret_remote)
{
    struct hf_remote remote = {0};
    enum hf_exit exit = read_url(cli, url, &remote);
    if (exit == HF_EXIT_YES) {
        exit =
            add_tls(cli, hf_argument(arguments, "ca"), (struct hf_tls_client_config){0}, &remote);
    }
    if (exit == HF_EXIT_YES) {
        *ret_remote = remote;
    }
    return exit;
}

void hf_remote_clear(struct hf_remote *remote)
{
    hf_tls_context_unref(remote->tls);
    remote->tls = NULL;
}

enum hf_exit hf_remote_fault(const struct hf_cli *cli, hf_status status,
                             const struct hf_client_answer *answer)
{
    if (answer->was_reset) {
        fprintf(cli->err, "hufu: the answer was broken off (HTTP/2 error %u)\n", answer->h2_error);
    } else {
        const char *detail = answer->detail ? answer->detail : hf_code_info(status.code)->sentence;
        fprintf(cli->err, "hufu: %s\n", detail);
    }
    return HF_EXIT_UNREADABLE;
}

hf_bytes hf_remote_line(hf_bytes text)
{
    while (text.size > 0 &&
           (text.data[text.size - 1] == '\n' || text.data[text.size - 1] == '\r')) {
        text.size--;
    }
    return text;
}

static void print_member(FILE *stream, const struct hf_json *problem, const char *name,
                         const char *before)
{
    const struct hf_json *member = hf_json_member(problem, name);
    if (member && member->type == HF_JSON_STRING) {
        fputs(before, stream);
        hf_print_clean(stream, member->text);
    }
}

enum hf_exit hf_remote_problem(const struct hf_cli *cli, const struct hf_client_answer *answer,
                               hf_bytes body)
{
    if (cli->is_json) {
        hf_print_clean(cli->out, hf_remote_line(body));
        fputc('\n', cli->out);
        return HF_EXIT_NO;
    }
    const struct hf_json_limits limits = {PROBLEM_MAX_BYTES, 4, 64, 4096};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(PROBLEM_MAX_BYTES);
    const struct hf_json *problem = NULL;
    fprintf(cli->out, "deny");
    if (hf_is_ok(hf_json_parse(body, &limits, &arena, &problem, NULL))) {
        print_member(cli->out, problem, "code", " ");
        print_member(cli->out, problem, "attribute", ": ");
        print_member(cli->out, problem, "title", ": ");
        print_member(cli->out, problem, "access_log", " access-log: ");
    } else {
        fprintf(cli->out, ": status %d", answer->status);
    }
    fputc('\n', cli->out);
    return HF_EXIT_NO;
}
