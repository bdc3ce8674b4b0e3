/*
 * One pass over the log. Two signed heads may be known before it begins: the file `checkpoint` and
 * the auditor's own older one; when the tree reaches their size, its root must be theirs.
 *
 * Anything that cannot be explained is TAMPERED; anything that holds but is not vouched for is
 * PARTIAL; VERIFIED needs a signature over the last record by a key from outside.
 */
#include "audit/verify.h"

#include "audit/note.h"
#include "audit/pairing.h"
#include "audit/sealed.h"
#include "audit/walk.h"
#include "base/file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* A head that was signed, and that the tree must pass through. */
struct watch {
    struct hf_tree_head head;
    bool has_quorum;
    bool is_set;
    bool is_passed;
    const char *file;
};

enum { FILE_WATCH, SINCE_WATCH, N_WATCHES };

struct counts {
    uint64_t n_by_kind[HF_N_RECORD_KINDS];
    uint64_t n_details;
    int64_t first_time_unix_s;
};

struct verifier {
    const struct hf_log_verify_request *request;
    struct hf_log_report *report;
    struct hf_log_walk walk;
    struct watch watches[N_WATCHES];
    struct counts now;  /* with an unfinished batch */
    struct counts last; /* at the last complete batch */
    struct hf_pairing pairing;
    bool has_told_end; /* the record before is an access that told its end */
    hf_buf detail;
    struct hf_arena arena;
};

static hf_status tampered(struct verifier *verifier, const char *what)
{
    hf_log_fault_say(&verifier->report->fault, what);
    HF_FAIL(LOG_TAMPERED);
}

/* Points the fault at a file that is no segment. */
static void look_at(struct verifier *verifier, const char *file)
{
    struct hf_log_fault *fault = &verifier->report->fault;
    snprintf(fault->file, sizeof(fault->file), "%s", file);
    fault->offset = 0;
}

/* A signed note: by whom, for which tree. Everything but a good signature of this log is refused.
 */
static hf_status judge_note(struct verifier *verifier, hf_bytes bytes, struct watch *ret_watch)
{
    struct hf_note note;
    struct hf_checkpoint checkpoint;
    struct hf_tlog_judgement judgement;
    if (!hf_is_ok(hf_note_parse(bytes, &note, NULL)) ||
        !hf_is_ok(hf_checkpoint_parse(note.text, &checkpoint, NULL))) {
        return tampered(verifier, "not a signed checkpoint");
    }
    if (!hf_bytes_equal_string(checkpoint.origin, verifier->walk.origin)) {
        return tampered(verifier, "the checkpoint is of another log (origin)");
    }
    hf_status status =
        hf_tlog_policy_judge(verifier->request->policy, &note, checkpoint.origin, &judgement);
    if (status.code == HF_SIGNATURE_INVALID) {
        return tampered(verifier, "a signature by a key of the policy does not hold");
    }
    HF_TRY(status);
    if (!judgement.is_signed) {
        return tampered(verifier, "the checkpoint is not signed by a key of the policy");
    }
    ret_watch->head = checkpoint.head;
    ret_watch->has_quorum = judgement.has_quorum;
    ret_watch->is_set = true;
    return HF_DONE;
}

static void note_signed(struct verifier *verifier, const struct watch *watch)
{
    struct hf_log_report *report = verifier->report;
    report->n_checkpoints++;
    if (watch->head.size > report->signed_size) {
        report->signed_size = watch->head.size;
    }
    if (watch->has_quorum && watch->head.size > report->quorum_size) {
        report->quorum_size = watch->head.size;
    }
}

static hf_status read_checkpoint_file(struct verifier *verifier)
{
    char path[PATH_MAX];
    HF_CLEANUP(hf_buf_clear) hf_buf file = hf_buf_init(HF_NOTE_MAX_BYTES);
    look_at(verifier, "checkpoint");
    HF_TRY(hf_path_join(path, sizeof(path), verifier->request->folder, "checkpoint"));
    hf_status status = hf_file_read(path, &file);
    if (status.code == HF_NOT_FOUND) { /* told as a shortcoming at the end */
        return HF_DONE;
    }
    if (status.code == HF_LIMIT) {
        return tampered(verifier, "not a signed checkpoint");
    }
    HF_TRY(status);
    return judge_note(verifier, hf_buf_view(&file), &verifier->watches[FILE_WATCH]);
}

static hf_status pass_watch(struct verifier *verifier, struct watch *watch)
{
    uint8_t root[HF_SHA256_BYTES];
    hf_tree_root(&verifier->walk.chain.now.tree, root);
    if (memcmp(root, watch->head.root, sizeof(root)) != 0) {
        look_at(verifier, watch->file);
        verifier->report->fault.index = watch->head.size;
        hf_log_fault_hashes(&verifier->report->fault, "another history was signed",
                            watch->head.root, root);
        HF_FAIL(LOG_TAMPERED);
    }
    watch->is_passed = true;
    return HF_DONE;
}

static hf_status check_watches(struct verifier *verifier)
{
    uint64_t size = verifier->walk.chain.now.tree.size;
    for (int i = 0; i < N_WATCHES; i++) {
        if (verifier->watches[i].is_set && verifier->watches[i].head.size == size) {
            HF_TRY(pass_watch(verifier, &verifier->watches[i]));
        }
    }
    return HF_DONE;
}

/* An access that tells its own end is closed as soon as it is open; its outcome adds nothing. */
static hf_status pair(struct verifier *verifier, const struct hf_record *record,
                      const struct hf_detail *detail)
{
    hf_status status = HF_DONE;
    uint64_t begun = record->index;
    const bool begins = record->kind == HF_RECORD_ACCESS;
    if (begins) {
        status = hf_pairing_begin(&verifier->pairing, detail->access_id, record->index);
    }
    if (record->kind == HF_RECORD_OUTCOME ||
        (begins && hf_is_ok(status) && hf_detail_tells_end(detail))) {
        status = hf_pairing_end(&verifier->pairing, detail->access_id, &begun);
    }
    if (status.code == HF_EXISTS) {
        return tampered(verifier, "an access with the id of another that is open");
    }
    if (status.code == HF_NOT_FOUND) {
        return tampered(verifier, record->kind == HF_RECORD_ACCESS
                                      ? "an access without an id"
                                      : "an outcome of an access that is not open");
    }
    HF_TRY(status);
    if (record->kind == HF_RECORD_OUTCOME && detail->access.is_set &&
        detail->access.value != begun) {
        return tampered(verifier, "an outcome that names another record than its access's");
    }
    return HF_DONE;
}

/* Where the access before has told its end there is its outcome, and nowhere else: the chain has
 * seen that both commit to one detail. */
static hf_status check_told(struct verifier *verifier, bool is_told)
{
    if (is_told != verifier->has_told_end) {
        return tampered(verifier, is_told ? "an outcome without a detail, whose access told no end"
                                          : "an access told its end, and its outcome is missing");
    }
    verifier->has_told_end = false;
    verifier->now.n_details += is_told;
    return HF_DONE;
}

static hf_status take_detail(struct verifier *verifier)
{
    const struct hf_record *record = &verifier->walk.step.record;
    const struct hf_detail_place place = {verifier->walk.origin, record->index, record->commit};
    const bool is_told = hf_detail_is_told(verifier->walk.step.payload);
    struct hf_detail detail;
    if (!verifier->request->key) {
        return HF_DONE;
    }
    verifier->report->fault.index = record->index;
    HF_TRY(check_told(verifier, is_told));
    if (is_told) {
        return HF_DONE;
    }
    hf_buf_reset(&verifier->detail);
    hf_status status = hf_detail_open(verifier->walk.step.payload, &place, verifier->request->key,
                                      &verifier->detail);
    if (status.code == HF_SEAL_INVALID) {
        return tampered(verifier,
                        verifier->walk.step.payload.data[0] == HF_SEAL_VERSION
                            ? "the detail does not open with the key given"
                            : "the detail's box is of another version than this program's");
    }
    if (status.code == HF_LOG_TAMPERED) {
        return tampered(verifier, "the detail is not what the record committed to");
    }
    HF_TRY(status);
    hf_arena_clear(&verifier->arena);
    status = hf_detail_parse(hf_buf_view(&verifier->detail), &verifier->arena, &detail, NULL);
    if (status.code == HF_LOG_TAMPERED) {
        return tampered(verifier, "the detail is not in its one spelling");
    }
    HF_TRY(status);
    verifier->now.n_details++;
    verifier->has_told_end = record->kind == HF_RECORD_ACCESS && hf_detail_tells_end(&detail);
    return pair(verifier, record, &detail);
}

static hf_status take_entry(struct verifier *verifier)
{
    const struct hf_record *record = &verifier->walk.step.record;
    if (record->index == 0) {
        verifier->now.first_time_unix_s = record->time_unix_s;
    }
    verifier->now.n_by_kind[record->kind]++;
    return check_watches(verifier);
}

static hf_status take_checkpoint(struct verifier *verifier)
{
    struct watch watch = {0};
    HF_TRY(judge_note(verifier, verifier->walk.step.payload, &watch));
    note_signed(verifier, &watch); /* its size and root were the chain's to check */
    return HF_DONE;
}

static hf_status take_frame(struct verifier *verifier)
{
    switch (verifier->walk.step.type) {
    case HF_FRAME_ENTRY:
        return take_entry(verifier);
    case HF_FRAME_DETAIL:
        return take_detail(verifier);
    case HF_FRAME_COMMIT:
        HF_TRY(check_told(verifier, false)); /* both stand in one batch */
        verifier->last = verifier->now;
        return HF_DONE;
    case HF_FRAME_CHECKPOINT:
        return take_checkpoint(verifier);
    case HF_FRAME_SEAL:
    case HF_N_FRAME_TYPES:
        break;
    }
    return HF_DONE;
}

/* Heads that were signed for more records than there are. */
static hf_status check_unpassed(struct verifier *verifier)
{
    uint64_t size = verifier->walk.chain.last.tree.size;
    for (int i = 0; i < N_WATCHES; i++) {
        const struct watch *watch = &verifier->watches[i];
        /* One that was passed within an incomplete batch was not reached. */
        if (watch->is_set && (!watch->is_passed || watch->head.size > size)) {
            look_at(verifier, watch->file);
            verifier->report->fault.index = size;
            hf_log_fault_numbers(&verifier->report->fault, "records that were signed are gone",
                                 watch->head.size, size);
            HF_FAIL(LOG_TAMPERED);
        }
    }
    return HF_DONE;
}

static hf_status read_since(struct verifier *verifier)
{
    if (verifier->request->since.size == 0) {
        return HF_DONE;
    }
    look_at(verifier, verifier->watches[SINCE_WATCH].file);
    return judge_note(verifier, verifier->request->since, &verifier->watches[SINCE_WATCH]);
}

static hf_status run(struct verifier *verifier)
{
    struct hf_log_fault *fault = &verifier->report->fault;
    enum hf_log_walk_next next;
    HF_TRY(hf_log_walk_open(verifier->request->folder, &verifier->walk, fault));
    snprintf(verifier->report->origin, sizeof(verifier->report->origin), "%s",
             verifier->walk.origin);
    if (!hf_tlog_policy_names(verifier->request->policy,
                              hf_bytes_of_string(verifier->walk.origin))) {
        return tampered(verifier, "the policy holds no key for a log of this origin");
    }
    HF_TRY(read_checkpoint_file(verifier)); /* before the records: a live log only grows */
    HF_TRY(read_since(verifier));
    HF_TRY(check_watches(verifier));
    for (;;) {
        HF_TRY(hf_log_walk_next(&verifier->walk, &next, fault));
        if (next == HF_WALK_END) {
            break;
        }
        HF_TRY(take_frame(verifier));
    }
    HF_TRY(check_unpassed(verifier));
    if (verifier->watches[FILE_WATCH].is_set) {
        note_signed(verifier, &verifier->watches[FILE_WATCH]);
    }
    return HF_DONE;
}

/* What was found, whatever the verdict. */
static void fill_report(struct verifier *verifier)
{
    struct hf_log_report *report = verifier->report;
    const struct hf_chain_state *state = &verifier->walk.chain.last;
    report->n_records = report->head.size = state->tree.size;
    hf_tree_root(&state->tree, report->head.root);
    memcpy(report->n_by_kind, verifier->last.n_by_kind, sizeof(report->n_by_kind));
    report->n_details = verifier->last.n_details;
    report->first_time_unix_s = verifier->last.first_time_unix_s;
    report->last_time_unix_s = state->time_unix_s;
    report->n_segments = verifier->walk.next_segment;
    report->n_bytes = verifier->walk.n_bytes;
    report->torn_bytes = verifier->walk.torn_bytes;
    report->n_open_accesses =
        hf_pairing_count(&verifier->pairing, state->tree.size, &report->first_open_access);
}

/* Why a log that holds is not wholly covered; empty: it is. */
static void name_shortcoming(const struct verifier *verifier, struct hf_log_report *report)
{
    size_t room = sizeof(report->shortcoming);
    if (report->signed_size < report->n_records) {
        snprintf(report->shortcoming, room, "the last %llu records are not signed",
                 (unsigned long long)(report->n_records - report->signed_size));
    } else if (report->quorum_size < report->n_records) {
        snprintf(report->shortcoming, room, "the last %llu records lack the witnesses' quorum",
                 (unsigned long long)(report->n_records - report->quorum_size));
    } else if (!verifier->watches[FILE_WATCH].is_set) {
        snprintf(report->shortcoming, room, "the file `checkpoint` is missing");
    } else if (report->torn_bytes) {
        snprintf(report->shortcoming, room, "%llu bytes of an incomplete batch at the end",
                 (unsigned long long)report->torn_bytes);
    } else if (report->n_open_accesses) {
        snprintf(report->shortcoming, room,
                 "%llu accesses have no outcome, the first is record %llu",
                 (unsigned long long)report->n_open_accesses,
                 (unsigned long long)report->first_open_access);
    }
}

static enum hf_verify_verdict verdict_of(const struct verifier *verifier, hf_status status)
{
    struct hf_log_report *report = verifier->report;
    if (status.code == HF_LOG_CORRUPT || status.code == HF_LOG_TAMPERED) {
        return HF_VERIFY_TAMPERED;
    }
    if (!hf_is_ok(status)) {
        snprintf(report->shortcoming, sizeof(report->shortcoming), "%s: %s", report->fault.file,
                 hf_code_info(status.code)->sentence);
        return HF_VERIFY_UNREADABLE;
    }
    name_shortcoming(verifier, report);
    if (report->n_records == 0 && report->torn_bytes == 0) {
        return HF_VERIFY_EMPTY;
    }
    return report->shortcoming[0] ? HF_VERIFY_PARTIAL : HF_VERIFY_YES;
}

void hf_log_verify(const struct hf_log_verify_request *request, struct hf_log_report *ret_report)
{
    *ret_report = (struct hf_log_report){.verdict = HF_VERIFY_UNREADABLE};
    struct verifier verifier = {
        .request = request,
        .report = ret_report,
        .walk.reader.fd = -1,
        .watches = {{.file = "checkpoint"}, {.file = "the checkpoint given"}},
        .detail = hf_buf_init(HF_DETAIL_MAX_BYTES),
        .arena = hf_arena_init(4 * HF_DETAIL_MAX_BYTES),
    };
    hf_status status = run(&verifier);
    fill_report(&verifier);
    ret_report->verdict = verdict_of(&verifier, status);
    hf_log_walk_close(&verifier.walk);
    hf_pairing_clear(&verifier.pairing);
    hf_buf_clear(&verifier.detail);
    hf_arena_clear(&verifier.arena);
}
