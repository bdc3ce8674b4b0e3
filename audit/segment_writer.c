/*
 * Bytes into a segment, each call one system call that either did all or failed for good. Nothing
 * is retried but an interrupted call that wrote nothing: after an error the kernel may have dropped
 * the dirty pages and would report the next sync as fine.
 *
 * Direct writes take half of the processor's time that buffered ones do: no copy, no pages to find,
 * mark, write back and wait for. That a block is written more than once costs nothing in safety:
 * what was synced in it is written again with the same bytes, so any mixture of old and new sectors
 * still holds them.
 */
#include "audit/segment_writer.h"

#include "audit/segment_reader.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

enum { ZEROS_BYTES = 1 << 20 };
_Static_assert(HF_SEGMENT_HEADER_BYTES % HF_SEGMENT_BLOCK_BYTES == 0, "frames begin with a block");

/* Writes @bytes, and zeros behind them, with one call. */
static hf_status write_at(int fd, hf_bytes bytes, size_t n_zeros, uint64_t offset)
{
    static alignas(HF_SEGMENT_BLOCK_BYTES) uint8_t zeros[ZEROS_BYTES]; /* untouched: no memory */
    const struct iovec parts[] = {{(void *)(uintptr_t)bytes.data, bytes.size}, {zeros, n_zeros}};
    ssize_t n;
    do {
        n = pwritev(fd, parts, 2, (off_t)offset);
    } while (n < 0 && errno == EINTR);
    if (n < 0 || (size_t)n != bytes.size + n_zeros) {
        HF_FAIL(IO);
    }
    return HF_DONE;
}

static uint64_t whole_blocks(uint64_t n_bytes)
{
    return (n_bytes + HF_SEGMENT_BLOCK_BYTES - 1) & ~(uint64_t)(HF_SEGMENT_BLOCK_BYTES - 1);
}

static bool set_direct(int fd, bool is_direct)
{
    return fcntl(fd, F_SETFL, is_direct ? O_DIRECT : 0) == 0;
}

/* Some file systems refuse the flag, some the first write under it: then they get buffered ones. */
static hf_status write_first_zeros(struct hf_segment_writer *writer)
{
    const hf_bytes nothing = hf_bytes_of(NULL, 0);
    writer->is_direct = set_direct(writer->fd, true);
    hf_status status = write_at(writer->fd, nothing, writer->n_ahead, writer->end);
    if (writer->is_direct && !hf_is_ok(status) && errno == EINVAL) {
        writer->is_direct = false;
        HF_TRY(set_direct(writer->fd, false) ? HF_DONE : status);
        status = write_at(writer->fd, nothing, writer->n_ahead, writer->end);
    }
    writer->zeroed = writer->end + writer->n_ahead;
    return status;
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
    HF_TRY(write_at(writer->fd, hf_bytes_of(header, sizeof(header)), 0, 0));
    writer->end = sizeof(header);
    HF_TRY(write_first_zeros(writer));
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
    const uint64_t n_ahead = whole_blocks(prewrite_bytes);
    struct hf_segment_writer writer = {.header = *header,
                                       .n_ahead = n_ahead < ZEROS_BYTES ? n_ahead : ZEROS_BYTES};
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
    struct hf_segment_writer writer = {.header = *header, .end = end};
    hf_segment_name(header->first_index, name);
    HF_TRY(segment_path(folder, name, writer.path));
    writer.fd = open(writer.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (writer.fd < 0) {
        HF_FAIL(IO);
    }
    *ret_writer = writer;
    return HF_DONE;
}

/* Fills the last block of @batch with zeros, which is what the file holds there. */
static hf_status fill_block(hf_buf *batch, size_t *ret_size)
{
    const size_t size = (size_t)whole_blocks(batch->size);
    HF_TRY(hf_buf_reserve(batch, size - batch->size));
    memset(batch->data + batch->size, 0, size - batch->size);
    *ret_size = size;
    return HF_DONE;
}

/* The batch, and where it leaves the zeros behind it new ones with it: one write, one wait. */
static hf_status write_frames(struct hf_segment_writer *writer, hf_buf *batch, size_t n_ahead)
{
    const uint64_t begin = writer->end - writer->n_again;
    size_t size = batch->size;
    if (writer->is_direct) {
        HF_TRY(fill_block(batch, &size));
    }
    const size_t n_zeros = begin + size > writer->zeroed ? n_ahead : 0;
    HF_TRY(write_at(writer->fd, hf_bytes_of(batch->data, size), n_zeros, begin));
    if (begin + size > writer->zeroed) {
        writer->zeroed = begin + size + n_zeros;
    }
    writer->end = begin + batch->size;
    writer->n_again = writer->is_direct ? writer->end % HF_SEGMENT_BLOCK_BYTES : 0;
    memmove(batch->data, batch->data + batch->size - writer->n_again, writer->n_again);
    batch->size = writer->n_again;
    return HF_DONE;
}

hf_status hf_segment_writer_append(struct hf_segment_writer *writer, hf_buf *batch)
{
    return write_frames(writer, batch, writer->n_ahead);
}

hf_status hf_segment_writer_sync(struct hf_segment_writer *writer)
{
    if (fdatasync(writer->fd) != 0) {
        HF_FAIL(IO);
    }
    return HF_DONE;
}

hf_status hf_segment_writer_seal(struct hf_segment_writer *writer, hf_buf *batch)
{
    HF_TRY(write_frames(writer, batch, 0)); /* zeros would be cut off again */
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
