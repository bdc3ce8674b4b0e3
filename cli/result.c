/*
 * Both forms of a result are written as the values come, so that neither can be forgotten. Values
 * come from files of others: the lines are cleaned when they are printed, the JSON is escaped.
 */
#include "cli/result.h"

#include "base/json.h"
#include "base/utf8.h"
#include "cli/print.h"

enum { RESULT_MAX_BYTES = 4 << 20 };

struct hf_result hf_result_init(void)
{
    return (struct hf_result){.lines = hf_buf_init(RESULT_MAX_BYTES),
                              .json = hf_buf_init(RESULT_MAX_BYTES)};
}

void hf_result_clear(struct hf_result *result)
{
    hf_buf_clear(&result->lines);
    hf_buf_clear(&result->json);
}

static hf_status begin(struct hf_result *result, const char *name)
{
    HF_TRY(hf_buf_printf(&result->lines, "%s: ", name));
    return hf_buf_printf(&result->json, "%c\"%s\":", result->json.size == 0 ? '{' : ',', name);
}

static hf_status add(struct hf_result *result, const char *name, hf_bytes line, hf_bytes json)
{
    HF_TRY(begin(result, name));
    HF_TRY(hf_buf_append(&result->lines, line));
    HF_TRY(hf_buf_append_byte(&result->lines, '\n'));
    return hf_buf_append(&result->json, json);
}

static void note(struct hf_result *result, hf_status status)
{
    result->is_broken = result->is_broken || !hf_is_ok(status);
}

/* A newline inside a value must not begin a line of its own. */
static hf_status append_one_line(hf_buf *buf, hf_bytes value)
{
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] == '\n') {
            HF_TRY(hf_buf_append_string(buf, "\\x0a"));
        } else {
            HF_TRY(hf_buf_append_byte(buf, value.data[i]));
        }
    }
    return HF_DONE;
}

static hf_status add_bytes(struct hf_result *result, const char *name, hf_bytes value)
{
    HF_CLEANUP(hf_buf_clear) hf_buf line = hf_buf_init(RESULT_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf json = hf_buf_init(RESULT_MAX_BYTES);
    if (!hf_utf8_check(value, NULL)) {
        HF_FAIL(JSON_MALFORMED);
    }
    HF_TRY(append_one_line(&line, value));
    HF_TRY(hf_json_write_string(&json, value));
    return add(result, name, hf_buf_view(&line), hf_buf_view(&json));
}

void hf_result_bytes(struct hf_result *result, const char *name, hf_bytes value)
{
    note(result, add_bytes(result, name, value));
}

void hf_result_string(struct hf_result *result, const char *name, const char *value)
{
    hf_result_bytes(result, name, hf_bytes_of_string(value));
}

void hf_result_integer(struct hf_result *result, const char *name, int64_t value)
{
    char digits[32];
    snprintf(digits, sizeof(digits), "%lld", (long long)value);
    hf_result_json(result, name, hf_bytes_of_string(digits));
}

void hf_result_bool(struct hf_result *result, const char *name, bool value)
{
    const hf_bytes json = value ? HF_LITERAL("true") : HF_LITERAL("false");
    note(result, add(result, name, value ? HF_LITERAL("yes") : HF_LITERAL("no"), json));
}

void hf_result_json(struct hf_result *result, const char *name, hf_bytes json)
{
    note(result, add(result, name, json, json));
}

static void print_lines(FILE *stream, hf_bytes lines)
{
    while (lines.size > 0) {
        const uint8_t *end = memchr(lines.data, '\n', lines.size);
        size_t n = (size_t)(end - lines.data);
        hf_print_clean(stream, hf_bytes_of(lines.data, n));
        fputc('\n', stream);
        lines = hf_bytes_skip(lines, n + 1);
    }
}

enum hf_exit hf_result_print(const struct hf_cli *cli, const struct hf_result *result)
{
    if (result->is_broken) {
        fprintf(cli->err, "hufu %s: the result is too large or not UTF-8\n", cli->command->name);
        return HF_EXIT_UNREADABLE;
    }
    if (!cli->is_json) {
        print_lines(cli->out, hf_buf_view(&result->lines));
        return HF_EXIT_YES;
    }
    if (result->json.size == 0) {
        fputc('{', cli->out);
    }
    fwrite(result->json.data, 1, result->json.size, cli->out);
    fputs("}\n", cli->out);
    return HF_EXIT_YES;
}
