/*
 * One function for each kind of frame. Each checks that the frame may stand here at all, then that
 * what it says is what we computed.
 *
 * Invariant: `last` is the state at the end of the last complete batch; `now` is `last` plus the
 * entries of the batch that is open. Batches are numbered 1, 2, 3 … through the whole log, so that
 * a batch that is missing, doubled or moved cannot pass.
 */
#include "audit/chain.h"

#include "audit/checkpoint.h"
#include "audit/sealed.h"

#include <stdio.h>

static const uint8_t zeros[HF_SHA256_BYTES];

hf_status hf_chain_segment(struct hf_chain *chain, const struct hf_segment_header *header,
                           struct hf_log_fault *fault)
{
    uint8_t root[HF_SHA256_BYTES];
    fault->index = chain->now.tree.size;
    if (header->first_index != chain->now.tree.size) {
        hf_log_fault_numbers(fault, "the segment begins with another record", fault->index,
                             header->first_index);
        HF_FAIL(LOG_CORRUPT);
    }
    if (memcmp(header->prev, chain->now.tree.size ? chain->now.head : zeros, sizeof(zeros)) != 0) {
        hf_log_fault_hashes(fault, "the segment continues another record", chain->now.head,
                            header->prev);
        HF_FAIL(LOG_CORRUPT);
    }
    hf_tree_root(&chain->now.tree, root);
    if (memcmp(header->root, root, sizeof(root)) != 0) {
        hf_log_fault_hashes(fault, "the segment continues another tree", root, header->root);
        HF_FAIL(LOG_CORRUPT);
    }
    chain->is_sealed = false;
    return HF_DONE;
}

static hf_status refuse(struct hf_log_fault *fault, const char *what)
{
    hf_log_fault_say(fault, what);
    HF_FAIL(LOG_CORRUPT);
}

static hf_status refuse_numbers(struct hf_log_fault *fault, const char *what, uint64_t expected,
                                uint64_t got)
{
    hf_log_fault_numbers(fault, what, expected, got);
    HF_FAIL(LOG_CORRUPT);
}

static void copy_state(struct hf_chain_state *to, const struct hf_chain_state *from)
{
    hf_tree_copy(&to->tree, &from->tree);
    memcpy(to->head, from->head, sizeof(to->head));
    to->time_unix_s = from->time_unix_s;
    to->batch = from->batch;
}

void hf_chain_rollback(struct hf_chain *chain)
{
    copy_state(&chain->now, &chain->last);
    chain->is_open = false;
    chain->wants_detail = false;
}

static void finish_batch(struct hf_chain *chain)
{
    chain->now.batch++;
    chain->is_open = false;
    copy_state(&chain->last, &chain->now);
}

static hf_status check_record(const struct hf_chain *chain, const struct hf_record *record,
                              struct hf_log_fault *fault)
{
    if (record->index != chain->now.tree.size) {
        return refuse_numbers(fault, "the record has another index", chain->now.tree.size,
                              record->index);
    }
    if (memcmp(record->prev, chain->now.head, sizeof(record->prev)) != 0) {
        hf_log_fault_hashes(fault, "the record follows another one (prev)", chain->now.head,
                            record->prev);
        HF_FAIL(LOG_CORRUPT);
    }
    if (record->time_unix_s < chain->now.time_unix_s) {
        return refuse_numbers(fault, "time goes back", (uint64_t)chain->now.time_unix_s,
                              (uint64_t)record->time_unix_s);
    }
    return HF_DONE;
}

static hf_status parse_record(const struct hf_frame *frame, struct hf_record *ret_record,
                              struct hf_log_fault *fault)
{
    struct hf_problem problem = {0};
    if (hf_is_ok(hf_record_parse(frame->payload, ret_record, &problem))) {
        return HF_DONE;
    }
    char what[sizeof(fault->what)];
    snprintf(what, sizeof(what), "the record is not in its one spelling at `%.24s`", problem.where);
    return refuse(fault, what);
}

static hf_status feed_entry(struct hf_chain *chain, const struct hf_frame *frame,
                            struct hf_chain_step *step, struct hf_log_fault *fault)
{
    if (chain->wants_detail) {
        return refuse(fault, "a record stands where the detail of the last one must stand");
    }
    if (frame->number != chain->now.tree.size) {
        return refuse_numbers(fault, "the frame has another index", chain->now.tree.size,
                              frame->number);
    }
    HF_TRY(parse_record(frame, &step->record, fault));
    HF_TRY(check_record(chain, &step->record, fault));
    hf_record_leaf_hash(frame->payload, step->leaf);
    step->n_levels = hf_tree_append(&chain->now.tree, step->leaf);
    memcpy(chain->now.head, step->leaf, sizeof(step->leaf));
    chain->now.time_unix_s = step->record.time_unix_s;
    chain->n_entries++;
    chain->is_open = true;
    chain->wants_detail = true;
    return HF_DONE;
}

/* Without a box of its own only an outcome may be, right behind the access that told it. */
static hf_status check_told(const struct hf_chain *chain, const struct hf_record *record,
                            struct hf_log_fault *fault)
{
    if (record->kind != HF_RECORD_OUTCOME || !chain->is_behind_access) {
        return refuse(fault,
                      "a record without a detail of its own is no outcome behind its access");
    }
    if (memcmp(record->commit, chain->access_commit, sizeof(record->commit)) != 0) {
        hf_log_fault_hashes(fault, "an outcome commits to another detail than its access",
                            chain->access_commit, record->commit);
        HF_FAIL(LOG_CORRUPT);
    }
    return HF_DONE;
}

static hf_status feed_detail(struct hf_chain *chain, const struct hf_frame *frame,
                             const struct hf_record *record, struct hf_log_fault *fault)
{
    if (!chain->wants_detail) {
        return refuse(fault, "a detail stands without its record");
    }
    if (frame->number != chain->now.tree.size - 1) {
        return refuse_numbers(fault, "the detail belongs to another record",
                              chain->now.tree.size - 1, frame->number);
    }
    if (hf_detail_is_told(frame->payload)) {
        HF_TRY(check_told(chain, record, fault));
    }
    chain->wants_detail = false;
    chain->is_behind_access = record->kind == HF_RECORD_ACCESS;
    memcpy(chain->access_commit, record->commit, sizeof(record->commit));
    return HF_DONE;
}

/* The commit's own words against what was counted and computed. */
static hf_status check_commit(const struct hf_chain *chain, const struct hf_commit *commit,
                              struct hf_log_fault *fault)
{
    if (commit->first_index != chain->last.tree.size) {
        return refuse_numbers(fault, "the commit names another first record", chain->last.tree.size,
                              commit->first_index);
    }
    if (commit->n_entries != chain->n_entries) {
        return refuse_numbers(fault, "the commit counts other records", chain->n_entries,
                              commit->n_entries);
    }
    if (commit->batch != chain->now.batch + 1) {
        return refuse_numbers(fault, "the commit has another batch number", chain->now.batch + 1,
                              commit->batch);
    }
    if (commit->batch_bytes != chain->n_bytes) {
        return refuse_numbers(fault, "the commit has another length", chain->n_bytes,
                              commit->batch_bytes);
    }
    if (memcmp(commit->head, chain->now.head, sizeof(commit->head)) != 0) {
        hf_log_fault_hashes(fault, "the commit has another last record", chain->now.head,
                            commit->head);
        HF_FAIL(LOG_CORRUPT);
    }
    uint8_t root[HF_SHA256_BYTES];
    hf_tree_root(&chain->now.tree, root);
    if (memcmp(commit->root, root, sizeof(root)) != 0) {
        hf_log_fault_hashes(fault, "the commit has another root", root, commit->root);
        HF_FAIL(LOG_CORRUPT);
    }
    return HF_DONE;
}

static hf_status feed_commit(struct hf_chain *chain, const struct hf_frame *frame,
                             struct hf_log_fault *fault)
{
    struct hf_commit commit;
    if (!chain->is_open || chain->wants_detail) {
        return refuse(fault, "a commit stands without complete records before it");
    }
    if (frame->number != chain->now.tree.size) {
        return refuse_numbers(fault, "the commit is of another size", chain->now.tree.size,
                              frame->number);
    }
    if (!hf_is_ok(hf_commit_parse(frame->payload, &commit))) {
        return refuse(fault, "the commit is not well formed");
    }
    HF_TRY(check_commit(chain, &commit, fault));
    finish_batch(chain);
    return HF_DONE;
}

/* Checkpoints and seals are batches of their own, about the tree as it is. */
static hf_status check_lone(const struct hf_chain *chain, const struct hf_frame *frame,
                            struct hf_log_fault *fault)
{
    if (chain->is_open) {
        return refuse(fault, "a checkpoint or seal stands within a batch");
    }
    if (frame->number != chain->now.tree.size) {
        return refuse_numbers(fault, "a checkpoint or seal is of another size",
                              chain->now.tree.size, frame->number);
    }
    return HF_DONE;
}

static hf_status feed_checkpoint(struct hf_chain *chain, const struct hf_frame *frame,
                                 struct hf_log_fault *fault)
{
    struct hf_checkpoint checkpoint;
    HF_TRY(check_lone(chain, frame, fault));
    if (!hf_is_ok(hf_checkpoint_parse(frame->payload, &checkpoint, NULL))) {
        return refuse(fault, "the checkpoint is not well formed");
    }
    if (checkpoint.head.size != chain->now.tree.size) {
        return refuse_numbers(fault, "the checkpoint is of another size", chain->now.tree.size,
                              checkpoint.head.size);
    }
    uint8_t root[HF_SHA256_BYTES];
    hf_tree_root(&chain->now.tree, root);
    if (memcmp(checkpoint.head.root, root, sizeof(root)) != 0) {
        hf_log_fault_hashes(fault, "the checkpoint has another root", root, checkpoint.head.root);
        HF_FAIL(LOG_CORRUPT);
    }
    finish_batch(chain);
    return HF_DONE;
}

static hf_status feed_seal(struct hf_chain *chain, const struct hf_frame *frame,
                           struct hf_chain_step *step, struct hf_log_fault *fault)
{
    HF_TRY(check_lone(chain, frame, fault));
    if (!hf_is_ok(hf_segment_seal_parse(frame->payload, &step->seal))) {
        return refuse(fault, "the seal is not well formed");
    }
    chain->is_sealed = true;
    finish_batch(chain);
    return HF_DONE;
}

hf_status hf_chain_feed(struct hf_chain *chain, const struct hf_frame *frame,
                        struct hf_chain_step *step, struct hf_log_fault *fault)
{
    fault->index = chain->now.tree.size;
    if (chain->is_sealed) {
        return refuse(fault, "a frame stands behind the segment's seal");
    }
    if (frame->batch != (uint32_t)(chain->now.batch + 1)) {
        return refuse_numbers(fault, "the frame belongs to another batch",
                              (uint32_t)(chain->now.batch + 1), frame->batch);
    }
    if (!chain->is_open) {
        chain->n_entries = 0;
        chain->n_bytes = 0;
        chain->is_behind_access = false; /* what belongs together stands in one batch */
    }
    chain->n_bytes += hf_frame_size(frame->payload.size);
    step->type = frame->type;
    step->payload = frame->payload;
    switch (frame->type) {
    case HF_FRAME_ENTRY:
        return feed_entry(chain, frame, step, fault);
    case HF_FRAME_DETAIL:
        return feed_detail(chain, frame, &step->record, fault);
    case HF_FRAME_COMMIT:
        return feed_commit(chain, frame, fault);
    case HF_FRAME_CHECKPOINT:
        return feed_checkpoint(chain, frame, fault);
    case HF_FRAME_SEAL:
        return feed_seal(chain, frame, step, fault);
    case HF_N_FRAME_TYPES:
        break;
    }
    return refuse(fault, "a frame's type is not known");
}
