/*
 * Decides what looks wrong. The tables are what a reader of many departments' tables has learnt: a
 * resident ID stands in columns that were public as a whole, under names that people abbreviate.
 *
 * It only speaks: nothing here changes what is compiled.
 */
#include "policy/catalog_warn.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

struct walk {
    const struct hf_operation *operation;
    hf_bytes text;
    struct hf_problems *warnings;
};

/* The loosest class that an identifier of this kind usually has. */
static const struct {
    const char *identifier;
    unsigned least;
} USUAL[] = {
    {"resident_id", HF_FIELD_SENSITIVE},   {"passport", HF_FIELD_SENSITIVE},
    {"bank_card", HF_FIELD_TRADE_SECRET},  {"account_no", HF_FIELD_TRADE_SECRET},
    {"mobile", HF_FIELD_TRADE_SECRET},     {"plate", HF_FIELD_TRADE_SECRET},
    {"invoice_no", HF_FIELD_TRADE_SECRET},
};

/* Parts of names, lower case, as they stand in departments' tables. */
static const struct {
    const char *part;
    const char *identifier;
} NAMES[] = {
    {"id_no", "resident_id"},     {"id_card", "resident_id"}, {"idcard", "resident_id"},
    {"sfzh", "resident_id"},      {"_sfz", "resident_id"},    {"zjhm", "resident_id"},
    {"身份证", "resident_id"},    {"证件号", "resident_id"},  {"passport", "passport"},
    {"护照", "passport"},         {"bank_card", "bank_card"}, {"银行卡", "bank_card"},
    {"account_no", "account_no"}, {"账号", "account_no"},     {"mobile", "mobile"},
    {"手机", "mobile"},
};

static bool is_letter(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/* At the beginning of a word, where it begins like one: `paid_no` is no `id_no`. */
static bool name_holds(hf_bytes name, const char *part)
{
    size_t size = strlen(part);
    for (size_t i = 0; i + size <= name.size; i++) {
        bool is_within = i > 0 && is_letter(name.data[i - 1]) && is_letter((uint8_t)part[0]);
        if (!is_within && strncasecmp((const char *)name.data + i, part, size) == 0) {
            return true;
        }
    }
    return false;
}

/* A row's items have no name of their own: their array's speaks for them. */
static hf_bytes name_of(const struct hf_schema_field *leaf)
{
    while (leaf->name.size == 0 && leaf->parent) {
        leaf = leaf->parent;
    }
    return leaf->name;
}

static hf_bytes looks_like(const struct hf_schema_field *leaf)
{
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if (name_holds(name_of(leaf), NAMES[i].part)) {
            return hf_bytes_of_string(NAMES[i].identifier);
        }
    }
    return (hf_bytes){0};
}

/* 0: any class is usual. */
static unsigned usual_class(hf_bytes identifier)
{
    for (size_t i = 0; i < sizeof(USUAL) / sizeof(USUAL[0]); i++) {
        if (hf_bytes_equal_string(identifier, USUAL[i].identifier)) {
            return USUAL[i].least;
        }
    }
    return 0;
}

__attribute__((format(printf, 3, 4))) static void
tell(const struct walk *walk, const struct hf_schema_field *leaf, const char *format, ...)
{
    struct hf_problem problem = {0};
    char detail[sizeof(problem.detail)];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(detail, sizeof(detail), format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < walk->warnings->n; i++) {
        if (walk->warnings->items[i].offset == leaf->offset &&
            strcmp(walk->warnings->items[i].detail, detail) == 0) {
            return;
        }
    }
    hf_ignore(hf_problem_set(&problem, HF_CATALOG_INVALID, NULL, "%s", detail));
    (void)snprintf(problem.where, sizeof(problem.where), "%.*s %.*s",
                   HF_PRINT(walk->operation->dataset), HF_PRINT(leaf->path));
    hf_json_problem_at(&problem, walk->text, leaf->offset);
    hf_problems_take(walk->warnings, &problem);
}

static void look_at_leaf(const struct walk *walk, const struct hf_schema_field *leaf)
{
    bool is_named = leaf->identifier.size > 0;
    hf_bytes identifier = is_named ? leaf->identifier : looks_like(leaf);
    unsigned least = usual_class(identifier);
    if (!leaf->classified) {
        return;
    }
    if (leaf->class < least) {
        tell(walk, leaf,
             is_named ? "a %.*s is rarely %s: %s is usual; is the class right?"
                      : "the name looks like a %.*s, which is rarely %s: %s is usual; "
                        "say its `identifier` or change the class",
             HF_PRINT(identifier), hf_field_name(leaf->class), hf_field_name(least));
    }
    if ((leaf->class & HF_FIELD_SENSITIVE) && leaf->level == 1) {
        tell(walk, leaf,
             "level 1 means harmless, which sensitive_personal never is; is the level "
             "right?");
    }
    if (leaf->subject_echo && identifier.size > 0 && !hf_bytes_equal_string(identifier, "uscc") &&
        !hf_bytes_equal_string(identifier, "resident_id")) {
        tell(walk, leaf,
             "`subject_echo` says that this is the subject, `identifier` that it is a "
             "%.*s; one of them is wrong",
             HF_PRINT(identifier));
    }
}

/* As deep as the catalog allows: HF_CATALOG_MAX_DEPTH. */
static void look_at(const struct walk *walk, const struct hf_schema_field *field)
{
    if (field->shape == HF_SHAPE_LEAF) {
        look_at_leaf(walk, field);
    }
    for (const struct hf_schema_field *child = field->child; child; child = child->next) {
        look_at(walk, child);
    }
}

void hf_catalog_warn(const struct hf_catalog *catalog, hf_bytes text, struct hf_problems *warnings)
{
    for (size_t i = 0; i < hf_catalog_n_operations(catalog); i++) {
        const struct hf_operation *operation = hf_catalog_operation(catalog, i);
        const struct walk walk = {operation, text, warnings};
        look_at(&walk, operation->answer);
    }
}
