/*
 * `hufu consent show` and `hufu consent verify`. The first believes nothing and says so; the second
 * asks the gateway's own questions, and names the two that it was not given the means to ask.
 */
#include "base/file.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/json_text.h"
#include "cli/print.h"
#include "cli/result.h"
#include "consent/judge.h"
#include "consent/token.h"
#include "crypto/base64.h"
#include "crypto/cert.h"

enum {
    PATH_BYTES = 4096,
    TEXT_MAX_BYTES = 1 << 20,
    ARENA_BYTES = 4 << 20,
    CERT_MAX_BYTES = 1 << 18
};

/* ---- show ---- */

/* A part of a token that is to be JSON, whatever else it is. */
struct part {
    const char *name;
    hf_buf bytes;
    const struct hf_json *value;
};

static void clear_part(struct part *part)
{
    hf_buf_clear(&part->bytes);
}

/* Decodes up to the next dot and reads what it finds; @text moves behind the dot. */
static hf_status read_part(hf_bytes *text, struct hf_arena *arena, struct part *part,
                           struct hf_problem *reterr)
{
    static const struct hf_json_limits limits = {.max_bytes = HF_JWS_MAX_BYTES,
                                                 .max_depth = 32,
                                                 .max_values = HF_JWS_MAX_BYTES,
                                                 .max_string_bytes = HF_JWS_MAX_BYTES};
    const uint8_t *dot = text->size > 0 ? memchr(text->data, '.', text->size) : NULL;
    if (!dot) {
        return hf_problem_set(reterr, HF_CONSENT_MALFORMED, part->name, "is not followed by a dot");
    }
    const hf_bytes encoded = {text->data, (size_t)(dot - text->data)};
    *text = hf_bytes_skip(*text, encoded.size + 1);
    if (!hf_is_ok(hf_base64url_decode(encoded, &part->bytes))) {
        return hf_problem_set(reterr, HF_CONSENT_MALFORMED, part->name, "is not strict base64url");
    }
    struct hf_problem problem = {0};
    hf_status status =
        hf_json_parse(hf_buf_view(&part->bytes), &limits, arena, &part->value, &problem);
    return hf_is_ok(status)
               ? status
               : hf_problem_set(reterr, HF_CONSENT_MALFORMED, part->name, "%s", problem.detail);
}

static void print_pretty(const struct hf_cli *cli, const struct part *part)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(TEXT_MAX_BYTES);
    if (!hf_is_ok(hf_json_text_pretty(&text, part->value))) {
        return; /* 16 KiB of token indent to less than a mebibyte */
    }
    fprintf(cli->out, "%s: ", part->name);
    hf_bytes rest = hf_buf_view(&text);
    while (rest.size > 0) {
        const uint8_t *end = memchr(rest.data, '\n', rest.size);
        size_t n = end ? (size_t)(end - rest.data) : rest.size;
        hf_print_clean(cli->out, hf_bytes_of(rest.data, n));
        fputc('\n', cli->out);
        rest = hf_bytes_skip(rest, end ? n + 1 : n);
    }
}

static enum hf_exit print_parts(const struct hf_cli *cli, const struct part *header,
                                const struct part *claims)
{
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    HF_CLEANUP(hf_buf_clear) hf_buf header_text = hf_buf_init(TEXT_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf claims_text = hf_buf_init(TEXT_MAX_BYTES);
    if (!cli->is_json) {
        fputs("not verified\n", cli->out);
        print_pretty(cli, header);
        print_pretty(cli, claims);
        return HF_EXIT_YES;
    }
    hf_status status = hf_json_text_compact(&header_text, header->value);
    status = hf_is_ok(status) ? hf_json_text_compact(&claims_text, claims->value) : status;
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, "token", status, NULL);
    }
    hf_result_bool(&result, "verified", false);
    hf_result_json(&result, header->name, hf_buf_view(&header_text));
    hf_result_json(&result, claims->name, hf_buf_view(&claims_text));
    return hf_result_print(cli, &result);
}

static enum hf_exit run_show(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    HF_CLEANUP(hf_buf_clear) hf_buf token = hf_buf_init(TEXT_MAX_BYTES);
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(ARENA_BYTES);
    HF_CLEANUP(clear_part)
    struct part header = {.name = "header", .bytes = hf_buf_init(HF_JWS_MAX_BYTES)};
    HF_CLEANUP(clear_part)
    struct part claims = {.name = "claims", .bytes = hf_buf_init(HF_JWS_MAX_BYTES)};
    struct hf_problem problem = {0};
    enum hf_exit code = hf_read_token(cli, arguments->operands[0], &token);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_bytes rest = hf_buf_view(&token);
    hf_status status = read_part(&rest, &arena, &header, &problem);
    status = hf_is_ok(status) ? read_part(&rest, &arena, &claims, &problem) : status;
    return hf_is_ok(status) ? print_parts(cli, &header, &claims)
                            : hf_print_problem(cli, "token", status, &problem);
}

const struct hf_command hf_command_consent_show = {
    .name = "consent show",
    .summary = "show what a token says, unverified",
    .operands = "TOKEN|-",
    .operand_count = {1, 1},
    .has_json = true,
    .details =
        "Prints header and claims of any token of ours. Nothing is checked: not the signature,\n"
        "not the claims, not the hour. `hufu consent verify` does that.",
    .examples = "hufu consent show - < consent.jwt\n"
                "hufu consent show --json \"$TOKEN\"",
    .run = run_show,
};

/* ---- verify ---- */

/* What the user gave to check the token with. */
struct means {
    const struct hf_grantors *grantors;
    const struct hf_authorities *authorities; /* NULL: x5c is refused */
    const char *aud;
    int64_t at_unix_s;
    const char *uscc;                /* NULL: recipient not checked */
    const struct hf_cert_info *cert; /* NULL: binding not checked */
};

static void unref_token(struct hf_token **token)
{
    hf_token_unref(*token);
}

static void unref_grantors(struct hf_grantors **grantors)
{
    hf_grantors_unref(*grantors);
}

static void unref_authorities(struct hf_authorities **authorities)
{
    hf_authorities_unref(*authorities);
}

/* @folder may be NULL: then nobody's certificates are taken. */
static enum hf_exit load_authorities(const struct hf_cli *cli, const char *folder,
                                     struct hf_authorities **ret_authorities)
{
    struct hf_problem problem = {0};
    hf_status status =
        folder ? hf_authorities_load(folder, ret_authorities, &problem) : hf_status_of(HF_OK);
    if (!hf_is_ok(status)) {
        hf_print_folder_problem(cli, folder, status, &problem);
        return HF_EXIT_UNREADABLE; /* no verdict on the token */
    }
    return HF_EXIT_YES;
}

/* A deployment, or a folder of key files by itself. */
static enum hf_exit load_grantors(const struct hf_cli *cli, const char *folder,
                                  struct hf_grantors **ret_grantors)
{
    char path[PATH_BYTES];
    struct hf_problem problem = {0};
    hf_status status = hf_path_join(path, sizeof path, folder, "grantors");
    if (hf_is_ok(status)) {
        status = hf_grantors_load(path, ret_grantors, &problem);
        folder = status.code == HF_NOT_FOUND ? folder : path;
    }
    if (status.code == HF_NOT_FOUND) {
        problem = (struct hf_problem){0};
        status = hf_grantors_load(folder, ret_grantors, &problem);
    }
    if (!hf_is_ok(status)) {
        hf_print_folder_problem(cli, folder, status, &problem);
        return HF_EXIT_UNREADABLE; /* no verdict on the token */
    }
    return HF_EXIT_YES;
}

static enum hf_exit read_cert(const struct hf_cli *cli, const char *path,
                              struct hf_cert_info *ret_info)
{
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf pem = hf_buf_init(CERT_MAX_BYTES);
    enum hf_exit code = hf_read_input(cli, path, &pem);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = hf_cert_info_from_pem(hf_buf_view(&pem), ret_info);
    if (!hf_is_ok(status)) {
        status = hf_problem_set(&problem, status.code, NULL, "not a certificate in PEM");
        return hf_print_problem(cli, path, status, &problem);
    }
    return HF_EXIT_YES;
}

static hf_status verify(const struct means *means, hf_bytes text, struct hf_token **ret_token,
                        struct hf_problem *reterr)
{
    const struct hf_token_context context = {.grantors = means->grantors,
                                             .authorities = means->authorities,
                                             .audience = means->aud,
                                             .limits = hf_claims_limits_default(),
                                             .now_unix_s = means->at_unix_s};
    HF_TRY(hf_token_verify(&context, text, ret_token, reterr));
    HF_TRY(hf_token_judge(&context, *ret_token, means->at_unix_s, reterr));
    const struct hf_claims *claims = &(*ret_token)->claims;
    if (means->uscc) {
        HF_TRY(hf_claims_judge_recipient(claims, hf_bytes_of_string(means->uscc), reterr));
    }
    if (means->cert) {
        HF_TRY(hf_claims_judge_binding(claims, means->cert->sha256,
                                       hf_bytes_of_string(means->cert->jkt), reterr));
    }
    return HF_DONE;
}

static enum hf_exit print_allow(const struct hf_cli *cli, const struct means *means,
                                const struct hf_token *token)
{
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    if (cli->is_json) {
        hf_result_string(&result, "verdict", "allow");
    } else {
        hf_print_verdict(cli, HF_DONE, NULL);
    }
    hf_result_string(&result, "iss", token->claims.id.iss);
    hf_result_string(&result, "jti", token->claims.id.jti);
    hf_result_string(&result, "alg", hf_alg_name(token->alg));
    hf_result_string(&result, "recipient", means->uscc ? "checked" : "not checked");
    hf_result_string(&result, "binding", means->cert ? "checked" : "not checked");
    return hf_result_print(cli, &result);
}

static enum hf_exit read_means(const struct hf_cli *cli, const struct hf_arguments *arguments,
                               char uscc[static HF_USCC_CHARS + 1], struct hf_cert_info *cert,
                               struct means *means)
{
    const char *bank = hf_argument(arguments, "bank");
    const char *cert_path = hf_argument(arguments, "cert");
    const struct hf_integer_range moments = {0, INT64_C(253402300799)};
    struct hf_problem problem = {0};
    means->aud = hf_argument(arguments, "aud");
    means->at_unix_s = hf_clock_unix_s(&cli->clock);
    hf_status status = hf_argument_integer(arguments, "at", moments, &means->at_unix_s, &problem);
    if (!hf_is_ok(status)) {
        return hf_print_option_error(cli, &problem);
    }
    enum hf_exit code = bank ? hf_read_uscc(cli, "bank", bank, uscc) : HF_EXIT_YES;
    means->uscc = bank ? uscc : NULL;
    code = code || !cert_path ? code : read_cert(cli, cert_path, cert);
    means->cert = cert_path ? cert : NULL;
    return code;
}

static enum hf_exit run_verify(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    char uscc[HF_USCC_CHARS + 1];
    struct hf_cert_info cert;
    struct means means = {0};
    struct hf_problem problem = {0};
    HF_CLEANUP(unref_grantors) struct hf_grantors *grantors = NULL;
    HF_CLEANUP(unref_authorities) struct hf_authorities *authorities = NULL;
    HF_CLEANUP(unref_token) struct hf_token *token = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(TEXT_MAX_BYTES);
    enum hf_exit code = read_means(cli, arguments, uscc, &cert, &means);
    code = code ? code : load_grantors(cli, hf_argument(arguments, "grantors"), &grantors);
    code = code ? code : load_authorities(cli, hf_argument(arguments, "authorities"), &authorities);
    code = code ? code : hf_read_token(cli, arguments->operands[0], &text);
    if (code != HF_EXIT_YES) {
        return code;
    }
    means.grantors = grantors;
    means.authorities = authorities;
    hf_status status = verify(&means, hf_buf_view(&text), &token, &problem);
    return hf_is_ok(status) ? print_allow(cli, &means, token)
                            : hf_print_verdict(cli, status, &problem);
}

const struct hf_command hf_command_consent_verify = {
    .name = "consent verify",
    .summary = "check a consent as the gateway would",
    .operands = "TOKEN|-",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            {.name = "grantors",
             .value = "DIR",
             .help = "a deployment, or a folder of grantors' *.jwks",
             .is_required = true},
            {.name = "aud", .value = "URL", .help = "the gateway", .is_required = true},
            {.name = "authorities",
             .value = "DIR",
             .help = "the deployment's folder of authorities, for tokens with certificates"},
            {.name = "at", .value = "UNIX", .help = "the moment to judge; now when it is absent"},
            {.name = "bank", .value = "USCC", .help = "the bank that presents it"},
            {.name = "cert", .value = "FILE", .help = "its client certificate in PEM"},
            {0},
        },
    .has_json = true,
    .details =
        "Checks form, key, signature, claims, audience and hour; with --bank the recipient, with\n"
        "--cert the binding to a client certificate. What is not checked is said. Revocation and\n"
        "uses are known to the gateway alone.",
    .examples = "hufu consent verify - --grantors DIR --aud https://gw.example.test < consent.jwt\n"
                "hufu consent verify \"$TOKEN\" --grantors DIR --aud https://gw.example.test "
                "--bank 911100001000044477 --cert bank.pem",
    .run = run_verify,
};
