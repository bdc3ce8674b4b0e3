/*
 * Files with limits on reading and durability on writing.
 */
#pragma once

#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"

#include <sys/types.h>

/**
 * hf_file_read() - append the whole regular file to @buf
 * @path: NUL-terminated; "-" is standard input
 * @buf:  bounded: a file larger than its limit is LIMIT; on any failure it is as it was
 *
 * Errors: NOT_FOUND, LIMIT, IO (errno kept; also: a folder, a device, a pipe), NOMEM.
 */
hf_status hf_file_read(const char *path, hf_buf *buf);

/**
 * hf_file_read_secret() - the same, refusing a file that others may read
 * @buf: the caller wipes it; what was read before a failure is wiped here. Read into an empty
 *       buffer the content is never moved, so no second copy is left in the heap
 *
 * Errors: as above, and PERMISSIONS when group or others have any right, or the owner is neither
 * we nor root.
 */
hf_status hf_file_read_secret(const char *path, hf_buf *buf);

/**
 * hf_file_write_durable() - replace a file so that after a crash it is the old or the new one
 * @mode: permission bits of the new file, e.g. 0600; not widened by the umask
 *
 * Temporary file in the same folder, write, fsync, rename, fsync of the folder. On a failure the
 * temporary file is removed and the old file is untouched; only when the very last step fails, the
 * new file is in place and a crash may bring the old one back. A crash may leave a temporary file,
 * whose name begins with a dot. A symbolic link at @path is replaced, not followed.
 * Errors: IO (errno kept), NOMEM.
 */
hf_status hf_file_write_durable(const char *path, hf_bytes content, mode_t mode);

/* As above, but EXISTS when the file is there already (link, not rename: no race). */
hf_status hf_file_create_durable(const char *path, hf_bytes content, mode_t mode);

/* fsync of a folder. Errors: NOT_FOUND, IO (errno kept). */
hf_status hf_folder_sync(const char *path);

/*
 * Makes one folder, durably; fine when it is a folder already (its mode is left). The umask narrows
 * @mode. Errors: NOT_FOUND (its parent), EXISTS (something else is there), IO (errno kept), NOMEM.
 */
hf_status hf_folder_create(const char *path, mode_t mode);

/**
 * hf_folder_list() - the names in a folder that end in @suffix, sorted by bytes
 * @suffix:    NULL for all; names that begin with a dot are left out
 * @max_names: more than that is LIMIT
 * @ret_names: caller owns, hf_folder_names_free()
 *
 * Errors: NOT_FOUND, IO, LIMIT, NOMEM.
 */
hf_status hf_folder_list(const char *path, const char *suffix, size_t max_names, char ***ret_names,
                         size_t *ret_n_names);
void hf_folder_names_free(char **names, size_t n_names);

/* The same two as one, for HF_CLEANUP(hf_folder_names_clear). */
struct hf_folder_names {
    char **names;
    size_t n_names;
};

static inline void hf_folder_names_clear(struct hf_folder_names *list)
{
    hf_folder_names_free(list->names, list->n_names);
}

/**
 * hf_path_join() - "folder/name" into a fixed buffer
 * @ret_path: room for @capacity_bytes, NUL included; written only on success
 * @folder:   a slash at its end is not doubled
 *
 * Errors: LIMIT when it does not fit; nothing is cut.
 */
hf_status hf_path_join(char *ret_path, size_t capacity_bytes, const char *folder, const char *name);
