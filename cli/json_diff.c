/*
 * Decides what is the same. A kept number leaves as the source wrote it, so its spelling counts;
 * the order of members does not, for who writes an expectation by hand thinks of names.
 */
#include "cli/json_diff.h"

#include <stdio.h>

struct walk {
    hf_status (*visit)(void *context, const struct hf_difference *difference);
    void *context;
    char path[HF_DIFFERENCE_PATH_BYTES];
    size_t size;
};

static hf_status compare(struct walk *walk, const struct hf_json *expected,
                         const struct hf_json *actual);

static hf_status tell(struct walk *walk, const struct hf_json *expected,
                      const struct hf_json *actual)
{
    const struct hf_difference difference = {walk->path, expected, actual};
    return walk->visit(walk->context, &difference);
}

/* Appends to the path, as far as there is room. Returns where it ended before. */
static size_t push_name(struct walk *walk, hf_bytes name)
{
    size_t mark = walk->size;
    size_t room = sizeof(walk->path) - walk->size;
    int n =
        snprintf(walk->path + walk->size, room, "%s%.*s", walk->size ? "." : "", HF_PRINT(name));
    walk->size += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
    return mark;
}

static size_t push_index(struct walk *walk, size_t index)
{
    size_t mark = walk->size;
    size_t room = sizeof(walk->path) - walk->size;
    int n = snprintf(walk->path + walk->size, room, "[%zu]", index);
    walk->size += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
    return mark;
}

static void pop(struct walk *walk, size_t mark)
{
    walk->size = mark;
    walk->path[mark] = '\0';
}

static const struct hf_json *member_of(const struct hf_json *object, hf_bytes name)
{
    const struct hf_json *member = object->child;
    while (member && !hf_bytes_equal(member->name, name)) {
        member = member->next;
    }
    return member;
}

/* Either of the two may be NULL. */
static hf_status compare_member(struct walk *walk, hf_bytes name, const struct hf_json *expected,
                                const struct hf_json *actual)
{
    size_t mark = push_name(walk, name);
    hf_status status =
        expected && actual ? compare(walk, expected, actual) : tell(walk, expected, actual);
    pop(walk, mark);
    return status;
}

static hf_status compare_objects(struct walk *walk, const struct hf_json *expected,
                                 const struct hf_json *actual)
{
    for (const struct hf_json *member = expected->child; member; member = member->next) {
        HF_TRY(compare_member(walk, member->name, member, member_of(actual, member->name)));
    }
    for (const struct hf_json *member = actual->child; member; member = member->next) {
        if (!member_of(expected, member->name)) {
            HF_TRY(compare_member(walk, member->name, NULL, member));
        }
    }
    return HF_DONE;
}

static hf_status compare_arrays(struct walk *walk, const struct hf_json *expected,
                                const struct hf_json *actual)
{
    const struct hf_json *left = expected->child;
    const struct hf_json *right = actual->child;
    for (size_t index = 0; left || right; index++) {
        size_t mark = push_index(walk, index);
        HF_TRY(left && right ? compare(walk, left, right) : tell(walk, left, right));
        pop(walk, mark);
        left = left ? left->next : NULL;
        right = right ? right->next : NULL;
    }
    return HF_DONE;
}

static hf_status compare(struct walk *walk, const struct hf_json *expected,
                         const struct hf_json *actual)
{
    if (expected->type != actual->type) {
        return tell(walk, expected, actual);
    }
    switch (expected->type) {
    case HF_JSON_OBJECT:
        return compare_objects(walk, expected, actual);
    case HF_JSON_ARRAY:
        return compare_arrays(walk, expected, actual);
    case HF_JSON_NUMBER:
    case HF_JSON_STRING:
        return hf_bytes_equal(expected->text, actual->text) ? HF_DONE
                                                            : tell(walk, expected, actual);
    case HF_JSON_NULL:
    case HF_JSON_FALSE:
    case HF_JSON_TRUE:
        break;
    }
    return HF_DONE;
}

hf_status hf_json_diff(const struct hf_json *expected, const struct hf_json *actual,
                       hf_status (*visit)(void *context, const struct hf_difference *difference),
                       void *context)
{
    struct walk walk = {.visit = visit, .context = context};
    return compare(&walk, expected, actual);
}
