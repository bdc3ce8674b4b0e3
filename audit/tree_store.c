/*
 * Appending hashes to files, and reading them back by number. A number beyond the end of a file is
 * simply not there: whoever proves something asks only for what a signed size covers, and that was
 * flushed before it was signed.
 */
#include "audit/tree_store.h"

#include "base/buf.h"
#include "base/file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    N_FILES = HF_TREE_LEVELS + 1,
    AT = HF_TREE_LEVELS,
    FLUSH_BYTES = 1 << 20,
    PENDING_LIMIT_BYTES = FLUSH_BYTES + 4096
};

struct file {
    int fd;
    uint64_t size;
    hf_buf pending;
};

struct hf_tree_store {
    struct file files[N_FILES]; /* a level each, and the offsets */
};

static hf_status open_file(const char *folder, int which, int *ret_fd)
{
    char name[32];
    char path[PATH_MAX];
    int fd;
    if (which == AT) {
        snprintf(name, sizeof(name), "tree/at");
    } else {
        snprintf(name, sizeof(name), "tree/%d", which);
    }
    if (folder) {
        HF_TRY(hf_path_join(path, sizeof(path), folder, name));
        fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    } else {
        fd = memfd_create(name, MFD_CLOEXEC);
    }
    if (fd < 0) {
        HF_FAIL(IO);
    }
    *ret_fd = fd;
    return HF_DONE;
}

hf_status hf_tree_store_open(const char *folder, struct hf_tree_store **ret_store)
{
    char path[PATH_MAX];
    struct hf_tree_store *store = calloc(1, sizeof(*store));
    if (!store) {
        HF_FAIL(NOMEM);
    }
    hf_status status = HF_DONE;
    if (folder) {
        status = hf_path_join(path, sizeof(path), folder, "tree");
        if (hf_is_ok(status)) {
            status = hf_folder_create(path, 0750);
        }
    }
    for (int i = 0; i < N_FILES; i++) {
        store->files[i] = (struct file){.fd = -1, .pending = hf_buf_init(PENDING_LIMIT_BYTES)};
        if (hf_is_ok(status)) {
            status = open_file(folder, i, &store->files[i].fd);
        }
    }
    if (!hf_is_ok(status)) {
        hf_tree_store_free(store);
        return status;
    }
    *ret_store = store;
    return HF_DONE;
}

void hf_tree_store_free(struct hf_tree_store *store)
{
    if (!store) {
        return;
    }
    for (int i = 0; i < N_FILES; i++) {
        if (store->files[i].fd >= 0) {
            close(store->files[i].fd);
        }
        hf_buf_clear(&store->files[i].pending);
    }
    free(store);
}

static hf_status flush_file(struct file *file)
{
    size_t done = 0;
    while (done < file->pending.size) {
        ssize_t n = pwrite(file->fd, file->pending.data + done, file->pending.size - done,
                           (off_t)(file->size + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            HF_FAIL(IO);
        }
        done += (size_t)n;
    }
    file->size += file->pending.size;
    hf_buf_reset(&file->pending);
    return HF_DONE;
}

hf_status hf_tree_store_flush(struct hf_tree_store *store)
{
    for (int i = 0; i < N_FILES; i++) {
        HF_TRY(flush_file(&store->files[i]));
    }
    return HF_DONE;
}

hf_status hf_tree_store_add(struct hf_tree_store *store, const struct hf_tree *tree,
                            unsigned n_levels, uint64_t offset)
{
    uint64_t at = htole64(offset);
    for (unsigned level = 0; level < n_levels && level < HF_TREE_LEVELS; level++) {
        HF_TRY(hf_buf_append(&store->files[level].pending,
                             hf_bytes_of(tree->complete[level], HF_SHA256_BYTES)));
    }
    HF_TRY(hf_buf_append(&store->files[AT].pending, hf_bytes_of(&at, sizeof(at))));
    return store->files[0].pending.size < FLUSH_BYTES ? HF_DONE : hf_tree_store_flush(store);
}

static hf_status cut_file(struct file *file, uint64_t size)
{
    if (size < file->size) {
        file->size = size;
        hf_buf_reset(&file->pending);
        if (ftruncate(file->fd, (off_t)size) != 0) {
            HF_FAIL(IO);
        }
    }
    if (size - file->size < file->pending.size) {
        file->pending.size = (size_t)(size - file->size);
    }
    return HF_DONE;
}

hf_status hf_tree_store_cut(struct hf_tree_store *store, uint64_t size)
{
    for (int level = 0; level < HF_TREE_LEVELS; level++) {
        uint64_t n_hashes = size >> (level * HF_TREE_LEVEL_BITS);
        HF_TRY(cut_file(&store->files[level], n_hashes * HF_SHA256_BYTES));
    }
    return cut_file(&store->files[AT], size * sizeof(uint64_t));
}

/* Reads exactly @size bytes; fewer are NOT_FOUND. */
static hf_status read_at(int fd, uint64_t offset, void *ret_bytes, size_t size)
{
    uint8_t *at = ret_bytes;
    if (offset > INT64_MAX - size) {
        HF_FAIL(NOT_FOUND);
    }
    while (size > 0) {
        ssize_t n = pread(fd, at, size, (off_t)offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            HF_FAIL(IO);
        }
        if (n == 0) {
            HF_FAIL(NOT_FOUND);
        }
        at += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return HF_DONE;
}

static hf_status read_hashes(void *context, unsigned level, uint64_t first, size_t n,
                             uint8_t (*ret_hashes)[HF_SHA256_BYTES])
{
    struct hf_tree_store *store = context;
    if (level >= HF_TREE_LEVELS || first > INT64_MAX / HF_SHA256_BYTES - n) {
        HF_FAIL(NOT_FOUND);
    }
    return read_at(store->files[level].fd, first * HF_SHA256_BYTES, ret_hashes,
                   n * HF_SHA256_BYTES);
}

struct hf_hash_source hf_tree_store_source(struct hf_tree_store *store)
{
    return (struct hf_hash_source){read_hashes, store};
}

hf_status hf_tree_store_offset(struct hf_tree_store *store, uint64_t index, uint64_t *ret_offset)
{
    uint64_t offset;
    if (index > INT64_MAX / sizeof(offset)) {
        HF_FAIL(NOT_FOUND);
    }
    HF_TRY(read_at(store->files[AT].fd, index * sizeof(offset), &offset, sizeof(offset)));
    *ret_offset = le64toh(offset);
    return HF_DONE;
}
