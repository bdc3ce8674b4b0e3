/*
 * Public test vectors are not part of the project. They are looked for in $HUFU_VECTORS, else
 * beside the source tree; a test that does not find its file skips and says so.
 */
#pragma once

#include "tests/unit/unit.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * The path of vector @name ("rfc8785/testdata"), or NULL after saying so: the test then returns.
 * cmocka's own skip() prints `not ok` in TAP, which readers of TAP take for a failure.
 */
static inline const char *vector_path(const char *name)
{
    static char path[PATH_MAX];
    const char *given = getenv("HUFU_VECTORS");
    const char *root = getenv("HUFU_SOURCE_ROOT");
    if (given) {
        snprintf(path, sizeof path, "%s/%s", given, name);
    } else {
        snprintf(path, sizeof path, "%s/../shared/vectors/%s", root ? root : ".", name);
    }
    if (access(path, R_OK) != 0) {
        print_message("# SKIPPED: no test vectors at %s (set HUFU_VECTORS)\n", path);
        return NULL;
    }
    return path;
}

/* The whole file, NUL behind it; the caller frees. Fails the test when it cannot be read. */
static inline char *vector_read(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    char *content = calloc(1, (size_t)size + 1);
    assert_non_null(content);
    assert_int_equal(fread(content, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    *ret_size = (size_t)size;
    return content;
}
