/*
 * Decides what an `x-hufu` object may say: on `info`, on an operation, on a leaf of an answer. The
 * sets are closed, for an annotation that is misspelt and ignored would release or withhold the
 * wrong field. Knows nothing of where the object stands.
 */
#include "policy/catalog_build.h"

static const char *const IDENTIFIERS[] = {
    "uscc",     "resident_id", "bank_card", "mobile",  "landline",   "plate",
    "passport", "email",       "name",      "address", "invoice_no", "account_no",
};

hf_bytes hf_identifier_by_name(hf_bytes name)
{
    for (size_t i = 0; i < sizeof(IDENTIFIERS) / sizeof(IDENTIFIERS[0]); i++) {
        if (hf_bytes_equal_string(name, IDENTIFIERS[i])) {
            return hf_bytes_of_string(IDENTIFIERS[i]);
        }
    }
    return (hf_bytes){0};
}

static bool is_object(const struct hf_catalog_build *build, const struct hf_json *note)
{
    if (note->type == HF_JSON_OBJECT) {
        return true;
    }
    hf_problems_add(&build->document, note, "x-hufu must be an object");
    return false;
}

bool hf_note_read_source(const struct hf_catalog_build *build, const struct hf_json *info,
                         enum hf_source *ret_source)
{
    static const char *const NAMES[] = {"source", NULL};
    const struct hf_json *note = hf_json_member(info, "x-hufu");
    if (!note) {
        hf_problems_add(&build->document, info,
                        "the document does not say whose catalog it is; write "
                        "\"info\": {\"x-hufu\": {\"source\": \"tax\"}}");
        return false;
    }
    if (!is_object(build, note)) {
        return false;
    }
    hf_build_closed(build, note, NAMES);
    const struct hf_json *source = hf_build_string(build, note, "source");
    if (!source || !hf_source_by_name(source->text, ret_source)) {
        hf_problems_add(&build->document, source ? source : note,
                        "`source` must be one of tax samr customs court water power gas social "
                        "housing credit");
        return false;
    }
    return true;
}

static bool read_place(const struct hf_json *subject, struct hf_operation_note *note)
{
    const struct hf_json *in = hf_json_member(subject, "in");
    const struct hf_json *name = hf_json_member(subject, "name");
    if (subject->n_children != 2 || !name || name->type != HF_JSON_STRING) {
        return false;
    }
    note->subject_name = name->text;
    note->has_place = true;
    if (hf_json_is_string(in, "path")) {
        note->subject_place = HF_PLACE_PATH;
    } else if (hf_json_is_string(in, "query")) {
        note->subject_place = HF_PLACE_QUERY;
    } else {
        note->subject_place = HF_PLACE_BODY;
        return hf_json_is_string(in, "body");
    }
    return true;
}

static bool read_subject(const struct hf_catalog_build *build, const struct hf_json *at,
                         struct hf_operation_note *note)
{
    const struct hf_json *subject = hf_json_member(at, "subject");
    note->subject = subject;
    if (!subject) {
        hf_problems_add(&build->document, at,
                        "`subject` is missing: name the parameter that says whom the data is "
                        "about");
        return false;
    }
    if (subject->type == HF_JSON_STRING) {
        note->subject_name = subject->text;
        return true;
    }
    if (subject->type == HF_JSON_OBJECT && read_place(subject, note)) {
        return true;
    }
    hf_problems_add(&build->document, subject,
                    "`subject` must be a parameter's name or {\"in\": \"body\", \"name\": ...}");
    return false;
}

bool hf_note_read_operation(const struct hf_catalog_build *build, const struct hf_json *note,
                            struct hf_operation_note *ret_note)
{
    static const char *const NAMES[] = {"dataset", "subject", "rows", "detail", "public", NULL};
    struct hf_operation_note read = {0};
    if (!is_object(build, note)) {
        return false;
    }
    hf_build_closed(build, note, NAMES);
    const struct hf_json *dataset = hf_build_string(build, note, "dataset");
    bool is_usable = dataset && hf_dataset_name_ok(dataset->text);
    if (!is_usable) {
        hf_problems_add(&build->document, dataset ? dataset : note,
                        "`dataset` must be a name of lower-case letters, digits and `_`, such as "
                        "\"payment\"");
    } else {
        read.dataset = dataset->text;
    }
    is_usable = read_subject(build, note, &read) && is_usable;
    read.rows = hf_build_string(build, note, "rows");
    const struct hf_json *detail = hf_build_string(build, note, "detail");
    if (detail && !hf_detail_by_name(detail->text, &read.detail)) {
        hf_problems_add(&build->document, detail, "`detail` must be summary or records");
    }
    hf_build_boolean(build, note, "public", &read.is_public);
    if (is_usable) {
        *ret_note = read;
    }
    return is_usable;
}

static void read_class(const struct hf_catalog_build *build, const struct hf_json *note,
                       struct hf_leaf_note *read)
{
    const struct hf_json *class = hf_build_string(build, note, "class");
    if (class && !hf_field_by_name(class->text, &read->class)) {
        hf_problems_add(&build->document, class,
                        "`class` must be public, trade_secret, personal or sensitive_personal");
    }
    const struct hf_json *level = hf_json_member(note, "level");
    hf_build_number(build, note, "level", &read->level);
    if (level && (read->level < 1 || read->level > 5)) {
        hf_problems_add(&build->document, level, "`level` must be 1, 2, 3, 4 or 5");
        read->level = 5;
    }
}

static void read_identifier(const struct hf_catalog_build *build, const struct hf_json *note,
                            struct hf_leaf_note *read)
{
    const struct hf_json *identifier = hf_build_string(build, note, "identifier");
    if (!identifier) {
        return;
    }
    read->identifier = hf_identifier_by_name(identifier->text);
    if (read->identifier.size > 0) {
        return;
    }
    hf_problems_add(&build->document, identifier,
                    "`identifier` must be one of uscc resident_id bank_card mobile landline plate "
                    "passport email name address invoice_no account_no");
}

bool hf_note_read_leaf(const struct hf_catalog_build *build, const struct hf_json *note,
                       struct hf_leaf_note *ret_note)
{
    static const char *const NAMES[] = {"class", "level",        "identifier", "text", "date",
                                        "owner", "subject_echo", "undated",    NULL};
    struct hf_leaf_note read = {.at = note};
    if (!is_object(build, note)) {
        return false;
    }
    hf_build_closed(build, note, NAMES);
    read_class(build, note, &read);
    read_identifier(build, note, &read);
    const struct hf_json *owner = hf_build_string(build, note, "owner");
    read.owner = owner ? owner->text : (hf_bytes){0};
    hf_build_boolean(build, note, "text", &read.text);
    hf_build_boolean(build, note, "date", &read.date);
    hf_build_boolean(build, note, "subject_echo", &read.subject_echo);
    hf_build_boolean(build, note, "undated", &read.undated);
    *ret_note = read;
    return true;
}
