/*
 * A fresh folder for one test, removed with all that is in it when the test ends:
 * cmocka_unit_test_setup_teardown(test, folder_make, folder_remove); *state is its path.
 */
#pragma once

#include "tests/unit/unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline int folder_make(void **state)
{
    const char *parent = getenv("TMPDIR");
    char path[4000];
    snprintf(path, sizeof path, "%s/hufu-test-XXXXXX", parent ? parent : "/tmp");
    if (!mkdtemp(path)) {
        return -1;
    }
    *state = strdup(path);
    return *state ? 0 : -1;
}

static inline int folder_remove_entry(const char *path, const struct stat *info, int kind,
                                      struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline int folder_remove(void **state)
{
    int result = nftw(*state, folder_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return result;
}

/* "folder/name"; the result stays until the eighth next call. */
static inline const char *folder_path(void **state, const char *name)
{
    static char paths[8][4200];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", (const char *)*state, name);
    return path;
}
