/*
 * `hufu audit verify`: the verdict of audit/verify.c as words, JSON and an exit status. Nothing is
 * judged here.
 */
#include "audit/verify.h"
#include "base/date.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/result.h"
#include "cli/seal_key.h"
#include "crypto/base64.h"

static const char *verdict_word(enum hf_verify_verdict verdict)
{
    switch (verdict) {
    case HF_VERIFY_YES:
        return "verified";
    case HF_VERIFY_TAMPERED:
        return "tampered";
    case HF_VERIFY_PARTIAL:
        return "partly covered";
    case HF_VERIFY_UNREADABLE:
        return "unreadable";
    case HF_VERIFY_EMPTY:
        return "empty";
    }
    return "?";
}

static void add_number(struct hf_result *result, const char *name, uint64_t number)
{
    hf_result_integer(result, name, (int64_t)number);
}

static void add_time(struct hf_result *result, const char *name, int64_t unix_s)
{
    char text[HF_TIME_CHARS + 1];
    hf_time_write_utc(unix_s, text);
    hf_result_string(result, name, text);
}

static void add_kinds(struct hf_result *result, const struct hf_log_report *report)
{
    for (int kind = HF_RECORD_ACCESS; kind < HF_N_RECORD_KINDS; kind++) {
        if (report->n_by_kind[kind]) {
            add_number(result, hf_record_kind_name((enum hf_record_kind)kind),
                       report->n_by_kind[kind]);
        }
    }
}

static void add_fault(struct hf_result *result, const struct hf_log_fault *fault)
{
    hf_result_string(result, "file", fault->file);
    add_number(result, "offset", fault->offset);
    add_number(result, "index", fault->index);
    hf_result_string(result, "what", fault->what);
    if (fault->expected[0]) {
        hf_result_string(result, "expected", fault->expected);
        hf_result_string(result, "got", fault->got);
    }
}

static void add_coverage(struct hf_result *result, const struct hf_log_report *report)
{
    char root[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1];
    hf_base64url_encode_fixed(hf_bytes_of(report->head.root, HF_SHA256_BYTES), root);
    add_number(result, "segments", report->n_segments);
    add_number(result, "bytes", report->n_bytes);
    if (report->n_records) {
        add_time(result, "first", report->first_time_unix_s);
        add_time(result, "last", report->last_time_unix_s);
    }
    hf_result_string(result, "root", root);
    add_number(result, "checkpoints", report->n_checkpoints);
    add_number(result, "signed", report->signed_size);
    add_number(result, "quorum", report->quorum_size);
    add_number(result, "uncovered",
               report->n_records > report->quorum_size ? report->n_records - report->quorum_size
                                                       : 0);
}

static enum hf_exit print_report(const struct hf_cli *cli, const struct hf_log_report *report,
                                 bool has_details)
{
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    hf_result_string(&result, "verdict", verdict_word(report->verdict));
    if (report->shortcoming[0]) {
        hf_result_string(&result, "because", report->shortcoming);
    }
    if (report->verdict == HF_VERIFY_TAMPERED) {
        add_fault(&result, &report->fault);
    }
    hf_result_string(&result, "origin", report->origin);
    add_number(&result, "records", report->n_records);
    add_kinds(&result, report);
    if (report->verdict != HF_VERIFY_TAMPERED && report->verdict != HF_VERIFY_UNREADABLE) {
        add_coverage(&result, report);
        add_number(&result, "torn_bytes", report->torn_bytes);
    }
    if (has_details) {
        add_number(&result, "details", report->n_details);
        add_number(&result, "open_accesses", report->n_open_accesses);
    }
    enum hf_exit exit = hf_result_print(cli, &result);
    return exit == HF_EXIT_YES ? (enum hf_exit)report->verdict : exit;
}

static void free_policy(struct hf_tlog_policy **policy)
{
    hf_tlog_policy_free(*policy);
}

/* A policy that is not one is a wrong command line: without it there is no verdict at all. */
static enum hf_exit read_policy(const struct hf_cli *cli, const char *path,
                                struct hf_tlog_policy **ret_policy)
{
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_TLOG_POLICY_MAX_BYTES);
    enum hf_exit exit = hf_read_input(cli, path, &text);
    if (exit != HF_EXIT_YES) {
        return exit;
    }
    hf_status status = hf_tlog_policy_parse(hf_buf_view(&text), ret_policy, &problem);
    if (!hf_is_ok(status)) {
        hf_print_problem(cli, path, status, &problem);
        return HF_EXIT_USAGE;
    }
    return HF_EXIT_YES;
}

static enum hf_exit run_verify(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    const char *since_path = hf_argument(arguments, "since");
    const char *key_path = hf_argument(arguments, "details");
    HF_CLEANUP(free_policy) struct hf_tlog_policy *policy = NULL;
    HF_CLEANUP(hf_seal_key_clear) struct hf_seal_key key = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf since = hf_buf_init(HF_NOTE_MAX_BYTES);
    struct hf_log_report report;
    enum hf_exit exit = read_policy(cli, hf_argument(arguments, "policy"), &policy);
    if (exit == HF_EXIT_YES && since_path) {
        exit = hf_read_input(cli, since_path, &since);
    }
    if (exit == HF_EXIT_YES && key_path) {
        exit = hf_read_seal_key(cli, key_path, &key);
    }
    if (exit != HF_EXIT_YES) {
        return exit;
    }
    const struct hf_log_verify_request request = {
        .folder = arguments->operands[0],
        .policy = policy,
        .since = hf_buf_view(&since),
        .key = key_path ? &key : NULL,
    };
    hf_log_verify(&request, &report);
    if (report.verdict == HF_VERIFY_UNREADABLE && !cli->is_json) {
        fprintf(cli->err, "%s: %s\n", arguments->operands[0], report.shortcoming);
    }
    return print_report(cli, &report, key_path != NULL);
}

const struct hf_command hf_command_audit_verify = {
    .name = "audit verify",
    .summary = "verify an access log, trusting nothing but a key",
    .operands = "LOGDIR",
    .operand_count = {1, 1},
    .has_json = true,
    .options =
        (const struct hf_option[]){
            {.name = "policy",
             .value = "FILE",
             .help = "whose log it is and who must have witnessed it (C2SP tlog-policy)",
             .is_required = true},
            {.name = "since",
             .value = "CHECKPOINT",
             .help = "a checkpoint kept from before: the log must be its continuation"},
            {.name = "details",
             .value = "KEYFILE",
             .help = "open every detail, and pair every access with its outcome"},
            {0},
        },
    .details =
        "Reads the whole log and recomputes every hash: the chain, the Merkle tree at every "
        "commit,\n"
        "every checkpoint's signature, the order of time. Needs no configuration and no network.\n"
        "The first thing that is wrong is named: file, offset, record, expected, got.\n"
        "\n"
        "Exit status: 0 verified; 1 tampered or damaged; 2 wrong usage, or a policy that is none;\n"
        "3 what is there holds, but is not wholly signed, witnessed or ended; 4 cannot be read;\n"
        "5 no records. A log shows that nothing was removed or changed; an access that was never\n"
        "written is found only by comparing access ids with the source's and the bank's own logs.",
    .examples =
        "hufu audit verify deployment/log --policy deployment/auditor/log.policy\n"
        "hufu audit verify copy/log --policy log.policy --since last-month.checkpoint --json",
    .run = run_verify,
};
