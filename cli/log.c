/*
 * `hufu log show`, `log prove`, `log checkpoint`: what an access log holds, read from its folder
 * without lock or configuration. They print; who wants a verdict asks `hufu audit verify`.
 */
#include "audit/checkpoint.h"
#include "audit/note.h"
#include "audit/sealed.h"
#include "audit/tree_store.h"
#include "audit/walk.h"
#include "base/date.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/seal_key.h"

#include <limits.h>

static const struct hf_integer_range index_range = {0, (int64_t)HF_RECORD_MAX_NUMBER};

/* A damaged log, in the words of the first thing that is wrong. */
static enum hf_exit print_fault(const struct hf_cli *cli, const struct hf_log_fault *fault,
                                hf_status status)
{
    struct hf_problem problem = {0};
    if (status.code == HF_LOG_CORRUPT) {
        hf_ignore(hf_log_fault_raise(fault, status.code, &problem));
    }
    return hf_print_problem(cli, fault->file, status, &problem);
}

struct showing {
    const struct hf_cli *cli;
    const struct hf_seal_key *key; /* NULL: details stay closed */
    uint64_t from;
    uint64_t to; /* the last one wanted */
    hf_buf record;
    hf_buf detail;
};

static void print_one(const struct showing *showing, const struct hf_record *record)
{
    FILE *out = showing->cli->out;
    char time[HF_TIME_CHARS + 1];
    if (showing->cli->is_json) {
        fprintf(out, "{\"record\":%.*s", HF_PRINT(hf_buf_view(&showing->record)));
        if (showing->key) {
            fprintf(out, ",\"detail\":%.*s", HF_PRINT(hf_buf_view(&showing->detail)));
        }
        fputs("}\n", out);
        return;
    }
    hf_time_write_utc(record->time_unix_s, time);
    fprintf(out, "%llu %s %s %s", (unsigned long long)record->index, time,
            hf_record_kind_name(record->kind), hf_record_decision(record->kind));
    if (showing->key) {
        fprintf(out, " %.*s", HF_PRINT(hf_buf_view(&showing->detail)));
    }
    fputc('\n', out);
}

static hf_status open_detail(struct showing *showing, const struct hf_log_walk *walk)
{
    const struct hf_chain_step *step = &walk->step;
    const struct hf_detail_place place = {walk->origin, step->record.index, step->record.commit};
    if (!showing->key || hf_detail_is_told(step->payload)) {
        return HF_DONE; /* that of the record before, which was just opened */
    }
    hf_buf_reset(&showing->detail);
    return hf_detail_open(step->payload, &place, showing->key, &showing->detail);
}

/* A record is printed when its detail has come: that is when all of it is known. The one before the
 * first is opened, too, because it may tell the outcome that is the first. */
static hf_status show_step(struct showing *showing, const struct hf_log_walk *walk)
{
    const struct hf_chain_step *step = &walk->step;
    if (step->record.index + 1 < showing->from || step->record.index > showing->to) {
        return HF_DONE;
    }
    if (step->type == HF_FRAME_ENTRY) {
        hf_buf_reset(&showing->record);
        return hf_buf_append(&showing->record, step->payload);
    }
    if (step->type == HF_FRAME_DETAIL) {
        HF_TRY(open_detail(showing, walk));
        if (step->record.index >= showing->from) {
            print_one(showing, &step->record);
        }
    }
    return HF_DONE;
}

static enum hf_exit show_all(struct showing *showing, const char *folder)
{
    struct hf_log_fault fault = {0};
    enum hf_log_walk_next next = HF_WALK_FRAME;
    HF_CLEANUP(hf_log_walk_close) struct hf_log_walk walk = {.reader.fd = -1};
    hf_status status = hf_log_walk_open(folder, &walk, &fault);
    while (hf_is_ok(status)) {
        status = hf_log_walk_next(&walk, &next, &fault);
        if (!hf_is_ok(status) || next == HF_WALK_END) {
            break;
        }
        status = show_step(showing, &walk);
        if (walk.chain.now.tree.size > showing->to && walk.step.type == HF_FRAME_DETAIL) {
            break;
        }
    }
    if (!hf_is_ok(status)) {
        return print_fault(showing->cli, &fault, status);
    }
    if (walk.torn_bytes) {
        fprintf(showing->cli->err, "%llu bytes of an incomplete batch at the end\n",
                (unsigned long long)walk.torn_bytes);
    }
    return HF_EXIT_YES;
}

/* The range that --index, --from and --to ask for. */
static hf_status read_range(const struct hf_arguments *arguments, struct showing *showing,
                            struct hf_problem *reterr)
{
    int64_t from = 0;
    int64_t to = index_range.max;
    HF_TRY(hf_argument_integer(arguments, "from", index_range, &from, reterr));
    HF_TRY(hf_argument_integer(arguments, "to", index_range, &to, reterr));
    if (hf_argument(arguments, "index")) {
        HF_TRY(hf_argument_integer(arguments, "index", index_range, &from, reterr));
        to = from;
    }
    showing->from = (uint64_t)from;
    showing->to = (uint64_t)to;
    return HF_DONE;
}

static enum hf_exit run_show(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    const char *key_path = hf_argument(arguments, "key");
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_seal_key_clear) struct hf_seal_key key = {0};
    struct showing showing = {.cli = cli,
                              .key = key_path ? &key : NULL,
                              .record = hf_buf_init(HF_RECORD_MAX_BYTES),
                              .detail = hf_buf_init(HF_DETAIL_MAX_BYTES)};
    if (!hf_is_ok(read_range(arguments, &showing, &problem))) {
        return hf_print_option_error(cli, &problem);
    }
    enum hf_exit exit = key_path ? hf_read_seal_key(cli, key_path, &key) : HF_EXIT_YES;
    if (exit == HF_EXIT_YES) {
        exit = show_all(&showing, arguments->operands[0]);
    }
    hf_buf_clear(&showing.record);
    hf_buf_clear(&showing.detail);
    return exit;
}

const struct hf_command hf_command_log_show = {
    .name = "log show",
    .summary = "print the records of an access log",
    .operands = "LOGDIR",
    .operand_count = {1, 1},
    .has_json = true,
    .options =
        (const struct hf_option[]){
            {.name = "index", .value = "N", .help = "this record alone"},
            {.name = "from", .value = "N", .help = "from this record on"},
            {.name = "to", .value = "N", .help = "up to this record, which is included"},
            {.name = "key", .value = "KEYFILE", .help = "a recipient's key: opens the details"},
            {0},
        },
    .details =
        "One line for each record: index, time, kind, decision and, with --key, the detail.\n"
        "With --json one object for each record, as it stands in the log. Works on a log that\n"
        "is being written. The chain is checked up to what is printed; signatures are not.",
    .examples = "hufu log show deployment/log\n"
                "hufu log show deployment/log --index 17 --key deployment/keys/operator.key\n"
                "hufu log show deployment/log --from 1000 --json | jq .record.kind",
    .run = run_show,
};

/* The file `checkpoint` of a log. */
static enum hf_exit read_checkpoint(const struct hf_cli *cli, const char *folder, hf_buf *note,
                                    struct hf_checkpoint *ret_checkpoint)
{
    char path[PATH_MAX];
    struct hf_problem problem = {0};
    hf_status status = hf_path_join(path, sizeof(path), folder, "checkpoint");
    if (hf_is_ok(status)) {
        status = hf_file_read(path, note);
    }
    if (hf_is_ok(status)) {
        status = hf_checkpoint_parse(hf_buf_view(note), ret_checkpoint, &problem);
    }
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, path, status, &problem);
}

static enum hf_exit run_checkpoint(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    struct hf_checkpoint checkpoint;
    HF_CLEANUP(hf_buf_clear) hf_buf note = hf_buf_init(HF_NOTE_MAX_BYTES);
    enum hf_exit exit = read_checkpoint(cli, arguments->operands[0], &note, &checkpoint);
    if (exit == HF_EXIT_YES) {
        fwrite(note.data, 1, note.size, cli->out);
    }
    return exit;
}

const struct hf_command hf_command_log_checkpoint = {
    .name = "log checkpoint",
    .summary = "print an access log's newest signed checkpoint",
    .operands = "LOGDIR",
    .operand_count = {1, 1},
    .details =
        "Prints the C2SP signed note that the gateway made last; never signs anything. Keep it:\n"
        "`hufu audit verify --since` proves later that the log only grew.",
    .examples = "hufu log checkpoint deployment/log > 2026-09.checkpoint",
    .run = run_checkpoint,
};

/* Walks the log and fills @store with its hashes, up to @size records. */
static hf_status collect_hashes(const char *folder, uint64_t size, struct hf_tree_store *store,
                                struct hf_log_fault *fault)
{
    enum hf_log_walk_next next = HF_WALK_FRAME;
    HF_CLEANUP(hf_log_walk_close) struct hf_log_walk walk = {.reader.fd = -1};
    HF_TRY(hf_log_walk_open(folder, &walk, fault));
    while (walk.chain.now.tree.size < size) {
        HF_TRY(hf_log_walk_next(&walk, &next, fault));
        if (next == HF_WALK_END) {
            hf_log_fault_numbers(fault, "records that were signed are gone", size,
                                 walk.chain.last.tree.size);
            HF_FAIL(LOG_CORRUPT);
        }
        if (walk.step.type == HF_FRAME_ENTRY) {
            HF_TRY(hf_tree_store_add(store, &walk.chain.now.tree, walk.step.n_levels, walk.offset));
        }
    }
    return hf_tree_store_flush(store);
}

static void free_store(struct hf_tree_store **store)
{
    hf_tree_store_free(*store);
}

/* The proof, checked against the checkpoint before it is given to anybody. */
static hf_status make_proof(const char *folder, const struct hf_tree_head *head, uint64_t index,
                            struct hf_proof *ret_proof, struct hf_log_fault *fault)
{
    uint8_t root[HF_SHA256_BYTES];
    HF_CLEANUP(free_store) struct hf_tree_store *store = NULL;
    HF_TRY(hf_tree_store_open(NULL, &store));
    HF_TRY(collect_hashes(folder, head->size, store, fault));
    const struct hf_hash_source source = hf_tree_store_source(store);
    HF_TRY(hf_proof_root(&source, head->size, root));
    if (memcmp(root, head->root, sizeof(root)) != 0) {
        snprintf(fault->file, sizeof(fault->file), "checkpoint");
        fault->offset = 0;
        hf_log_fault_hashes(fault, "another history was signed", head->root, root);
        HF_FAIL(LOG_CORRUPT);
    }
    return hf_proof_make_inclusion(&source, index, head->size, ret_proof);
}

static enum hf_exit run_prove(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    int64_t index = 0;
    struct hf_problem problem = {0};
    struct hf_checkpoint checkpoint;
    struct hf_proof proof;
    struct hf_log_fault fault = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf note = hf_buf_init(HF_NOTE_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_TLOG_PROOF_MAX_BYTES);
    if (!hf_is_ok(hf_argument_integer(arguments, "index", index_range, &index, &problem))) {
        return hf_print_option_error(cli, &problem);
    }
    enum hf_exit exit = read_checkpoint(cli, arguments->operands[0], &note, &checkpoint);
    if (exit != HF_EXIT_YES) {
        return exit;
    }
    if ((uint64_t)index >= checkpoint.head.size) {
        fprintf(cli->err, "record %lld is not covered by the newest checkpoint, which has %llu\n",
                (long long)index, (unsigned long long)checkpoint.head.size);
        return HF_EXIT_NO;
    }
    hf_status status =
        make_proof(arguments->operands[0], &checkpoint.head, (uint64_t)index, &proof, &fault);
    if (!hf_is_ok(status)) {
        return print_fault(cli, &fault, status);
    }
    status = hf_tlog_proof_write((uint64_t)index, &proof, hf_buf_view(&note), &text);
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, arguments->operands[0], status, NULL);
    }
    fwrite(text.data, 1, text.size, cli->out);
    return HF_EXIT_YES;
}

const struct hf_command hf_command_log_prove = {
    .name = "log prove",
    .summary = "print the proof that a record is in an access log",
    .operands = "LOGDIR",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            {.name = "index", .value = "N", .help = "the record", .is_required = true},
            {0},
        },
    .details =
        "Prints a C2SP tlog-proof: the hashes from the record to the root of the newest\n"
        "checkpoint, and the checkpoint. With the record and the log's key anyone can check it\n"
        "offline, without the log.",
    .examples = "hufu log prove deployment/log --index 17 > 17.tlog-proof",
    .run = run_prove,
};
