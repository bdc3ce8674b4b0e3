/*
 * faultfs: a disk that fails when a test says so. Preloaded (LD_PRELOAD) into a program, it stands
 * between it and the C library's file calls. It needs no special file system and no root.
 *
 *   FAULTFS_PATH=PREFIX   only files whose absolute path begins with PREFIX; without it every
 * regular file. Sockets and pipes are never touched FAULTFS_CALLS=LIST    which calls count,
 * comma-separated, of: write (also writev) pwrite (also pwritev) fsync fdatasync ftruncate
 * fallocate rename link unlink; without it all of them FAULTFS_AT=K          the K-th call that
 * counts (from 1) is the one that fails FAULTFS_STICKY=1      and all after it FAULTFS_ACT=WHAT
 * what happens to it: EIO ENOSPC EDQUOT EFBIG EROFS EINTR   fails so, nothing was done short a
 * write takes half of its bytes (other calls succeed) kill         the process is gone before the
 * call (SIGKILL) kill_after   ... after it torn         ... in the middle of a write, half of it in
 * the file FAULTFS_DROP=1        a sync that fails also loses what was written through that
 * descriptor since the last sync that succeeded: it reads as before, or as zeros where there was no
 * file, as after the kernel dropped the dirty pages. A second sync then succeeds and means nothing
 * FAULTFS_DELAY_MS=N    every fsync and fdatasync under PREFIX takes N ms longer FAULTFS_WHEN=FILE
 * all of the above, the counting too, only while FILE exists: a test breaks the disk of a running
 * program by creating it FAULTFS_TRACE=FILE    one line for each call that counts: "K call path",
 * and "K call path ! WHAT" when it was struck. A test runs once to learn how many calls there are,
 * then sweeps K from 1 to that; or sweeps until no line holds a "!"
 *
 * It does its work by raw system calls, never by the C library's functions that it replaces:
 * nothing can recurse, and below a sanitizer's interceptors it is simply the next in line. With
 * gcc's shared ASan runtime set ASAN_OPTIONS=verify_asan_link_order=0. Counting is per process and
 * thread-safe. Linux, 64 bits.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum call { WRITE, PWRITE, FSYNC, FDATASYNC, FTRUNCATE, FALLOCATE, RENAME, LINK, UNLINK, N_CALLS };
static const char *const call_names[N_CALLS] = {
    "write", "pwrite", "fsync", "fdatasync", "ftruncate", "fallocate", "rename", "link", "unlink"};

enum act { PASS, FAIL, SHORT, KILL, KILL_AFTER, TORN };

static struct {
    const char *path;
    const char *when;
    const char *trace;
    const char *act_name;
    bool counts[N_CALLS];
    unsigned long at; /* 0: never */
    bool sticky;
    bool drop;
    long delay_ms;
    enum act act;
    int error;
} config;

static atomic_ulong n_calls;

/* ---- configuration ---- */

static void read_act(const char *name)
{
    static const struct {
        const char *name;
        enum act act;
        int error;
    } acts[] = {
        {"EIO", FAIL, EIO},     {"ENOSPC", FAIL, ENOSPC}, {"EDQUOT", FAIL, EDQUOT},
        {"EFBIG", FAIL, EFBIG}, {"EROFS", FAIL, EROFS},   {"EINTR", FAIL, EINTR},
        {"short", SHORT, 0},    {"kill", KILL, 0},        {"kill_after", KILL_AFTER, 0},
        {"torn", TORN, 0},
    };
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        if (strcmp(acts[i].name, name) == 0) {
            config.act_name = acts[i].name;
            config.act = acts[i].act;
            config.error = acts[i].error;
            return;
        }
    }
    fprintf(stderr, "faultfs: FAULTFS_ACT=%s is not known\n", name);
    _exit(99);
}

static bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    while (*list) {
        size_t item = strcspn(list, ",");
        if (item == length && strncmp(list, name, length) == 0) {
            return true;
        }
        list += item + (list[item] == ',');
    }
    return false;
}

static unsigned long number(const char *name)
{
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : 0;
}

/* A mistake in the variables must not look like a disk that never fails. */
static void check_list(const char *list)
{
    while (*list) {
        size_t item = strcspn(list, ",");
        bool known = false;
        for (int call = 0; call < N_CALLS; call++) {
            known = known || (strlen(call_names[call]) == item &&
                              strncmp(call_names[call], list, item) == 0);
        }
        if (!known) {
            fprintf(stderr, "faultfs: FAULTFS_CALLS names an unknown call: %s\n", list);
            _exit(99);
        }
        list += item + (list[item] == ',');
    }
}

__attribute__((constructor)) static void read_config(void)
{
    const char *calls = getenv("FAULTFS_CALLS");
    check_list(calls ? calls : "");
    for (int call = 0; call < N_CALLS; call++) {
        config.counts[call] = !calls || is_listed(calls, call_names[call]);
    }
    config.path = getenv("FAULTFS_PATH");
    config.when = getenv("FAULTFS_WHEN");
    config.trace = getenv("FAULTFS_TRACE");
    config.at = number("FAULTFS_AT");
    config.sticky = number("FAULTFS_STICKY") != 0;
    config.drop = number("FAULTFS_DROP") != 0;
    config.delay_ms = (long)number("FAULTFS_DELAY_MS");
    const char *act = getenv("FAULTFS_ACT");
    read_act(act ? act : "EIO");
}

/* ---- which file ---- */

static bool is_ours(const char *path)
{
    if (config.when && syscall(SYS_faccessat, AT_FDCWD, config.when, F_OK) != 0) {
        return false;
    }
    return !config.path || strncmp(path, config.path, strlen(config.path)) == 0;
}

static bool read_link(const char *link, char *ret_path)
{
    ssize_t n = readlink(link, ret_path, PATH_MAX - 1);
    ret_path[n > 0 ? n : 0] = 0;
    return n > 0;
}

/* The path of an open regular file or folder; false for all else. Keeps errno. */
static bool path_of_fd(int fd, char *ret_path)
{
    int kept = errno;
    struct stat info;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    bool found = fstat(fd, &info) == 0 && (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) &&
                 read_link(link, ret_path);
    errno = kept;
    return found;
}

static void path_of_name(int folder, const char *name, char *ret_path)
{
    int kept = errno;
    char link[64] = "/proc/self/cwd";
    if (folder != AT_FDCWD) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    }
    char base[PATH_MAX] = "";
    if (name[0] != '/') {
        read_link(link, base);
    }
    size_t n = strlen(base);
    snprintf(ret_path, PATH_MAX, "%.*s%s%s", (int)n, base, n ? "/" : "", name);
    errno = kept;
}

/* ---- striking ---- */

static void trace(unsigned long k, enum call call, const char *path, bool struck)
{
    int kept = errno;
    char line[PATH_MAX + 64];
    int n = snprintf(line, sizeof line, "%lu %s %s%s%s\n", k, call_names[call], path,
                     struck ? " ! " : "", struck ? config.act_name : "");
    long fd = syscall(SYS_openat, AT_FDCWD, config.trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                      0600);
    if (fd >= 0) {
        syscall(SYS_write, fd, line, (size_t)n);
        syscall(SYS_close, fd);
    }
    errno = kept;
}

static void sleep_ms(long ms)
{
    struct timespec rest = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
}

static _Noreturn void die(void)
{
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) {
        pause();
    }
}

/* What is to happen to this call. KILL has happened when this returns not. */
static enum act judge(enum call call, const char *path)
{
    if (!is_ours(path)) {
        return PASS;
    }
    if (config.delay_ms > 0 && (call == FSYNC || call == FDATASYNC)) {
        int kept = errno;
        sleep_ms(config.delay_ms);
        errno = kept;
    }
    if (!config.counts[call]) {
        return PASS;
    }
    unsigned long k = atomic_fetch_add(&n_calls, 1) + 1;
    bool struck = config.at > 0 && (k == config.at || (config.sticky && k > config.at));
    if (config.trace) {
        trace(k, call, path, struck);
    }
    if (struck && config.act == KILL) {
        die();
    }
    return struck ? config.act : PASS;
}

static enum act judge_fd(enum call call, int fd)
{
    char path[PATH_MAX];
    return path_of_fd(fd, path) ? judge(call, path) : PASS;
}

/* The end of a call that is not a write: `short` and `torn` have no meaning for it. */
static long finish(enum act act, long result)
{
    if (act == KILL_AFTER || act == TORN) {
        die();
    }
    return result;
}

static long refuse(void)
{
    errno = config.error;
    return -1;
}

/* ---- what was written since the last sync ---- */

enum { MAX_FDS = 4096 };

/* What stood where something was written. */
struct undo {
    struct undo *older;
    off_t at;
    size_t n;
    char bytes[];
};

static struct dirty {
    dev_t device;
    ino_t inode;
    struct undo *newest;
} dirt[MAX_FDS];
static pthread_mutex_t dirt_lock = PTHREAD_MUTEX_INITIALIZER;

/* The same file without O_APPEND, which would move every pwrite() to its end, and without O_DIRECT,
 * which wants its memory and sizes in blocks. */
static int open_again(int fd, int flags)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return (int)syscall(SYS_openat, AT_FDCWD, link, flags | O_CLOEXEC, 0);
}

static void forget_undo(struct dirty *dirty)
{
    while (dirty->newest) {
        struct undo *undo = dirty->newest;
        dirty->newest = undo->older;
        free(undo);
    }
}

/* Called before something is written. */
static void mark_dirty(int fd, off_t at, size_t n)
{
    int kept = errno;
    struct stat info;
    struct undo *undo = calloc(1, sizeof *undo + n);
    if (undo && fd < MAX_FDS && fstat(fd, &info) == 0) {
        int again = open_again(fd, O_RDONLY);
        *undo = (struct undo){.at = at, .n = n};
        syscall(SYS_pread64, again, undo->bytes, n, at);
        syscall(SYS_close, again);
        pthread_mutex_lock(&dirt_lock);
        struct dirty *dirty = &dirt[fd];
        if (dirty->device != info.st_dev || dirty->inode != info.st_ino) {
            forget_undo(dirty);
        }
        undo->older = dirty->newest;
        *dirty = (struct dirty){info.st_dev, info.st_ino, undo};
        pthread_mutex_unlock(&dirt_lock);
    } else {
        free(undo);
    }
    errno = kept;
}

/* Newest first, so that the oldest content wins; the file keeps its size. */
static void write_back(int fd, const struct undo *undo, off_t size)
{
    int again = open_again(fd, O_WRONLY);
    for (; again >= 0 && undo; undo = undo->older) {
        off_t left = size - undo->at;
        size_t n = left < (off_t)undo->n ? (left > 0 ? (size_t)left : 0) : undo->n;
        if (n > 0 && syscall(SYS_pwrite64, again, undo->bytes, n, undo->at) < 0) {
            break;
        }
    }
    if (again >= 0) {
        syscall(SYS_close, again);
    }
}

static void forget_dirt(int fd, bool lost)
{
    int kept = errno;
    struct stat info;
    if (config.drop && fd < MAX_FDS && fstat(fd, &info) == 0) {
        pthread_mutex_lock(&dirt_lock);
        struct dirty *dirty = &dirt[fd];
        bool same = dirty->device == info.st_dev && dirty->inode == info.st_ino;
        if (lost && same) {
            write_back(fd, dirty->newest, info.st_size);
        }
        forget_undo(dirty);
        pthread_mutex_unlock(&dirt_lock);
    }
    errno = kept;
}

/* ---- the calls ---- */

enum { AT_CURSOR = -1 };

struct writing {
    int fd;
    const struct iovec *parts;
    int n_parts;
    off_t offset;
    int flags;
};

static long write_raw(const struct writing *w)
{
    return w->offset == AT_CURSOR && w->flags == 0
               ? syscall(SYS_writev, w->fd, w->parts, w->n_parts)
               : syscall(SYS_pwritev2, w->fd, w->parts, w->n_parts, w->offset, 0, w->flags);
}

static size_t total_of(const struct writing *w)
{
    size_t total = 0;
    for (int i = 0; i < w->n_parts; i++) {
        total += w->parts[i].iov_len;
    }
    return total;
}

/* Half of a direct write is no direct write: its memory and its size are not whole blocks. */
static long write_plain(const struct writing *w)
{
    if (w->offset == AT_CURSOR || !(fcntl(w->fd, F_GETFL) & O_DIRECT)) {
        return write_raw(w);
    }
    int again = open_again(w->fd, O_WRONLY);
    const struct writing plain = {again, w->parts, w->n_parts, w->offset, w->flags};
    long result = write_raw(&plain);
    int kept = errno;
    syscall(SYS_close, again);
    errno = kept;
    return result;
}

/* The first half of the parts, copied together; one byte stays one. */
static long write_half(const struct writing *w)
{
    size_t total = total_of(w);
    char *copy = malloc(total ? total : 1);
    if (!copy) {
        errno = ENOMEM;
        return -1;
    }
    size_t at = 0;
    for (int i = 0; i < w->n_parts; i++) {
        memcpy(copy + at, w->parts[i].iov_base, w->parts[i].iov_len);
        at += w->parts[i].iov_len;
    }
    const struct iovec half = {copy, total > 1 ? total / 2 : total};
    long result = write_plain(&(struct writing){w->fd, &half, 1, w->offset, w->flags});
    free(copy);
    return result;
}

/* Where the write begins: its own place, the end of the file, or the cursor. */
static off_t place_of(const struct writing *w)
{
    int kept = errno;
    off_t at = w->offset;
    if (at == AT_CURSOR) {
        struct stat info;
        bool appends = fcntl(w->fd, F_GETFL) & O_APPEND && fstat(w->fd, &info) == 0;
        at = appends ? info.st_size : lseek(w->fd, 0, SEEK_CUR);
    }
    errno = kept;
    return at;
}

static long any_write(enum call call, const struct writing *w)
{
    enum act act = judge_fd(call, w->fd);
    if (act == FAIL) {
        return refuse();
    }
    off_t at = config.drop ? place_of(w) : -1;
    if (at >= 0) { /* not a pipe */
        mark_dirty(w->fd, at, total_of(w));
    }
    return finish(act, act == SHORT || act == TORN ? write_half(w) : write_raw(w));
}

#define EXPORT __attribute__((visibility("default")))

EXPORT ssize_t write(int fd, const void *data, size_t n)
{
    const struct iovec part = {(void *)(uintptr_t)data, n};
    return any_write(WRITE, &(struct writing){fd, &part, 1, AT_CURSOR, 0});
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int n_parts)
{
    return any_write(WRITE, &(struct writing){fd, parts, n_parts, AT_CURSOR, 0});
}

EXPORT ssize_t pwrite(int fd, const void *data, size_t n, off_t offset)
{
    const struct iovec part = {(void *)(uintptr_t)data, n};
    return any_write(PWRITE, &(struct writing){fd, &part, 1, offset, 0});
}

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int n_parts, off_t offset)
{
    return any_write(PWRITE, &(struct writing){fd, parts, n_parts, offset, 0});
}

EXPORT ssize_t pwritev2(int fd, const struct iovec *parts, int n_parts, off_t offset, int flags)
{
    return any_write(PWRITE, &(struct writing){fd, parts, n_parts, offset, flags});
}

static int any_sync(enum call call, long number_of_call, int fd)
{
    enum act act = judge_fd(call, fd);
    if (act == FAIL) {
        forget_dirt(fd, true);
        return (int)refuse();
    }
    long result = syscall(number_of_call, fd);
    forget_dirt(fd, false);
    return (int)finish(act, result);
}

EXPORT int fsync(int fd)
{
    return any_sync(FSYNC, SYS_fsync, fd);
}

EXPORT int fdatasync(int fd)
{
    return any_sync(FDATASYNC, SYS_fdatasync, fd);
}

EXPORT int ftruncate(int fd, off_t size)
{
    enum act act = judge_fd(FTRUNCATE, fd);
    return (int)(act == FAIL ? refuse() : finish(act, syscall(SYS_ftruncate, fd, size)));
}

EXPORT int fallocate(int fd, int mode, off_t from, off_t n)
{
    enum act act = judge_fd(FALLOCATE, fd);
    return (int)(act == FAIL ? refuse() : finish(act, syscall(SYS_fallocate, fd, mode, from, n)));
}

EXPORT int posix_fallocate(int fd, off_t from, off_t n)
{
    int kept = errno;
    int result = fallocate(fd, 0, from, n) == 0 ? 0 : errno;
    errno = kept;
    return result;
}

/* A rename or link is judged by the name that it makes. */
static enum act judge_name(enum call call, int folder, const char *name)
{
    char path[PATH_MAX];
    path_of_name(folder, name, path);
    return judge(call, path);
}

EXPORT int renameat2(int old_folder, const char *old, int new_folder, const char *new,
                     unsigned flags)
{
    enum act act = judge_name(RENAME, new_folder, new);
    return (int)(act == FAIL ? refuse()
                             : finish(act, syscall(SYS_renameat2, old_folder, old, new_folder, new,
                                                   flags)));
}

EXPORT int renameat(int old_folder, const char *old, int new_folder, const char *new)
{
    return renameat2(old_folder, old, new_folder, new, 0);
}

EXPORT int rename(const char *old, const char *new)
{
    return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

EXPORT int linkat(int old_folder, const char *old, int new_folder, const char *new, int flags)
{
    enum act act = judge_name(LINK, new_folder, new);
    return (int)(act == FAIL
                     ? refuse()
                     : finish(act, syscall(SYS_linkat, old_folder, old, new_folder, new, flags)));
}

EXPORT int link(const char *old, const char *new)
{
    return linkat(AT_FDCWD, old, AT_FDCWD, new, 0);
}

EXPORT int unlinkat(int folder, const char *name, int flags)
{
    enum act act = judge_name(UNLINK, folder, name);
    return (int)(act == FAIL ? refuse() : finish(act, syscall(SYS_unlinkat, folder, name, flags)));
}

EXPORT int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

/* Other spellings of the same calls, for programs built with large-file names. */
EXPORT ssize_t pwrite64(int fd, const void *data, size_t n, off64_t offset)
    __attribute__((alias("pwrite")));
EXPORT ssize_t pwritev64(int fd, const struct iovec *parts, int n_parts, off64_t offset)
    __attribute__((alias("pwritev")));
EXPORT ssize_t pwritev64v2(int fd, const struct iovec *parts, int n_parts, off64_t offset,
                           int flags) __attribute__((alias("pwritev2")));
EXPORT int ftruncate64(int fd, off64_t size) __attribute__((alias("ftruncate")));
EXPORT int fallocate64(int fd, int mode, off64_t from, off64_t n)
    __attribute__((alias("fallocate")));
EXPORT int posix_fallocate64(int fd, off64_t from, off64_t n)
    __attribute__((alias("posix_fallocate")));
