/*
 * `hufu consent grant`: what an enterprise signs. The claims go through the same parser and the
 * same judgement of the hour as in the gateway, so that a token that leaves here is refused there
 * only for what the gateway alone can know.
 */
#include "cli/claims_file.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/result.h"
#include "consent/claims.h"
#include "consent/judge.h"
#include "crypto/jws.h"

enum { FIELD_MAX_BYTES = 8192 };

static enum hf_exit read_key(const struct hf_cli *cli, const char *path, struct hf_key **ret_key)
{
    struct hf_problem problem = {0};
    hf_status status = hf_key_file_read(path, ret_key, &problem);
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, path, status, &problem);
}

static hf_status judge(const struct hf_cli *cli, hf_bytes payload, struct hf_arena *arena,
                       struct hf_claims *ret_claims, struct hf_problem *reterr)
{
    const struct hf_claims_limits limits = hf_claims_limits_default();
    HF_TRY(hf_claims_parse(payload, &limits, arena, ret_claims, reterr));
    return hf_claims_judge_time(ret_claims, hf_clock_unix_s(&cli->clock), reterr);
}

/* Words go to stderr, so that stdout is a token or nothing; JSON is a verdict. */
static enum hf_exit refuse(const struct hf_cli *cli, const char *path, hf_status status,
                           struct hf_problem *problem)
{
    if (cli->is_json) {
        return hf_print_verdict(cli, status, problem);
    }
    problem->line = 0; /* of the payload that would have been, not of the file */
    enum hf_exit code = hf_print_problem(cli, path, status, problem);
    fprintf(cli->err, "not signed: the gateway would answer %s\n", hf_code_info(status.code)->name);
    return code;
}

static enum hf_exit print_token(const struct hf_cli *cli, const struct hf_claims *claims,
                                hf_bytes token)
{
    if (token.size > FIELD_MAX_BYTES) {
        fputs("note: longer than 8192 bytes: register it and name it by its id\n", cli->err);
    }
    if (!cli->is_json) {
        fprintf(cli->out, "%.*s\n", HF_PRINT(token));
        return HF_EXIT_YES;
    }
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    hf_result_string(&result, "verdict", "allow");
    hf_result_string(&result, "iss", claims->id.iss);
    hf_result_string(&result, "jti", claims->id.jti);
    hf_result_integer(&result, "exp", claims->exp_unix_s);
    hf_result_bytes(&result, "token", token);
    return hf_result_print(cli, &result);
}

static enum hf_exit run_grant(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    const char *path = hf_argument(arguments, "claims");
    struct hf_problem problem = {0};
    struct hf_claims claims;
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_CLAIMS_ARENA_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf token = hf_buf_init(HF_JWS_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf payload = hf_buf_init(2 * HF_CLAIMS_FILE_MAX_BYTES);
    enum hf_exit code = read_key(cli, hf_argument(arguments, "key"), &key);
    code = code ? code : hf_claims_file_read(cli, path, &arena, &payload);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = judge(cli, hf_buf_view(&payload), &arena, &claims, &problem);
    if (!hf_is_ok(status)) {
        return refuse(cli, path, status, &problem);
    }
    status = hf_jws_sign(key, "consent+jwt", hf_buf_view(&payload), &token);
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, path, status, NULL);
    }
    return print_token(cli, &claims, hf_buf_view(&token));
}

const struct hf_command hf_command_consent_grant = {
    .name = "consent grant",
    .summary = "sign a consent",
    .options =
        (const struct hf_option[]){
            {.name = "key",
             .value = "FILE",
             .help = "the grantor's private key, PKCS#8 PEM of mode 0600",
             .is_required = true},
            {.name = "claims",
             .value = "FILE",
             .help = "the claims as a JSON object; - is standard input",
             .is_required = true},
            {0},
        },
    .has_json = true,
    .details =
        "Adds ver, jti, iat, nbf and nonce where they are missing, checks the claims as the\n"
        "gateway would, and prints the token. What the gateway would refuse is not signed:\n"
        "the attribute to blame is named on stderr, and stdout stays empty.",
    .examples = "hufu consent grant --key enterprise.pem --claims consent.json > consent.jwt\n"
                "hufu consent grant --key enterprise.pem --claims - < consent.json",
    .run = run_grant,
};
