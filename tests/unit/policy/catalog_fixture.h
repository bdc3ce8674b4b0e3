/*
 * Small catalogs for tests: a whole document around the part at hand, and assertions on what the
 * compiler says of it.
 */
#pragma once

#include "base/file.h"
#include "policy/catalog.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

static struct hf_problems fixture_problems;

#define FIXTURE_HEAD "{\"openapi\":\"3.1.0\",\"info\":{\"x-hufu\":{\"source\":\"tax\"}},\"paths\":{"
#define FIXTURE_USCC                                                                               \
    "{\"name\":\"uscc\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}"
#define FIXTURE_ANSWER(schema)                                                                     \
    "\"responses\":{\"200\":{\"content\":{\"application/json\":{\"schema\":" schema "}}}}"
#define FIXTURE_OPERATION(note, parameters, schema)                                                \
    "{\"x-hufu\":" note ",\"parameters\":[" parameters "]," FIXTURE_ANSWER(schema) "}"
#define FIXTURE_NOTE "{\"dataset\":\"payment\",\"subject\":\"uscc\"}"
#define FIXTURE_LEAF "{\"type\":\"string\",\"x-hufu\":{\"class\":\"public\"}}"
#define FIXTURE_OBJECT "{\"type\":\"object\",\"properties\":{\"a\":" FIXTURE_LEAF "}}"

/* A document with these path items. */
#define FIXTURE_PATHS(paths) FIXTURE_HEAD paths "}}"
/* A document with one GET of this note and answer schema. */
#define FIXTURE_GET(note, schema)                                                                  \
    FIXTURE_PATHS("\"/p/{uscc}\":{\"get\":" FIXTURE_OPERATION(note, FIXTURE_USCC, schema) "}")

/* A text that is written in place of the last one. */
__attribute__((format(printf, 1, 2))) static inline const char *fixture_write(const char *format,
                                                                              ...)
{
    static char text[64 << 10];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    assert_in_range(size, 0, sizeof(text) - 1);
    return text;
}

/* The catalog of @text, which must have no mistake; the caller frees. */
static inline struct hf_catalog *fixture_compiled(const char *text)
{
    struct hf_catalog *catalog = NULL;
    fixture_problems = (struct hf_problems){0};
    hf_status status = hf_catalog_compile(hf_bytes_of_string(text), &fixture_problems, &catalog);
    if (fixture_problems.n > 0) {
        fail_msg("%s: %s", fixture_problems.items[0].where, fixture_problems.items[0].detail);
    }
    assert_ok(status);
    return catalog;
}

/* @text must be refused with a mistake at @where whose sentence holds @words. */
static inline void fixture_assert_refused(const char *text, const char *where, const char *words)
{
    struct hf_catalog *catalog = NULL;
    fixture_problems = (struct hf_problems){0};
    assert_code(hf_catalog_compile(hf_bytes_of_string(text), &fixture_problems, &catalog),
                CATALOG_INVALID);
    assert_null(catalog);
    for (size_t i = 0; i < fixture_problems.n; i++) {
        if (strcmp(fixture_problems.items[i].where, where) == 0 &&
            strstr(fixture_problems.items[i].detail, words)) {
            assert_true(fixture_problems.items[i].line >= 1);
            assert_true(fixture_problems.items[i].column >= 1);
            return;
        }
    }
    fail_msg("no mistake at %s with the words \"%s\", but %zu others, the first at %s: %s", where,
             words, fixture_problems.n, fixture_problems.items[0].where,
             fixture_problems.items[0].detail);
}

static inline const struct hf_schema_field *fixture_find(const struct hf_schema_field *field,
                                                         const char *path)
{
    if (hf_bytes_equal_string(field->path, path)) {
        return field;
    }
    for (const struct hf_schema_field *child = field->child; child; child = child->next) {
        const struct hf_schema_field *found = fixture_find(child, path);
        if (found) {
            return found;
        }
    }
    return NULL;
}

/* The leaf or container at @path of an answer; the test fails when there is none. */
static inline const struct hf_schema_field *fixture_field(const struct hf_schema_field *root,
                                                          const char *path)
{
    static const struct hf_schema_field NONE;
    const struct hf_schema_field *found = fixture_find(root, path);
    assert_non_null(found);
    return found ? found : &NONE;
}

/* A file of the source tree, as a C string; the caller clears @buf. */
static inline const char *fixture_file(const char *name, hf_buf *buf)
{
    char path[512];
    const char *root = getenv("HUFU_SOURCE_ROOT");
    const char *text = NULL;
    (void)snprintf(path, sizeof(path), "%s/%s", root ? root : ".", name);
    *buf = hf_buf_init(1 << 20);
    assert_ok(hf_file_read(path, buf));
    assert_ok(hf_buf_string(buf, &text));
    return text;
}
