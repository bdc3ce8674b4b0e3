/*
 * `hufu policy explain`: what happens to every field of an answer, and which rule and which scope
 * decided. It prints what policy/explain.h hands it, which is what the compiler decided, and the
 * verdict of the gateway's own judges; it concludes nothing of its own.
 */
#include "cli/policy_access.h"
#include "cli/policy_files.h"
#include "cli/print.h"
#include "cli/table.h"
#include "policy/explain.h"

enum { JSON_MAX_BYTES = 16 << 20, CELL_MAX_BYTES = 1 << 16 };

/* One run. */
struct explain {
    const struct hf_cli *cli;
    struct hf_policy_files files;
    struct hf_access_words words;
    struct hf_access access;
    struct hf_compiled_view *view;
    hf_status verdict; /* of the gateway's judges */
    struct hf_problem refusal;
    struct hf_table table;
    hf_buf json; /* elements of "fields" */
};

static void explain_clear(struct explain *explain)
{
    hf_compiled_view_unref(explain->view);
    hf_access_clear(&explain->access);
    hf_policy_files_clear(&explain->files);
    hf_table_clear(&explain->table);
    hf_buf_clear(&explain->json);
}

/* ---- where things stand ---- */

struct place {
    const char *file;
    unsigned line;
    unsigned column;
};

static struct place place_of_rule(const struct explain *explain, const struct hf_rule *rule)
{
    struct place place = {.file = explain->files.policy_path};
    hf_json_position(hf_buf_view(&explain->files.policy_text), rule->offset, &place.line,
                     &place.column);
    return place;
}

static struct place place_of_leaf(const struct explain *explain, const struct hf_schema_field *leaf)
{
    const struct hf_policy_catalog *catalog = &explain->files.catalogs[0];
    struct place place = {.file = catalog->path};
    hf_json_position(hf_buf_view(&catalog->text), leaf->offset, &place.line, &place.column);
    return place;
}

/* A scope, found again in the claims that it came from. */
struct origin {
    const char *file;
    size_t consent;
    size_t index; /* in authorization_details */
};

static struct origin origin_of(const struct explain *explain, const struct hf_grant_scope *scope)
{
    const struct hf_access *access = &explain->access;
    const struct hf_cover *cover = &access->judgement.covers[scope - access->scopes];
    return (struct origin){.file = explain->words.claims[cover->consent],
                           .consent = cover->consent,
                           .index = (size_t)(cover->scope - access->claims[cover->consent].scopes)};
}

/* ---- the table ---- */

static const char *name_of(const struct hf_schema_field *leaf)
{
    return leaf->classified ? hf_field_name(leaf->class) : "none";
}

static hf_status write_scope(hf_buf *cell, const struct explain *explain,
                             const struct hf_grant_scope *scope)
{
    const struct origin origin = origin_of(explain, scope);
    return hf_buf_printf(cell, "scope %zu of %s", origin.index, origin.file);
}

static hf_status write_rule(hf_buf *cell, const struct explain *explain,
                            const struct hf_explained_leaf *leaf)
{
    if (!leaf->rule) {
        return HF_DONE;
    }
    const struct place place = place_of_rule(explain, leaf->rule);
    HF_TRY(hf_buf_printf(cell, "; rule %zu (%s:%u:%u)", leaf->rule->index, place.file, place.line,
                         place.column));
    return leaf->is_with ? HF_DONE : hf_buf_append_string(cell, ", without consent");
}

/* By whose word it leaves, and where. */
static hf_status write_owner(hf_buf *cell, const struct explain *explain,
                             const struct hf_explained_leaf *leaf)
{
    int n_others = __builtin_popcount(leaf->persons) - 1;
    HF_TRY(write_scope(cell, explain, leaf->scope));
    if (n_others > 0) {
        HF_TRY(hf_buf_printf(cell, " (and of %d other%s)", n_others, n_others > 1 ? "s" : ""));
    }
    if (leaf->leaf->owner.size == 0) {
        return hf_buf_append_string(cell, " where it names the grantor");
    }
    return hf_buf_printf(cell, " where `%.*s` names the grantor", HF_PRINT(leaf->leaf->owner));
}

/* For people: who decided, in one line. */
static hf_status write_why(hf_buf *cell, const struct explain *explain,
                           const struct hf_explained_leaf *leaf)
{
    const struct place place = place_of_leaf(explain, leaf->leaf);
    switch (leaf->reason) {
    case HF_REASON_COVERED:
        HF_TRY(write_scope(cell, explain, leaf->scope));
        if (leaf->by_whom) {
            HF_TRY(hf_buf_append_string(cell, " and "));
            HF_TRY(write_scope(cell, explain, leaf->by_whom));
        }
        break;
    case HF_REASON_OWNED:
        HF_TRY(write_owner(cell, explain, leaf));
        break;
    case HF_REASON_NOT_COVERED:
        HF_TRY(hf_buf_append_string(cell, hf_lack_sentence(leaf->lack)));
        break;
    case HF_REASON_NO_CLASS:
    case HF_REASON_BESIDE_ROWS:
    case HF_REASON_NOBODYS:
        return hf_buf_printf(cell, "%s (%s:%u:%u)", hf_reason_sentence(leaf->reason), place.file,
                             place.line, place.column);
    case HF_REASON_NOT_AGREED:
    case HF_REASON_NO_RULE:
        return hf_buf_append_string(cell, hf_reason_sentence(leaf->reason));
    case HF_REASON_SOLE_TRADER:
    case HF_REASON_MISFIT:
    case HF_REASON_PUBLIC:
    case HF_N_REASONS:
        HF_TRY(hf_buf_append_string(cell, hf_reason_sentence(leaf->reason)));
        break;
    }
    return write_rule(cell, explain, leaf);
}

static hf_status add_row(struct explain *explain, const struct hf_explained_leaf *leaf)
{
    HF_CLEANUP(hf_buf_clear) hf_buf treatment = hf_buf_init(CELL_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf why = hf_buf_init(CELL_MAX_BYTES);
    HF_TRY(hf_treatment_write(&leaf->treatment, &treatment));
    HF_TRY(write_why(&why, explain, leaf));
    hf_table_add(&explain->table,
                 leaf->leaf->path.size ? leaf->leaf->path : HF_LITERAL("(the answer)"));
    hf_table_add(&explain->table, hf_bytes_of_string(name_of(leaf->leaf)));
    hf_table_add(&explain->table, hf_buf_view(&treatment));
    hf_table_add(&explain->table, hf_buf_view(&why));
    return HF_DONE;
}

/* ---- JSON ---- */

static hf_status put_string(hf_buf *json, const char *name, const char *value)
{
    HF_TRY(hf_buf_printf(json, ",\"%s\":", name));
    return value ? hf_json_write_string(json, hf_bytes_of_string(value))
                 : hf_buf_append_string(json, "null");
}

static hf_status put_place(hf_buf *json, const struct place *place)
{
    HF_TRY(put_string(json, "file", place->file));
    return hf_buf_printf(json, ",\"line\":%u,\"column\":%u}", place->line, place->column);
}

static hf_status put_rule(hf_buf *json, const struct explain *explain,
                          const struct hf_explained_leaf *leaf)
{
    if (!leaf->rule) {
        return hf_buf_append_string(json, ",\"rule\":null");
    }
    const struct place place = place_of_rule(explain, leaf->rule);
    HF_TRY(hf_buf_printf(json, ",\"rule\":{\"index\":%zu,\"by\":\"%s\"", leaf->rule->index,
                         leaf->is_with ? "do" : "without_consent"));
    return put_place(json, &place);
}

static hf_status put_scope(hf_buf *json, const struct explain *explain, const char *name,
                           const struct hf_grant_scope *scope)
{
    if (!scope) {
        return hf_buf_printf(json, ",\"%s\":null", name);
    }
    const struct origin origin = origin_of(explain, scope);
    HF_TRY(hf_buf_printf(json, ",\"%s\":{\"consent\":%zu,\"index\":%zu", name, origin.consent,
                         origin.index));
    HF_TRY(put_string(json, "file", origin.file));
    return hf_buf_append_byte(json, '}');
}

/* Whom the value must be about to leave; the field is null where the value itself says so. */
static hf_status put_owner(hf_buf *json, const struct explain *explain,
                           const struct hf_explained_leaf *leaf)
{
    hf_bytes persons[HF_GRANT_MAX_CONSENTS];
    size_t n = hf_view_persons(&explain->access.request, persons);
    hf_bytes owner = leaf->leaf->owner;
    const char *separator = "";
    if (leaf->reason != HF_REASON_OWNED) {
        return hf_buf_append_string(json, ",\"owner\":null");
    }
    HF_TRY(hf_buf_append_string(json, ",\"owner\":{\"field\":"));
    HF_TRY(owner.size ? hf_json_write_string(json, owner) : hf_buf_append_string(json, "null"));
    HF_TRY(hf_buf_append_string(json, ",\"persons\":["));
    for (size_t i = 0; i < n; i++) {
        if (leaf->persons >> i & 1) {
            HF_TRY(hf_buf_append_string(json, separator));
            HF_TRY(hf_json_write_string(json, persons[i]));
            separator = ",";
        }
    }
    return hf_buf_append_string(json, "]}");
}

static hf_status add_element(struct explain *explain, const struct hf_explained_leaf *leaf)
{
    hf_buf *json = &explain->json;
    const struct place place = place_of_leaf(explain, leaf->leaf);
    HF_CLEANUP(hf_buf_clear) hf_buf treatment = hf_buf_init(CELL_MAX_BYTES);
    const char *text = NULL;
    HF_TRY(hf_treatment_write(&leaf->treatment, &treatment));
    HF_TRY(hf_buf_string(&treatment, &text));
    HF_TRY(hf_buf_append_string(json, json->size ? ",{\"path\":" : "{\"path\":"));
    HF_TRY(hf_json_write_string(json, leaf->leaf->path));
    HF_TRY(put_string(json, "class", leaf->leaf->classified ? name_of(leaf->leaf) : NULL));
    HF_TRY(hf_buf_printf(json, ",\"level\":%u", leaf->leaf->level));
    HF_TRY(put_string(json, "treatment", text));
    HF_TRY(hf_buf_printf(json, ",\"released\":%s", leaf->is_released ? "true" : "false"));
    HF_TRY(put_string(json, "reason", hf_reason_name(leaf->reason)));
    HF_TRY(
        put_string(json, "lacks", leaf->lack == HF_LACK_NOTHING ? NULL : hf_lack_name(leaf->lack)));
    HF_TRY(put_rule(json, explain, leaf));
    HF_TRY(put_scope(json, explain, "scope", leaf->scope));
    HF_TRY(put_scope(json, explain, "person_scope", leaf->by_whom));
    HF_TRY(put_owner(json, explain, leaf));
    HF_TRY(hf_buf_append_string(json, ",\"catalog\":{"));
    HF_TRY(hf_buf_printf(json, "\"line\":%u,\"column\":%u}", place.line, place.column));
    return hf_buf_append_byte(json, '}');
}

static hf_status visit(void *context, const struct hf_explained_leaf *leaf)
{
    struct explain *explain = context;
    return explain->cli->is_json ? add_element(explain, leaf) : add_row(explain, leaf);
}

/* ---- what stands above the fields ---- */

/* Of dated rows only. */
static const struct hf_grant_scope *leading(const struct explain *explain)
{
    return explain->view && explain->access.operation->rows
               ? hf_view_leading(&explain->access.request)
               : NULL;
}

static void print_range(const struct explain *explain)
{
    const struct hf_grant_scope *scope = leading(explain);
    FILE *out = explain->cli->out;
    char from[HF_DATE_CHARS + 1];
    char to[HF_DATE_CHARS + 1];
    if (!scope) {
        return;
    }
    const struct origin origin = origin_of(explain, scope);
    hf_date_write(scope->range.first_day, from);
    hf_date_write(scope->range.last_day, to);
    fprintf(out, "rows: %s..%s, as scope %zu of ", from, to, origin.index);
    hf_print_clean(out, hf_bytes_of_string(origin.file));
    fputc('\n', out);
}

static void print_verdict(const struct explain *explain)
{
    FILE *out = explain->cli->out;
    if (hf_is_ok(explain->verdict)) {
        fputs("verdict: allow\n", out);
        return;
    }
    fprintf(out, "verdict: deny %s", hf_code_info(explain->verdict.code)->name);
    if (explain->refusal.where[0]) {
        fputs(": ", out);
        hf_print_clean(out, hf_bytes_of_string(explain->refusal.where));
    }
    fputs(": ", out);
    hf_print_clean(out, hf_bytes_of_string(explain->refusal.detail[0]
                                               ? explain->refusal.detail
                                               : hf_code_info(explain->verdict.code)->sentence));
    fputc('\n', out);
}

static void print_charged(const struct explain *explain)
{
    for (size_t i = 0; explain->view && i < explain->words.n_claims; i++) {
        if (explain->view->charged >> i & 1) {
            fputs("charged: ", explain->cli->out);
            hf_print_clean(explain->cli->out, hf_bytes_of_string(explain->words.claims[i]));
            fputc('\n', explain->cli->out);
        }
    }
}

static enum hf_exit print_table(const struct explain *explain)
{
    const struct hf_operation *operation = explain->access.operation;
    FILE *out = explain->cli->out;
    fprintf(out, "operation: %s ", hf_method_name(operation->method));
    hf_print_clean(out, operation->path);
    fprintf(out, " (%.*s)\n", HF_PRINT(operation->dataset));
    print_verdict(explain);
    print_range(explain);
    print_charged(explain);
    if (!explain->view) {
        return HF_EXIT_YES;
    }
    fputc('\n', out);
    hf_status status = hf_table_print(out, &explain->table);
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(explain->cli, "fields", status, NULL);
}

static hf_status put_range(hf_buf *json, const struct explain *explain)
{
    const struct hf_grant_scope *scope = leading(explain);
    char from[HF_DATE_CHARS + 1];
    char to[HF_DATE_CHARS + 1];
    if (!scope) {
        return hf_buf_append_string(json, ",\"rows\":null");
    }
    hf_date_write(scope->range.first_day, from);
    hf_date_write(scope->range.last_day, to);
    HF_TRY(hf_buf_printf(json, ",\"rows\":{\"from\":\"%s\",\"to\":\"%s\"", from, to));
    HF_TRY(put_scope(json, explain, "scope", scope));
    return hf_buf_append_byte(json, '}');
}

static hf_status put_actions(hf_buf *json, unsigned actions)
{
    const char *separator = "";
    HF_TRY(hf_buf_append_string(json, ",\"actions\":["));
    for (unsigned bit = 1; bit <= HF_ACTION_ALL; bit <<= 1) {
        if (actions & bit) {
            HF_TRY(hf_buf_printf(json, "%s\"%s\"", separator, hf_action_name(bit)));
            separator = ",";
        }
    }
    return hf_buf_append_byte(json, ']');
}

static hf_status put_view(hf_buf *json, const struct explain *explain)
{
    const char *separator = "";
    if (!explain->view) {
        return hf_buf_append_string(json, ",\"access_policy\":null,\"charged\":[]");
    }
    HF_TRY(
        hf_buf_printf(json, ",\"access_policy\":\"%s\",\"charged\":[", explain->view->digest_text));
    for (size_t i = 0; i < explain->words.n_claims; i++) {
        if (explain->view->charged >> i & 1) {
            HF_TRY(hf_buf_printf(json, "%s%zu", separator, i));
            separator = ",";
        }
    }
    return hf_buf_append_byte(json, ']');
}

static hf_status write_head(hf_buf *json, const struct explain *explain)
{
    const struct hf_access *access = &explain->access;
    const bool is_allowed = hf_is_ok(explain->verdict);
    HF_TRY(hf_buf_printf(json, "{\"verdict\":\"%s\"", is_allowed ? "allow" : "deny"));
    HF_TRY(put_string(json, "code", is_allowed ? NULL : hf_code_info(explain->verdict.code)->name));
    HF_TRY(
        put_string(json, "attribute", explain->refusal.where[0] ? explain->refusal.where : NULL));
    HF_TRY(put_string(json, "operation", explain->words.operation));
    HF_TRY(hf_buf_printf(json, ",\"dataset\":\"%.*s\"", HF_PRINT(access->operation->dataset)));
    HF_TRY(put_string(json, "bank", access->bank));
    HF_TRY(put_string(json, "subject", access->subject));
    HF_TRY(put_string(json, "subject_kind", hf_subject_kind_name((unsigned)access->subject_kind)));
    HF_TRY(put_string(json, "purpose", hf_purpose_name(access->purpose)));
    HF_TRY(put_actions(json, access->actions));
    HF_TRY(put_range(json, explain));
    HF_TRY(put_view(json, explain));
    return hf_buf_append_string(json, ",\"fields\":[");
}

static enum hf_exit print_json(const struct explain *explain)
{
    HF_CLEANUP(hf_buf_clear) hf_buf head = hf_buf_init(JSON_MAX_BYTES);
    hf_status status = write_head(&head, explain);
    if (!hf_is_ok(status)) {
        return hf_print_problem(explain->cli, "explanation", status, NULL);
    }
    fwrite(head.data, 1, head.size, explain->cli->out);
    fwrite(explain->json.data, 1, explain->json.size, explain->cli->out);
    fputs("]}\n", explain->cli->out);
    return HF_EXIT_YES;
}

/* ---- the run ---- */

static enum hf_exit read_access(struct explain *explain, const struct hf_arguments *arguments)
{
    struct hf_problem problem = {0};
    enum hf_exit code = hf_policy_files_read(explain->cli, arguments, NULL, &explain->files);
    const struct hf_access_documents documents = {explain->files.catalogs[0].catalog,
                                                  explain->files.policy};
    if (code != HF_EXIT_YES) {
        return code;
    }
    if (!documents.catalog || !documents.policy) {
        return HF_EXIT_NO;
    }
    code = hf_access_read(explain->cli, &explain->words, &documents, &explain->access, &problem);
    return code == HF_EXIT_USAGE ? hf_print_option_error(explain->cli, &problem) : code;
}

/* A verdict that is a no leaves fields to explain once there is a view. */
static enum hf_exit explain_access(struct explain *explain)
{
    struct hf_access *access = &explain->access;
    explain->verdict = hf_access_judge(access, &explain->refusal);
    if (!hf_is_ok(explain->verdict)) {
        return HF_EXIT_YES;
    }
    hf_status status = hf_view_compile(&access->request, &explain->view);
    if (hf_is_ok(status)) {
        explain->verdict = hf_compiled_view_judge(explain->view, access->operation,
                                                  access->n_claims > 0, &explain->refusal);
        status = hf_view_explain(&access->request, visit, explain);
    }
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(explain->cli, "view", status, NULL);
}

static void add_titles(struct hf_table *table)
{
    hf_table_add(table, HF_LITERAL("FIELD"));
    hf_table_add(table, HF_LITERAL("CLASS"));
    hf_table_add(table, HF_LITERAL("TREATMENT"));
    hf_table_add(table, HF_LITERAL("WHY"));
}

static enum hf_exit run_explain(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    HF_CLEANUP(explain_clear)
    struct explain explain = {
        .cli = cli, .table = hf_table_init(4), .json = hf_buf_init(JSON_MAX_BYTES)};
    hf_access_init(&explain.access);
    add_titles(&explain.table);
    enum hf_exit code = hf_access_words_of(cli, arguments, &explain.words);
    code = code ? code : read_access(&explain, arguments);
    code = code ? code : explain_access(&explain);
    if (code == HF_EXIT_YES) {
        code = cli->is_json ? print_json(&explain) : print_table(&explain);
    }
    return code == HF_EXIT_YES && !hf_is_ok(explain.verdict) ? HF_EXIT_NO : code;
}

const struct hf_command hf_command_policy_explain = {
    .name = "policy explain",
    .summary = "tell what happens to each field, and why",
    .operands = "CATALOG",
    .operand_count = {1, 1},
    .options = (const struct hf_option[]){HF_ACCESS_OPTIONS, {0}},
    .has_json = true,
    .details =
        "Prints every field of the operation's answer with its class, what happens to it, and who\n"
        "decided: the rule with its place in the policy, the scope of the consent, or the reason\n"
        "for which it stays whatever policy and consents say. By the gateway's own compiler.\n"
        "Consents are judged as the gateway judges them but for signature, hour, state, uses and\n"
        "certificate; agreement and ceilings where they are given, else all is agreed. Exit "
        "status\n"
        "1: the gateway would refuse the access; the first line says by which code.",
    .examples =
        "hufu policy explain tax.json --policy policy.json --operation 'GET /rating/{uscc}.json' "
        "--bank 911100001000044477 --subject 91350100M000100Y43\n"
        "hufu policy explain tax.json --policy policy.json --operation 'GET /payment/{uscc}.json' "
        "--bank 911100001000044477 --consent-claims claims.json --purpose pre_loan "
        "--actions query,analyse --agreement 911100001000044477.tax.json --json",
    .run = run_explain,
};
