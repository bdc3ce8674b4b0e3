/*
 * Reads documents and hands their mistakes on; decides nothing about them. A file that cannot be
 * read ends the command, a document with mistakes does not: the next may have some, too.
 */
#include "cli/policy_files.h"

#include "cli/print.h"

struct reading {
    const struct hf_cli *cli;
    const struct hf_policy_listener *listener;
};

void hf_policy_files_clear(struct hf_policy_files *files)
{
    for (size_t i = 0; i < files->n_catalogs; i++) {
        hf_catalog_free(files->catalogs[i].catalog);
        hf_buf_clear(&files->catalogs[i].text);
    }
    hf_policy_free(files->policy);
    hf_buf_clear(&files->policy_text);
    *files = (struct hf_policy_files){.n_catalogs = 0};
}

static void print_problems(const struct hf_cli *cli, const char *path,
                           const struct hf_problems *problems)
{
    for (size_t i = 0; i < problems->n; i++) {
        hf_print_problem(cli, path, hf_status_of(problems->items[i].code), &problems->items[i]);
    }
    if (problems->n_left_out > 0) {
        fprintf(cli->err, "and %zu more; mend these first\n", problems->n_left_out);
    }
}

/* Hands mistakes on; what is no mistake of the document ends the command. */
static enum hf_exit judge(const struct reading *reading, const char *path, hf_status status,
                          const struct hf_problems *problems)
{
    if (problems->n > 0 && !reading->listener) {
        print_problems(reading->cli, path, problems);
        return HF_EXIT_YES;
    }
    if (problems->n > 0) {
        reading->listener->on_problems(reading->listener->context, path, problems);
        return HF_EXIT_YES;
    }
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(reading->cli, path, status, NULL);
}

static enum hf_exit read_catalog(const struct reading *reading, struct hf_policy_catalog *catalog)
{
    struct hf_problems problems = {.n = 0};
    catalog->text = hf_buf_init(HF_CATALOG_MAX_BYTES);
    enum hf_exit code = hf_read_input(reading->cli, catalog->path, &catalog->text);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status =
        hf_catalog_compile(hf_buf_view(&catalog->text), &problems, &catalog->catalog);
    return judge(reading, catalog->path, status, &problems);
}

static enum hf_exit read_policy(const struct reading *reading, struct hf_policy_files *files)
{
    struct hf_problems problems = {.n = 0};
    files->policy_text = hf_buf_init(HF_POLICY_MAX_BYTES);
    enum hf_exit code = hf_read_input(reading->cli, files->policy_path, &files->policy_text);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status =
        hf_policy_compile(hf_buf_view(&files->policy_text), &problems, &files->policy);
    return judge(reading, files->policy_path, status, &problems);
}

enum hf_exit hf_policy_files_load(const struct hf_cli *cli, const struct hf_policy_paths *paths,
                                  const struct hf_policy_listener *listener,
                                  struct hf_policy_files *ret_files)
{
    const struct reading reading = {cli, listener};
    enum hf_exit code = HF_EXIT_YES;
    for (size_t i = 0; i < paths->n_catalogs && code == HF_EXIT_YES; i++) {
        struct hf_policy_catalog *catalog = &ret_files->catalogs[ret_files->n_catalogs++];
        *catalog = (struct hf_policy_catalog){.path = paths->catalogs[i]};
        code = read_catalog(&reading, catalog);
    }
    ret_files->policy_path = paths->policy;
    return code == HF_EXIT_YES ? read_policy(&reading, ret_files) : code;
}

enum hf_exit hf_policy_files_read(const struct hf_cli *cli, const struct hf_arguments *arguments,
                                  const struct hf_policy_listener *listener,
                                  struct hf_policy_files *ret_files)
{
    const struct hf_policy_paths paths = {.catalogs = arguments->operands,
                                          .n_catalogs = arguments->n_operands,
                                          .policy = hf_argument(arguments, "policy")};
    return hf_policy_files_load(cli, &paths, listener, ret_files);
}
