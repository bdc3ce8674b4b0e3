/*
 * `hufu status check`: whoever holds a consent looks up in public whether it still stands. The list
 * is believed by the gateway's published keys alone, wherever it came from.
 */
#include "base/date.h"
#include "cli/keys_file.h"
#include "cli/print.h"
#include "cli/remote.h"
#include "cli/result.h"
#include "consent/status_list.h"
#include "consent/status_ref.h"

/* ---- getting the list ---- */

static hf_status take_body(void *context, hf_bytes bytes)
{
    return hf_buf_append(context, bytes);
}

static enum hf_exit fetch(const struct hf_cli *cli, const struct hf_arguments *arguments,
                          const char *uri, hf_buf *text)
{
    HF_CLEANUP(hf_remote_clear) struct hf_remote remote = {0};
    if (!hf_argument(arguments, "ca")) {
        return hf_print_usage_error(cli, "--ca is needed to fetch the list, or --list to read it");
    }
    enum hf_exit code = hf_remote_open_public(cli, arguments, uri, &remote);
    if (code != HF_EXIT_YES) {
        return code;
    }
    const struct hf_client_request request = {.host = remote.host,
                                              .port = remote.port,
                                              .tls = remote.tls,
                                              .method = HF_LITERAL("GET"),
                                              .path = remote.path,
                                              .on_body = take_body,
                                              .context = text};
    HF_CLEANUP(hf_client_answer_clear) struct hf_client_answer answer = {0};
    hf_status status = hf_client_fetch(&request, &answer);
    if (!hf_is_ok(status) || !answer.complete) {
        return hf_remote_fault(cli, status, &answer);
    }
    return answer.status == 200 ? HF_EXIT_YES : hf_remote_problem(cli, &answer, hf_buf_view(text));
}

static enum hf_exit get_list(const struct hf_cli *cli, const struct hf_arguments *arguments,
                             const char *uri, hf_buf *text)
{
    const char *path = hf_argument(arguments, "list");
    return path ? hf_read_input(cli, path, text) : fetch(cli, arguments, uri, text);
}

/* ---- judging it ---- */

/* What is asked of a list. */
struct question {
    hf_bytes uri;
    uint32_t idx;
    int64_t now_unix_s;
};

static hf_status look_up(const struct hf_status_list *list, const struct question *question,
                         unsigned *ret_value, struct hf_problem *reterr)
{
    HF_TRY(hf_status_list_judge(list, question->uri, question->now_unix_s, reterr));
    hf_status status = hf_status_list_get(list, question->idx, ret_value);
    return hf_is_ok(status) ? status
                            : hf_problem_set(reterr, HF_SUBJECT_MISMATCH, "idx",
                                             "lies behind the end of the list");
}

static enum hf_exit print_status(const struct hf_cli *cli, const struct hf_status_list *list,
                                 const struct question *question, unsigned value)
{
    char signed_at[HF_TIME_CHARS + 1];
    char until[HF_TIME_CHARS + 1];
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    hf_time_write_utc(list->iat_unix_s, signed_at);
    hf_time_write_utc(list->exp_unix_s, until);
    hf_result_string(&result, "status", hf_status_value_name(value));
    hf_result_integer(&result, "idx", question->idx);
    hf_result_bytes(&result, "uri", list->uri);
    hf_result_string(&result, "signed_at", signed_at);
    hf_result_string(&result, "believed_until", until);
    enum hf_exit code = hf_result_print(cli, &result);
    return code == HF_EXIT_YES && value != HF_STATUS_VALID ? HF_EXIT_NO : code;
}

static enum hf_exit judge(const struct hf_cli *cli, hf_bytes text, const struct hf_key_set *keys,
                          const struct question *question)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_STATUS_LIST_ARENA_BYTES);
    struct hf_problem problem = {0};
    struct hf_status_list list;
    unsigned value = HF_STATUS_INVALID;
    hf_status status = hf_status_list_verify(text, keys, &arena, &list, &problem);
    if (hf_is_ok(status)) {
        status = look_up(&list, question, &value, &problem);
    }
    return hf_is_ok(status) ? print_status(cli, &list, question, value)
                            : hf_print_verdict(cli, status, &problem);
}

/* ---- the command ---- */

static enum hf_exit read_question(const struct hf_cli *cli, const struct hf_arguments *arguments,
                                  struct question *question)
{
    struct hf_problem problem = {0};
    int64_t idx = 0;
    question->uri = hf_bytes_of_string(arguments->operands[0]);
    question->now_unix_s = hf_clock_unix_s(&cli->clock);
    if (!hf_document_uri_is_valid(question->uri)) {
        return hf_print_usage_error(cli, "the list is named by its https URI");
    }
    hf_status status = hf_argument_integer(
        arguments, "idx", (struct hf_integer_range){0, HF_STATUS_IDX_MAX}, &idx, &problem);
    if (hf_is_ok(status)) {
        status = hf_argument_integer(arguments, "at", (struct hf_integer_range){0, INT64_MAX / 2},
                                     &question->now_unix_s, &problem);
    }
    question->idx = (uint32_t)idx;
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_option_error(cli, &problem);
}

static enum hf_exit run(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_JWS_DOCUMENT_MAX_BYTES);
    HF_CLEANUP(hf_key_set_clear) struct hf_key_set keys = {.n_keys = 0};
    struct question question;
    enum hf_exit code = read_question(cli, arguments, &question);
    code = code ? code : hf_read_keys(cli, hf_argument(arguments, "keys"), &keys);
    code = code ? code : get_list(cli, arguments, arguments->operands[0], &text);
    return code ? code : judge(cli, hf_remote_line(hf_buf_view(&text)), &keys, &question);
}

const struct hf_command hf_command_status_check = {
    .name = "status check",
    .summary = "look up in a status list whether a consent stands",
    .operands = "URI",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            {.name = "idx", .value = "N", .help = "the consent's place in it", .is_required = true},
            HF_OPTION_KEYS,
            {.name = "ca", .value = "FILE", .help = "PEM of the roots, to fetch the list with"},
            {.name = "list",
             .value = "FILE",
             .help = "the list, already fetched; - is standard input"},
            {.name = "at", .value = "UNIX", .help = "the moment to judge it at (now)"},
            {0},
        },
    .has_json = true,
    .details =
        "URI and N are what the consent's receipt and the gateway's answers call `status`. The "
        "list\n"
        "must be signed by one of the keys, be that of URI, and be in force. Exit status 0 is\n"
        "VALID; 1 is INVALID (revoked or expired), SUSPENDED (paused), or no list to believe.",
    .examples = "hufu status check https://localhost:8444/status/NAME --idx N --keys keys.jwks \\\n"
                "      --ca ca.pem\n"
                "hufu status check URI --idx N --keys keys.jwks --list list.jwt",
    .run = run,
};
