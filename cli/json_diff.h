/*
 * Where two JSON values differ, place by place, in paths as `hufu policy explain` prints them but
 * with each element's number: `items[1].amount`.
 */
#pragma once

#include "base/json.h"

enum { HF_DIFFERENCE_PATH_BYTES = 1024 }; /* longer ones are cut */

struct hf_difference {
    const char *path;               /* "": the whole */
    const struct hf_json *expected; /* NULL: nothing should stand there */
    const struct hf_json *actual;   /* NULL: nothing does */
};

/**
 * hf_json_diff() - hands every difference to @visit, in the order of @expected, then of @actual
 *
 * Numbers are equal when they are written alike (`1.0` is not `1.00`), strings when their
 * characters are, objects whatever the order of their members. Elements are compared by their
 * number. Cost: O(n), but O(members²) in an object. Errors: those of @visit.
 */
hf_status hf_json_diff(const struct hf_json *expected, const struct hf_json *actual,
                       hf_status (*visit)(void *context, const struct hf_difference *difference),
                       void *context);
