/*
 * badclock: a wall clock that is wrong when a test says so. Preloaded (LD_PRELOAD) into a program,
 * it stands between it and the C library's clock_gettime().
 *
 *   BADCLOCK_FILE=FILE   holds a number of seconds, with its sign, by which CLOCK_REALTIME is
 * wrong; it is read at each call, so that a test sets the clock of a running program. No file: the
 * clock is right. Other clocks always are
 *
 * By raw system calls, as faultfs.c, and for the same reasons.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char *path;

__attribute__((constructor)) static void read_config(void)
{
    path = getenv("BADCLOCK_FILE");
}

static long error_s(void)
{
    char text[32] = "";
    long fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) : -1;
    if (fd < 0) {
        return 0;
    }
    (void)syscall(SYS_read, fd, text, sizeof text - 1);
    (void)syscall(SYS_close, fd);
    return strtol(text, NULL, 10);
}

int clock_gettime(clockid_t id, struct timespec *at)
{
    long rc = syscall(SYS_clock_gettime, id, at);
    if (rc == 0 && id == CLOCK_REALTIME) {
        at->tv_sec += error_s();
    }
    return (int)rc;
}
