/*
 * `hufu consent list`, `consent ask` and `receipt get`: a grantor asks a gateway what has
 * become of the consents that it gave. It has no certificate there: each request carries a proof
 * that it signed for this address and this minute.
 */
#include "cli/party.h"
#include "cli/print.h"
#include "cli/remote.h"
#include "consent/request_proof.h"
#include "crypto/jws.h"
#include "crypto/rand.h"

enum { ANSWER_MAX_BYTES = 256 << 10, PAYLOAD_MAX_BYTES = 4096, URL_MAX_BYTES = 480 };

/* One question. */
struct question {
    const struct hf_cli *cli;
    const struct hf_arguments *arguments;
    char iss[HF_PARTY_MAX_BYTES + 1];
    char url[URL_MAX_BYTES + 1]; /* without a query: what is proven */
    char path_and_query[URL_MAX_BYTES + 1];
    hf_buf proof;
    hf_buf body;
};

/* ---- the proof ---- */

static hf_status write_payload(const struct question *question, hf_buf *payload)
{
    char id[HF_RAND_ID_CHARS + 1];
    hf_rand_id(id);
    HF_TRY(hf_buf_printf(payload, "{\"ver\":1,\"iss\":\"%s\",\"aud\":", question->iss));
    HF_TRY(
        hf_json_write_string(payload, hf_bytes_of_string(hf_argument(question->arguments, "aud"))));
    HF_TRY(hf_buf_append_string(payload, ",\"htm\":\"GET\",\"htu\":"));
    HF_TRY(hf_json_write_string(payload, hf_bytes_of_string(question->url)));
    return hf_buf_printf(payload, ",\"iat\":%lld,\"jti\":\"%s\"}",
                         (long long)hf_clock_unix_s(&question->cli->clock), id);
}

/* What is signed has gone through the gateway's own parser. */
static hf_status sign(struct question *question, const struct hf_key *key,
                      struct hf_problem *reterr)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_JWS_ARENA_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf payload = hf_buf_init(PAYLOAD_MAX_BYTES);
    struct hf_request_proof proof;
    hf_bytes aud;
    HF_TRY(write_payload(question, &payload));
    HF_TRY(hf_request_proof_parse(hf_buf_view(&payload), &arena, &proof, &aud, reterr));
    return hf_jws_sign(key, "request-proof+jwt", hf_buf_view(&payload), &question->proof);
}

static enum hf_exit prove(struct question *question)
{
    const char *path = hf_argument(question->arguments, "key");
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    hf_status status = hf_key_file_read(path, &key, &problem);
    if (!hf_is_ok(status)) {
        return hf_print_problem(question->cli, path, status, &problem);
    }
    status = sign(question, key, &problem);
    return hf_is_ok(status) ? HF_EXIT_YES
                            : hf_print_problem(question->cli, "request-proof", status, &problem);
}

/* ---- the address ---- */

/* @tail: "" or "/<jti>" or "/<jti>/receipt". */
static enum hf_exit set_address(struct question *question, const char *tail)
{
    const char *base = question->arguments->operands[0];
    const char *after = hf_argument(question->arguments, "after");
    const hf_bytes scheme = HF_LITERAL("https://");
    size_t n = strlen(base);
    while (n > 0 && base[n - 1] == '/') {
        n--;
    }
    if (!hf_bytes_starts_with(hf_bytes_of_string(base), scheme) || n <= scheme.size ||
        memchr(base + scheme.size, '/', n - scheme.size)) {
        return hf_print_usage_error(question->cli, "the URL must be https://host[:port]");
    }
    int wrote = snprintf(question->url, sizeof question->url, "%.*s/consents/%s%s", (int)n, base,
                         question->iss, tail);
    int wrote_query =
        snprintf(question->path_and_query, sizeof question->path_and_query, "/consents/%s%s%s%s",
                 question->iss, tail, after ? "?after=" : "", after ? after : "");
    if (wrote < 0 || (size_t)wrote >= sizeof question->url || wrote_query < 0 ||
        (size_t)wrote_query >= sizeof question->path_and_query) {
        return hf_print_usage_error(question->cli, "the URL is too long");
    }
    return HF_EXIT_YES;
}

/* ---- asking ---- */

static hf_status take_body(void *context, hf_bytes bytes)
{
    return hf_buf_append(context, bytes);
}

static enum hf_exit judge_answer(struct question *question, const struct hf_client_answer *answer)
{
    hf_bytes body = hf_remote_line(hf_buf_view(&question->body));
    if (answer->status != 200) {
        return hf_remote_problem(question->cli, answer, body);
    }
    hf_print_clean(question->cli->out, body);
    fputc('\n', question->cli->out);
    return HF_EXIT_YES;
}

static enum hf_exit fetch(struct question *question)
{
    HF_CLEANUP(hf_remote_clear) struct hf_remote remote = {0};
    const struct hf_h2_field field = {HF_LITERAL("request-proof"), hf_buf_view(&question->proof),
                                      false};
    enum hf_exit code =
        hf_remote_open_public(question->cli, question->arguments, question->url, &remote);
    if (code != HF_EXIT_YES) {
        return code;
    }
    const struct hf_client_request request = {
        .host = remote.host,
        .port = remote.port,
        .tls = remote.tls,
        .method = HF_LITERAL("GET"),
        .path = hf_bytes_of_string(question->path_and_query),
        .fields = &field,
        .n_fields = 1,
        .on_body = take_body,
        .context = &question->body,
    };
    HF_CLEANUP(hf_client_answer_clear) struct hf_client_answer answer = {0};
    hf_status status = hf_client_fetch(&request, &answer);
    if (!hf_is_ok(status) || !answer.complete) {
        return hf_remote_fault(question->cli, status, &answer);
    }
    return judge_answer(question, &answer);
}

static enum hf_exit ask(const struct hf_cli *cli, const struct hf_arguments *arguments,
                        const char *tail)
{
    struct question question = {.cli = cli,
                                .arguments = arguments,
                                .proof = hf_buf_init(HF_JWS_MAX_BYTES),
                                .body = hf_buf_init(ANSWER_MAX_BYTES)};
    enum hf_exit code = hf_read_party(cli, "iss", hf_argument(arguments, "iss"), question.iss);
    code = code ? code : set_address(&question, tail);
    code = code ? code : prove(&question);
    code = code ? code : fetch(&question);
    hf_buf_clear(&question.proof);
    hf_buf_clear(&question.body);
    return code;
}

static enum hf_exit ask_one(const struct hf_cli *cli, const struct hf_arguments *arguments,
                            const char *leaf)
{
    char tail[HF_JTI_MAX_BYTES + 16];
    const char *jti = hf_argument(arguments, "jti");
    if (!hf_jti_is_valid(hf_bytes_of_string(jti))) {
        return hf_print_wrong_option(cli, "jti", "must be 22 to 64 characters of A-Z a-z 0-9 - _");
    }
    snprintf(tail, sizeof tail, "/%s%s", jti, leaf);
    return ask(cli, arguments, tail);
}

#define ASKING_OPTIONS                                                                             \
    {.name = "key",                                                                                \
     .value = "FILE",                                                                              \
     .help = "a private key of the grantor, to sign the request with",                             \
     .is_required = true},                                                                         \
        {.name = "iss",                                                                            \
         .value = "ISS",                                                                           \
         .help = "the grantor: a USCC with or without uscc:, or person:NAME",                      \
         .is_required = true},                                                                     \
        {.name = "aud",                                                                            \
         .value = "URL",                                                                           \
         .help = "the gateway, as consents name it",                                               \
         .is_required = true},                                                                     \
        HF_OPTION_CA

/* ---- list ---- */

static enum hf_exit run_list(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    return ask(cli, arguments, "");
}

const struct hf_command hf_command_consent_list = {
    .name = "consent list",
    .summary = "ask a gateway for all consents of a grantor",
    .operands = "URL",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            ASKING_OPTIONS,
            {.name = "after", .value = "NEXT", .help = "where the next page begins"},
            {0},
        },
    .has_json = true,
    .details =
        "URL is the public listener, https://host:port. Prints the gateway's answer, JSON: at "
        "most\n"
        "a hundred consents in the order of their end; `next` says where the next page begins.",
    .examples = "hufu consent list https://localhost:8444 --key enterprise.key --iss ISS \\\n"
                "      --aud https://localhost:8443 --ca ca.pem",
    .run = run_list,
};

/* ---- ask ---- */

static enum hf_exit run_ask(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    return ask_one(cli, arguments, "");
}

static const struct hf_option one_options[] = {
    ASKING_OPTIONS,
    {.name = "jti", .value = "JTI", .help = "the consent's identifier", .is_required = true},
    {0},
};

const struct hf_command hf_command_consent_ask = {
    .name = "consent ask",
    .summary = "ask a gateway what has become of a consent",
    .operands = "URL",
    .operand_count = {1, 1},
    .options = one_options,
    .has_json = true,
    .details = "URL is the public listener, https://host:port. Prints the gateway's answer, JSON:\n"
               "state, end and uses left.",
    .examples =
        "hufu consent ask https://localhost:8444 --key enterprise.key --iss ISS --jti JTI \\\n"
        "      --aud https://localhost:8443 --ca ca.pem",
    .run = run_ask,
};

/* ---- receipt get ---- */

static enum hf_exit run_get(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    return ask_one(cli, arguments, "/receipt");
}

const struct hf_command hf_command_receipt_get = {
    .name = "receipt get",
    .summary = "ask a gateway for a new receipt of a consent",
    .operands = "URL",
    .operand_count = {1, 1},
    .options = one_options,
    .has_json = true,
    .details = "Prints the receipt, signed now, with all that has become of the consent so far.",
    .examples = "hufu receipt get https://localhost:8444 --key enterprise.key --iss ISS \\\n"
                "      --jti JTI --aud https://localhost:8443 --ca ca.pem > receipt.jwt\n"
                "hufu receipt verify - --keys keys.jwks < receipt.jwt",
    .run = run_get,
};
