/*
 * `hufu consent revoke`, `pause` and `resume`: what a grantor signs about a consent that it gave.
 * What is signed has gone through the gateway's own parser.
 */
#include "cli/command.h"
#include "cli/party.h"
#include "cli/print.h"
#include "consent/act.h"
#include "crypto/jws.h"
#include "crypto/rand.h"

enum { PAYLOAD_MAX_BYTES = 1 << 16, ARENA_BYTES = 2 << 20 };

/* One of the three. */
struct wording {
    const char *typ;
    const char *claim; /* the last one: its name and its value */
    const char *value;
    hf_status (*parse)(hf_bytes payload, struct hf_arena *arena, struct hf_act *ret_act,
                       hf_bytes *ret_aud, struct hf_problem *reterr);
};

static hf_status write_payload(const struct hf_cli *cli, const struct hf_arguments *arguments,
                               const struct wording *wording, const char *iss, hf_buf *payload)
{
    char id[HF_RAND_ID_CHARS + 1];
    hf_rand_id(id);
    HF_TRY(hf_buf_printf(payload, "{\"ver\":1,\"iss\":\"%s\",\"aud\":", iss));
    HF_TRY(hf_json_write_string(payload, hf_bytes_of_string(hf_argument(arguments, "aud"))));
    return hf_buf_printf(payload, ",\"jti\":\"%s\",\"revokes\":\"%s\",\"iat\":%lld,\"%s\":\"%s\"}",
                         id,
                         hf_argument_flag(arguments, "all") ? "*" : hf_argument(arguments, "jti"),
                         (long long)hf_clock_unix_s(&cli->clock), wording->claim, wording->value);
}

static hf_status sign(const struct wording *wording, const struct hf_key *key, hf_bytes payload,
                      hf_buf *token, struct hf_problem *reterr)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(ARENA_BYTES);
    struct hf_act act;
    hf_bytes aud;
    HF_TRY(wording->parse(payload, &arena, &act, &aud, reterr));
    return hf_jws_sign(key, wording->typ, payload, token);
}

static enum hf_exit check_options(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    const char *jti = hf_argument(arguments, "jti");
    if (hf_argument_flag(arguments, "all")) {
        if (jti) {
            return hf_print_wrong_option(cli, "jti", "one consent or all of them, not both");
        }
    } else if (!jti || !hf_jti_is_valid(hf_bytes_of_string(jti))) {
        return hf_print_wrong_option(cli, "jti", "must be 22 to 64 characters of A-Z a-z 0-9 - _");
    }
    return *hf_argument(arguments, "aud")
               ? HF_EXIT_YES
               : hf_print_wrong_option(cli, "aud", "must name the gateway");
}

static enum hf_exit run(const struct hf_cli *cli, const struct hf_arguments *arguments,
                        const struct wording *wording)
{
    char iss[HF_PARTY_MAX_BYTES + 1];
    const char *path = hf_argument(arguments, "key");
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf payload = hf_buf_init(PAYLOAD_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf token = hf_buf_init(HF_JWS_MAX_BYTES);
    enum hf_exit code = hf_read_party(cli, "iss", hf_argument(arguments, "iss"), iss);
    code = code ? code : check_options(cli, arguments);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = hf_key_file_read(path, &key, &problem);
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, path, status, &problem);
    }
    status = write_payload(cli, arguments, wording, iss, &payload);
    if (hf_is_ok(status)) {
        status = sign(wording, key, hf_buf_view(&payload), &token, &problem);
    }
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, "claims", status, &problem);
    }
    fprintf(cli->out, "%.*s\n", HF_PRINT(hf_buf_view(&token)));
    return HF_EXIT_YES;
}

#define KEY_OPTION                                                                                 \
    {                                                                                              \
        .name = "key", .value = "FILE", .help = "a private key of the grantor",                    \
        .is_required = true                                                                        \
    }
#define ISS_OPTION                                                                                 \
    {                                                                                              \
        .name = "iss", .value = "ISS",                                                             \
        .help = "the grantor: a USCC with or without uscc:, or person:NAME", .is_required = true   \
    }
#define AUD_OPTION                                                                                 \
    {                                                                                              \
        .name = "aud", .value = "URL", .help = "the gateway", .is_required = true                  \
    }

/* ---- revoke ---- */

static enum hf_exit run_revoke(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    const struct wording wording = {"consent-revocation+jwt", "reason",
                                    hf_argument(arguments, "reason"), hf_act_parse_revocation};
    enum hf_revocation_reason reason;
    if (!hf_revocation_reason_by_name(hf_bytes_of_string(wording.value), &reason)) {
        return hf_print_wrong_option(cli, "reason",
                                     "must be withdrawn, key_compromise, superseded or ended");
    }
    return run(cli, arguments, &wording);
}

const struct hf_command hf_command_consent_revoke = {
    .name = "consent revoke",
    .summary = "sign the end of a consent",
    .options =
        (const struct hf_option[]){
            KEY_OPTION,
            ISS_OPTION,
            {.name = "jti", .value = "JTI", .help = "the consent's identifier"},
            {.name = "all", .help = "every consent that the grantor has given so far"},
            AUD_OPTION,
            {.name = "reason",
             .value = "REASON",
             .help = "withdrawn, key_compromise, superseded or ended",
             .is_required = true},
            {0},
        },
    .details =
        "Prints a revocation token for POST /revocations, of the consent --jti or of --all. The\n"
        "gateway answers that only when the end is on disk; from then on the consent opens "
        "nothing.\n"
        "It is final. A consent that is signed after the end of all is a new beginning.",
    .examples = "hufu consent revoke --key enterprise.pem --iss ISS --jti JTI --aud URL \\\n"
                "      --reason withdrawn > end.jwt\n"
                "hufu post URL/revocations - --ca ca.pem < end.jwt",
    .run = run_revoke,
};

/* ---- pause and resume ---- */

static enum hf_exit run_pause(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    static const struct wording wording = {"consent-status+jwt", "state", "paused",
                                           hf_act_parse_status};
    return run(cli, arguments, &wording);
}

static enum hf_exit run_resume(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    static const struct wording wording = {"consent-status+jwt", "state", "active",
                                           hf_act_parse_status};
    return run(cli, arguments, &wording);
}

static const struct hf_option status_options[] = {
    KEY_OPTION,
    ISS_OPTION,
    {.name = "jti", .value = "JTI", .help = "the consent's identifier", .is_required = true},
    AUD_OPTION,
    {0},
};

const struct hf_command hf_command_consent_pause = {
    .name = "consent pause",
    .summary = "sign that a consent rests",
    .options = status_options,
    .details = "Prints a status token for POST /revocations. From the gateway's answer on the\n"
               "consent opens nothing, until its grantor resumes it.",
    .examples = "hufu consent pause --key enterprise.pem --iss ISS --jti JTI --aud URL |\n"
                "      hufu post URL/revocations - --ca ca.pem",
    .run = run_pause,
};

const struct hf_command hf_command_consent_resume = {
    .name = "consent resume",
    .summary = "sign that a paused consent goes on",
    .options = status_options,
    .details = "Prints a status token for POST /revocations. It must be signed at least a second\n"
               "after the pause: of two words the one that was signed later holds.",
    .examples = "hufu consent resume --key enterprise.pem --iss ISS --jti JTI --aud URL |\n"
                "      hufu post URL/revocations - --ca ca.pem",
    .run = run_resume,
};
