/*
 * Decides where a mistake stands (line, column, JSON pointer) and that the same mistake is told
 * once: a schema that two operations share is read twice. Knows nothing of catalogs or policies.
 * The pointer is found by walking down from the root by offsets, so that nodes need no link to
 * their parent. Names taken from the document are printed with control characters replaced, for
 * they end on a terminal.
 */
#include "policy/problems.h"

#include <stdarg.h>
#include <stdio.h>

/* The child whose text holds @offset: the last that begins at or before it. */
static const struct hf_json *child_at(const struct hf_json *node, size_t offset, size_t *ret_index)
{
    const struct hf_json *found = NULL;
    size_t index = 0;
    for (const struct hf_json *child = node->child; child; child = child->next, index++) {
        size_t begins = node->type == HF_JSON_OBJECT ? child->name_offset : child->offset;
        if (begins > offset) {
            break;
        }
        found = child;
        *ret_index = index;
    }
    return found;
}

/* Appends one reference token of RFC 6901; false when it does not fit, and nothing is kept. */
static bool pointer_append(char *pointer, size_t capacity_bytes, size_t *used, hf_bytes token)
{
    size_t at = *used;
    if (at + 2 > capacity_bytes) {
        return false;
    }
    pointer[at++] = '/';
    for (size_t i = 0; i < token.size; i++) {
        uint8_t byte = token.data[i];
        if (at + 3 > capacity_bytes) {
            pointer[*used] = '\0';
            return false;
        }
        if (byte == '~' || byte == '/') {
            pointer[at++] = '~';
            byte = byte == '~' ? '0' : '1';
        }
        pointer[at++] = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
    }
    pointer[at] = '\0';
    *used = at;
    return true;
}

static void pointer_of(const struct hf_json *root, const struct hf_json *at, char *pointer,
                       size_t capacity_bytes)
{
    size_t used = 0;
    pointer[0] = '\0';
    for (const struct hf_json *node = root; node && node != at;) {
        size_t index = 0;
        const struct hf_json *child = child_at(node, at->offset, &index);
        char digits[24];
        hf_bytes token;
        if (!child) {
            return;
        }
        if (node->type == HF_JSON_OBJECT) {
            token = child->name;
        } else {
            (void)snprintf(digits, sizeof(digits), "%zu", index);
            token = hf_bytes_of_string(digits);
        }
        if (!pointer_append(pointer, capacity_bytes, &used, token)) {
            return;
        }
        node = child;
    }
}

static bool is_told(const struct hf_problems *problems, const struct hf_problem *problem)
{
    for (size_t i = 0; i < problems->n; i++) {
        const struct hf_problem *told = &problems->items[i];
        if (told->offset == problem->offset && told->line == problem->line &&
            strcmp(told->where, problem->where) == 0 &&
            strcmp(told->detail, problem->detail) == 0) {
            return true;
        }
    }
    return false;
}

void hf_problems_take(struct hf_problems *problems, const struct hf_problem *problem)
{
    if (is_told(problems, problem)) {
        return;
    }
    if (problems->n == HF_PROBLEMS_MAX) {
        problems->n_left_out++;
        return;
    }
    problems->items[problems->n++] = *problem;
}

static void add(const struct hf_document *document, const struct hf_json *at, size_t offset,
                char *detail)
{
    struct hf_problem problem = {0};
    for (char *c = detail; *c; c++) {
        *c = (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c;
    }
    hf_ignore(hf_problem_set(&problem, document->code, NULL, "%s", detail));
    if (at) {
        problem.offset = offset;
        hf_json_position(document->text, offset, &problem.line, &problem.column);
        pointer_of(document->root, at, problem.where, sizeof(problem.where));
    }
    hf_problems_take(document->problems, &problem);
}

void hf_problems_add(const struct hf_document *document, const struct hf_json *at,
                     const char *format, ...)
{
    char detail[sizeof((struct hf_problem){0}.detail)];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(detail, sizeof(detail), format, arguments);
    va_end(arguments);
    add(document, at, at ? at->offset : 0, detail);
}

void hf_problems_add_name(const struct hf_document *document, const struct hf_json *member,
                          const char *format, ...)
{
    char detail[sizeof((struct hf_problem){0}.detail)];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(detail, sizeof(detail), format, arguments);
    va_end(arguments);
    add(document, member, member->name_offset, detail);
}
