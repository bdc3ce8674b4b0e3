/*
 * `hufu init`: a whole deployment at once. It is laid out in a folder of another name beside its
 * place and renamed into it as the last step, so DIR is either complete or untouched, whatever
 * fails on the way and whenever.
 */
#include "cli/init_parts.h"

#include "base/file.h"
#include "cli/print.h"

#include <errno.h>
#include <ftw.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PORT_DEFAULT = 8443, PORT_MAX = 65535 - 4, FTW_DESCRIPTORS = 16 };

const char *const hf_init_banks[HF_INIT_N_BANKS] = {"911100001000044477", "91100000100003962T"};
const char *const hf_init_sources[HF_INIT_N_SOURCES] = {"tax", "samr"};

hf_status hf_init_path(struct hf_init *init, const char *name, char ret_path[static PATH_MAX])
{
    HF_TRY(hf_path_join(ret_path, PATH_MAX, init->root, name));
    memcpy(init->blamed, ret_path, strlen(ret_path) + 1);
    return HF_DONE;
}

hf_status hf_init_put(struct hf_init *init, const char *name, hf_bytes content, mode_t mode)
{
    char path[PATH_MAX];
    HF_TRY(hf_init_path(init, name, path));
    return hf_file_create_durable(path, content, mode);
}

/* ---- the folder ---- */

static hf_status make_folders(struct hf_init *init)
{
    static const struct {
        const char *name;
        mode_t mode;
    } folders[] = {
        {"catalogs", 0755},     {"agreements", 0755},  {"banks", 0755},
        {"grantors", 0755},     {"keys", 0700},        {"ca", 0755},
        {"registry", 0700},     {"auditor", 0755},     {"demo", 0755},
        {"demo/bank-a", 0755},  {"demo/bank-b", 0755}, {"demo/enterprise", 0755},
        {"demo/sources", 0755},
    };
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        char path[PATH_MAX];
        HF_TRY(hf_init_path(init, folders[i].name, path));
        HF_TRY(hf_folder_create(path, folders[i].mode));
    }
    return HF_DONE;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_entry, FTW_DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

/* Nothing there, or a folder with nothing in it. */
static hf_status check_place(const char *place, struct hf_problem *reterr)
{
    char **names = NULL;
    size_t n_names = 0;
    hf_status status = hf_folder_list(place, NULL, 1, &names, &n_names);
    hf_folder_names_free(names, n_names);
    if (status.code == HF_NOT_FOUND) {
        return HF_DONE;
    }
    if (status.code == HF_LIMIT || (hf_is_ok(status) && n_names > 0)) {
        return hf_problem_set(reterr, HF_EXISTS, NULL, "is there already and not empty");
    }
    return status;
}

static hf_status move_into_place(struct hf_init *init, const char *place)
{
    char parent[PATH_MAX];
    memcpy(parent, place, strlen(place) + 1);
    HF_TRY(hf_folder_sync(init->root));
    memcpy(init->blamed, place, strlen(place) + 1);
    if (rename(init->root, place) != 0) {
        HF_FAIL(IO);
    }
    return hf_folder_sync(dirname(parent));
}

/* ---- what goes into it ---- */

static hf_status (*const steps[])(struct hf_init *init) = {
    make_folders, hf_init_policy, hf_init_config, hf_init_certs, hf_init_log, hf_init_enterprise,
};

static hf_status lay_out(struct hf_init *init, const char *place)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        HF_TRY(steps[i](init));
    }
    return move_into_place(init, place);
}

static hf_status build(struct hf_init *init, const char *place)
{
    memcpy(init->blamed, place, strlen(place) + 1);
    HF_TRY(check_place(place, &init->problem));
    int n = snprintf(init->root, sizeof(init->root), "%s.new-XXXXXX", place);
    if (n < 0 || (size_t)n >= sizeof(init->root)) {
        HF_FAIL(LIMIT);
    }
    if (!mkdtemp(init->root)) {
        HF_FAIL(IO);
    }
    hf_status status = lay_out(init, place);
    const int error = errno; /* what went wrong, and not what the tidying says */
    if (!hf_is_ok(status)) {
        remove_tree(init->root);
    }
    errno = error;
    hf_cert_issuer_free(init->issuer);
    return status;
}

/* ---- the command ---- */

/* The examples beside this program: installed, or in the tree that it was built in. */
static bool find_examples(char ret_folder[static PATH_MAX])
{
    static const char *const places[] = {"../share/hufu/examples", "../../examples"};
    char program[PATH_MAX] = "";
    if (readlink("/proc/self/exe", program, sizeof(program) - 1) <= 0) {
        return false;
    }
    const char *folder = dirname(program);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (hf_is_ok(hf_path_join(ret_folder, PATH_MAX, folder, places[i])) &&
            access(ret_folder, R_OK | X_OK) == 0) {
            return true;
        }
    }
    return false;
}

static enum hf_exit set_examples(const struct hf_cli *cli, const char *given, struct hf_init *init)
{
    if (!given) {
        return find_examples(init->examples)
                   ? HF_EXIT_YES
                   : hf_print_usage_error(cli, "the examples are not beside this program: name "
                                               "them with --examples");
    }
    if (strlen(given) >= sizeof(init->examples)) {
        return hf_print_usage_error(cli, "--examples is too long");
    }
    memcpy(init->examples, given, strlen(given) + 1);
    return HF_EXIT_YES;
}

/* The operand without slashes at its end, which mkdtemp() and rename() would stumble over. */
static enum hf_exit set_place(const struct hf_cli *cli, const char *given,
                              char ret_place[static PATH_MAX])
{
    size_t n = strlen(given);
    while (n > 1 && given[n - 1] == '/') {
        n--;
    }
    if (n == 0 || n >= PATH_MAX || (n == 1 && given[0] == '/')) {
        return hf_print_usage_error(cli, "DIR must name a new folder");
    }
    memcpy(ret_place, given, n);
    ret_place[n] = '\0';
    return HF_EXIT_YES;
}

static void print_next(const struct hf_cli *cli, const struct hf_init *init, const char *place)
{
    fprintf(cli->out,
            "%s is a deployment for https://localhost:%u (public listener %u, ops %u, demo sources "
            "%u and %u).\n"
            "Next: hufud --config %s/hufud.json\n",
            place, init->port, init->port + 1U, init->port + 2U, init->port + 3U, init->port + 4U,
            place);
}

static enum hf_exit run(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    struct hf_init init = {.cli = cli, .now_unix_s = hf_clock_unix_s(&cli->clock)};
    char place[PATH_MAX] = "";
    int64_t port = PORT_DEFAULT;
    hf_status status = hf_argument_integer(
        arguments, "port", (struct hf_integer_range){1, PORT_MAX}, &port, &init.problem);
    if (!hf_is_ok(status)) {
        return hf_print_option_error(cli, &init.problem);
    }
    init.port = (uint16_t)port;
    enum hf_exit code = set_place(cli, arguments->operands[0], place);
    code = code ? code : set_examples(cli, hf_argument(arguments, "examples"), &init);
    if (code != HF_EXIT_YES) {
        return code;
    }
    snprintf(init.origin, sizeof(init.origin), "localhost:%u/access-log", init.port);
    status = build(&init, place);
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, init.blamed, status, &init.problem);
    }
    print_next(cli, &init, place);
    return HF_EXIT_YES;
}

const struct hf_command hf_command_init = {
    .name = "init",
    .summary = "lay out a new deployment",
    .operands = "DIR",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            {.name = "port",
             .value = "N",
             .help = "ports N to N+4: banks, public, ops, two demo sources (8443)"},
            {.name = "examples",
             .value = "DIR",
             .help = "where policy.json and catalogs/ are copied from"},
            {0},
        },
    .details =
        "Makes hufud.json, policy.json, catalogs, agreements, banks, grantors, keys, ca, an empty\n"
        "registry and log, what an auditor is given (auditor/), and the parties of a "
        "demonstration\n"
        "on this machine (demo/, never read by hufud). DIR must not exist, or be empty. When\n"
        "anything fails DIR is left as it was.",
    .examples = "hufu init /var/lib/hufu\n"
                "hufu init DIR --port 18443",
    .run = run,
};
