/*
 * A temporary folder of small files for tests of what is read from disk.
 */
#pragma once

#include "tests/unit/unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct test_folder {
    char path[64];
};

static inline int test_folder_setup(void **state)
{
    struct test_folder *folder = calloc(1, sizeof *folder);
    assert_non_null(folder);
    strncpy(folder->path, "/tmp/hufu-test-XXXXXX", sizeof folder->path - 1);
    assert_non_null(mkdtemp(folder->path));
    *state = folder;
    return 0;
}

static inline int test_remove_one(const char *path, const struct stat *st, int type,
                                  struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline int test_folder_teardown(void **state)
{
    struct test_folder *folder = *state;
    (void)nftw(folder->path, test_remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(folder);
    return 0;
}

/* Writes @text to @name in the folder and returns its path (static: until the next call). */
static inline const char *test_folder_write(const struct test_folder *folder, const char *name,
                                            const char *text)
{
    static char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    return path;
}
