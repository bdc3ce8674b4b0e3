/*
 * Reading a segment. The window holds at least one whole frame of the greatest size, so a frame is
 * always parsed in place; pread, not mmap, because a file that shrinks under a map kills the
 * reader.
 */
#include "audit/segment_reader.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WINDOW_BYTES = 1 << 18, MAX_SEGMENTS = 1 << 20, INDEX_DIGITS = 20 };

static const char suffix[] = ".hfl";

void hf_segment_name(uint64_t first_index, char ret_name[static HF_SEGMENT_NAME_BYTES])
{
    snprintf(ret_name, HF_SEGMENT_NAME_BYTES, "%020llu%s", (unsigned long long)first_index, suffix);
}

bool hf_segment_name_parse(const char *name, uint64_t *ret_first_index)
{
    uint64_t index = 0;
    for (int i = 0; i < INDEX_DIGITS; i++) {
        if (name[i] < '0' || name[i] > '9' || __builtin_mul_overflow(index, (uint64_t)10, &index) ||
            __builtin_add_overflow(index, (uint64_t)(name[i] - '0'), &index)) {
            return false;
        }
    }
    if (strcmp(name + INDEX_DIGITS, suffix) != 0) {
        return false;
    }
    *ret_first_index = index;
    return true;
}

/* Fills the window's free end; sets is_at_eof when there is no more. */
static hf_status fill(struct hf_segment_reader *reader)
{
    if (reader->begin > 0) {
        memmove(reader->window, reader->window + reader->begin, reader->end - reader->begin);
        reader->end -= reader->begin;
        reader->begin = 0;
    }
    while (reader->end < WINDOW_BYTES && !reader->is_at_eof) {
        ssize_t n = pread(reader->fd, reader->window + reader->end, WINDOW_BYTES - reader->end,
                          (off_t)(reader->offset + reader->end));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            HF_FAIL(IO);
        }
        reader->is_at_eof = n == 0;
        reader->end += (size_t)n;
    }
    return HF_DONE;
}

/* Makes sure that the window holds the whole frame that comes next, or all that is left. */
static hf_status need_frame(struct hf_segment_reader *reader)
{
    hf_bytes rest = hf_bytes_of(reader->window + reader->begin, reader->end - reader->begin);
    if (rest.size >= hf_frame_wanted(rest) || reader->is_at_eof) {
        return HF_DONE;
    }
    return fill(reader);
}

static void skip(struct hf_segment_reader *reader, size_t n)
{
    reader->begin += n;
    reader->offset += n;
}

static hf_status read_header(struct hf_segment_reader *reader, struct hf_log_fault *fault)
{
    struct hf_problem problem = {0};
    HF_TRY(fill(reader));
    if (reader->end < HF_SEGMENT_HEADER_BYTES) {
        hf_log_fault_say(fault, "the file is shorter than a segment's header");
        HF_FAIL(LOG_CORRUPT);
    }
    if (!hf_is_ok(hf_segment_header_parse(reader->window, &reader->header, &problem))) {
        fault->offset = problem.offset;
        hf_log_fault_say(fault, problem.detail);
        HF_FAIL(LOG_CORRUPT);
    }
    skip(reader, HF_SEGMENT_HEADER_BYTES);
    return HF_DONE;
}

hf_status hf_segment_reader_open(const char *folder, const char *name,
                                 struct hf_segment_reader *ret_reader, struct hf_log_fault *fault)
{
    char path[PATH_MAX];
    snprintf(fault->file, sizeof(fault->file), "wal/%s", name);
    fault->offset = 0;
    HF_TRY(hf_path_join(path, sizeof(path), folder, fault->file));
    /* O_NONBLOCK: a pipe under a segment's name must not hang an auditor; it cannot be read. */
    struct hf_segment_reader reader = {
        .fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK)};
    if (reader.fd < 0) {
        return hf_status_of(errno == ENOENT ? HF_NOT_FOUND : HF_IO);
    }
    reader.window = malloc(WINDOW_BYTES);
    hf_status status = reader.window ? read_header(&reader, fault) : hf_status_of(HF_NOMEM);
    if (!hf_is_ok(status)) {
        hf_segment_reader_close(&reader);
        return status;
    }
    *ret_reader = reader;
    return HF_DONE;
}

void hf_segment_reader_close(struct hf_segment_reader *reader)
{
    if (reader->window) {
        free(reader->window);
    }
    if (reader->fd > 0) {
        close(reader->fd);
    }
    *reader = (struct hf_segment_reader){.fd = -1};
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    static const uint8_t zeros[4096];
    for (; size >= sizeof(zeros); bytes += sizeof(zeros), size -= sizeof(zeros)) {
        if (memcmp(bytes, zeros, sizeof(zeros)) != 0) {
            return false;
        }
    }
    return size == 0 || memcmp(bytes, zeros, size) == 0;
}

/* Whether the file holds nothing but zeros behind the frames; leaves the reader where it is. */
static hf_status rest_is_zero(struct hf_segment_reader *reader, bool *ret_is_zero)
{
    uint8_t chunk[65536];
    off_t at = (off_t)reader->offset;
    for (;;) {
        ssize_t n = pread(reader->fd, chunk, sizeof(chunk), at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            HF_FAIL(IO);
        }
        if (n == 0 || !is_zero(chunk, (size_t)n)) {
            *ret_is_zero = n == 0;
            return HF_DONE;
        }
        at += n;
    }
}

hf_status hf_segment_reader_next(struct hf_segment_reader *reader, enum hf_segment_next *ret_next,
                                 struct hf_frame *ret_frame, size_t *ret_size,
                                 struct hf_log_fault *fault)
{
    const char *what = NULL;
    size_t size = 0;
    HF_TRY(need_frame(reader));
    hf_bytes rest = hf_bytes_of(reader->window + reader->begin, reader->end - reader->begin);
    if (hf_is_ok(hf_frame_parse(rest, reader->header.salt, ret_frame, &size, &what))) {
        skip(reader, size);
        *ret_size = size;
        *ret_next = HF_SEGMENT_FRAME;
        return HF_DONE;
    }
    size_t head = rest.size < HF_FRAME_HEADER_BYTES ? rest.size : HF_FRAME_HEADER_BYTES;
    bool is_end = false;
    if (is_zero(rest.data, head)) {
        HF_TRY(rest_is_zero(reader, &is_end));
        what = "bytes that are not zero behind the last frame";
    }
    if (!is_end) {
        fault->offset = reader->offset;
        hf_log_fault_say(fault, what);
    }
    *ret_next = is_end ? HF_SEGMENT_END : HF_SEGMENT_BAD;
    return HF_DONE;
}

void hf_segment_reader_seek(struct hf_segment_reader *reader, uint64_t offset)
{
    reader->begin = reader->end = 0;
    reader->offset = offset;
    reader->is_at_eof = false;
}

hf_status hf_segment_reader_later(struct hf_segment_reader *reader, uint32_t batch, bool *ret_found,
                                  uint64_t *ret_offset)
{
    *ret_found = false;
    for (;;) {
        HF_TRY(need_frame(reader));
        hf_bytes rest = hf_bytes_of(reader->window + reader->begin, reader->end - reader->begin);
        struct hf_frame frame;
        size_t size = 0;
        const char *what = NULL;
        if (rest.size < HF_FRAME_HEADER_BYTES) {
            return HF_DONE;
        }
        if (hf_is_ok(hf_frame_parse(rest, reader->header.salt, &frame, &size, &what)) &&
            (int32_t)(frame.batch - batch) > 0) {
            *ret_found = true;
            *ret_offset = reader->offset;
            return HF_DONE;
        }
        skip(reader, HF_FRAME_ALIGN_BYTES);
    }
}

hf_status hf_segment_list(const char *folder, uint64_t **ret_first, size_t *ret_n,
                          struct hf_log_fault *fault)
{
    char path[PATH_MAX];
    char **names = NULL;
    size_t n = 0;
    HF_TRY(hf_path_join(path, sizeof(path), folder, "wal"));
    HF_TRY(hf_folder_list(path, NULL, MAX_SEGMENTS, &names, &n));
    uint64_t *first = calloc(n + 1, sizeof(*first));
    hf_status status = hf_status_of(first ? HF_OK : HF_NOMEM);
    for (size_t i = 0; i < n && hf_is_ok(status); i++) {
        if (!hf_segment_name_parse(names[i], &first[i])) {
            snprintf(fault->file, sizeof(fault->file), "wal/%.80s", names[i]);
            hf_log_fault_say(fault, "not the name of a segment");
            status = hf_status_of(HF_LOG_CORRUPT);
        }
    }
    hf_folder_names_free(names, n);
    if (!hf_is_ok(status)) {
        free(first);
        return status;
    }
    *ret_first = first;
    *ret_n = n;
    return HF_DONE;
}
