/*
 * Reads documents and hands their mistakes on; decides nothing about them. A file that cannot be
 * read ends the command, a document with mistakes does not: the next may have some, too.
 */
#include "cli/policy_files.h"

#include "cli/print.h"

struct reading {
    const struct hf_cli *cli;
    void (*on_problems)(void *context, const char *path, const struct hf_problems *problems);
    void *context;
};

void hf_policy_files_clear(struct hf_policy_files *files)
{
    for (size_t i = 0; i < files->n_catalogs; i++) {
        hf_catalog_free(files->catalogs[i].catalog);
    }
    hf_policy_free(files->policy);
    hf_buf_clear(&files->policy_text);
    *files = (struct hf_policy_files){.n_catalogs = 0};
}

/* Hands mistakes on; what is no mistake of the document ends the command. */
static enum hf_exit judge(const struct reading *reading, const char *path, hf_status status,
                          const struct hf_problems *problems)
{
    if (problems->n > 0) {
        reading->on_problems(reading->context, path, problems);
        return HF_EXIT_YES;
    }
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(reading->cli, path, status, NULL);
}

static enum hf_exit read_catalog(const struct reading *reading, struct hf_policy_catalog *catalog)
{
    struct hf_problems problems = {.n = 0};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_CATALOG_MAX_BYTES);
    enum hf_exit code = hf_read_input(reading->cli, catalog->path, &text);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = hf_catalog_compile(hf_buf_view(&text), &problems, &catalog->catalog);
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

enum hf_exit hf_policy_files_read(const struct hf_cli *cli, const struct hf_arguments *arguments,
                                  struct hf_policy_files *ret_files,
                                  void (*on_problems)(void *context, const char *path,
                                                      const struct hf_problems *problems),
                                  void *context)
{
    const struct reading reading = {cli, on_problems, context};
    enum hf_exit code = HF_EXIT_YES;
    for (size_t i = 0; i < arguments->n_operands && code == HF_EXIT_YES; i++) {
        struct hf_policy_catalog *catalog = &ret_files->catalogs[ret_files->n_catalogs++];
        *catalog = (struct hf_policy_catalog){.path = arguments->operands[i]};
        code = read_catalog(&reading, catalog);
    }
    ret_files->policy_path = hf_argument(arguments, "policy");
    return code == HF_EXIT_YES ? read_policy(&reading, ret_files) : code;
}
