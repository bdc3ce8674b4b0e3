/*
 * `hufu agreement check`: whether an agreement is one that a gateway would act upon, before it is
 * put into a deployment; by the very reader that the gateway has.
 */
#include "consent/agreement.h"
#include "base/date.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/result.h"

#include <string.h>

enum { PATH_BYTES = 4096, LIST_MAX_BYTES = 1 << 20, ARENA_BYTES = 1 << 20 };

static const struct hf_integer_range moments = {1, INT64_C(253402300799)};

/* One run. */
struct check {
    const struct hf_cli *cli;
    const struct hf_key *key; /* of the source; NULL: signatures are not checked */
    int64_t at_unix_s;
    hf_buf list; /* --json: the elements so far */
};

/* One agreement that could be read. */
struct finding {
    const char *path;
    struct hf_agreement agreement;
    const char *state;
    const char *signature;
};

static void check_clear(struct check *check)
{
    hf_buf_clear(&check->list);
}

/* ---- one file ---- */

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const char *state_at(const struct hf_agreement *agreement, int64_t at_unix_s)
{
    if (at_unix_s < agreement->not_before_unix_s) {
        return "early";
    }
    return at_unix_s < agreement->not_after_unix_s ? "in_force" : "ended";
}

static enum hf_exit check_signature(const struct check *check, hf_bytes text,
                                    struct finding *finding)
{
    char path[PATH_BYTES];
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf signature = hf_buf_init(HF_AGREEMENT_SIGNATURE_MAX_BYTES);
    if (snprintf(path, sizeof path, "%s.jws", finding->path) >= (int)sizeof path) {
        return hf_print_problem(check->cli, finding->path, hf_status_of(HF_LIMIT), NULL);
    }
    hf_status status = hf_file_read(path, &signature);
    finding->signature = status.code == HF_NOT_FOUND ? "none" : "not_checked";
    if (status.code == HF_NOT_FOUND && !check->key) {
        return HF_EXIT_YES;
    }
    if (status.code == HF_NOT_FOUND) {
        status = hf_problem_set(&problem, HF_CONFIG_INVALID, NULL,
                                "is not signed: there is no .jws beside it");
        return hf_print_problem(check->cli, finding->path, status, &problem);
    }
    if (!hf_is_ok(status)) {
        return hf_print_problem(check->cli, path, status, NULL);
    }
    if (!check->key) {
        return HF_EXIT_YES;
    }
    finding->signature = "valid";
    status = hf_agreement_verify(text, hf_buf_view(&signature), check->key, &problem);
    return hf_is_ok(status) ? HF_EXIT_YES
                            : hf_print_problem(check->cli, finding->path, status, &problem);
}

static void print_words(const struct check *check, const struct finding *finding)
{
    char from[HF_TIME_CHARS + 1];
    char to[HF_TIME_CHARS + 1];
    FILE *out = check->cli->out;
    hf_time_write_utc(finding->agreement.not_before_unix_s, from);
    hf_time_write_utc(finding->agreement.not_after_unix_s, to);
    hf_print_clean(out, hf_bytes_of_string(finding->path));
    fprintf(out, ": %s, %s to %s, signature %s", finding->state, from, to, finding->signature);
    if (finding->agreement.contact.size > 0) {
        fputs(", contact ", out);
        hf_print_clean(out, finding->agreement.contact);
    }
    fputc('\n', out);
}

static hf_status write_json(hf_buf *buf, const struct finding *finding)
{
    const struct hf_agreement *agreement = &finding->agreement;
    HF_TRY(hf_buf_append_string(buf, buf->size > 1 ? ",{\"file\":" : "{\"file\":"));
    HF_TRY(hf_json_write_string(buf, hf_bytes_of_string(finding->path)));
    HF_TRY(hf_buf_printf(buf,
                         ",\"bank\":\"%s\",\"source\":\"%s\",\"state\":\"%s\",\"not_before\":%lld,"
                         "\"not_after\":%lld,\"signature\":\"%s\"",
                         agreement->bank, hf_source_name(agreement->source), finding->state,
                         (long long)agreement->not_before_unix_s,
                         (long long)agreement->not_after_unix_s, finding->signature));
    if (agreement->contact.size > 0) {
        HF_TRY(hf_buf_append_string(buf, ",\"contact\":"));
        HF_TRY(hf_json_write_string(buf, agreement->contact));
    }
    return hf_buf_append_byte(buf, '}');
}

/* The reader begins an attribute with the file's name, which stands in front of the line already.
 */
static void drop_name(struct hf_problem *problem, const char *name)
{
    size_t size = strlen(name);
    if (strncmp(problem->where, name, size) == 0) {
        size += problem->where[size] == ' ';
        memmove(problem->where, problem->where + size, strlen(problem->where) - size + 1);
    }
}

static enum hf_exit check_file(struct check *check, const char *path)
{
    struct hf_problem problem = {0};
    struct finding finding = {.path = path};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(ARENA_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_AGREEMENT_FILE_MAX_BYTES);
    hf_status status = hf_file_read(path, &text);
    if (hf_is_ok(status)) {
        status = hf_agreement_parse(hf_buf_view(&text), name_of(path), &arena, &finding.agreement,
                                    &problem);
    }
    if (!hf_is_ok(status)) {
        drop_name(&problem, name_of(path));
        return hf_print_problem(check->cli, path, status, &problem);
    }
    enum hf_exit code = check_signature(check, hf_buf_view(&text), &finding);
    if (code != HF_EXIT_YES) {
        return code;
    }
    finding.state = state_at(&finding.agreement, check->at_unix_s);
    if (!check->cli->is_json) {
        print_words(check, &finding);
    } else if (!hf_is_ok(write_json(&check->list, &finding))) {
        return hf_print_problem(check->cli, path, hf_status_of(HF_LIMIT), NULL);
    }
    return strcmp(finding.state, "in_force") == 0 ? HF_EXIT_YES : HF_EXIT_NO;
}

/* ---- all of them ---- */

static enum hf_exit read_options(const struct hf_arguments *arguments, struct check *check,
                                 struct hf_key **ret_key)
{
    const char *path = hf_argument(arguments, "key");
    struct hf_problem problem = {0};
    check->at_unix_s = hf_clock_unix_s(&check->cli->clock);
    if (!hf_is_ok(hf_argument_integer(arguments, "at", moments, &check->at_unix_s, &problem))) {
        return hf_print_option_error(check->cli, &problem);
    }
    hf_status status = path ? hf_agreement_key_read(path, ret_key, &problem) : HF_DONE;
    if (!hf_is_ok(status)) {
        hf_print_problem(check->cli, path, status, &problem);
        return HF_EXIT_UNREADABLE;
    }
    check->key = *ret_key;
    return HF_EXIT_YES;
}

static enum hf_exit print_json(struct check *check)
{
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    if (!hf_is_ok(hf_buf_append_byte(&check->list, ']'))) {
        return hf_print_problem(check->cli, "agreements", hf_status_of(HF_LIMIT), NULL);
    }
    hf_result_json(&result, "agreements", hf_buf_view(&check->list));
    return hf_result_print(check->cli, &result);
}

static enum hf_exit run_check(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    HF_CLEANUP(check_clear)
    struct check check = {.cli = cli, .list = hf_buf_init(LIST_MAX_BYTES)};
    enum hf_exit code = read_options(arguments, &check, &key);
    if (code == HF_EXIT_YES && !hf_is_ok(hf_buf_append_byte(&check.list, '['))) {
        code = hf_print_problem(cli, "agreements", hf_status_of(HF_NOMEM), NULL);
    }
    if (code != HF_EXIT_YES) {
        return code;
    }
    for (size_t i = 0; i < arguments->n_operands; i++) {
        enum hf_exit one = check_file(&check, arguments->operands[i]);
        code = one > code ? one : code;
    }
    enum hf_exit printed = cli->is_json ? print_json(&check) : HF_EXIT_YES;
    return printed > code ? printed : code;
}

const struct hf_command hf_command_agreement_check = {
    .name = "agreement check",
    .summary = "check agreements between a source and a bank",
    .operands = "FILE…",
    .operand_count = {1, HF_MAX_OPERANDS},
    .options =
        (const struct hf_option[]){
            {.name = "key",
             .value = "FILE",
             .help = "the source's public key as JWK: each agreement must be signed by it"},
            {.name = "at", .value = "UNIX", .help = "the moment to judge at, instead of now"},
            {0},
        },
    .has_json = true,
    .details =
        "Each FILE is named <bank>.<source>.json; FILE.jws beside it is the source's signature.\n"
        "Every agreement that can be read is printed: in_force, early or ended, its two ends, and\n"
        "whether its signature is valid, none, or not_checked for want of --key. Exit status 1\n"
        "when one has a mistake, does not hold now, or is not signed by the key that was given.",
    .examples = "hufu agreement check DIR/agreements/911100001000044477.tax.json\n"
                "hufu agreement check --key tax.jwk 911100001000044477.tax.json --json",
    .run = run_check,
};
