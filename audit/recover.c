/*
 * Recovery is one path, always walked. The line it must not cross: what was acknowledged is never
 * cut off. By invariant W (no batch is written before the last one is synced) only the last batch
 * can be incomplete on disk; so damage with a valid later batch behind it, or in a segment that is
 * not the last, is damage of acknowledged data, and a person has to decide.
 *
 * Each step can be killed and walked again: torn bytes are copied durably before they are cut, the
 * seal carries what the `recover` record must tell, and only that record makes the run a new one.
 */
#include "audit/recover.h"

#include "audit/checkpoint.h"
#include "audit/note.h"
#include "audit/segment_reader.h"
#include "audit/segment_writer.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct span {
    uint64_t begin;
    uint64_t end;
};

struct walk {
    const struct hf_recover_request *request;
    struct hf_recovered *recovered;
    struct hf_log_fault *fault;
    struct hf_chain chain;
    struct hf_chain_step step;
    struct hf_segment_reader reader;
    uint64_t open_begin;  /* of the batch that is open */
    struct span complete; /* the last complete batch of this segment; empty: none */
};

static void walk_clear(struct walk *walk)
{
    hf_segment_reader_close(&walk->reader);
}

static hf_status corrupt(struct walk *walk, const char *what)
{
    hf_log_fault_say(walk->fault, what);
    HF_FAIL(LOG_CORRUPT);
}

static hf_status keep_checkpoint(struct walk *walk, hf_bytes note, uint64_t size)
{
    hf_buf_reset(&walk->recovered->checkpoint);
    walk->recovered->checkpoint_size = size;
    return hf_buf_append(&walk->recovered->checkpoint, note);
}

static hf_status take_frame(struct walk *walk, const struct hf_frame *frame, size_t size)
{
    uint64_t offset = walk->reader.offset - size;
    if (!walk->chain.is_open) {
        walk->open_begin = offset;
    }
    walk->fault->offset = offset;
    HF_TRY(hf_chain_feed(&walk->chain, frame, &walk->step, walk->fault));
    if (!walk->chain.is_open) {
        walk->complete = (struct span){walk->open_begin, walk->reader.offset};
    }
    if (frame->type == HF_FRAME_ENTRY) {
        return hf_tree_store_add(walk->request->store, &walk->chain.now.tree, walk->step.n_levels,
                                 offset);
    }
    if (frame->type == HF_FRAME_CHECKPOINT) {
        return keep_checkpoint(walk, frame->payload, frame->number);
    }
    if (frame->type == HF_FRAME_SEAL) {
        walk->recovered->seal = walk->step.seal;
    }
    return HF_DONE;
}

static hf_status open_segment(struct walk *walk, uint64_t first_index)
{
    char name[HF_SEGMENT_NAME_BYTES];
    hf_segment_name(first_index, name);
    walk->fault->index = walk->chain.now.tree.size;
    HF_TRY(hf_segment_reader_open(walk->request->folder, name, &walk->reader, walk->fault));
    if (strcmp(walk->reader.header.origin, walk->request->origin) != 0) {
        return corrupt(walk, "the segment belongs to another log (origin)");
    }
    if (walk->reader.header.first_index != first_index) {
        return corrupt(walk, "the segment's header has another first record than its name");
    }
    walk->complete = (struct span){0};
    return hf_chain_segment(&walk->chain, &walk->reader.header, walk->fault);
}

static hf_status read_segment(struct walk *walk, uint64_t first_index,
                              enum hf_segment_next *ret_next)
{
    HF_TRY(open_segment(walk, first_index));
    for (;;) {
        struct hf_frame frame;
        size_t size = 0;
        walk->fault->index = walk->chain.now.tree.size;
        HF_TRY(hf_segment_reader_next(&walk->reader, ret_next, &frame, &size, walk->fault));
        if (*ret_next != HF_SEGMENT_FRAME) {
            return HF_DONE;
        }
        HF_TRY(take_frame(walk, &frame, size));
    }
}

/* How the last segment ends; @ret_cut_from is where its torn bytes begin, if it is torn. */
static hf_status judge_end(struct walk *walk, enum hf_segment_next next, bool *ret_is_torn,
                           uint64_t *ret_cut_from)
{
    bool is_later = false;
    uint64_t later_offset = 0;
    *ret_cut_from = walk->chain.is_open ? walk->open_begin : walk->reader.offset;
    *ret_is_torn = walk->chain.is_open || next == HF_SEGMENT_BAD;
    if (next == HF_SEGMENT_END) {
        return HF_DONE;
    }
    if (walk->chain.is_sealed) {
        HF_FAIL(LOG_CORRUPT);
    }
    HF_TRY(hf_segment_reader_later(&walk->reader, (uint32_t)(walk->chain.last.batch + 1), &is_later,
                                   &later_offset));
    if (is_later) { /* the fault says where the damage is, not where the valid batch is */
        HF_FAIL(LOG_CORRUPT);
    }
    return HF_DONE;
}

/* The last byte of the file that is not zero, plus one; never below @from. */
static hf_status find_used_end(int fd, uint64_t from, uint64_t *ret_end)
{
    uint8_t chunk[65536];
    uint64_t end = from;
    uint64_t at = from;
    for (;;) {
        ssize_t n = pread(fd, chunk, sizeof(chunk), (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            HF_FAIL(IO);
        }
        if (n == 0) {
            *ret_end = end;
            return HF_DONE;
        }
        for (ssize_t i = n; i > 0; i--) {
            if (chunk[i - 1]) {
                end = at + (uint64_t)i;
                break;
            }
        }
        at += (uint64_t)n;
    }
}

/* Copies torn bytes out of the segment, hashing them; the copy is synced. */
static hf_status copy_out(int from, struct span torn, int to, struct hf_sha256 *hash)
{
    uint8_t chunk[65536];
    while (torn.begin < torn.end) {
        uint64_t left = torn.end - torn.begin;
        size_t wanted = left < sizeof(chunk) ? (size_t)left : sizeof(chunk);
        ssize_t n = pread(from, chunk, wanted, (off_t)torn.begin);
        if (n <= 0 || write(to, chunk, (size_t)n) != n) {
            HF_FAIL(IO);
        }
        hf_sha256_update(hash, hf_bytes_of(chunk, (size_t)n));
        torn.begin += (uint64_t)n;
    }
    if (fsync(to) != 0) {
        HF_FAIL(IO);
    }
    return HF_DONE;
}

/* Keeps the torn bytes as torn/<segment>.<offset>. */
static hf_status keep_torn(struct walk *walk, struct span torn, struct hf_segment_seal *seal)
{
    char folder[PATH_MAX];
    char name[HF_SEGMENT_NAME_BYTES];
    char path[PATH_MAX];
    char final_name[64];
    HF_TRY(hf_path_join(folder, sizeof(folder), walk->request->folder, "torn"));
    HF_TRY(hf_folder_create(folder, 0750));
    hf_segment_name(walk->reader.header.first_index, name);
    snprintf(final_name, sizeof(final_name), "%s.%llu", name, (unsigned long long)torn.begin);
    HF_TRY(hf_path_join(path, sizeof(path), folder, final_name));
    /* Written in place: a copy of a run that was killed here is simply made again. */
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
    if (fd < 0) {
        HF_FAIL(IO);
    }
    struct hf_sha256 hash;
    hf_sha256_init(&hash);
    hf_status status = copy_out(walk->reader.fd, torn, fd, &hash);
    close(fd);
    HF_TRY(status);
    HF_TRY(hf_folder_sync(folder));
    hf_sha256_final(&hash, seal->cut_sha256);
    seal->cut_bytes = torn.end - torn.begin;
    return HF_DONE;
}

/* Writes the last complete batch over itself: what the cache shows is then what the disk holds. */
static hf_status rewrite(int fd, struct span batch)
{
    uint8_t chunk[65536];
    while (batch.begin < batch.end) {
        uint64_t left = batch.end - batch.begin;
        size_t wanted = left < sizeof(chunk) ? (size_t)left : sizeof(chunk);
        ssize_t n = pread(fd, chunk, wanted, (off_t)batch.begin);
        if (n <= 0 || pwrite(fd, chunk, (size_t)n, (off_t)batch.begin) != n) {
            HF_FAIL(IO);
        }
        batch.begin += (uint64_t)n;
    }
    return fdatasync(fd) == 0 ? HF_DONE : hf_status_of(HF_IO);
}

/* A segment without a record goes away, so that the next one can take its name. */
static hf_status remove_segment(struct walk *walk, const struct hf_segment_writer *writer)
{
    char wal[PATH_MAX];
    HF_TRY(hf_path_join(wal, sizeof(wal), walk->request->folder, "wal"));
    if (unlink(writer->path) != 0) {
        HF_FAIL(IO);
    }
    walk->recovered->n_segments--;
    return hf_folder_sync(wal);
}

static hf_status write_seal(struct walk *walk, struct hf_segment_writer *writer)
{
    uint8_t payload[HF_SEAL_FRAME_BYTES];
    HF_CLEANUP(hf_buf_clear) hf_buf frames = hf_buf_init(HF_FRAME_MAX_BYTES);
    hf_segment_seal_write(&walk->recovered->seal, payload);
    const struct hf_frame frame = {.type = HF_FRAME_SEAL,
                                   .batch = (uint32_t)(walk->chain.last.batch + 1),
                                   .number = walk->chain.last.tree.size,
                                   .payload = hf_bytes_of(payload, sizeof(payload))};
    HF_TRY(hf_frame_write(&frame, writer->header.salt, &frames));
    HF_TRY(hf_segment_writer_seal(writer, &frames));
    walk->chain.last.batch++;
    return HF_DONE;
}

/* Cuts, writes again, seals: the segment is then as if it had been closed in order. */
static hf_status repair(struct walk *walk, bool is_torn, uint64_t cut_from,
                        struct hf_segment_writer *writer)
{
    struct hf_segment_seal *seal = &walk->recovered->seal;
    *seal = (struct hf_segment_seal){.reason = HF_SEAL_RECOVERED};
    if (is_torn) {
        struct span torn = {.begin = cut_from};
        HF_TRY(find_used_end(writer->fd, cut_from, &torn.end));
        HF_TRY(keep_torn(walk, torn, seal));
        if (ftruncate(writer->fd, (off_t)cut_from) != 0 || fsync(writer->fd) != 0) {
            HF_FAIL(IO);
        }
    }
    hf_chain_rollback(&walk->chain);
    HF_TRY(hf_tree_store_cut(walk->request->store, walk->chain.last.tree.size));
    if (walk->complete.end == 0) {
        return remove_segment(walk, writer);
    }
    HF_TRY(rewrite(writer->fd, walk->complete));
    return write_seal(walk, writer);
}

static bool is_read_only(int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 && (info.st_mode & 0222) == 0;
}

/* The last segment has been read: bring it to its end. */
static hf_status end_log(struct walk *walk, enum hf_segment_next next)
{
    bool is_torn = false;
    uint64_t cut_from = 0;
    struct hf_log_recovery *report = &walk->recovered->report;
    HF_TRY(judge_end(walk, next, &is_torn, &cut_from));
    if (walk->chain.is_sealed && is_read_only(walk->reader.fd)) {
        walk->recovered->needs_record = walk->recovered->seal.reason != HF_SEAL_CLOSED;
        report->ending = walk->recovered->needs_record ? HF_LOG_ENDING_CLEAN : HF_LOG_ENDING_SEALED;
        report->cut_bytes = walk->recovered->seal.cut_bytes;
        return HF_DONE;
    }
    struct hf_segment_writer writer;
    HF_TRY(hf_segment_writer_adopt(walk->request->folder, &walk->reader.header, cut_from, &writer));
    walk->recovered->needs_record = true;
    hf_status status;
    if (walk->chain.is_sealed) { /* killed while it was sealing: the seal may not be on disk */
        status = rewrite(writer.fd, walk->complete);
        if (hf_is_ok(status)) {
            status = hf_segment_writer_finish(&writer);
        }
    } else {
        status = repair(walk, is_torn, cut_from, &writer);
    }
    hf_segment_writer_close(&writer);
    report->ending = is_torn ? HF_LOG_ENDING_TORN : HF_LOG_ENDING_CLEAN;
    report->cut_bytes = walk->recovered->seal.cut_bytes;
    return status;
}

static hf_status read_all(struct walk *walk)
{
    struct hf_recovered *recovered = walk->recovered;
    size_t n = recovered->n_segments;
    for (size_t i = 0; i < n; i++) {
        enum hf_segment_next next;
        hf_segment_reader_close(&walk->reader);
        HF_TRY(read_segment(walk, recovered->segments[i], &next));
        if (i + 1 == n) {
            return end_log(walk, next);
        }
        if (next == HF_SEGMENT_BAD) {
            HF_FAIL(LOG_CORRUPT);
        }
        if (!walk->chain.is_sealed) {
            walk->fault->offset = walk->reader.offset;
            return corrupt(walk, "the segment was never sealed, yet another follows");
        }
    }
    recovered->report.ending = HF_LOG_ENDING_FRESH;
    return HF_DONE;
}

/* That a note was signed by the log's own key. */
static hf_status check_signature(struct walk *walk, hf_bytes bytes)
{
    struct hf_note note;
    struct hf_note_key key = {.type = HF_NOTE_ED25519};
    bool is_signed = false;
    if (!hf_is_ok(hf_note_parse(bytes, &note, NULL))) {
        return corrupt(walk, "the checkpoint is not a signed note");
    }
    snprintf(key.name, sizeof(key.name), "%s", walk->request->origin);
    key.key = hf_key_ref(walk->request->signer);
    hf_status status = hf_note_key_id(key.name, key.type, key.key, &key.key_id);
    bool holds = hf_is_ok(status) && hf_is_ok(hf_note_verify(&note, &key, &is_signed, NULL));
    hf_note_key_clear(&key);
    HF_TRY(status);
    if (!holds) {
        return corrupt(walk, "the checkpoint's signature does not hold");
    }
    if (!is_signed) {
        hf_log_fault_say(walk->fault, "the log was signed by another key than the one given");
        HF_FAIL(CONFIG_INVALID);
    }
    return HF_DONE;
}

/* What the file `checkpoint` says against what is there. */
static hf_status check_checkpoint(struct walk *walk, hf_bytes bytes)
{
    struct hf_checkpoint checkpoint;
    uint8_t root[HF_SHA256_BYTES];
    uint64_t size = walk->chain.last.tree.size;
    HF_TRY(check_signature(walk, bytes));
    if (!hf_is_ok(hf_checkpoint_parse(bytes, &checkpoint, NULL)) ||
        !hf_bytes_equal_string(checkpoint.origin, walk->request->origin)) {
        return corrupt(walk, "the checkpoint is of another log");
    }
    walk->fault->index = checkpoint.head.size;
    if (checkpoint.head.size > size) {
        hf_log_fault_numbers(walk->fault, "records that were signed are gone", checkpoint.head.size,
                             size);
        HF_FAIL(LOG_ROLLBACK);
    }
    struct hf_hash_source source = hf_tree_store_source(walk->request->store);
    HF_TRY(hf_proof_root(&source, checkpoint.head.size, root));
    if (memcmp(root, checkpoint.head.root, sizeof(root)) != 0) {
        hf_log_fault_hashes(walk->fault, "another history was signed", checkpoint.head.root, root);
        HF_FAIL(LOG_CORRUPT);
    }
    if (checkpoint.head.size > walk->recovered->checkpoint_size) {
        return keep_checkpoint(walk, bytes, checkpoint.head.size);
    }
    return HF_DONE;
}

static hf_status judge_checkpoints(struct walk *walk)
{
    char path[PATH_MAX];
    HF_CLEANUP(hf_buf_clear) hf_buf file = hf_buf_init(HF_NOTE_MAX_BYTES);
    if (walk->recovered->checkpoint.size) {
        HF_TRY(check_signature(walk, hf_buf_view(&walk->recovered->checkpoint)));
    }
    snprintf(walk->fault->file, sizeof(walk->fault->file), "checkpoint");
    walk->fault->offset = 0;
    HF_TRY(hf_path_join(path, sizeof(path), walk->request->folder, "checkpoint"));
    hf_status status = hf_file_read(path, &file);
    if (status.code == HF_NOT_FOUND) { /* never signed, or killed before the first file was made */
        return HF_DONE;
    }
    HF_TRY(status);
    return check_checkpoint(walk, hf_buf_view(&file));
}

hf_status hf_recover(const struct hf_recover_request *request, struct hf_recovered *ret_recovered,
                     struct hf_log_fault *fault)
{
    struct hf_recovered recovered = {.checkpoint = hf_buf_init(HF_NOTE_MAX_BYTES)};
    HF_CLEANUP(walk_clear)
    struct walk walk = {
        .request = request, .recovered = &recovered, .fault = fault, .reader.fd = -1};
    hf_status status =
        hf_segment_list(request->folder, &recovered.segments, &recovered.n_segments, fault);
    if (hf_is_ok(status)) {
        status = read_all(&walk);
    }
    if (hf_is_ok(status)) {
        status = hf_tree_store_flush(request->store);
    }
    if (hf_is_ok(status)) {
        status = judge_checkpoints(&walk);
    }
    if (!hf_is_ok(status)) {
        hf_recovered_clear(&recovered);
        return status;
    }
    recovered.state = walk.chain.last;
    recovered.needs_record |= recovered.checkpoint_size < walk.chain.last.tree.size;
    recovered.report.n_records = walk.chain.last.tree.size;
    *ret_recovered = recovered;
    return HF_DONE;
}

void hf_recovered_clear(struct hf_recovered *recovered)
{
    free(recovered->segments);
    recovered->segments = NULL;
    hf_buf_clear(&recovered->checkpoint);
}
