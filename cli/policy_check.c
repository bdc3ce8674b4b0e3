/*
 * `hufu policy check`: every mistake of catalogs and policy in one run, so that an author mends all
 * of them before the gateway is asked to read them. It asks what hufud asks when it starts, no more
 * and no less. `--json` names the same mistakes for other programs.
 */
#include "base/json.h"
#include "cli/command.h"
#include "cli/policy_files.h"
#include "cli/print.h"
#include "cli/result.h"
#include "policy/catalog_warn.h"
#include "policy/compile.h"

enum { REPORT_MAX_BYTES = 4 << 20 };

/* What was found so far. */
struct report {
    const struct hf_cli *cli;
    hf_buf json;     /* the elements of an array */
    hf_buf warnings; /* the same */
    size_t n;        /* mistakes, also those that were not told */
    enum hf_exit code;
};

static void report_clear(struct report *report)
{
    hf_buf_clear(&report->json);
    hf_buf_clear(&report->warnings);
}

static hf_status write_problem(hf_buf *json, const char *path, const struct hf_problem *problem)
{
    HF_TRY(hf_buf_append_string(json, json->size > 0 ? ",{\"file\":" : "{\"file\":"));
    HF_TRY(hf_json_write_string(json, hf_bytes_of_string(path)));
    HF_TRY(hf_buf_printf(json, ",\"line\":%u,\"column\":%u,\"where\":", problem->line,
                         problem->column));
    HF_TRY(hf_json_write_string(json, hf_bytes_of_string(problem->where)));
    HF_TRY(hf_buf_append_string(json, ",\"detail\":"));
    HF_TRY(hf_json_write_string(json, hf_bytes_of_string(problem->detail)));
    return hf_buf_append_byte(json, '}');
}

static void tell(struct report *report, const char *path, const struct hf_problem *problem)
{
    report->n++;
    if (!report->cli->is_json) {
        hf_print_problem(report->cli, path, hf_status_of(problem->code), problem);
    } else if (!hf_is_ok(write_problem(&report->json, path, problem))) {
        report->code = HF_EXIT_UNREADABLE;
    }
}

/* A warning is no mistake: it is told and not counted. */
static void tell_warning(struct report *report, const char *path, const struct hf_problem *warning)
{
    struct hf_problem told = *warning;
    if (report->cli->is_json) {
        if (!hf_is_ok(write_problem(&report->warnings, path, warning))) {
            report->code = HF_EXIT_UNREADABLE;
        }
        return;
    }
    (void)snprintf(told.detail, sizeof(told.detail), "warning: %.*s",
                   (int)(sizeof(told.detail) - sizeof("warning: ")), warning->detail);
    hf_print_problem(report->cli, path, hf_status_of(told.code), &told);
}

static void tell_all(struct report *report, const char *path, const struct hf_problems *problems)
{
    for (size_t i = 0; i < problems->n; i++) {
        tell(report, path, &problems->items[i]);
    }
    if (problems->n_left_out > 0) {
        struct hf_problem more = {0};
        hf_ignore(hf_problem_set(&more, problems->items[0].code, NULL,
                                 "and %zu more; mend these first", problems->n_left_out));
        tell(report, path, &more);
    }
}

/* ---- the checks ---- */

static void check_source(struct report *report, const struct hf_policy_files *files, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (files->catalogs[i].catalog && files->catalogs[index].catalog &&
            hf_bytes_equal(hf_catalog_source(files->catalogs[i].catalog),
                           hf_catalog_source(files->catalogs[index].catalog))) {
            struct hf_problem problem = {0};
            hf_ignore(hf_problem_set(&problem, HF_CATALOG_INVALID, "/info/x-hufu/source",
                                     "another catalog here is of this source, too; a source has "
                                     "one catalog"));
            tell(report, files->catalogs[index].path, &problem);
        }
    }
}

static void check_classes(struct report *report, const struct hf_policy_catalog *catalog)
{
    struct hf_problems warnings = {.n = 0};
    hf_catalog_warn(catalog->catalog, hf_buf_view(&catalog->text), &warnings);
    for (size_t i = 0; i < warnings.n; i++) {
        tell_warning(report, catalog->path, &warnings.items[i]);
    }
}

/* A view that cannot be built would be found by the first bank that asks. */
static void check_views(struct report *report, const struct hf_policy_files *files,
                        const struct hf_catalog *catalog)
{
    for (size_t i = 0; i < hf_catalog_n_operations(catalog); i++) {
        const struct hf_view_request request = {.operation = hf_catalog_operation(catalog, i),
                                                .policy = files->policy,
                                                .subject_kind = HF_SUBJECT_LEGAL};
        struct hf_compiled_view *view = NULL;
        hf_status status = hf_view_compile(&request, &view);
        hf_compiled_view_unref(view);
        if (!hf_is_ok(status)) {
            struct hf_problem problem = {0};
            hf_ignore(hf_problem_set(&problem, status.code, NULL,
                                     "operation %zu is too large for a view; split its answer",
                                     i + 1));
            tell(report, files->policy_path, &problem);
        }
    }
}

static void check_fit(struct report *report, const struct hf_policy_files *files)
{
    for (size_t i = 0; i < files->n_catalogs; i++) {
        const struct hf_catalog *catalog = files->catalogs[i].catalog;
        struct hf_problems problems = {.n = 0};
        check_source(report, files, i);
        if (catalog) {
            check_classes(report, &files->catalogs[i]);
        }
        if (!catalog || !files->policy) {
            continue;
        }
        hf_status status = hf_policy_check_fit(files->policy, hf_buf_view(&files->policy_text),
                                               catalog, &problems);
        tell_all(report, files->policy_path, &problems);
        if (hf_is_ok(status)) {
            check_views(report, files, catalog);
        }
    }
}

/* ---- the answer ---- */

static void print_summary(const struct hf_cli *cli, const struct hf_policy_files *files)
{
    for (size_t i = 0; i < files->n_catalogs; i++) {
        const struct hf_policy_catalog *catalog = &files->catalogs[i];
        hf_print_clean(cli->out, hf_bytes_of_string(catalog->path));
        fprintf(cli->out, ": %.*s, %zu operations\n", HF_PRINT(hf_catalog_source(catalog->catalog)),
                hf_catalog_n_operations(catalog->catalog));
    }
    hf_print_clean(cli->out, hf_bytes_of_string(files->policy_path));
    fprintf(cli->out, ": version ");
    hf_print_clean(cli->out, hf_policy_version(files->policy));
    fprintf(cli->out, ", %zu rules\n", hf_policy_n_rules(files->policy));
}

static enum hf_exit answer(struct report *report, const struct hf_policy_files *files)
{
    const struct hf_cli *cli = report->cli;
    if (report->code != HF_EXIT_YES) {
        return report->code;
    }
    if (cli->is_json) {
        fprintf(cli->out, "{\"valid\":%s,\"problems\":[%.*s],\"warnings\":[%.*s]}\n",
                report->n ? "false" : "true", HF_PRINT(hf_buf_view(&report->json)),
                HF_PRINT(hf_buf_view(&report->warnings)));
    } else if (report->n == 0) {
        print_summary(cli, files);
    } else {
        fprintf(cli->err, "%zu mistakes\n", report->n);
    }
    return report->n ? HF_EXIT_NO : HF_EXIT_YES;
}

static void on_problems(void *context, const char *path, const struct hf_problems *problems)
{
    tell_all(context, path, problems);
}

static enum hf_exit run_check(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    HF_CLEANUP(report_clear)
    struct report report = {.cli = cli,
                            .json = hf_buf_init(REPORT_MAX_BYTES),
                            .warnings = hf_buf_init(REPORT_MAX_BYTES)};
    HF_CLEANUP(hf_policy_files_clear) struct hf_policy_files files = {.n_catalogs = 0};
    const struct hf_policy_listener listener = {on_problems, &report};
    report.code = hf_policy_files_read(cli, arguments, &listener, &files);
    if (report.code == HF_EXIT_YES) {
        check_fit(&report, &files);
    }
    return answer(&report, &files);
}

const struct hf_command hf_command_policy_check = {
    .name = "policy check",
    .summary = "find every mistake of catalogs and a policy",
    .operands = "CATALOG…",
    .operand_count = {1, HF_MAX_OPERANDS},
    .options =
        (const struct hf_option[]){
            {.name = "policy",
             .value = "FILE",
             .help = "the operator's rules",
             .is_required = true},
            {0},
        },
    .has_json = true,
    .details =
        "Reads OpenAPI documents with x-hufu annotations and a policy, and tells each mistake "
        "with\n"
        "file, line, column and how to mend it. Besides the form of each document: whether every\n"
        "treatment fits every field that its rule can reach, and whether rules for a source name\n"
        "datasets and fields that its catalog has. Exit status 1: there are mistakes. Warnings "
        "are\n"
        "none: a class that looks too loose for what the field seems to be.",
    .examples = "hufu policy check tax.json samr.json --policy policy.json\n"
                "hufu policy check --json catalogs/*.json --policy policy.json",
    .run = run_check,
};
