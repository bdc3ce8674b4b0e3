/*
 * Bytes into a segment, each call one system call that either did all or failed for good. Nothing
 * is retried but an interrupted call that wrote nothing: after an error the kernel may have dropped
 * the dirty pages and would report the next sync as fine.
 */
#include "audit/segment_writer.h"

#include "audit/segment_reader.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static hf_status write_at(int fd, hf_bytes bytes, uint64_t offset)
{
    ssize_t n;
    do {
        n = pwrite(fd, bytes.data, bytes.size, (off_t)offset);
    } while (n < 0 && errno == EINTR);
    if (n < 0 || (size_t)n != bytes.size) {
        HF_FAIL(IO);
    }
    return HF_DONE;
}

/* Writes zeros up to @end, in pieces of 64 KiB. */
static hf_status write_zeros(struct hf_segment_writer *writer, uint64_t end)
{
    static const uint8_t zeros[65536];
    while (writer->zeroed < end) {
        uint64_t left = end - writer->zeroed;
        size_t n = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);
        HF_TRY(write_at(writer->fd, hf_bytes_of(zeros, n), writer->zeroed));
        writer->zeroed += n;
    }
    return HF_DONE;
}

static hf_status segment_path(const char *folder, const char *name, char ret_path[static PATH_MAX])
{
    char relative[NAME_MAX];
    snprintf(relative, sizeof(relative), "wal/%s", name);
    return hf_path_join(ret_path, PATH_MAX, folder, relative);
}

static hf_status write_first(struct hf_segment_writer *writer)
{
    uint8_t header[HF_SEGMENT_HEADER_BYTES];
    hf_segment_header_write(&writer->header, header);
    HF_TRY(write_at(writer->fd, hf_bytes_of(header, sizeof(header)), 0));
    writer->end = writer->zeroed = sizeof(header);
    HF_TRY(write_zeros(writer, writer->end + writer->prewrite_bytes));
    if (fsync(writer->fd) != 0) {
        HF_FAIL(IO);
    }
    return HF_DONE;
}

/* Gives the temporary file its name, durably; another file of that name is never replaced. */
static hf_status publish(const char *temporary, const char *path, const char *folder)
{
    char wal[PATH_MAX];
    HF_TRY(hf_path_join(wal, sizeof(wal), folder, "wal"));
    if (link(temporary, path) != 0) {
        return hf_status_of(errno == EEXIST ? HF_EXISTS : HF_IO);
    }
    if (unlink(temporary) != 0) {
        HF_FAIL(IO);
    }
    return hf_folder_sync(wal);
}

hf_status hf_segment_writer_create(const char *folder, const struct hf_segment_header *header,
                                   uint64_t prewrite_bytes, struct hf_segment_writer *ret_writer)
{
    char temporary[PATH_MAX];
    char name[HF_SEGMENT_NAME_BYTES];
    struct hf_segment_writer writer = {.header = *header, .prewrite_bytes = prewrite_bytes};
    hf_segment_name(header->first_index, name);
    HF_TRY(segment_path(folder, name, writer.path));
    HF_TRY(segment_path(folder, ".new", temporary));
    if (unlink(temporary) != 0 && errno != ENOENT) { /* of a run that was killed right here */
        HF_FAIL(IO);
    }
    writer.fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (writer.fd < 0) {
        HF_FAIL(IO);
    }
    hf_status status = write_first(&writer);
    if (hf_is_ok(status)) {
        status = publish(temporary, writer.path, folder);
    }
    if (!hf_is_ok(status)) {
        hf_segment_writer_close(&writer);
        return status;
    }
    *ret_writer = writer;
    return HF_DONE;
}

hf_status hf_segment_writer_adopt(const char *folder, const struct hf_segment_header *header,
                                  uint64_t end, struct hf_segment_writer *ret_writer)
{
    char name[HF_SEGMENT_NAME_BYTES];
    struct hf_segment_writer writer = {.header = *header, .end = end, .zeroed = end};
    hf_segment_name(header->first_index, name);
    HF_TRY(segment_path(folder, name, writer.path));
    writer.fd = open(writer.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (writer.fd < 0) {
        HF_FAIL(IO);
    }
    *ret_writer = writer;
    return HF_DONE;
}

hf_status hf_segment_writer_append(struct hf_segment_writer *writer, hf_bytes frames)
{
    uint64_t end = writer->end + frames.size;
    if (end > writer->zeroed) {
        HF_TRY(write_zeros(writer, end + writer->prewrite_bytes));
    }
    HF_TRY(write_at(writer->fd, frames, writer->end));
    writer->end = end;
    return HF_DONE;
}

hf_status hf_segment_writer_sync(struct hf_segment_writer *writer)
{
    if (fdatasync(writer->fd) != 0) {
        HF_FAIL(IO);
    }
    return HF_DONE;
}

hf_status hf_segment_writer_seal(struct hf_segment_writer *writer, hf_bytes frames)
{
    HF_TRY(write_at(writer->fd, frames, writer->end));
    writer->end += frames.size;
    return hf_segment_writer_finish(writer);
}

hf_status hf_segment_writer_finish(struct hf_segment_writer *writer)
{
    if (ftruncate(writer->fd, (off_t)writer->end) != 0 || fsync(writer->fd) != 0 ||
        fchmod(writer->fd, 0440) != 0) {
        HF_FAIL(IO);
    }
    hf_segment_writer_close(writer);
    return HF_DONE;
}

void hf_segment_writer_close(struct hf_segment_writer *writer)
{
    if (writer->fd >= 0) {
        close(writer->fd); /* all that matters was synced; an error here tells nothing new */
        writer->fd = -1;
    }
}

hf_status hf_segment_check_space(const char *folder, uint64_t n_bytes)
{
    struct statvfs space;
    if (statvfs(folder, &space) != 0) {
        HF_FAIL(IO);
    }
    if ((uint64_t)space.f_bavail * space.f_frsize < n_bytes) {
        HF_FAIL(LOG_UNAVAILABLE);
    }
    return HF_DONE;
}
