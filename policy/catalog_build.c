/*
 * Small readers that the catalog compiler's files share: members with a type, references inside the
 * document. Decides nothing about meaning. A reference leads only into the same document: a
 * catalog never makes the gateway open a file or an address.
 */
#include "policy/catalog_build.h"

enum { REF_MAX_HOPS = 8, REF_MAX_BYTES = 1024 };

static int hex_digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* A pointer in a fragment is percent-decoded before it is taken apart (RFC 6901 6). */
static bool fragment_decode(hf_bytes raw, uint8_t ret_pointer[static REF_MAX_BYTES],
                            size_t *ret_size)
{
    size_t n = 0;
    for (size_t i = 0; i < raw.size; i++) {
        uint8_t byte = raw.data[i];
        if (n == REF_MAX_BYTES) {
            return false;
        }
        if (byte == '%') {
            int high = i + 2 < raw.size ? hex_digit(raw.data[i + 1]) : -1;
            int low = i + 2 < raw.size ? hex_digit(raw.data[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            byte = (uint8_t)(high * 16 + low);
            i += 2;
        }
        ret_pointer[n++] = byte;
    }
    *ret_size = n;
    return true;
}

/* Decodes one reference token (RFC 6901 3) into @token. */
static bool token_decode(hf_bytes raw, char *token, size_t capacity_bytes)
{
    size_t n = 0;
    for (size_t i = 0; i < raw.size; i++) {
        char byte = (char)raw.data[i];
        if (n + 1 >= capacity_bytes) {
            return false;
        }
        if (byte == '~') {
            if (i + 1 >= raw.size || (raw.data[i + 1] != '0' && raw.data[i + 1] != '1')) {
                return false;
            }
            byte = raw.data[++i] == '0' ? '~' : '/';
        }
        token[n++] = byte;
    }
    token[n] = '\0';
    return strlen(token) == n;
}

static const struct hf_json *step(const struct hf_json *node, const char *token)
{
    if (node->type != HF_JSON_ARRAY) {
        return hf_json_member(node, token);
    }
    size_t index = 0;
    for (const char *c = token; *c; c++) {
        if (*c < '0' || *c > '9' || index >= node->n_children) {
            return NULL;
        }
        index = index * 10 + (size_t)(*c - '0');
    }
    const struct hf_json *child = node->child;
    while (child && index--) {
        child = child->next;
    }
    return child;
}

static const struct hf_json *pointer_target(const struct hf_json *root, hf_bytes fragment)
{
    uint8_t decoded[REF_MAX_BYTES];
    char token[REF_MAX_BYTES];
    hf_bytes pointer = {decoded, 0};
    if (!fragment_decode(fragment, decoded, &pointer.size)) {
        return NULL;
    }
    const struct hf_json *node = root;
    size_t at = 0;
    while (node && at < pointer.size) {
        size_t end = at + 1;
        while (end < pointer.size && pointer.data[end] != '/') {
            end++;
        }
        hf_bytes raw = hf_bytes_of(pointer.data + at + 1, end - at - 1);
        if (pointer.data[at] != '/' || !token_decode(raw, token, sizeof(token))) {
            return NULL;
        }
        node = step(node, token);
        at = end;
    }
    return node;
}

const struct hf_json *hf_build_target(const struct hf_catalog_build *build,
                                      const struct hf_json *ref)
{
    if (ref->type != HF_JSON_STRING || ref->text.size == 0 || ref->text.data[0] != '#') {
        hf_problems_add(&build->document, ref,
                        "$ref must lead into this document (`#/components/...`); other documents "
                        "are never opened: copy the part in");
        return NULL;
    }
    const struct hf_json *target =
        pointer_target(build->document.root, hf_bytes_skip(ref->text, 1));
    if (!target) {
        hf_problems_add(&build->document, ref, "$ref leads nowhere; check the pointer's spelling");
    }
    return target;
}

const struct hf_json *hf_build_resolve(const struct hf_catalog_build *build,
                                       const struct hf_json *node)
{
    const struct hf_json *first = NULL;
    for (unsigned hop = 0; node && hop <= REF_MAX_HOPS; hop++) {
        const struct hf_json *ref = hf_json_member(node, "$ref");
        if (!ref) {
            return node;
        }
        first = first ? first : ref;
        node = hf_build_target(build, ref);
    }
    if (node) {
        hf_problems_add(&build->document, first,
                        "$ref leads to itself or through too many others; name the part directly");
    }
    return NULL;
}

const struct hf_json *hf_build_string(const struct hf_catalog_build *build,
                                      const struct hf_json *object, const char *name)
{
    const struct hf_json *member = hf_json_member(object, name);
    if (member && member->type != HF_JSON_STRING) {
        hf_problems_add(&build->document, member, "`%s` must be a string", name);
        return NULL;
    }
    return member;
}

void hf_build_boolean(const struct hf_catalog_build *build, const struct hf_json *object,
                      const char *name, bool *ret)
{
    const struct hf_json *member = hf_json_member(object, name);
    if (!member) {
        return;
    }
    if (member->type != HF_JSON_TRUE && member->type != HF_JSON_FALSE) {
        hf_problems_add(&build->document, member, "`%s` must be true or false", name);
        return;
    }
    *ret = member->type == HF_JSON_TRUE;
}

void hf_build_number(const struct hf_catalog_build *build, const struct hf_json *object,
                     const char *name, uint32_t *ret)
{
    const struct hf_json *member = hf_json_member(object, name);
    int64_t number;
    if (!member) {
        return;
    }
    if (member->type != HF_JSON_NUMBER || !hf_is_ok(hf_json_integer(member, &number)) ||
        number < 0 || number > UINT32_MAX) {
        hf_problems_add(&build->document, member, "`%s` must be a whole number, 0 or more", name);
        return;
    }
    *ret = (uint32_t)number;
}

void hf_build_closed(const struct hf_catalog_build *build, const struct hf_json *object,
                     const char *const *names)
{
    for (const struct hf_json *member = object->child; member; member = member->next) {
        const char *const *name = names;
        while (*name && !hf_bytes_equal_string(member->name, *name)) {
            name++;
        }
        if (!*name) {
            hf_problems_add_name(&build->document, member,
                                 "x-hufu knows no member `%.*s` here; check its spelling",
                                 HF_PRINT(member->name));
        }
    }
}

hf_status hf_build_copy(const struct hf_catalog_build *build, hf_bytes text, hf_bytes *ret_text)
{
    return hf_arena_copy(&build->catalog->arena, text, ret_text);
}
