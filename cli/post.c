/*
 * `hufu post`: hand a signed token to a gateway, to be registered or carried out. The token is the
 * body and the proof; what it means is the gateway's to judge.
 */
#include "cli/print.h"
#include "cli/remote.h"

enum { TOKEN_MAX_BYTES = 16 << 10, ANSWER_MAX_BYTES = 64 << 10 };

static const struct hf_option options[] = {
    HF_OPTION_CA,
    {.name = "cert", .value = "FILE", .help = "a bank's certificate, for the banks' listener"},
    {.name = "key", .value = "FILE", .help = "its key, PEM, mode 0600"},
    {0}};

static hf_status take_body(void *context, hf_bytes bytes)
{
    return hf_buf_append(context, bytes);
}

static enum hf_exit judge_answer(const struct hf_cli *cli, const struct hf_client_answer *answer,
                                 hf_bytes body)
{
    if (answer->status < 200 || answer->status > 299) {
        return hf_remote_problem(cli, answer, body);
    }
    body = hf_remote_line(body);
    if (body.size > 0) {
        hf_print_clean(cli->out, body);
        fputc('\n', cli->out);
    }
    return HF_EXIT_YES;
}

static enum hf_exit run(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    HF_CLEANUP(hf_remote_clear) struct hf_remote remote = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf token = hf_buf_init(TOKEN_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf body = hf_buf_init(ANSWER_MAX_BYTES);
    enum hf_exit exit = hf_read_token(cli, arguments->operands[1], &token);
    if (exit == HF_EXIT_YES) {
        exit = hf_remote_open(cli, arguments, arguments->operands[0], &remote);
    }
    if (exit != HF_EXIT_YES) {
        return exit;
    }
    const struct hf_h2_field field = {HF_LITERAL("content-type"), HF_LITERAL("application/jwt"),
                                      false};
    struct hf_client_request request = {
        .host = remote.host,
        .port = remote.port,
        .tls = remote.tls,
        .method = HF_LITERAL("POST"),
        .path = remote.path,
        .fields = &field,
        .n_fields = 1,
        .body = hf_buf_view(&token),
        .on_body = take_body,
        .context = &body,
    };
    HF_CLEANUP(hf_client_answer_clear) struct hf_client_answer answer = {0};
    hf_status status = hf_client_fetch(&request, &answer);
    if (!hf_is_ok(status) || !answer.complete) {
        return hf_remote_fault(cli, status, &answer);
    }
    return judge_answer(cli, &answer, hf_buf_view(&body));
}

const struct hf_command hf_command_post = {
    .name = "post",
    .summary = "hand a token to a gateway: register a consent, carry out a revocation",
    .operands = "URL TOKEN|-",
    .operand_count = {2, 2},
    .options = options,
    .has_json = true,
    .details = "A consent goes to …/consents, a revocation to …/revocations. Through the public\n"
               "listener no certificate is needed: the token is the proof.",
    .examples = "hufu post https://127.0.0.1:18444/consents - --ca ca.pem <consent.jwt\n"
                "hufu post https://127.0.0.1:18444/revocations - --ca ca.pem <revocation.jwt",
    .run = run,
};
