/*
 * Reads claims and adds what is missing and has one sensible value. Nothing is changed silently:
 * members stand in the payload as they stand in the file.
 */
#include "cli/claims_file.h"

#include "base/json.h"
#include "cli/json_text.h"
#include "cli/print.h"
#include "crypto/rand.h"

/* The payload under construction. */
struct draft {
    const struct hf_json *file; /* an object */
    int64_t now_unix_s;
    hf_buf *payload;
};

static bool is_missing(const struct draft *draft, const char *name)
{
    return hf_json_member(draft->file, name) == NULL;
}

static hf_status add_id(struct draft *draft, const char *name)
{
    char id[HF_RAND_ID_CHARS + 1];
    if (!is_missing(draft, name)) {
        return HF_DONE;
    }
    hf_rand_id(id);
    return hf_buf_printf(draft->payload, ",\"%s\":\"%s\"", name, id);
}

/* iat is now; nbf is iat, whoever set it. */
static hf_status add_times(struct draft *draft)
{
    const struct hf_json *iat = hf_json_member(draft->file, "iat");
    if (!iat) {
        HF_TRY(hf_buf_printf(draft->payload, ",\"iat\":%lld", (long long)draft->now_unix_s));
    }
    if (!is_missing(draft, "nbf")) {
        return HF_DONE;
    }
    HF_TRY(hf_buf_append_string(draft->payload, ",\"nbf\":"));
    return iat ? hf_json_text_compact(draft->payload, iat)
               : hf_buf_printf(draft->payload, "%lld", (long long)draft->now_unix_s);
}

/* Behind the last member; the payload still lacks its closing brace. */
static hf_status add_missing(struct draft *draft)
{
    if (is_missing(draft, "ver")) {
        HF_TRY(hf_buf_append_string(draft->payload, ",\"ver\":1"));
    }
    HF_TRY(add_id(draft, "jti"));
    HF_TRY(add_times(draft));
    HF_TRY(add_id(draft, "nonce"));
    return hf_buf_append_byte(draft->payload, '}');
}

static hf_status compose(struct draft *draft)
{
    HF_TRY(hf_json_text_compact(draft->payload, draft->file));
    draft->payload->size--; /* its closing brace */
    return add_missing(draft);
}

/* The text is an object, so a brace closes it. */
static hf_status compose_as_written(struct draft *draft, hf_bytes text, size_t *ret_n_own_bytes)
{
    while (text.data[text.size - 1] != '}') {
        text.size--;
    }
    text.size--;
    HF_TRY(hf_buf_append(draft->payload, text));
    *ret_n_own_bytes = text.size;
    return add_missing(draft);
}

static enum hf_exit read_object(const struct hf_cli *cli, const char *path, struct hf_arena *arena,
                                hf_buf *text, const struct hf_json **ret_file)
{
    static const struct hf_json_limits limits = {.max_bytes = HF_CLAIMS_FILE_MAX_BYTES,
                                                 .max_depth = 16,
                                                 .max_values = 8192,
                                                 .max_string_bytes = HF_CLAIMS_FILE_MAX_BYTES};
    struct hf_problem problem = {0};
    enum hf_exit code = hf_read_input(cli, path, text);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = hf_json_parse(hf_buf_view(text), &limits, arena, ret_file, &problem);
    if (hf_is_ok(status) && ((*ret_file)->type != HF_JSON_OBJECT || !(*ret_file)->child)) {
        status = hf_problem_set(&problem, HF_JSON_MALFORMED, NULL, "must be an object of claims");
    }
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, path, status, &problem);
}

enum hf_exit hf_claims_file_read(const struct hf_cli *cli, const char *path, struct hf_arena *arena,
                                 hf_buf *payload)
{
    struct draft draft = {.now_unix_s = hf_clock_unix_s(&cli->clock), .payload = payload};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_CLAIMS_FILE_MAX_BYTES);
    enum hf_exit code = read_object(cli, path, arena, &text, &draft.file);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = compose(&draft);
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, path, status, NULL);
}

enum hf_exit hf_claims_file_read_as_written(const struct hf_cli *cli, const char *path,
                                            struct hf_arena *arena, hf_buf *payload,
                                            size_t *ret_n_own_bytes)
{
    struct draft draft = {.now_unix_s = hf_clock_unix_s(&cli->clock), .payload = payload};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_CLAIMS_FILE_MAX_BYTES);
    enum hf_exit code = read_object(cli, path, arena, &text, &draft.file);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = compose_as_written(&draft, hf_buf_view(&text), ret_n_own_bytes);
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, path, status, NULL);
}
