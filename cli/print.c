/*
 * The tool's voice. It decides where words go and which exit status a status means; it knows no
 * command.
 *
 * Invariant: stdout carries results only, so that it can be piped; and no byte of a file's name or
 * content reaches a terminal as a control sequence.
 */
#include "cli/print.h"

#include "base/file.h"
#include "base/json.h"
#include "base/uscc.h"
#include "base/utf8.h"
#include "cli/help.h"

#include <errno.h>

enum { FOLDER_PATH_BYTES = 4096 };

/* What cannot be read or done; every other failure is a no. */
static const enum hf_code unreadable_codes[] = {
    HF_NOMEM,
    HF_LIMIT,
    HF_IO,
    HF_NOT_FOUND,
    HF_PERMISSIONS,
    HF_KEY_MALFORMED,
    HF_KEY_UNSUPPORTED,
    HF_LOG_LOCKED,
    HF_JSON_MALFORMED,
    HF_BASE64_MALFORMED,
    HF_CRYPTO,
    HF_BUG,
};

enum hf_exit hf_exit_of(hf_status status)
{
    for (size_t i = 0; i < sizeof(unreadable_codes) / sizeof(unreadable_codes[0]); i++) {
        if (status.code == unreadable_codes[i]) {
            return HF_EXIT_UNREADABLE;
        }
    }
    return hf_is_ok(status) ? HF_EXIT_YES : HF_EXIT_NO;
}

/* Length of the printable character at the front of @text; 0: print its first byte in hex. */
static size_t printable_bytes(hf_bytes text)
{
    size_t n = hf_utf8_sequence(text);
    bool is_control = text.data[0] < 0x20 || text.data[0] == 0x7f ||
                      (n == 2 && text.data[0] == 0xc2 && text.data[1] < 0xa0); /* C1 */
    return is_control ? 0 : n;
}

void hf_print_clean(FILE *stream, hf_bytes text)
{
    while (text.size > 0) {
        size_t n = printable_bytes(text);
        if (n == 0) {
            fprintf(stream, "\\x%02x", text.data[0]);
            n = 1;
        } else {
            fwrite(text.data, 1, n, stream);
        }
        text = hf_bytes_skip(text, n);
    }
}

static void print_clean_string(FILE *stream, const char *text)
{
    hf_print_clean(stream, hf_bytes_of_string(text));
}

enum hf_exit hf_print_usage_error(const struct hf_cli *cli, const char *sentence)
{
    fprintf(cli->err, "hufu %s: %s\n", cli->command->name, sentence);
    hf_help_usage(cli->err, cli->command);
    return HF_EXIT_USAGE;
}

enum hf_exit hf_print_option_error(const struct hf_cli *cli, const struct hf_problem *problem)
{
    fprintf(cli->err, "hufu %s: ", cli->command->name);
    if (problem->where[0]) {
        fputs("--", cli->err);
        print_clean_string(cli->err, problem->where);
        fputc(' ', cli->err);
    }
    print_clean_string(cli->err, problem->detail);
    fputc('\n', cli->err);
    hf_help_usage(cli->err, cli->command);
    return HF_EXIT_USAGE;
}

enum hf_exit hf_print_wrong_option(const struct hf_cli *cli, const char *option,
                                   const char *sentence)
{
    struct hf_problem problem = {0};
    hf_ignore(hf_problem_set(&problem, HF_REQUEST_MALFORMED, option, "%s", sentence));
    return hf_print_option_error(cli, &problem);
}

enum hf_exit hf_print_problem(const struct hf_cli *cli, const char *file, hf_status status,
                              const struct hf_problem *problem)
{
    const int error = errno; /* before anything is printed */
    print_clean_string(cli->err, file && strcmp(file, "-") != 0 ? file : "standard input");
    if (problem && problem->line > 0) {
        fprintf(cli->err, ":%u:%u", problem->line, problem->column);
    }
    fputs(": ", cli->err);
    if (problem && problem->where[0]) {
        print_clean_string(cli->err, problem->where);
        fputs(": ", cli->err);
    }
    if (problem && problem->detail[0]) {
        print_clean_string(cli->err, problem->detail);
    } else {
        fputs(hf_code_info(status.code)->sentence, cli->err);
    }
    if (status.code == HF_IO && error != 0) {
        fprintf(cli->err, " (%s)", strerror(error));
    }
    fputc('\n', cli->err);
    return hf_exit_of(status);
}

enum hf_exit hf_print_folder_problem(const struct hf_cli *cli, const char *folder, hf_status status,
                                     const struct hf_problem *problem)
{
    char path[FOLDER_PATH_BYTES];
    struct hf_problem rest = *problem;
    const size_t n = strcspn(problem->where, " ");
    const bool names_a_file = memchr(problem->where, '.', n) != NULL;
    int size = snprintf(path, sizeof(path), "%s/%.*s", folder, (int)n, problem->where);
    if (!names_a_file || size < 0 || (size_t)size >= sizeof(path)) {
        return hf_print_problem(cli, folder, status, problem);
    }
    snprintf(rest.where, sizeof(rest.where), "%s",
             problem->where + n + (problem->where[n] == ' ' ? 1 : 0));
    return hf_print_problem(cli, path, status, &rest);
}

static void print_json_string(FILE *stream, const char *text)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(4096);
    if (hf_is_ok(hf_json_write_string(&buf, hf_bytes_of_string(text)))) {
        fwrite(buf.data, 1, buf.size, stream);
    } else {
        fputs("null", stream);
    }
}

static void print_json_verdict(FILE *stream, hf_status status, const struct hf_problem *problem)
{
    fprintf(stream, "{\"verdict\":\"%s\"", hf_is_ok(status) ? "allow" : "deny");
    if (!hf_is_ok(status)) {
        fprintf(stream, ",\"code\":\"%s\",\"where\":", hf_code_info(status.code)->name);
        print_json_string(stream, problem ? problem->where : "");
        fputs(",\"detail\":", stream);
        print_json_string(stream, problem && problem->detail[0]
                                      ? problem->detail
                                      : hf_code_info(status.code)->sentence);
    }
    fputs("}\n", stream);
}

enum hf_exit hf_print_verdict(const struct hf_cli *cli, hf_status status,
                              const struct hf_problem *problem)
{
    if (hf_exit_of(status) == HF_EXIT_UNREADABLE) {
        return hf_print_problem(cli, cli->command->name, status, problem);
    }
    if (cli->is_json) {
        print_json_verdict(cli->out, status, problem);
        return hf_exit_of(status);
    }
    if (hf_is_ok(status)) {
        fputs("allow\n", cli->out);
        return HF_EXIT_YES;
    }
    fprintf(cli->out, "deny %s: ", hf_code_info(status.code)->name);
    if (problem && problem->where[0]) {
        print_clean_string(cli->out, problem->where);
        fputs(": ", cli->out);
    }
    print_clean_string(cli->out, problem && problem->detail[0]
                                     ? problem->detail
                                     : hf_code_info(status.code)->sentence);
    fputc('\n', cli->out);
    return hf_exit_of(status);
}

enum hf_exit hf_read_input(const struct hf_cli *cli, const char *path, hf_buf *buf)
{
    errno = 0;
    hf_status status = hf_file_read(path, buf);
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, path, status, NULL);
}

enum hf_exit hf_read_token(const struct hf_cli *cli, const char *operand, hf_buf *buf)
{
    if (strcmp(operand, "-") != 0) {
        hf_status status = hf_buf_append_string(buf, operand);
        return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, "token", status, NULL);
    }
    enum hf_exit code = hf_read_input(cli, operand, buf);
    while (code == HF_EXIT_YES && buf->size > 0 &&
           (buf->data[buf->size - 1] == '\n' || buf->data[buf->size - 1] == '\r')) {
        buf->size--;
    }
    return code;
}

enum hf_exit hf_read_uscc(const struct hf_cli *cli, const char *option, const char *value,
                          char ret_uscc[static 19])
{
    hf_bytes uscc;
    if (!hf_party_uscc(hf_bytes_of_string(value), &uscc)) {
        return hf_print_wrong_option(cli, option,
                                     "is not a Unified Social Credit Code (18 characters, "
                                     "GB 32100-2015, with its check character)");
    }
    memcpy(ret_uscc, uscc.data, HF_USCC_CHARS);
    ret_uscc[HF_USCC_CHARS] = '\0';
    return HF_EXIT_YES;
}
