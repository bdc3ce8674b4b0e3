/*
 * `hufu consent order`: the operator puts an order that consents end on file. The gateway carries
 * it out at its next reload; taking the file away takes nothing back.
 */
#include "base/file.h"
#include "cli/command.h"
#include "cli/party.h"
#include "cli/print.h"
#include "consent/order.h"

enum { PATH_BYTES = 4096 };

static enum hf_exit read_options(const struct hf_cli *cli, const struct hf_arguments *arguments,
                                 struct hf_act *act)
{
    const char *jti = hf_argument(arguments, "jti");
    const char *reference = hf_argument(arguments, "reference");
    enum hf_exit code = hf_read_party(cli, "iss", hf_argument(arguments, "iss"), act->id.iss);
    if (code != HF_EXIT_YES) {
        return code;
    }
    if (hf_argument_flag(arguments, "all") == (jti != NULL)) {
        return hf_print_wrong_option(cli, "jti", "one consent, or --all of them");
    }
    if (jti && !hf_jti_is_valid(hf_bytes_of_string(jti))) {
        return hf_print_wrong_option(cli, "jti", "must be 22 to 64 characters of A-Z a-z 0-9 - _");
    }
    if (!*reference || strlen(reference) > HF_REFERENCE_MAX_BYTES) {
        return hf_print_wrong_option(cli, "reference", "must be 1 to 128 bytes");
    }
    memcpy(act->id.jti, jti ? jti : "", jti ? strlen(jti) + 1 : 1);
    memcpy(act->reference, reference, strlen(reference) + 1);
    return HF_EXIT_YES;
}

static hf_status write_order(const char *folder, const struct hf_act *act,
                             struct hf_problem *reterr)
{
    char path[PATH_BYTES];
    char name[HF_ORDER_NAME_CHARS + 1];
    struct hf_act read;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_ORDER_FILE_MAX_BYTES);
    hf_order_file_name(act->reference, name);
    HF_TRY(hf_order_write(act, &text));
    HF_TRY(hf_order_parse(hf_buf_view(&text), name, &read, reterr)); /* as the gateway will */
    HF_TRY(hf_folder_create(folder, 0755));
    HF_TRY(hf_path_join(path, sizeof path, folder, name));
    return hf_file_create_durable(path, hf_buf_view(&text), 0644);
}

static enum hf_exit run(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    char folder[PATH_BYTES];
    struct hf_problem problem = {0};
    struct hf_act act = {.kind = HF_ACT_REVOKE};
    enum hf_exit code = read_options(cli, arguments, &act);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = hf_path_join(folder, sizeof folder, arguments->operands[0], "orders");
    if (hf_is_ok(status)) {
        status = write_order(folder, &act, &problem);
    }
    if (status.code == HF_EXISTS) {
        hf_ignore(hf_problem_set(&problem, HF_EXISTS, "reference", "this order is on file"));
        hf_print_problem(cli, folder, status, &problem);
        return HF_EXIT_NO;
    }
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, folder, status, &problem);
}

const struct hf_command hf_command_consent_order = {
    .name = "consent order",
    .summary = "end consents by an order to the operator",
    .operands = "DIR",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            {.name = "iss",
             .value = "ISS",
             .help = "the grantor: a USCC with or without uscc:, or person:NAME",
             .is_required = true},
            {.name = "jti", .value = "JTI", .help = "the consent's identifier"},
            {.name = "all", .help = "every consent of the grantor so far"},
            {.name = "reference",
             .value = "TEXT",
             .help = "whose order it is, and its number",
             .is_required = true},
            {0},
        },
    .details =
        "Writes a file below DIR/orders. Reload the gateway with SIGHUP: it puts the order on\n"
        "record with its reference, and the consents end, for ever. One reference is one order.",
    .examples = "hufu consent order DIR --iss ISS --jti JTI --reference 'Court A, (2026) No. 12'",
    .run = run,
};
