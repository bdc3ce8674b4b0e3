/*
 * `hufu policy diff`: what a new policy, or a new catalog, changes for whom. It reads both sides
 * and tells what cli/policy_change.h finds, what opens first: that is what must not be overlooked.
 */
#include "base/json.h"
#include "cli/policy_change.h"
#include "cli/policy_files.h"
#include "cli/print.h"
#include "cli/table.h"

enum { REPORT_MAX_BYTES = 64 << 20, CELL_MAX_BYTES = 64 << 10, N_COLUMNS = 4 };

static const char *const TITLES[HF_N_CHANGE_KINDS] = {"opens", "closes", "changes"};

/* One run. */
struct diff {
    const struct hf_cli *cli;
    struct hf_policy_files files[2]; /* old, new */
    size_t n_changes[HF_N_CHANGE_KINDS];
    struct hf_table tables[HF_N_CHANGE_KINDS];
    hf_buf json[HF_N_CHANGE_KINDS]; /* elements */
};

static void diff_clear(struct diff *diff)
{
    for (size_t i = 0; i < HF_N_CHANGE_KINDS; i++) {
        hf_table_clear(&diff->tables[i]);
        hf_buf_clear(&diff->json[i]);
    }
    hf_policy_files_clear(&diff->files[0]);
    hf_policy_files_clear(&diff->files[1]);
}

/* ---- in which accesses ---- */

static const struct {
    const char *name;  /* in JSON */
    const char *words; /* for people, in front of its values */
} AXES[HF_N_AXES] = {
    [HF_AXIS_REACH] = {"consents", ""},          [HF_AXIS_BANK] = {"banks", "bank "},
    [HF_AXIS_PURPOSE] = {"purposes", ""},        [HF_AXIS_SUBJECT_KIND] = {"subject_kinds", ""},
    [HF_AXIS_ACTIONS] = {"actions", "actions "},
};

/* "covered or not_covered; pre_loan; bank 911100001000044477". */
static hf_status write_when(hf_buf *cell, const struct hf_policy_changes *changes,
                            const struct hf_policy_change *change)
{
    for (size_t axis = 0; axis < HF_N_AXES; axis++) {
        const char *separator = AXES[axis].words;
        if (!change->holds[axis]) {
            continue;
        }
        HF_TRY(hf_buf_append_string(cell, cell->size ? "; " : ""));
        for (size_t i = 0; i < hf_changes_n_values(changes, (enum hf_axis)axis); i++) {
            if (change->holds[axis][i]) {
                HF_TRY(hf_buf_printf(cell, "%s%s", separator,
                                     hf_changes_value(changes, (enum hf_axis)axis, i)));
                separator = " or ";
            }
        }
    }
    return cell->size ? HF_DONE : hf_buf_append_string(cell, "always");
}

static hf_status put_axis(hf_buf *json, const struct hf_policy_changes *changes,
                          const struct hf_policy_change *change, enum hf_axis axis)
{
    const char *separator = "";
    HF_TRY(hf_buf_printf(json, ",\"%s\":", AXES[axis].name));
    if (!change->holds[axis]) {
        return hf_buf_append_string(json, "null");
    }
    HF_TRY(hf_buf_append_byte(json, '['));
    for (size_t i = 0; i < hf_changes_n_values(changes, axis); i++) {
        if (change->holds[axis][i]) {
            HF_TRY(hf_buf_printf(json, "%s\"%s\"", separator, hf_changes_value(changes, axis, i)));
            separator = ",";
        }
    }
    return hf_buf_append_byte(json, ']');
}

/* ---- one change ---- */

static hf_status write_operation(hf_buf *buf, const struct hf_operation *operation)
{
    return hf_buf_printf(buf, "%s /%.*s%.*s", hf_method_name(operation->method),
                         HF_PRINT(hf_catalog_source(operation->catalog)),
                         HF_PRINT(operation->path));
}

static hf_status add_row(struct diff *diff, const struct hf_policy_changes *changes,
                         const struct hf_policy_change *change)
{
    struct hf_table *table = &diff->tables[change->kind];
    HF_CLEANUP(hf_buf_clear) hf_buf operation = hf_buf_init(CELL_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf treatment = hf_buf_init(CELL_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf when = hf_buf_init(CELL_MAX_BYTES);
    HF_TRY(hf_buf_append_string(&operation, "  "));
    HF_TRY(write_operation(&operation, change->operation));
    HF_TRY(hf_buf_printf(&treatment, "%s -> %s", change->old_side.text, change->new_side.text));
    HF_TRY(write_when(&when, changes, change));
    hf_table_add(table, hf_buf_view(&operation));
    hf_table_add(table, change->field.size ? change->field : HF_LITERAL("(the answer)"));
    hf_table_add(table, hf_buf_view(&treatment));
    hf_table_add(table, hf_buf_view(&when));
    return HF_DONE;
}

static hf_status add_element(struct diff *diff, const struct hf_policy_changes *changes,
                             const struct hf_policy_change *change)
{
    hf_buf *json = &diff->json[change->kind];
    HF_CLEANUP(hf_buf_clear) hf_buf operation = hf_buf_init(CELL_MAX_BYTES);
    HF_TRY(write_operation(&operation, change->operation));
    HF_TRY(hf_buf_append_string(json, json->size ? ",{\"operation\":" : "{\"operation\":"));
    HF_TRY(hf_json_write_string(json, hf_buf_view(&operation)));
    HF_TRY(hf_buf_printf(json,
                         ",\"dataset\":\"%.*s\",\"field\":", HF_PRINT(change->operation->dataset)));
    HF_TRY(hf_json_write_string(json, change->field));
    HF_TRY(hf_buf_printf(json, ",\"old\":\"%s\",\"new\":\"%s\"", change->old_side.text,
                         change->new_side.text));
    for (int axis = 0; axis < HF_N_AXES; axis++) {
        HF_TRY(put_axis(json, changes, change, (enum hf_axis)axis));
    }
    return hf_buf_append_byte(json, '}');
}

static hf_status visit(void *context, const struct hf_policy_changes *changes,
                       const struct hf_policy_change *change)
{
    struct diff *diff = context;
    diff->n_changes[change->kind]++;
    return diff->cli->is_json ? add_element(diff, changes, change) : add_row(diff, changes, change);
}

/* ---- the answer ---- */

static size_t n_all(const struct diff *diff)
{
    size_t n = 0;
    for (size_t i = 0; i < HF_N_CHANGE_KINDS; i++) {
        n += diff->n_changes[i];
    }
    return n;
}

static enum hf_exit print_tables(const struct diff *diff)
{
    FILE *out = diff->cli->out;
    for (size_t i = 0; i < HF_N_CHANGE_KINDS; i++) {
        if (diff->n_changes[i] == 0) {
            continue;
        }
        fprintf(out, "%s (%zu)\n", TITLES[i], diff->n_changes[i]);
        hf_status status = hf_table_print(out, &diff->tables[i]);
        if (!hf_is_ok(status)) {
            return hf_print_problem(diff->cli, "changes", status, NULL);
        }
    }
    if (n_all(diff) == 0) {
        fputs("no field is treated otherwise\n", out);
    }
    return HF_EXIT_YES;
}

static void print_json(const struct diff *diff)
{
    FILE *out = diff->cli->out;
    fprintf(out, "{\"same\":%s", n_all(diff) ? "false" : "true");
    for (size_t i = 0; i < HF_N_CHANGE_KINDS; i++) {
        fprintf(out, ",\"%s\":[%.*s]", TITLES[i], HF_PRINT(hf_buf_view(&diff->json[i])));
    }
    fputs("}\n", out);
}

static enum hf_exit answer(const struct diff *diff)
{
    enum hf_exit code = HF_EXIT_YES;
    if (diff->cli->is_json) {
        print_json(diff);
    } else {
        code = print_tables(diff);
    }
    return code == HF_EXIT_YES && n_all(diff) ? HF_EXIT_NO : code;
}

/* ---- the run ---- */

static size_t list_paths(const struct hf_arguments *arguments, const char *option,
                         const char **ret_paths)
{
    size_t n = 0;
    const char *path;
    while (n < HF_MAX_OPERANDS && (path = hf_argument_at(arguments, option, n)) != NULL) {
        ret_paths[n++] = path;
    }
    return n;
}

static enum hf_exit read_side(struct diff *diff, const struct hf_arguments *arguments, size_t side)
{
    const char *catalogs[HF_MAX_OPERANDS];
    struct hf_policy_paths paths = {.catalogs = catalogs, .policy = arguments->operands[side]};
    struct hf_policy_files *files = &diff->files[side];
    paths.n_catalogs = side ? list_paths(arguments, "new-catalog", catalogs) : 0;
    if (paths.n_catalogs == 0) {
        paths.n_catalogs = list_paths(arguments, "catalog", catalogs);
    }
    enum hf_exit code = hf_policy_files_load(diff->cli, &paths, NULL, files);
    bool is_whole = files->policy != NULL;
    for (size_t i = 0; i < files->n_catalogs; i++) {
        is_whole = is_whole && files->catalogs[i].catalog;
    }
    return code == HF_EXIT_YES && !is_whole ? HF_EXIT_UNREADABLE : code;
}

static enum hf_exit check_sources(const struct diff *diff, const struct hf_policy_files *files)
{
    for (size_t i = 0; i < files->n_catalogs; i++) {
        for (size_t k = 0; k < i; k++) {
            if (hf_bytes_equal(hf_catalog_source(files->catalogs[i].catalog),
                               hf_catalog_source(files->catalogs[k].catalog))) {
                struct hf_problem problem = {0};
                hf_ignore(hf_problem_set(&problem, HF_CATALOG_INVALID, NULL,
                                         "another catalog here is of this source, too"));
                hf_print_problem(diff->cli, files->catalogs[i].path,
                                 hf_status_of(HF_CATALOG_INVALID), &problem);
                return HF_EXIT_UNREADABLE;
            }
        }
    }
    return HF_EXIT_YES;
}

static enum hf_exit compare(struct diff *diff)
{
    const struct hf_catalog *catalogs[2][HF_MAX_OPERANDS];
    struct hf_policy_side sides[2];
    for (size_t side = 0; side < 2; side++) {
        const struct hf_policy_files *files = &diff->files[side];
        enum hf_exit code = check_sources(diff, files);
        if (code != HF_EXIT_YES) {
            return code;
        }
        for (size_t i = 0; i < files->n_catalogs; i++) {
            catalogs[side][i] = files->catalogs[i].catalog;
        }
        sides[side] = (struct hf_policy_side){catalogs[side], files->n_catalogs, files->policy};
    }
    const struct hf_change_visitor visitor = {visit, diff};
    hf_status status = hf_policy_compare(&sides[0], &sides[1], &visitor);
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(diff->cli, "changes", status, NULL);
}

static enum hf_exit run_diff(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    HF_CLEANUP(diff_clear) struct diff diff = {.cli = cli};
    for (size_t i = 0; i < HF_N_CHANGE_KINDS; i++) {
        diff.tables[i] = hf_table_init(N_COLUMNS);
        diff.json[i] = hf_buf_init(REPORT_MAX_BYTES);
    }
    enum hf_exit code = read_side(&diff, arguments, 0);
    code = code ? code : read_side(&diff, arguments, 1);
    code = code ? code : compare(&diff);
    return code ? code : answer(&diff);
}

const struct hf_command hf_command_policy_diff = {
    .name = "policy diff",
    .summary = "tell what a new policy or catalog changes",
    .operands = "OLD NEW",
    .operand_count = {2, 2},
    .options =
        (const struct hf_option[]){
            {.name = "catalog",
             .value = "FILE",
             .help = "of both sides, or of the old one alone",
             .is_required = true,
             .is_repeatable = true},
            {.name = "new-catalog",
             .value = "FILE",
             .help = "of the new side",
             .is_repeatable = true},
            {0},
        },
    .has_json = true,
    .details =
        "Compiles both policies for every bank, purpose, subject kind and set of actions that "
        "some\n"
        "rule can tell apart, with consents that cover a field, that do not, and without any, and\n"
        "lists each field whose treatment changes: first what opens (becomes visible, or visible "
        "as\n"
        "it is), then what closes, then what changes otherwise. What a line does not name it "
        "holds\n"
        "for. `refused`: without a consent the access itself is; `absent`: the catalog has no "
        "such\n"
        "field. Exit status 0: the same, 1: different, 4: a document cannot be read or has "
        "mistakes.",
    .examples =
        "hufu policy diff policy.json new-policy.json --catalog tax.json --catalog samr.json\n"
        "hufu policy diff policy.json policy.json --catalog tax.json --new-catalog new-tax.json\n"
        "hufu policy diff --json policy.json new-policy.json --catalog tax.json",
    .run = run_diff,
};
