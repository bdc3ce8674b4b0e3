/*
 * Segment after segment, frame after frame. The only judgement here is where a log may end: within
 * the last batch of the last segment, and nowhere else.
 */
#include "audit/walk.h"

#include "audit/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static hf_status corrupt(struct hf_log_fault *fault, const char *what)
{
    hf_log_fault_say(fault, what);
    HF_FAIL(LOG_CORRUPT);
}

hf_status hf_log_walk_open(const char *folder, struct hf_log_walk *ret_walk,
                           struct hf_log_fault *fault)
{
    *ret_walk = (struct hf_log_walk){.folder = folder, .reader.fd = -1};
    snprintf(fault->file, sizeof(fault->file), "origin");
    hf_status status = hf_log_origin_read(folder, ret_walk->origin);
    if (status.code == HF_LOG_CORRUPT) {
        return corrupt(fault, "not the name of a log");
    }
    HF_TRY(status);
    return hf_segment_list(folder, &ret_walk->segments, &ret_walk->n_segments, fault);
}

void hf_log_walk_close(struct hf_log_walk *walk)
{
    free(walk->segments);
    walk->segments = NULL;
    hf_segment_reader_close(&walk->reader);
}

static hf_status open_segment(struct hf_log_walk *walk, struct hf_log_fault *fault)
{
    char name[HF_SEGMENT_NAME_BYTES];
    uint64_t first = walk->segments[walk->next_segment++];
    hf_segment_name(first, name);
    hf_segment_reader_close(&walk->reader);
    fault->index = walk->chain.now.tree.size;
    HF_TRY(hf_segment_reader_open(walk->folder, name, &walk->reader, fault));
    if (strcmp(walk->reader.header.origin, walk->origin) != 0) {
        return corrupt(fault, "the segment belongs to another log (origin)");
    }
    if (walk->reader.header.first_index != first) {
        return corrupt(fault, "the segment's header has another first record than its name");
    }
    HF_TRY(hf_chain_segment(&walk->chain, &walk->reader.header, fault));
    walk->is_in_segment = true;
    walk->n_bytes += HF_SEGMENT_HEADER_BYTES;
    return HF_DONE;
}

/* What is left of the file at @offset, zeros included. */
static uint64_t bytes_from(const struct hf_segment_reader *reader, uint64_t offset)
{
    struct stat info;
    if (fstat(reader->fd, &info) != 0 || (uint64_t)info.st_size < offset) {
        return 0;
    }
    return (uint64_t)info.st_size - offset;
}

/* No frame comes any more in this segment: may it end like this? */
static hf_status end_segment(struct hf_log_walk *walk, enum hf_segment_next next,
                             struct hf_log_fault *fault)
{
    bool is_last = walk->next_segment == walk->n_segments;
    bool is_later = false;
    uint64_t later = 0;
    walk->is_in_segment = false;
    if (next == HF_SEGMENT_END && walk->chain.is_sealed) {
        return HF_DONE;
    }
    if (!is_last && next == HF_SEGMENT_END) {
        fault->offset = walk->reader.offset;
        return corrupt(fault, "the segment was never sealed, yet another follows");
    }
    if (!is_last || (next == HF_SEGMENT_BAD && walk->chain.is_sealed)) {
        HF_FAIL(LOG_CORRUPT);
    }
    if (next == HF_SEGMENT_BAD) {
        walk->torn_bytes = bytes_from(&walk->reader, walk->reader.offset);
        HF_TRY(hf_segment_reader_later(&walk->reader, (uint32_t)(walk->chain.last.batch + 1),
                                       &is_later, &later));
    }
    if (is_later) {
        HF_FAIL(LOG_CORRUPT);
    }
    if (walk->chain.is_open) {
        walk->torn_bytes += walk->chain.n_bytes;
    }
    hf_chain_rollback(&walk->chain);
    return HF_DONE;
}

hf_status hf_log_walk_next(struct hf_log_walk *walk, enum hf_log_walk_next *ret_next,
                           struct hf_log_fault *fault)
{
    for (;;) {
        enum hf_segment_next next;
        struct hf_frame frame;
        size_t size = 0;
        if (!walk->is_in_segment) {
            if (walk->next_segment == walk->n_segments) {
                *ret_next = HF_WALK_END;
                return HF_DONE;
            }
            HF_TRY(open_segment(walk, fault));
        }
        walk->offset = walk->reader.offset;
        fault->index = walk->chain.now.tree.size;
        HF_TRY(hf_segment_reader_next(&walk->reader, &next, &frame, &size, fault));
        if (next == HF_SEGMENT_FRAME) {
            fault->offset = walk->offset;
            walk->n_bytes += size;
            *ret_next = HF_WALK_FRAME;
            return hf_chain_feed(&walk->chain, &frame, &walk->step, fault);
        }
        HF_TRY(end_segment(walk, next, fault));
    }
}
