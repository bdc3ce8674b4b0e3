/*
 * `hufu status export`: the status lists of a deployment whose gateway does not run, signed into
 * files, so that outsiders can be served from anywhere meanwhile. A gateway that runs publishes
 * them itself, and holds the registry.
 */
#include "base/file.h"
#include "cli/print.h"
#include "consent/registry_status.h"
#include "consent/status_list.h"

#include <stdio.h>

enum { PATH_BYTES = 4096, MAX_HOURS = 24 * 31, DEFAULT_HOURS = 24, TTL_S = 3600 };

struct export
{
    const struct hf_cli *cli;
    const char *url;
    const char *folder;
    int64_t life_s;
    struct hf_key *key;
    char blamed[PATH_BYTES];
};

static hf_status write_list(void *context, const struct hf_status_view *view)
{
    struct export *export = context;
    char uri[HF_DOCUMENT_URI_MAX_BYTES + 1];
    char name[HF_SLOT_LIST_CHARS + 8];
    const int64_t now_unix_s = hf_clock_unix_s(&export->cli->clock);
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_STATUS_LIST_TEXT_BYTES);
    snprintf(uri, sizeof uri, "%s/status/%s", export->url, view->list);
    snprintf(name, sizeof name, "%s.jwt", view->list);
    const struct hf_status_list_facts facts = {.uri = uri,
                                               .iat_unix_s = now_unix_s,
                                               .exp_unix_s = now_unix_s + export->life_s,
                                               .ttl_s = TTL_S,
                                               .entries = view->entries};
    HF_TRY(hf_path_join(export->blamed, sizeof export->blamed, export->folder, name));
    HF_TRY(hf_status_list_sign(export->key, &facts, &text));
    HF_TRY(hf_file_write_durable(export->blamed, hf_buf_view(&text), 0644));
    fprintf(export->cli->out, "%s %zu\n", uri, view->n_consents);
    return HF_DONE;
}

static hf_status export_all(struct export *export, const char *dir, struct hf_problem *reterr)
{
    char registry_path[PATH_BYTES];
    struct hf_registry *registry = NULL;
    HF_TRY(hf_path_join(export->blamed, sizeof export->blamed, dir, "keys/gateway.key"));
    HF_TRY(hf_key_file_read(export->blamed, &export->key, reterr));
    HF_TRY(hf_path_join(registry_path, sizeof registry_path, dir, "registry"));
    memcpy(export->blamed, registry_path, sizeof export->blamed);
    const struct hf_registry_options options = {.path = registry_path, .clock = export->cli->clock};
    HF_TRY(hf_registry_open(&options, &registry, reterr));
    memcpy(export->blamed, export->folder, strlen(export->folder) + 1);
    hf_status status = hf_folder_create(export->folder, 0755);
    if (hf_is_ok(status)) {
        status = hf_registry_each_status_list(registry, write_list, export);
    }
    hf_registry_close(registry);
    return status;
}

static enum hf_exit read_options(const struct hf_cli *cli, const struct hf_arguments *arguments,
                                 struct export *export)
{
    struct hf_problem problem = {0};
    int64_t hours = DEFAULT_HOURS;
    export->url = hf_argument(arguments, "url");
    export->folder = hf_argument(arguments, "out");
    size_t n = strlen(export->url);
    if (!hf_document_uri_is_valid(hf_bytes_of_string(export->url)) || n > 200 ||
        export->url[n - 1] == '/' || strlen(export->folder) >= PATH_BYTES) {
        return hf_print_usage_error(cli, "--url is https://host[:port], without a slash behind");
    }
    hf_status status = hf_argument_integer(
        arguments, "hours", (struct hf_integer_range){1, MAX_HOURS}, &hours, &problem);
    export->life_s = hours * 3600;
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_option_error(cli, &problem);
}

static enum hf_exit run(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    struct export export = {.cli = cli};
    struct hf_problem problem = {0};
    enum hf_exit code = read_options(cli, arguments, &export);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = export_all(&export, arguments->operands[0], &problem);
    hf_key_unref(export.key);
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, export.blamed, status, &problem);
}

const struct hf_command hf_command_status_export = {
    .name = "status export",
    .summary = "sign the status lists of a gateway that does not run",
    .operands = "DIR",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            {.name = "url",
             .value = "URL",
             .help = "the public listener as receipts name it",
             .is_required = true},
            {.name = "out",
             .value = "FOLDER",
             .help = "for the lists, NAME.jwt each",
             .is_required = true},
            {.name = "hours", .value = "N", .help = "how long they are to be believed (24)"},
            {0},
        },
    .details =
        "Reads DIR/registry, which a running gateway holds, and signs with DIR/keys/gateway.key.\n"
        "Prints the address of each list, under which it is to be served as\n"
        "application/statuslist+jwt, and how many consents have a place in it.",
    .examples = "hufu status export DIR --url https://localhost:8444 --out lists",
    .run = run,
};
