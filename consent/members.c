/*
 * The one place where a member of a token or of a file of ours is found missing, superfluous or of
 * the wrong shape. It decides nothing about meaning.
 *
 * A problem names attributes of the profile and places in the text, never what the text says: an
 * unknown member is blamed on the object that holds it.
 */
#include "consent/members.h"

#include "crypto/base64.h"

#include <stdio.h>

static const char *const type_names[] = {
    [HF_JSON_NULL] = "null",       [HF_JSON_FALSE] = "a boolean", [HF_JSON_TRUE] = "a boolean",
    [HF_JSON_NUMBER] = "a number", [HF_JSON_STRING] = "a string", [HF_JSON_ARRAY] = "an array",
    [HF_JSON_OBJECT] = "an object"};

hf_status hf_members_blame(const struct hf_members *members, enum hf_code code, const char *name,
                           const struct hf_json *value, const char *sentence)
{
    struct hf_problem *reterr = members->reterr;
    if (!reterr) {
        return hf_status_of(code);
    }
    char where[sizeof reterr->where];
    snprintf(where, sizeof where, "%s%s%s%s%s", members->file ? members->file : "",
             members->file && (members->path[0] || name) ? " " : "", members->path,
             members->path[0] && name ? "." : "", name ? name : "");
    reterr->offset = value ? value->offset : members->object->offset;
    hf_json_position(members->text, reterr->offset, &reterr->line, &reterr->column);
    return hf_problem_set(reterr, code, where, "%s", sentence);
}

hf_status hf_members_wrong(const struct hf_members *members, const char *name, const char *sentence)
{
    return hf_members_blame(members, members->code, name,
                            name ? hf_json_member(members->object, name) : NULL, sentence);
}

static bool is_among(hf_bytes name, const char *const *names)
{
    for (; *names; names++) {
        /* the first letter tells most names apart, for the price of no call */
        if (name.size > 0 && name.data[0] == (uint8_t) * *names &&
            hf_bytes_equal_string(name, *names)) {
            return true;
        }
    }
    return false;
}

hf_status hf_members_open(const struct hf_members *parent, const struct hf_json *value,
                          const char *path, const char *const *names,
                          struct hf_members *ret_members)
{
    struct hf_members members = *parent;
    members.object = value;
    members.path = path;
    if (value->type != HF_JSON_OBJECT) {
        return hf_members_blame(&members, members.code, NULL, value, "must be an object");
    }
    for (const struct hf_json *member = value->child; member; member = member->next) {
        if (!is_among(member->name, names)) {
            struct hf_json name = *member;
            name.offset = member->name_offset;
            return hf_members_blame(&members, members.code, NULL, &name,
                                    "has a member that the profile does not know");
        }
    }
    *ret_members = members;
    return HF_DONE;
}

hf_status hf_members_parse(struct hf_members *document, const struct hf_json_limits *limits,
                           struct hf_arena *arena, const char *const *names)
{
    const struct hf_json *root = NULL;
    struct hf_problem problem = {0};
    hf_status status = hf_json_parse(document->text, limits, arena, &root, &problem);
    document->path = "";
    if (hf_is_ok(status)) {
        return hf_members_open(document, root, "", names, document);
    }
    if (status.code != HF_JSON_MALFORMED && status.code != HF_LIMIT) {
        return status;
    }
    if (document->reterr) {
        *document->reterr = problem;
        return hf_problem_set(document->reterr, document->code, document->file, "%s",
                              problem.detail);
    }
    return hf_status_of(document->code);
}

hf_status hf_members_find(const struct hf_members *members, const char *name,
                          enum hf_json_type type, const struct hf_json **ret_value)
{
    const struct hf_json *value = hf_json_member(members->object, name);
    if (value && value->type != type) {
        char sentence[32];
        snprintf(sentence, sizeof sentence, "must be %s", type_names[type]);
        return hf_members_blame(members, members->code, name, value, sentence);
    }
    *ret_value = value;
    return HF_DONE;
}

hf_status hf_members_get(const struct hf_members *members, const char *name, enum hf_json_type type,
                         const struct hf_json **ret_value)
{
    const struct hf_json *value = NULL;
    HF_TRY(hf_members_find(members, name, type, &value));
    if (!value) {
        return hf_members_blame(members, members->code, name, NULL, "is required");
    }
    *ret_value = value;
    return HF_DONE;
}

static bool has_control_character(hf_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20) {
            return true;
        }
    }
    return false;
}

hf_status hf_members_string(const struct hf_members *members, const char *name, size_t min_bytes,
                            size_t max_bytes, hf_bytes *ret_string)
{
    const struct hf_json *value = NULL;
    HF_TRY(hf_members_get(members, name, HF_JSON_STRING, &value));
    if (value->text.size < min_bytes || value->text.size > max_bytes) {
        char sentence[64];
        snprintf(sentence, sizeof sentence, "must have %zu to %zu bytes", min_bytes, max_bytes);
        return hf_members_blame(members, members->code, name, value, sentence);
    }
    if (has_control_character(value->text)) {
        return hf_members_blame(members, members->code, name, value,
                                "must not hold control characters");
    }
    *ret_string = value->text;
    return HF_DONE;
}

hf_status hf_members_integer(const struct hf_members *members, const char *name, int64_t min,
                             int64_t max, int64_t *ret_integer)
{
    const struct hf_json *value = NULL;
    int64_t integer = 0;
    HF_TRY(hf_members_get(members, name, HF_JSON_NUMBER, &value));
    if (!hf_is_ok(hf_json_integer(value, &integer)) || integer < min || integer > max) {
        char sentence[96];
        snprintf(sentence, sizeof sentence, "must be an integer from %lld to %lld", (long long)min,
                 (long long)max);
        return hf_members_blame(members, members->code, name, value, sentence);
    }
    *ret_integer = integer;
    return HF_DONE;
}

static bool is_repeated(const struct hf_json *array, const struct hf_json *element)
{
    for (const struct hf_json *before = array->child; before != element; before = before->next) {
        if (hf_bytes_equal(before->text, element->text)) {
            return true;
        }
    }
    return false;
}

hf_status hf_members_strings(const struct hf_members *members, const char *name, size_t min,
                             size_t max, const struct hf_json **ret_array)
{
    const struct hf_json *array = NULL;
    size_t index = 0;
    HF_TRY(hf_members_get(members, name, HF_JSON_ARRAY, &array));
    if (array->n_children < min || array->n_children > max) {
        char sentence[64];
        snprintf(sentence, sizeof sentence, "must have %zu to %zu elements", min, max);
        return hf_members_blame(members, members->code, name, array, sentence);
    }
    for (const struct hf_json *element = array->child; element; element = element->next, index++) {
        const char *sentence = NULL;
        if (element->type != HF_JSON_STRING) {
            sentence = "must be a string";
        } else if (has_control_character(element->text)) {
            sentence = "must not hold control characters";
        } else if (is_repeated(array, element)) {
            sentence = "stands there twice";
        }
        if (sentence) {
            char attribute[HF_ATTRIBUTE_MAX_BYTES];
            snprintf(attribute, sizeof attribute, "%s[%zu]", name, index);
            return hf_members_blame(members, members->code, attribute, element, sentence);
        }
    }
    *ret_array = array;
    return HF_DONE;
}

hf_status hf_members_mask(const struct hf_members *members, const char *name, size_t min,
                          bool (*bit_by_name)(hf_bytes name, unsigned *ret_bit), unsigned *ret_mask)
{
    enum { BITS = 32 };
    const struct hf_json *array = NULL;
    unsigned mask = 0;
    size_t index = 0;
    HF_TRY(hf_members_strings(members, name, min, BITS, &array));
    for (const struct hf_json *element = array->child; element; element = element->next, index++) {
        unsigned bit = 0;
        if (!bit_by_name(element->text, &bit)) {
            char attribute[HF_ATTRIBUTE_MAX_BYTES];
            snprintf(attribute, sizeof attribute, "%s[%zu]", name, index);
            return hf_members_blame(members, members->code, attribute, element,
                                    "is not in the vocabulary");
        }
        mask |= bit;
    }
    *ret_mask = mask;
    return HF_DONE;
}

hf_status hf_members_digest(const struct hf_members *members, const char *name,
                            uint8_t ret_digest[static 32])
{
    const struct hf_json *value = NULL;
    HF_TRY(hf_members_get(members, name, HF_JSON_STRING, &value));
    if (!hf_is_ok(hf_base64url_decode_fixed(value->text, ret_digest, 32))) {
        return hf_members_blame(members, members->code, name, value,
                                "must be 43 characters of base64url that spell 32 bytes");
    }
    return HF_DONE;
}
