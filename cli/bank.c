/*
 * `hufu bank add|list|disable`: the banks of a deployment. Every change reads all files first: a
 * certificate speaks for one bank only, and a folder that the gateway would refuse is not added to.
 *
 * A running gateway sees the change at its next reload (SIGHUP), all or nothing.
 */
#include "base/file.h"
#include "base/json.h"
#include "cli/bank_file.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/result.h"
#include "crypto/cert.h"

#include <stdlib.h>

enum { PATH_BYTES = 4096, CERT_MAX_BYTES = 1 << 18, LIST_MAX_BYTES = 2 << 20 };

/* All the banks of a deployment, in the order of their codes. */
struct banks {
    char folder[PATH_BYTES]; /* DIR/banks */
    struct hf_bank_file *files;
    size_t n_files;
};

static void banks_clear(struct banks *banks)
{
    free(banks->files);
}

static enum hf_exit read_one(const struct hf_cli *cli, struct banks *banks, const char *name)
{
    char path[PATH_BYTES];
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_BANK_FILE_MAX_BYTES);
    hf_status status = hf_path_join(path, sizeof(path), banks->folder, name);
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, banks->folder, status, NULL);
    }
    enum hf_exit code = hf_read_input(cli, path, &text);
    if (code != HF_EXIT_YES) {
        return code;
    }
    status = hf_bank_file_parse(hf_buf_view(&text), name, &banks->files[banks->n_files], &problem);
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, path, status, &problem);
    }
    banks->n_files++;
    return HF_EXIT_YES;
}

static enum hf_exit read_names(const struct hf_cli *cli, struct banks *banks, char **names,
                               size_t n_names)
{
    banks->files = calloc(n_names + 1, sizeof(*banks->files)); /* one more: `add` appends */
    if (!banks->files) {
        return hf_print_problem(cli, banks->folder, hf_status_of(HF_NOMEM), NULL);
    }
    enum hf_exit code = HF_EXIT_YES;
    for (size_t i = 0; i < n_names && code == HF_EXIT_YES; i++) {
        code = read_one(cli, banks, names[i]);
    }
    return code;
}

static enum hf_exit read_banks(const struct hf_cli *cli, const char *deployment,
                               struct banks *banks)
{
    char **names = NULL;
    size_t n_names = 0;
    hf_status status = hf_path_join(banks->folder, sizeof(banks->folder), deployment, "banks");
    if (hf_is_ok(status)) {
        status = hf_folder_list(banks->folder, ".json", HF_BANKS_MAX_FILES, &names, &n_names);
    }
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, banks->folder[0] ? banks->folder : deployment, status, NULL);
    }
    enum hf_exit code = read_names(cli, banks, names, n_names);
    hf_folder_names_free(names, n_names);
    return code;
}

static struct hf_bank_file *find(struct banks *banks, const char *uscc)
{
    for (size_t i = 0; i < banks->n_files; i++) {
        if (strcmp(banks->files[i].uscc, uscc) == 0) {
            return &banks->files[i];
        }
    }
    return NULL;
}

static enum hf_exit write_bank(const struct hf_cli *cli, const struct banks *banks,
                               const struct hf_bank_file *file)
{
    char path[PATH_BYTES];
    char name[HF_BANK_FILE_NAME_CHARS + 1];
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_BANK_FILE_MAX_BYTES);
    hf_bank_file_name(file->uscc, name);
    hf_status status = hf_path_join(path, sizeof(path), banks->folder, name);
    if (hf_is_ok(status)) {
        status = hf_bank_file_print(file, &text);
    }
    if (hf_is_ok(status)) {
        status = hf_file_write_durable(path, hf_buf_view(&text), 0644);
    }
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, banks->folder, status, NULL);
}

static enum hf_exit refuse(const struct hf_cli *cli, const char *uscc, const char *sentence)
{
    fprintf(cli->err, "uscc:%s: %s\n", uscc, sentence);
    return HF_EXIT_NO;
}

/* ---- add ---- */

static enum hf_exit read_cert(const struct hf_cli *cli, const char *path,
                              char ret_hex[static HF_CERT_HEX_CHARS + 1])
{
    struct hf_cert_info info;
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf pem = hf_buf_init(CERT_MAX_BYTES);
    enum hf_exit code = hf_read_input(cli, path, &pem);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = hf_cert_info_from_pem(hf_buf_view(&pem), &info);
    if (!hf_is_ok(status)) {
        status = hf_problem_set(&problem, status.code, NULL,
                                "not a certificate in PEM with a key "
                                "of P-256, Ed25519 or RSA");
        return hf_print_problem(cli, path, status, &problem);
    }
    hf_cert_hex(info.sha256, ret_hex);
    return HF_EXIT_YES;
}

static enum hf_exit set_name(const struct hf_cli *cli, const char *name, struct hf_bank_file *file)
{
    HF_CLEANUP(hf_buf_clear) hf_buf spelled = hf_buf_init(HF_BANK_FILE_MAX_BYTES);
    const hf_bytes text = hf_bytes_of_string(name);
    bool is_clean = text.size >= 1 && text.size <= HF_BANK_NAME_MAX_BYTES;
    for (size_t i = 0; i < text.size; i++) {
        is_clean = is_clean && text.data[i] >= 0x20;
    }
    if (!is_clean || !hf_is_ok(hf_json_write_string(&spelled, text))) {
        return hf_print_usage_error(cli, "--name must be 1 to 256 bytes of UTF-8 on one line");
    }
    memcpy(file->name, name, text.size + 1);
    return HF_EXIT_YES;
}

/* The bank's entry, or a new one behind the last. */
static struct hf_bank_file *find_or_append(struct banks *banks, const char *uscc)
{
    struct hf_bank_file *file = find(banks, uscc);
    if (!file) {
        file = &banks->files[banks->n_files++];
        memcpy(file->uscc, uscc, sizeof(file->uscc));
        memcpy(file->name, uscc, sizeof(file->uscc)); /* until --name says better */
    }
    return file;
}

static enum hf_exit add_cert(const struct hf_cli *cli, struct banks *banks,
                             struct hf_bank_file *file, const char *cert)
{
    for (size_t i = 0; i < banks->n_files; i++) {
        if (hf_bank_file_has_cert(&banks->files[i], cert)) {
            return refuse(cli, banks->files[i].uscc, "this certificate is on file already");
        }
    }
    if (file->disabled_at_unix_s) {
        return refuse(cli, file->uscc, "the bank is disabled");
    }
    if (file->n_certs == HF_BANK_MAX_CERTS) {
        return refuse(cli, file->uscc, "the bank has 64 certificates already");
    }
    memcpy(file->certs[file->n_certs++], cert, HF_CERT_HEX_CHARS + 1);
    return write_bank(cli, banks, file);
}

static enum hf_exit run_add(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    char uscc[HF_USCC_CHARS + 1];
    char cert[HF_CERT_HEX_CHARS + 1];
    const char *name = hf_argument(arguments, "name");
    HF_CLEANUP(banks_clear) struct banks banks = {0};
    enum hf_exit code = hf_read_uscc(cli, "uscc", hf_argument(arguments, "uscc"), uscc);
    code = code ? code : read_banks(cli, arguments->operands[0], &banks);
    code = code ? code : read_cert(cli, hf_argument(arguments, "cert"), cert);
    if (code != HF_EXIT_YES) {
        return code;
    }
    struct hf_bank_file *file = find_or_append(&banks, uscc);
    code = name ? set_name(cli, name, file) : HF_EXIT_YES;
    code = code ? code : add_cert(cli, &banks, file, cert);
    if (code == HF_EXIT_YES) {
        fprintf(cli->out, "%s\n", cert);
    }
    return code;
}

const struct hf_command hf_command_bank_add = {
    .name = "bank add",
    .summary = "let a bank in by its client certificate",
    .operands = "DIR",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            {.name = "uscc",
             .value = "USCC",
             .help = "the bank's Unified Social Credit Code, with or without uscc:",
             .is_required = true},
            {.name = "cert",
             .value = "FILE",
             .help = "its client certificate in PEM",
             .is_required = true},
            {.name = "name", .value = "TEXT", .help = "the bank's name, for people"},
            {0},
        },
    .details =
        "Adds the certificate to DIR/banks/USCC.json, which is made when there is none, and\n"
        "prints its SHA-256. A bank may have several certificates, a certificate has one\n"
        "bank. What the bank may see is in its agreements. Reload the gateway with SIGHUP.",
    .examples = "hufu bank add DIR --uscc 911100001000044477 --cert bank.pem --name 'A bank'",
    .run = run_add,
};

/* ---- list ---- */

static enum hf_exit print_list_json(const struct hf_cli *cli, const struct banks *banks)
{
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    HF_CLEANUP(hf_buf_clear) hf_buf list = hf_buf_init(LIST_MAX_BYTES);
    hf_status status = hf_buf_append_byte(&list, '[');
    for (size_t i = 0; i < banks->n_files && hf_is_ok(status); i++) {
        status = i > 0 ? hf_buf_append_byte(&list, ',') : status;
        status = hf_is_ok(status) ? hf_bank_file_print(&banks->files[i], &list) : status;
        list.size -= hf_is_ok(status) ? 1 : 0; /* the newline */
    }
    status = hf_is_ok(status) ? hf_buf_append_byte(&list, ']') : status;
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, banks->folder, status, NULL);
    }
    hf_result_json(&result, "banks", hf_buf_view(&list));
    return hf_result_print(cli, &result);
}

static enum hf_exit run_list(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    HF_CLEANUP(banks_clear) struct banks banks = {0};
    enum hf_exit code = read_banks(cli, arguments->operands[0], &banks);
    if (code != HF_EXIT_YES) {
        return code;
    }
    if (cli->is_json) {
        return print_list_json(cli, &banks);
    }
    for (size_t i = 0; i < banks.n_files; i++) {
        const struct hf_bank_file *file = &banks.files[i];
        fprintf(cli->out, "%s  %-8s  %zu certificate%s  ", file->uscc,
                file->disabled_at_unix_s ? "disabled" : "enabled", file->n_certs,
                file->n_certs == 1 ? "" : "s");
        hf_print_clean(cli->out, hf_bytes_of_string(file->name));
        fputc('\n', cli->out);
    }
    return HF_EXIT_YES;
}

const struct hf_command hf_command_bank_list = {
    .name = "bank list",
    .summary = "list the banks of a deployment",
    .operands = "DIR",
    .operand_count = {1, 1},
    .has_json = true,
    .examples = "hufu bank list DIR\n"
                "hufu bank list DIR --json",
    .run = run_list,
};

/* ---- disable ---- */

static enum hf_exit run_disable(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    char uscc[HF_USCC_CHARS + 1];
    HF_CLEANUP(banks_clear) struct banks banks = {0};
    enum hf_exit code = hf_read_uscc(cli, "uscc", hf_argument(arguments, "uscc"), uscc);
    code = code ? code : read_banks(cli, arguments->operands[0], &banks);
    if (code != HF_EXIT_YES) {
        return code;
    }
    struct hf_bank_file *file = find(&banks, uscc);
    if (!file) {
        return refuse(cli, uscc, "there is no such bank");
    }
    if (file->disabled_at_unix_s) {
        return HF_EXIT_YES; /* the earlier moment stays */
    }
    file->disabled_at_unix_s = hf_clock_unix_s(&cli->clock);
    return write_bank(cli, &banks, file);
}

const struct hf_command hf_command_bank_disable = {
    .name = "bank disable",
    .summary = "shut a bank out from now on",
    .operands = "DIR",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            {.name = "uscc",
             .value = "USCC",
             .help = "the bank's Unified Social Credit Code, with or without uscc:",
             .is_required = true},
            {0},
        },
    .details =
        "Sets disabled_at in DIR/banks/USCC.json. Reload the gateway with SIGHUP: from then\n"
        "on none of the bank's certificates is served. An earlier moment stays.",
    .examples = "hufu bank disable DIR --uscc 911100001000044477",
    .run = run_disable,
};
