/*
 * Reads and writes published keys. A key is known by its thumbprint alone: a `kid` that says
 * anything else would let one name stand for two keys, so it is refused.
 */
#include "crypto/key_set.h"

#include <stdio.h>

enum { TREE_BYTES = 1 << 20 };

hf_status hf_key_set_add(struct hf_key_set *set, struct hf_key *key)
{
    if (hf_key_set_find(set, hf_bytes_of_string(hf_key_thumbprint(key)))) {
        HF_FAIL(EXISTS);
    }
    if (set->n_keys == HF_KEY_SET_MAX_KEYS) {
        HF_FAIL(LIMIT);
    }
    set->keys[set->n_keys++] = hf_key_ref(key);
    return HF_DONE;
}

const struct hf_key *hf_key_set_find(const struct hf_key_set *set, hf_bytes thumbprint)
{
    for (size_t i = 0; i < set->n_keys; i++) {
        if (hf_bytes_equal_string(thumbprint, hf_key_thumbprint(set->keys[i]))) {
            return set->keys[i];
        }
    }
    return NULL;
}

void hf_key_set_clear(struct hf_key_set *set)
{
    for (size_t i = 0; i < set->n_keys; i++) {
        hf_key_unref(set->keys[i]);
    }
    set->n_keys = 0;
}

/* ---- reading ---- */

/* @place: "" or "keys[3]." */
static hf_status blame(struct hf_problem *reterr, hf_status status, const char *place,
                       const struct hf_problem *problem)
{
    char where[160];
    snprintf(where, sizeof where, "%s%.100s", place, problem->where);
    return hf_problem_set(reterr, status.code, where, "%s",
                          problem->detail[0] ? problem->detail
                                             : hf_code_info(status.code)->sentence);
}

static hf_status read_key(const struct hf_json *jwk, struct hf_key_set *set,
                          struct hf_problem *reterr)
{
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    const struct hf_json *kid = hf_json_member(jwk, "kid");
    HF_TRY(hf_key_from_jwk(jwk, &key, reterr));
    if (kid && !hf_json_is_string(kid, hf_key_thumbprint(key))) {
        return hf_problem_set(reterr, HF_KEY_MALFORMED, "kid", "is not the key's thumbprint");
    }
    return hf_key_set_add(set, key);
}

static hf_status read_keys(const struct hf_json *root, struct hf_key_set *set,
                           struct hf_problem *reterr)
{
    const struct hf_json *keys = hf_json_member(root, "keys");
    size_t index = 0;
    if (!keys) {
        return read_key(root, set, reterr);
    }
    if (keys->type != HF_JSON_ARRAY || keys->n_children == 0) {
        return hf_problem_set(reterr, HF_KEY_MALFORMED, "keys", "must be an array of keys");
    }
    for (const struct hf_json *jwk = keys->child; jwk; jwk = jwk->next, index++) {
        char place[32];
        struct hf_problem problem = {.code = HF_OK};
        snprintf(place, sizeof place, "keys[%zu].", index);
        hf_status status = read_key(jwk, set, &problem);
        if (!hf_is_ok(status)) {
            return blame(reterr, status, place, &problem);
        }
    }
    return HF_DONE;
}

hf_status hf_key_set_parse(hf_bytes text, struct hf_key_set *ret_set, struct hf_problem *reterr)
{
    static const struct hf_json_limits limits = {.max_bytes = HF_KEY_SET_MAX_BYTES,
                                                 .max_depth = 6,
                                                 .max_values = 2048,
                                                 .max_string_bytes = 8192};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    HF_CLEANUP(hf_key_set_clear) struct hf_key_set set = {.n_keys = 0};
    const struct hf_json *root = NULL;
    hf_status status = hf_json_parse(text, &limits, &arena, &root, reterr);
    HF_TRY(status.code == HF_JSON_MALFORMED ? hf_status_of(HF_KEY_MALFORMED) : status);
    if (root->type != HF_JSON_OBJECT) {
        return hf_problem_set(reterr, HF_KEY_MALFORMED, NULL, "is neither a key nor a set of keys");
    }
    HF_TRY(read_keys(root, &set, reterr));
    *ret_set = set;
    set.n_keys = 0;
    return HF_DONE;
}

/* ---- writing ---- */

hf_status hf_key_set_write(const struct hf_key_set *set, hf_buf *buf)
{
    HF_TRY(hf_buf_append_string(buf, "{\"keys\":["));
    for (size_t i = 0; i < set->n_keys; i++) {
        HF_TRY(hf_buf_append_string(buf, i > 0 ? "," : ""));
        HF_TRY(hf_key_write_jwk(set->keys[i], buf));
    }
    return hf_buf_append_string(buf, "]}");
}
