/*
 * Files: bounded reading, durable replacing, folders.
 *
 * It decides when bytes count as being on disk: after fsync of the file, rename or link, and fsync
 * of the folder that holds the name. It knows nothing of what is in the files.
 *
 * A failed fsync is never tried again on the same descriptor: the kernel may have dropped the dirty
 * pages and report success the second time. Here the temporary file is thrown away instead.
 * Errno is kept through every clean-up, because it is all that a caller can tell people.
 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_NAMES = 16 };

static void close_fd(const int *fd)
{
    if (*fd >= 0) {
        int kept = errno;
        close(*fd);
        errno = kept;
    }
}

static void free_string(char **string)
{
    int kept = errno;
    free(*string);
    errno = kept;
}

static hf_status fail_with_errno(void)
{
    if (errno == ENOENT || errno == ENOTDIR) {
        HF_FAIL(NOT_FOUND);
    }
    HF_FAIL(IO);
}

/* ---- reading ---- */

/* A read that a signal does not end. */
static hf_status read_some(int fd, uint8_t *data, size_t room, size_t *ret_n)
{
    ssize_t n = read(fd, data, room);
    while (n < 0 && errno == EINTR) {
        n = read(fd, data, room);
    }
    if (n < 0) {
        HF_FAIL(IO);
    }
    *ret_n = (size_t)n;
    return HF_DONE;
}

/* Reads to the end of the file. When the buffer is full, one byte more tells whether it suffices.
 */
static hf_status read_to_end(int fd, hf_buf *buf)
{
    for (;;) {
        uint8_t probe = 0;
        size_t room = buf->capacity_bytes - buf->size;
        size_t n = 0;
        HF_TRY(read_some(fd, room ? buf->data + buf->size : &probe, room ? room : 1, &n));
        if (n == 0) {
            return HF_DONE;
        }
        if (room) {
            buf->size += n;
        } else {
            HF_TRY(hf_buf_append_byte(buf, probe));
        }
    }
}

static hf_status read_regular(int fd, const struct stat *info, hf_buf *buf)
{
    if (!S_ISREG(info->st_mode)) {
        errno = S_ISDIR(info->st_mode) ? EISDIR : EINVAL;
        HF_FAIL(IO);
    }
    HF_TRY(hf_buf_reserve(buf, (size_t)info->st_size));
    return read_to_end(fd, buf);
}

/* O_NONBLOCK: opening a pipe that nobody writes must not hang; on a regular file it is nothing. */
static hf_status open_to_read(const char *path, int *ret_fd, struct stat *ret_info)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return fail_with_errno();
    }
    if (fstat(fd, ret_info) != 0) {
        close_fd(&fd);
        HF_FAIL(IO);
    }
    *ret_fd = fd;
    return HF_DONE;
}

hf_status hf_file_read(const char *path, hf_buf *buf)
{
    size_t before = buf->size;
    hf_status status;
    if (strcmp(path, "-") == 0) {
        status = read_to_end(STDIN_FILENO, buf);
    } else {
        HF_CLEANUP(close_fd) int fd = -1;
        struct stat info;
        HF_TRY(open_to_read(path, &fd, &info));
        status = read_regular(fd, &info, buf);
    }
    if (!hf_is_ok(status)) {
        buf->size = before;
    }
    return status;
}

hf_status hf_file_read_secret(const char *path, hf_buf *buf)
{
    HF_CLEANUP(close_fd) int fd = -1;
    struct stat info;
    HF_TRY(open_to_read(path, &fd, &info));
    bool ours = info.st_uid == geteuid() || info.st_uid == 0;
    if (!ours || (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        HF_FAIL(PERMISSIONS);
    }
    size_t before = buf->size;
    hf_status status = read_regular(fd, &info, buf);
    if (!hf_is_ok(status) && buf->size > before) {
        explicit_bzero(buf->data + before, buf->size - before);
        buf->size = before;
    }
    return status;
}

/* ---- durable writing ---- */

/* The folder that holds @path's last name: a new string, NULL when the heap is empty. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) {
        return strdup(".");
    }
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static hf_status sync_folder_of(const char *path)
{
    HF_CLEANUP(free_string) char *folder = folder_of(path);
    if (!folder) {
        HF_FAIL(NOMEM);
    }
    return hf_folder_sync(folder);
}

static hf_status write_all(int fd, hf_bytes content)
{
    while (content.size > 0) {
        ssize_t n = write(fd, content.data, content.size);
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            HF_FAIL(IO);
        }
        content = hf_bytes_skip(content, (size_t)n);
    }
    return HF_DONE;
}

static hf_status fill(int fd, hf_bytes content, mode_t mode)
{
    HF_TRY(write_all(fd, content));
    if (fchmod(fd, mode) != 0 || fsync(fd) != 0) {
        HF_FAIL(IO);
    }
    return HF_DONE;
}

/*
 * A new file beside @path, hidden, under a name that is nobody's. By open() and not by mkostemp(),
 * which ThreadSanitizer does not see: where libuv closed the same number before, unseen as well, it
 * would take the file for libuv's descriptor and tell of a race.
 */
static hf_status create_beside(const char *path, char **ret_name, int *ret_fd)
{
    const char *slash = strrchr(path, '/');
    const char *last = slash ? slash + 1 : path;
    uint64_t nonce = 0;
    HF_CLEANUP(free_string) char *name = NULL;
    if (getrandom(&nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce) {
        HF_FAIL(IO);
    }
    if (asprintf(&name, "%.*s.%s.%016" PRIx64, (int)(last - path), path, last, nonce) < 0) {
        name = NULL;
        HF_FAIL(NOMEM);
    }
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        HF_FAIL(IO);
    }
    *ret_fd = fd;
    *ret_name = name;
    name = NULL;
    return HF_DONE;
}

/* A synced temporary file beside @path, mode as asked; the caller unlinks and frees its name. */
static hf_status write_beside(const char *path, hf_bytes content, mode_t mode, char **ret_name)
{
    HF_CLEANUP(free_string) char *name = NULL;
    int fd = -1;
    HF_TRY(create_beside(path, &name, &fd));
    hf_status status = fill(fd, content, mode);
    int kept = errno;
    if (close(fd) != 0 && hf_is_ok(status)) {
        kept = errno;
        status = hf_status_of(HF_IO);
    }
    if (!hf_is_ok(status)) {
        unlink(name);
        errno = kept;
        return status;
    }
    *ret_name = name;
    name = NULL;
    return HF_DONE;
}

static void unlink_keeping_errno(const char *name)
{
    int kept = errno;
    unlink(name);
    errno = kept;
}

hf_status hf_file_write_durable(const char *path, hf_bytes content, mode_t mode)
{
    HF_CLEANUP(free_string) char *temporary = NULL;
    HF_TRY(write_beside(path, content, mode, &temporary));
    if (rename(temporary, path) != 0) {
        unlink_keeping_errno(temporary);
        HF_FAIL(IO);
    }
    return sync_folder_of(path);
}

hf_status hf_file_create_durable(const char *path, hf_bytes content, mode_t mode)
{
    HF_CLEANUP(free_string) char *temporary = NULL;
    HF_TRY(write_beside(path, content, mode, &temporary));
    int linked = link(temporary, path);
    unlink_keeping_errno(temporary);
    if (linked != 0) {
        return hf_status_of(errno == EEXIST ? HF_EXISTS : HF_IO);
    }
    return sync_folder_of(path);
}

/* ---- folders ---- */

hf_status hf_folder_sync(const char *path)
{
    HF_CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return fail_with_errno();
    }
    if (fsync(fd) != 0) {
        HF_FAIL(IO);
    }
    return HF_DONE;
}

hf_status hf_folder_create(const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0) {
        return sync_folder_of(path);
    }
    if (errno != EEXIST) {
        return fail_with_errno();
    }
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        HF_FAIL(EXISTS);
    }
    return HF_DONE;
}

struct names {
    char **items;
    size_t n;
    size_t capacity;
    size_t max;
};

static void names_clear(struct names *names)
{
    hf_folder_names_free(names->items, names->n);
}

static hf_status names_add(struct names *names, const char *name)
{
    if (names->n == names->max) {
        HF_FAIL(LIMIT);
    }
    if (names->n == names->capacity) {
        size_t capacity = names->capacity ? 2 * names->capacity : FIRST_NAMES;
        char **items = reallocarray(names->items, capacity, sizeof *items);
        if (!items) {
            HF_FAIL(NOMEM);
        }
        names->items = items;
        names->capacity = capacity;
    }
    char *copy = strdup(name);
    if (!copy) {
        HF_FAIL(NOMEM);
    }
    names->items[names->n++] = copy;
    return HF_DONE;
}

static bool is_wanted(const char *name, const char *suffix)
{
    if (name[0] == '.') {
        return false;
    }
    size_t n_name = strlen(name);
    size_t n_suffix = suffix ? strlen(suffix) : 0;
    return n_name >= n_suffix &&
           memcmp(name + n_name - n_suffix, suffix ? suffix : "", n_suffix) == 0;
}

static hf_status read_names(DIR *dir, const char *suffix, struct names *names)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(dir);
        if (!entry) {
            break;
        }
        if (is_wanted(entry->d_name, suffix)) {
            HF_TRY(names_add(names, entry->d_name));
        }
    }
    if (errno != 0) {
        HF_FAIL(IO);
    }
    return HF_DONE;
}

static int compare_strings(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

hf_status hf_folder_list(const char *path, const char *suffix, size_t max_names, char ***ret_names,
                         size_t *ret_n_names)
{
    HF_CLEANUP(names_clear) struct names names = {.max = max_names};
    DIR *dir = opendir(path);
    if (!dir) {
        return fail_with_errno();
    }
    hf_status status = read_names(dir, suffix, &names);
    int kept = errno;
    closedir(dir);
    errno = kept;
    HF_TRY(status);
    if (names.n > 0) {
        qsort(names.items, names.n, sizeof *names.items, compare_strings);
    }
    *ret_names = names.items;
    *ret_n_names = names.n;
    names = (struct names){0};
    return HF_DONE;
}

void hf_folder_names_free(char **names, size_t n_names)
{
    for (size_t i = 0; i < n_names; i++) {
        free(names[i]);
    }
    free(names);
}

hf_status hf_path_join(char *ret_path, size_t capacity_bytes, const char *folder, const char *name)
{
    size_t n_folder = strlen(folder);
    const char *slash = n_folder > 0 && folder[n_folder - 1] == '/' ? "" : "/";
    if (n_folder + strlen(slash) + strlen(name) >= capacity_bytes) {
        HF_FAIL(LIMIT);
    }
    snprintf(ret_path, capacity_bytes, "%s%s%s", folder, slash, name);
    return HF_DONE;
}
