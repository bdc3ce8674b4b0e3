/*
 * A grantor's file is evidence of whom the operator trusts, so it is read as strictly as a token:
 * a misspelt `disabled_at` must be an error and never a key that still counts.
 *
 * Rewriting works on the file's own members and not on what was understood of them, so a key whose
 * algorithm this build does not serve survives an edit of its neighbour.
 */
#include "consent/grantor_file.h"

#include "consent/members.h"

#include <stdio.h>

enum { TREE_BYTES = 4 << 20, FILE_MAX_VALUES = HF_GRANTOR_MAX_KEYS * 24 };

static const struct hf_json_limits file_limits = {.max_bytes = HF_GRANTOR_FILE_MAX_BYTES,
                                                  .max_depth = 4,
                                                  .max_values = FILE_MAX_VALUES,
                                                  .max_string_bytes = 1024};

static const char *const file_names[] = {"iss", "keys", NULL};
static const char *const key_names[] = {"kty",        "crv",       "x",           "y",
                                        "kid",        "alg",       "use",         "key_ops",
                                        "not_before", "not_after", "disabled_at", "compromised_at",
                                        NULL};

void hf_grantor_file_name(const char *iss, char ret_name[static HF_GRANTOR_FILE_NAME_MAX_BYTES + 1])
{
    snprintf(ret_name, HF_GRANTOR_FILE_NAME_MAX_BYTES + 1, "%s.jwks", iss);
    char *colon = strchr(ret_name, ':');
    if (colon) {
        *colon = '_'; /* no colon: some file systems give it a meaning */
    }
}

void hf_grantor_file_clear(struct hf_grantor_file *file)
{
    for (size_t i = 0; i < file->n_keys; i++) {
        hf_key_unref(file->keys[i].key);
    }
    file->n_keys = 0;
}

static bool is_kid(hf_bytes kid)
{
    if (kid.size == 0 || kid.size > HF_KID_MAX_BYTES) {
        return false;
    }
    for (size_t i = 0; i < kid.size; i++) {
        uint8_t c = kid.data[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              (c && strchr("._~:-", c)))) {
            return false;
        }
    }
    return true;
}

static hf_status read_time(const struct hf_members *members, const char *name, int64_t *ret_unix_s)
{
    if (!hf_json_member(members->object, name)) {
        return HF_DONE;
    }
    return hf_members_integer(members, name, 1, INT64_C(253402300799), ret_unix_s);
}

/* What a key that is not served may say is not ours to judge, but it must be writable again. */
static hf_status check_types(const struct hf_members *members)
{
    static const char *const strings[] = {"crv", "x", "y", "alg", "use"};
    const struct hf_json *value;
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        HF_TRY(hf_members_find(members, strings[i], HF_JSON_STRING, &value));
    }
    return hf_json_member(members->object, "key_ops")
               ? hf_members_strings(members, "key_ops", 0, HF_GRANTOR_MAX_KEYS, &value)
               : HF_DONE;
}

/* The key itself; one of an algorithm that is not served stays NULL. */
static hf_status read_jwk(const struct hf_members *members, struct hf_key **ret_key)
{
    struct hf_problem problem = {0};
    hf_status status = hf_key_from_jwk(members->object, ret_key, &problem);
    if (hf_is_ok(status) || status.code == HF_KEY_UNSUPPORTED) {
        return check_types(members);
    }
    if (status.code != HF_KEY_MALFORMED) {
        return status;
    }
    return hf_members_wrong(members, problem.where[0] ? problem.where : NULL, problem.detail);
}

static hf_status read_key(const struct hf_members *members, struct hf_grantor_file *file)
{
    struct hf_grantor_key *key = &file->keys[file->n_keys];
    hf_bytes kid;
    HF_TRY(hf_members_string(members, "kid", 1, HF_KID_MAX_BYTES, &kid));
    if (!is_kid(kid)) {
        return hf_members_wrong(members, "kid", "must be of A-Z a-z 0-9 . _ ~ : -");
    }
    memcpy(key->kid, kid.data, kid.size); /* is_kid() bounds it; zeroed behind */
    for (size_t i = 0; i < file->n_keys; i++) {
        if (strcmp(file->keys[i].kid, key->kid) == 0) {
            return hf_members_wrong(members, "kid", "names another key of this file");
        }
    }
    HF_TRY(read_time(members, "not_before", &key->not_before_unix_s));
    HF_TRY(read_time(members, "not_after", &key->not_after_unix_s));
    HF_TRY(read_time(members, "disabled_at", &key->disabled_at_unix_s));
    HF_TRY(read_time(members, "compromised_at", &key->compromised_at_unix_s));
    if (key->not_after_unix_s && key->not_after_unix_s <= key->not_before_unix_s) {
        return hf_members_wrong(members, "not_after", "must lie behind not_before");
    }
    return read_jwk(members, &key->key);
}

static hf_status read_iss(const struct hf_members *root, const char *name, hf_bytes *ret_iss)
{
    char expected[HF_GRANTOR_FILE_NAME_MAX_BYTES + 1];
    char iss[HF_PARTY_MAX_BYTES + 1] = "";
    enum hf_subject_kind kind;
    HF_TRY(hf_members_string(root, "iss", 1, HF_PARTY_MAX_BYTES, ret_iss));
    if (!hf_party_kind(*ret_iss, &kind)) {
        return hf_members_wrong(root, "iss",
                                "must be uscc: and a valid code, or person: and a name");
    }
    memcpy(iss, ret_iss->data, ret_iss->size);
    hf_grantor_file_name(iss, expected);
    if (strcmp(expected, name) != 0) {
        return hf_members_wrong(root, "iss", "is not the grantor that the file is named for");
    }
    return HF_DONE;
}

static hf_status read_file(const struct hf_members *root, const char *name,
                           struct hf_grantor_file *file)
{
    const struct hf_json *keys = NULL;
    hf_bytes iss;
    HF_TRY(read_iss(root, name, &iss));
    HF_TRY(hf_members_get(root, "keys", HF_JSON_ARRAY, &keys));
    if (keys->n_children > HF_GRANTOR_MAX_KEYS) {
        return hf_members_wrong(root, "keys", "must not have more than 64 elements");
    }
    for (const struct hf_json *value = keys->child; value; value = value->next) {
        char path[HF_ATTRIBUTE_MAX_BYTES];
        struct hf_members members;
        struct hf_grantor_place *place = &file->places[file->n_keys];
        snprintf(path, sizeof path, "keys[%zu]", file->n_keys);
        HF_TRY(hf_members_open(root, value, path, key_names, &members));
        HF_TRY(read_key(&members, file));
        memcpy(file->keys[file->n_keys].iss, iss.data, iss.size);
        hf_json_position(root->text, value->offset, &place->line, &place->column);
        file->n_keys++;
    }
    return HF_DONE;
}

hf_status hf_grantor_file_parse(hf_bytes text, const char *name, struct hf_grantor_file *ret_file,
                                struct hf_problem *reterr)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    struct hf_members root = {
        .text = text, .code = HF_CONFIG_INVALID, .file = name, .reterr = reterr};
    memset(ret_file, 0, sizeof *ret_file);
    HF_TRY(hf_members_parse(&root, &file_limits, &arena, file_names));
    hf_status status = read_file(&root, name, ret_file);
    if (!hf_is_ok(status)) {
        hf_grantor_file_clear(ret_file);
    }
    return status;
}

/* ---- rewriting ---- */

/* Appends `"name":value` for each member of @jwk but @except, which may be NULL. */
static hf_status write_members(const struct hf_json *jwk, const char *except, hf_buf *buf)
{
    const char *comma = "";
    for (const struct hf_json *member = jwk->child; member; member = member->next) {
        if (except && hf_bytes_equal_string(member->name, except)) {
            continue;
        }
        HF_TRY(hf_buf_append_string(buf, comma));
        HF_TRY(hf_json_write_string(buf, member->name));
        HF_TRY(hf_buf_append_byte(buf, ':'));
        HF_TRY(hf_json_write_canonical(buf, member));
        comma = ",";
    }
    return HF_DONE;
}

static hf_status write_number(const char *name, int64_t number, hf_buf *buf)
{
    return number ? hf_buf_printf(buf, ",\"%s\":%lld", name, (long long)number) : HF_DONE;
}

static hf_status write_head(const char *iss, hf_buf *buf)
{
    return hf_buf_printf(buf, "{\"iss\":\"%s\",\"keys\":[", iss);
}

static hf_status write_added_key(const struct hf_grantor_addition *addition, const char *kid,
                                 hf_buf *buf)
{
    HF_TRY(hf_buf_append_byte(buf, '{'));
    HF_TRY(write_members(addition->jwk, "kid", buf));
    HF_TRY(hf_buf_printf(buf, ",\"kid\":\"%s\"", kid));
    HF_TRY(write_number("not_before", addition->not_before_unix_s, buf));
    HF_TRY(write_number("not_after", addition->not_after_unix_s, buf));
    return hf_buf_append_byte(buf, '}');
}

hf_status hf_grantor_file_write_added(hf_bytes text, const struct hf_grantor_addition *addition,
                                      const char *kid, hf_buf *buf)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    const struct hf_json *root = NULL;
    HF_TRY(write_head(addition->iss, buf));
    if (text.size > 0) {
        HF_TRY(hf_json_parse(text, &file_limits, &arena, &root, NULL));
        const struct hf_json *keys = hf_json_member(root, "keys");
        for (const struct hf_json *key = keys ? keys->child : NULL; key; key = key->next) {
            HF_TRY(hf_buf_append_string(buf, "\n{"));
            HF_TRY(write_members(key, NULL, buf));
            HF_TRY(hf_buf_append_string(buf, "},"));
        }
    }
    HF_TRY(hf_buf_append_byte(buf, '\n'));
    HF_TRY(write_added_key(addition, kid, buf));
    return hf_buf_append_string(buf, "\n]}\n");
}

hf_status hf_grantor_file_write_ended(hf_bytes text, const struct hf_grantor_end *end, hf_buf *buf)
{
    const char *moment = end->is_compromise ? "compromised_at" : "disabled_at";
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    const struct hf_json *root = NULL;
    const char *comma = "\n{";
    HF_TRY(hf_json_parse(text, &file_limits, &arena, &root, NULL));
    const struct hf_json *keys = hf_json_member(root, "keys");
    const struct hf_json *iss = hf_json_member(root, "iss");
    if (!keys || !iss) {
        HF_FAIL(BUG); /* it was parsed before */
    }
    HF_TRY(hf_buf_append_string(buf, "{\"iss\":"));
    HF_TRY(hf_json_write_string(buf, iss->text));
    HF_TRY(hf_buf_append_string(buf, ",\"keys\":["));
    for (const struct hf_json *key = keys->child; key; key = key->next, comma = ",\n{") {
        bool is_meant = hf_json_is_string(hf_json_member(key, "kid"), end->kid);
        HF_TRY(hf_buf_append_string(buf, comma));
        HF_TRY(write_members(key, is_meant ? moment : NULL, buf));
        HF_TRY(write_number(moment, is_meant ? end->at_unix_s : 0, buf));
        HF_TRY(hf_buf_append_byte(buf, '}'));
    }
    return hf_buf_append_string(buf, "\n]}\n");
}
