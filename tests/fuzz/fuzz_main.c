/*
 * Replays corpora with any compiler: each argument is a file or a folder of files. Every input is
 * run as it is, cut off at every length, and with one bit of each byte changed (large inputs as
 * they are only). A target that finds a fault aborts. Inputs are exact heap copies, so that the
 * address sanitizer sees a read one byte too far.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_VARIED_BYTES = 2048 };

static unsigned long n_files;
static unsigned long n_runs;
static const char *path_now = "";
static char input_now[PATH_MAX + 80]; /* spelled out before each run: the handler only writes it */

static void run(const uint8_t *data, size_t size, size_t flip_at)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) {
        abort();
    }
    memcpy(copy, data, size);
    if (flip_at < size) {
        copy[flip_at] ^= (uint8_t)(1U << flip_at % 8);
    }
    snprintf(input_now, sizeof input_now, "%s: first %zu bytes, bit changed in byte %zd\n",
             path_now, size, flip_at < size ? (ssize_t)flip_at : -1);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    n_runs++;
}

static void run_varied(const uint8_t *data, size_t size)
{
    run(data, size, SIZE_MAX);
    for (size_t i = 0; i < size && size <= MAX_VARIED_BYTES; i++) {
        run(data, i, SIZE_MAX);
        run(data, size, i);
    }
}

static int run_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size ? size : 1);
    int good = file && data && fread(data, 1, size, file) == size;
    if (good) {
        path_now = path;
        run_varied(data, size);
        n_files++;
    } else {
        fprintf(stderr, "%s: cannot be read\n", path);
    }
    free(data);
    if (file) {
        fclose(file);
    }
    return good;
}

static int run_path(const char *path);

static int run_folder(const char *path)
{
    DIR *dir = opendir(path);
    int good = dir != NULL;
    const struct dirent *entry;
    while (good && (entry = readdir(dir))) {
        char below[PATH_MAX];
        if (entry->d_name[0] != '.') {
            good =
                snprintf(below, sizeof below, "%s/%s", path, entry->d_name) < (int)sizeof below &&
                run_path(below);
        }
    }
    if (dir) {
        closedir(dir);
    }
    return good;
}

static int run_path(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        fprintf(stderr, "%s: not there\n", path);
        return 0;
    }
    return S_ISDIR(info.st_mode) ? run_folder(path) : run_file(path, (size_t)info.st_size);
}

/* Names the input that broke its target, then lets the abort go on. */
static void tell_input(int signal_number)
{
    ssize_t n = write(STDERR_FILENO, input_now, strlen(input_now));
    if (n != 0) { /* nothing else can be done if even this fails */
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
}

int main(int argc, char **argv)
{
    int good = 1;
    signal(SIGABRT, tell_input);
    for (int i = 1; i < argc && good; i++) {
        good = run_path(argv[i]);
    }
    if (!good || n_files == 0) {
        fprintf(stderr, "no corpus was replayed\n");
        return 1;
    }
    printf("%lu files, %lu runs\n", n_files, n_runs);
    return 0;
}
