/*
 * `hufu policy test`: an operator's own cases, each an access, an answer and what should be left of
 * it. What leaves is found by the gateway's own judges, compiler and redactor; here it is compared
 * and told.
 *
 * Invariant: a case that could not be run has failed, and a folder without cases is no success.
 */
#include "base/file.h"
#include "cli/json_diff.h"
#include "cli/json_text.h"
#include "cli/policy_case.h"
#include "cli/policy_files.h"
#include "cli/print.h"

enum {
    MAX_CASES = 10000,
    PATH_BYTES = 4096,
    DOCUMENT_MAX_BYTES = 16 << 20,
    TREE_MAX_BYTES = 512 << 20,
    SHOWN_DIFFERENCES = 20,
    REPORT_MAX_BYTES = 16 << 20
};

static const struct hf_json_limits answer_limits = {.max_bytes = DOCUMENT_MAX_BYTES,
                                                    .max_depth = 64,
                                                    .max_values = 2 << 20,
                                                    .max_string_bytes = DOCUMENT_MAX_BYTES};

/* The whole run. */
struct run {
    const struct hf_cli *cli;
    const char *policy; /* instead of that of each case; NULL: theirs */
    bool is_update;
    size_t n_passed;
    size_t n_failed;
    size_t n_written;
    hf_buf json; /* elements of "cases" */
};

/* One case while it runs. */
struct trial {
    struct run *run;
    const char *name;
    struct hf_arena arena;
    struct hf_policy_case wanted;
    struct hf_policy_files files;
    struct hf_access access;
    struct hf_compiled_view *view;
    hf_buf input;
    hf_buf left;      /* what leaves */
    hf_buf expected;  /* the file */
    char refusal[64]; /* code; empty: allowed */
    char fault[64];   /* rule; empty: none */
    bool is_broken;   /* could not be run */
    size_t n_different;
    hf_buf lines; /* the differences for people */
    hf_buf json;  /* elements of "differences" */
};

static void trial_clear(struct trial *trial)
{
    hf_compiled_view_unref(trial->view);
    hf_access_clear(&trial->access);
    hf_policy_files_clear(&trial->files);
    hf_policy_case_clear(&trial->wanted);
    hf_arena_clear(&trial->arena);
    hf_buf_clear(&trial->input);
    hf_buf_clear(&trial->left);
    hf_buf_clear(&trial->expected);
    hf_buf_clear(&trial->lines);
    hf_buf_clear(&trial->json);
}

/* ---- differences ---- */

static hf_status write_value(hf_buf *buf, const struct hf_json *value)
{
    return value ? hf_json_text_compact(buf, value) : hf_buf_append_string(buf, "nothing");
}

static hf_status write_line(struct trial *trial, const struct hf_difference *difference)
{
    HF_TRY(hf_buf_printf(&trial->lines, "      %s: expected ",
                         difference->path[0] ? difference->path : "(the answer)"));
    HF_TRY(write_value(&trial->lines, difference->expected));
    HF_TRY(hf_buf_append_string(&trial->lines, ", got "));
    HF_TRY(write_value(&trial->lines, difference->actual));
    return hf_buf_append_byte(&trial->lines, '\n');
}

static hf_status write_element(struct trial *trial, const struct hf_difference *difference)
{
    hf_buf *json = &trial->json;
    HF_TRY(hf_buf_append_string(json, json->size ? ",{\"path\":" : "{\"path\":"));
    HF_TRY(hf_json_write_string(json, hf_bytes_of_string(difference->path)));
    if (difference->expected) {
        HF_TRY(hf_buf_append_string(json, ",\"expected\":"));
        HF_TRY(hf_json_text_compact(json, difference->expected));
    }
    if (difference->actual) {
        HF_TRY(hf_buf_append_string(json, ",\"actual\":"));
        HF_TRY(hf_json_text_compact(json, difference->actual));
    }
    return hf_buf_append_byte(json, '}');
}

static hf_status note(void *context, const struct hf_difference *difference)
{
    struct trial *trial = context;
    if (trial->n_different++ >= SHOWN_DIFFERENCES) {
        return HF_DONE;
    }
    HF_TRY(write_line(trial, difference));
    return write_element(trial, difference);
}

/* A difference of what is no part of the answer: "(refusal)", "(fault)", "(prefix)". */
static hf_status note_text(struct trial *trial, const char *path, hf_bytes expected,
                           hf_bytes actual)
{
    const struct hf_json left = {.type = HF_JSON_STRING, .text = expected};
    const struct hf_json right = {.type = HF_JSON_STRING, .text = actual};
    const struct hf_difference difference = {path, expected.size ? &left : NULL,
                                             actual.size ? &right : NULL};
    return hf_bytes_equal(expected, actual) ? HF_DONE : note(trial, &difference);
}

static hf_status note_word(struct trial *trial, const char *path, const char *expected,
                           const char *actual)
{
    return note_text(trial, path, hf_bytes_of_string(expected ? expected : ""),
                     hf_bytes_of_string(actual));
}

/* ---- one access ---- */

static enum hf_exit read_documents(struct trial *trial)
{
    const struct hf_policy_paths paths = {.catalogs = &trial->wanted.catalog,
                                          .n_catalogs = 1,
                                          .policy = trial->run->policy ? trial->run->policy
                                                                       : trial->wanted.policy};
    enum hf_exit code = hf_policy_files_load(trial->run->cli, &paths, NULL, &trial->files);
    bool are_whole = trial->files.policy && trial->files.catalogs[0].catalog;
    return code == HF_EXIT_YES && !are_whole ? HF_EXIT_NO : code;
}

static enum hf_exit read_case(struct trial *trial, const char *file)
{
    const struct hf_cli *cli = trial->run->cli;
    struct hf_problem problem = {0};
    hf_status status = hf_policy_case_read(file, &trial->arena, &trial->wanted, &problem);
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, file, status, &problem);
    }
    if (trial->wanted.words.at_unix_s == 0) {
        trial->wanted.words.at_unix_s = hf_clock_unix_s(&cli->clock);
    }
    enum hf_exit code = read_documents(trial);
    const struct hf_access_documents documents = {trial->files.catalogs[0].catalog,
                                                  trial->files.policy};
    if (code != HF_EXIT_YES) {
        return code;
    }
    code = hf_access_read(cli, &trial->wanted.words, &documents, &trial->access, &problem);
    if (code == HF_EXIT_USAGE) {
        hf_policy_case_blame(&trial->wanted, &problem);
        hf_print_problem(cli, file, hf_status_of(HF_CONFIG_INVALID), &problem);
    }
    return code;
}

/* Whether the gateway would answer at all; else by which code it would refuse. */
static hf_status judge(struct trial *trial)
{
    struct hf_access *access = &trial->access;
    struct hf_problem problem = {0};
    hf_status verdict = hf_access_judge(access, &problem);
    if (hf_is_ok(verdict)) {
        HF_TRY(hf_view_compile(&access->request, &trial->view));
        verdict =
            hf_compiled_view_judge(trial->view, access->operation, access->n_claims > 0, &problem);
    }
    if (!hf_is_ok(verdict)) {
        snprintf(trial->refusal, sizeof(trial->refusal), "%s", hf_code_info(verdict.code)->name);
    }
    return HF_DONE;
}

static bool lacks_key(struct trial *trial)
{
    struct hf_problem problem = {0};
    if (!hf_access_lacks_key(&trial->access, trial->view)) {
        return false;
    }
    hf_ignore(hf_problem_set(&problem, HF_CONFIG_INVALID, "person_key",
                             "is missing: only a key tells whom the answer names, and makes "
                             "pseudonyms"));
    hf_policy_case_blame(&trial->wanted, &problem);
    hf_print_problem(trial->run->cli, trial->name, hf_status_of(HF_CONFIG_INVALID), &problem);
    return true;
}

static void free_redact(struct hf_redact **redact)
{
    hf_redact_free(*redact);
}

static hf_status redact(struct trial *trial)
{
    const struct hf_redact_limits limits = hf_redact_limits_default();
    struct hf_problem problem = {0};
    HF_CLEANUP(free_redact) struct hf_redact *redact = NULL;
    trial->left = hf_buf_init(hf_redact_max_out_bytes(&limits, trial->input.size));
    HF_TRY(hf_access_redactor(&trial->access, trial->view, &limits, &redact));
    hf_status status = hf_redact_push(redact, hf_buf_view(&trial->input), &trial->left, &problem);
    if (hf_is_ok(status)) {
        status = hf_redact_finish(redact, &trial->left, &problem);
    }
    if (status.code == HF_SOURCE_MALFORMED) {
        snprintf(trial->fault, sizeof(trial->fault), "%.63s", problem.where);
        return HF_DONE;
    }
    return status;
}

/* ---- the comparison ---- */

/* A file written by hand ends in a newline; the prefix of an answer may, if that is of lines. */
static hf_bytes without_newline(hf_bytes text)
{
    while (text.size > 0 && text.data[text.size - 1] == '\n') {
        text.size--;
    }
    return text;
}

static bool is_lines(const struct trial *trial)
{
    return trial->access.operation->media == HF_MEDIA_NDJSON;
}

static hf_status add_element(struct trial *trial, const struct hf_json *root, struct hf_json *array,
                             struct hf_json **last)
{
    struct hf_json *element = hf_arena_alloc(&trial->arena, sizeof(*element));
    if (!element) {
        HF_FAIL(NOMEM);
    }
    *element = *root;
    element->next = NULL;
    *(*last ? &(*last)->next : &array->child) = element;
    *last = element;
    array->n_children++;
    return HF_DONE;
}

/* Lines differ like the elements of an array. What is wrong with one is told at its place in the
 * file. */
static hf_status parse_lines(struct trial *trial, hf_bytes text, const struct hf_json **ret_root,
                             struct hf_problem *reterr)
{
    struct hf_json *array = hf_arena_alloc(&trial->arena, sizeof(*array));
    struct hf_json *last = NULL;
    if (!array) {
        HF_FAIL(NOMEM);
    }
    *array = (struct hf_json){.type = HF_JSON_ARRAY};
    for (unsigned n_before = 0; text.size > 0; n_before++) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        hf_bytes line = hf_bytes_of(text.data, end ? (size_t)(end - text.data) : text.size);
        const struct hf_json *root = NULL;
        text = hf_bytes_skip(text, line.size + (end != NULL));
        if (line.size == 0) {
            continue;
        }
        hf_status status = hf_json_parse(line, &answer_limits, &trial->arena, &root, reterr);
        if (!hf_is_ok(status)) {
            reterr->line += n_before;
            return status;
        }
        HF_TRY(add_element(trial, root, array, &last));
    }
    *ret_root = array;
    return HF_DONE;
}

static hf_status parse(struct trial *trial, const char *file, const hf_buf *text,
                       const struct hf_json **ret_root)
{
    struct hf_problem problem = {0};
    hf_status status = is_lines(trial) ? parse_lines(trial, hf_buf_view(text), ret_root, &problem)
                                       : hf_json_parse(hf_buf_view(text), &answer_limits,
                                                       &trial->arena, ret_root, &problem);
    if (!hf_is_ok(status)) {
        hf_print_problem(trial->run->cli, file, status, &problem);
    }
    return status;
}

static hf_status update(struct trial *trial, const struct hf_json *actual)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(4 * DOCUMENT_MAX_BYTES);
    if (actual && !is_lines(trial)) {
        HF_TRY(hf_json_text_pretty(&text, actual));
    } else {
        HF_TRY(hf_buf_append(&text, without_newline(hf_buf_view(&trial->left))));
    }
    HF_TRY(hf_buf_append_byte(&text, '\n'));
    hf_status status = hf_file_write_durable(trial->wanted.expected, hf_buf_view(&text), 0644);
    if (!hf_is_ok(status)) {
        hf_print_problem(trial->run->cli, trial->wanted.expected, status, NULL);
        return status;
    }
    trial->n_different = 0;
    trial->run->n_written++;
    return HF_DONE;
}

/* What is there is compared; what is not is what --update is for. */
static enum hf_exit read_expected(struct trial *trial, bool *ret_is_there)
{
    hf_status status = hf_file_read(trial->wanted.expected, &trial->expected);
    *ret_is_there = hf_is_ok(status);
    if (hf_is_ok(status) || (status.code == HF_NOT_FOUND && trial->run->is_update)) {
        return HF_EXIT_YES;
    }
    return hf_print_problem(trial->run->cli, trial->wanted.expected, status, NULL);
}

static hf_status compare_answer(struct trial *trial, bool is_there)
{
    const struct hf_json *expected = NULL;
    const struct hf_json *actual = NULL;
    if (trial->fault[0]) {
        HF_TRY(note_text(trial, "(prefix)", without_newline(hf_buf_view(&trial->expected)),
                         without_newline(hf_buf_view(&trial->left))));
    } else {
        HF_TRY(parse(trial, "what leaves", &trial->left, &actual));
        HF_TRY(is_there ? parse(trial, trial->wanted.expected, &trial->expected, &expected)
                        : HF_DONE);
        HF_TRY(is_there ? hf_json_diff(expected, actual, note, trial) : HF_DONE);
    }
    bool is_same = is_there && trial->n_different == 0;
    return trial->run->is_update && !is_same ? update(trial, actual) : HF_DONE;
}

static hf_status compare(struct trial *trial)
{
    bool is_there = false;
    HF_TRY(judge(trial));
    HF_TRY(note_word(trial, "(refusal)", trial->wanted.refusal, trial->refusal));
    if (trial->refusal[0] || trial->n_different) {
        return HF_DONE;
    }
    if (hf_read_input(trial->run->cli, trial->wanted.input, &trial->input) != HF_EXIT_YES) {
        trial->is_broken = true;
        return HF_DONE;
    }
    if (lacks_key(trial)) {
        trial->is_broken = true;
        return HF_DONE;
    }
    HF_TRY(redact(trial));
    HF_TRY(note_word(trial, "(fault)", trial->wanted.fault, trial->fault));
    if (trial->n_different) {
        return HF_DONE;
    }
    if (read_expected(trial, &is_there) != HF_EXIT_YES) {
        trial->is_broken = true;
        return HF_DONE;
    }
    return compare_answer(trial, is_there);
}

/* ---- telling ---- */

static void tell_people(const struct trial *trial, bool is_passed)
{
    FILE *out = trial->run->cli->out;
    hf_bytes lines = hf_buf_view(&trial->lines);
    fputs(is_passed ? "ok    " : "FAIL  ", out);
    hf_print_clean(out, hf_bytes_of_string(trial->name));
    fputs(trial->is_broken ? ": could not be run\n" : "\n", out);
    while (!is_passed && lines.size > 0) {
        const uint8_t *end = memchr(lines.data, '\n', lines.size);
        size_t n = (size_t)(end - lines.data);
        hf_print_clean(out, hf_bytes_of(lines.data, n));
        fputc('\n', out);
        lines = hf_bytes_skip(lines, n + 1);
    }
    if (trial->n_different > SHOWN_DIFFERENCES) {
        fprintf(out, "      and %zu more\n", trial->n_different - SHOWN_DIFFERENCES);
    }
}

static hf_status tell_json(const struct trial *trial, bool is_passed)
{
    hf_buf *json = &trial->run->json;
    HF_TRY(hf_buf_append_string(json, json->size ? ",{\"name\":" : "{\"name\":"));
    HF_TRY(hf_json_write_string(json, hf_bytes_of_string(trial->name)));
    HF_TRY(hf_buf_printf(json, ",\"passed\":%s,\"ran\":%s,\"n_differences\":%zu",
                         is_passed ? "true" : "false", trial->is_broken ? "false" : "true",
                         trial->n_different));
    HF_TRY(hf_buf_append_string(json, ",\"differences\":["));
    HF_TRY(is_passed ? HF_DONE : hf_buf_append(json, hf_buf_view(&trial->json)));
    return hf_buf_append_string(json, "]}");
}

static hf_status run_case(struct run *run, const char *folder, const char *file)
{
    char path[PATH_BYTES];
    char name[256];
    HF_CLEANUP(trial_clear)
    struct trial trial = {.run = run,
                          .arena = hf_arena_init(TREE_MAX_BYTES),
                          .input = hf_buf_init(DOCUMENT_MAX_BYTES),
                          .expected = hf_buf_init(DOCUMENT_MAX_BYTES),
                          .lines = hf_buf_init(REPORT_MAX_BYTES),
                          .json = hf_buf_init(REPORT_MAX_BYTES)};
    snprintf(name, sizeof(name), "%.*s", (int)(strlen(file) - strlen(".case.json")), file);
    trial.name = name;
    hf_access_init(&trial.access);
    HF_TRY(hf_path_join(path, sizeof(path), folder, file));
    if (read_case(&trial, path) != HF_EXIT_YES) {
        trial.is_broken = true;
    } else if (!hf_is_ok(compare(&trial))) {
        trial.is_broken = true;
    }
    bool is_passed = !trial.is_broken && trial.n_different == 0;
    run->n_passed += is_passed;
    run->n_failed += !is_passed;
    if (run->cli->is_json) {
        return tell_json(&trial, is_passed);
    }
    tell_people(&trial, is_passed);
    return HF_DONE;
}

static enum hf_exit answer(const struct run *run)
{
    FILE *out = run->cli->out;
    if (run->cli->is_json) {
        fprintf(out, "{\"passed\":%zu,\"failed\":%zu,\"written\":%zu,\"cases\":[%.*s]}\n",
                run->n_passed, run->n_failed, run->n_written, HF_PRINT(hf_buf_view(&run->json)));
    } else {
        fprintf(out, "%zu passed, %zu failed", run->n_passed, run->n_failed);
        if (run->is_update) {
            fprintf(out, ", %zu written", run->n_written);
        }
        fputc('\n', out);
    }
    return run->n_failed ? HF_EXIT_NO : HF_EXIT_YES;
}

static enum hf_exit run_cases(struct run *run, const char *folder)
{
    HF_CLEANUP(hf_folder_names_clear) struct hf_folder_names list = {0};
    hf_status status = hf_folder_list(folder, ".case.json", MAX_CASES, &list.names, &list.n_names);
    if (!hf_is_ok(status)) {
        return hf_print_problem(run->cli, folder, status, NULL);
    }
    if (list.n_names == 0) {
        struct hf_problem problem = {0};
        hf_ignore(hf_problem_set(&problem, HF_NOT_FOUND, NULL, "holds no *.case.json"));
        return hf_print_problem(run->cli, folder, hf_status_of(HF_NOT_FOUND), &problem);
    }
    for (size_t i = 0; i < list.n_names; i++) {
        status = run_case(run, folder, list.names[i]);
        if (!hf_is_ok(status)) {
            return hf_print_problem(run->cli, list.names[i], status, NULL);
        }
    }
    return answer(run);
}

static enum hf_exit run_test(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    struct run run = {.cli = cli,
                      .policy = hf_argument(arguments, "policy"),
                      .is_update = hf_argument_flag(arguments, "update"),
                      .json = hf_buf_init(REPORT_MAX_BYTES)};
    enum hf_exit code = run_cases(&run, arguments->operands[0]);
    hf_buf_clear(&run.json);
    return code;
}

const struct hf_command hf_command_policy_test = {
    .name = "policy test",
    .summary = "run a folder of cases against catalogs and policy",
    .operands = "DIR",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            {.name = "policy", .value = "FILE", .help = "instead of the one that each case names"},
            {.name = "update", .help = "write what leaves into the expected files"},
            {0},
        },
    .has_json = true,
    .details =
        "Each DIR/NAME.case.json says who asks whom for what, with which consents; NAME.in.json "
        "is\n"
        "the source's answer and NAME.out.json what should be left of it (or `refusal`, the code "
        "by\n"
        "which the gateway should refuse; or `fault`, the rule by which the redactor should end "
        "the\n"
        "answer, with the clean prefix in NAME.out.json). Differences are told by their path.\n"
        "Numbers differ by their spelling, objects not by the order of their members. --update\n"
        "writes NAME.out.json where it differs: read what it wrote before you keep it.\n"
        "Exit status 1: some case failed.",
    .examples = "hufu policy test examples/cases\n"
                "hufu policy test examples/cases --policy new-policy.json\n"
                "hufu policy test examples/cases --update",
    .run = run_test,
};
