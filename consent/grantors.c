/*
 * The set of keys that consents are checked with. It is built once and never changes; whoever needs
 * another loads another. A kid is looked up before anything else is known of a token, so one kid
 * means one key throughout the set: two grantors may share a key (one person acting for two
 * enterprises), but never a kid for two keys.
 *
 * Invariant: every key that is returned belongs to the iss it is returned for.
 */
#include "consent/grantors.h"

#include "base/file.h"
#include "base/siphash.h"
#include "consent/grantor_file.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { PATH_BYTES = 4096 };

struct hf_grantors {
    atomic_size_t n_refs;
    size_t n_keys;
    size_t capacity;
    struct hf_grantor_key *keys;
    struct hf_grantor_place *places;
    uint32_t *slots; /* open addressing by kid; index + 1, 0: free */
    size_t n_slots;  /* a power of two, more than twice n_keys */
    struct hf_siphash_key hash_key;
};

/* A file of the folder as it would be after a change. */
struct file_override {
    const char *name;
    hf_bytes text;
};

struct hf_grantors *hf_grantors_ref(struct hf_grantors *grantors)
{
    atomic_fetch_add_explicit(&grantors->n_refs, 1, memory_order_relaxed);
    return grantors;
}

void hf_grantors_unref(struct hf_grantors *grantors)
{
    if (!grantors || atomic_fetch_sub_explicit(&grantors->n_refs, 1, memory_order_acq_rel) > 1) {
        return;
    }
    for (size_t i = 0; i < grantors->n_keys; i++) {
        hf_key_unref(grantors->keys[i].key);
    }
    free(grantors->keys);
    free(grantors->places);
    free(grantors->slots);
    free(grantors);
}

static void unref_grantors(struct hf_grantors **grantors)
{
    hf_grantors_unref(*grantors);
}

/* ---- look-up ---- */

static size_t slot_of(const struct hf_grantors *grantors, hf_bytes kid)
{
    return (size_t)hf_siphash(&grantors->hash_key, 0, kid) & (grantors->n_slots - 1);
}

/* The next key under @kid from @slot on, or NULL; @slot moves behind it. */
static struct hf_grantor_key *next_key(const struct hf_grantors *grantors, hf_bytes kid,
                                       size_t *slot)
{
    while (grantors->slots[*slot]) {
        struct hf_grantor_key *key = &grantors->keys[grantors->slots[*slot] - 1];
        *slot = (*slot + 1) & (grantors->n_slots - 1);
        if (hf_bytes_equal_string(kid, key->kid)) {
            return key;
        }
    }
    return NULL;
}

const struct hf_grantor_key *hf_grantors_any_key(const struct hf_grantors *grantors, hf_bytes kid)
{
    size_t slot = slot_of(grantors, kid);
    return next_key(grantors, kid, &slot);
}

const struct hf_grantor_key *hf_grantors_key(const struct hf_grantors *grantors, hf_bytes iss,
                                             hf_bytes kid)
{
    size_t slot = slot_of(grantors, kid);
    const struct hf_grantor_key *key;
    do {
        key = next_key(grantors, kid, &slot);
    } while (key && !hf_bytes_equal_string(iss, key->iss));
    return key;
}

size_t hf_grantors_n_keys(const struct hf_grantors *grantors)
{
    return grantors->n_keys;
}

const struct hf_grantor_key *hf_grantors_key_at(const struct hf_grantors *grantors, size_t index)
{
    return index < grantors->n_keys ? &grantors->keys[index] : NULL;
}

/* ---- loading ---- */

static hf_status make_room(struct hf_grantors *grantors, size_t n)
{
    size_t needed = grantors->n_keys + n;
    size_t capacity = grantors->capacity ? grantors->capacity : 64;
    if (needed <= grantors->capacity) {
        return HF_DONE;
    }
    while (capacity < needed) {
        capacity *= 2; /* bounded: files x keys of a file */
    }
    struct hf_grantor_key *keys = reallocarray(grantors->keys, capacity, sizeof *keys);
    if (!keys) {
        HF_FAIL(NOMEM);
    }
    grantors->keys = keys;
    struct hf_grantor_place *places = reallocarray(grantors->places, capacity, sizeof *places);
    if (!places) {
        HF_FAIL(NOMEM);
    }
    grantors->places = places;
    grantors->capacity = capacity;
    return HF_DONE;
}

static hf_status read_file_text(const char *folder, const char *name, hf_buf *buf,
                                struct hf_problem *reterr)
{
    char path[PATH_BYTES];
    HF_TRY(hf_path_join(path, sizeof path, folder, name));
    hf_status status = hf_file_read(path, buf);
    return hf_is_ok(status)
               ? status
               : hf_problem_set(reterr, status.code, name, "cannot be read, or is too large");
}

static hf_status add_file(struct hf_grantors *grantors, hf_bytes text, const char *name,
                          struct hf_problem *reterr)
{
    struct hf_grantor_file *file = malloc(sizeof *file);
    if (!file) {
        HF_FAIL(NOMEM);
    }
    hf_status status = hf_grantor_file_parse(text, name, file, reterr);
    if (hf_is_ok(status)) {
        status = make_room(grantors, file->n_keys);
        if (hf_is_ok(status)) { /* the references move */
            memcpy(grantors->keys + grantors->n_keys, file->keys,
                   file->n_keys * sizeof *file->keys);
            memcpy(grantors->places + grantors->n_keys, file->places,
                   file->n_keys * sizeof *file->places);
            grantors->n_keys += file->n_keys;
        } else {
            hf_grantor_file_clear(file);
        }
    }
    free(file);
    return status;
}

static hf_status add_named_file(struct hf_grantors *grantors, const char *folder, const char *name,
                                struct hf_problem *reterr)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_GRANTOR_FILE_MAX_BYTES);
    HF_TRY(read_file_text(folder, name, &text, reterr));
    return add_file(grantors, hf_buf_view(&text), name, reterr);
}

static bool is_same_key(const struct hf_grantor_key *a, const struct hf_grantor_key *b)
{
    return a->key && b->key && strcmp(hf_key_thumbprint(a->key), hf_key_thumbprint(b->key)) == 0;
}

static hf_status blame_kid(const struct hf_grantors *grantors, size_t index,
                           struct hf_problem *reterr)
{
    char name[HF_GRANTOR_FILE_NAME_MAX_BYTES + 1];
    if (reterr) {
        reterr->line = grantors->places[index].line;
        reterr->column = grantors->places[index].column;
    }
    hf_grantor_file_name(grantors->keys[index].iss, name);
    return hf_problem_set(reterr, HF_CONFIG_INVALID, name,
                          "has a kid that names a different key of another grantor");
}

static hf_status build_index(struct hf_grantors *grantors, struct hf_problem *reterr)
{
    grantors->n_slots = 16;
    while (grantors->n_slots <= grantors->n_keys * 2) {
        grantors->n_slots *= 2;
    }
    grantors->slots = calloc(grantors->n_slots, sizeof *grantors->slots);
    if (!grantors->slots) {
        HF_FAIL(NOMEM);
    }
    for (size_t i = 0; i < grantors->n_keys; i++) {
        hf_bytes kid = hf_bytes_of_string(grantors->keys[i].kid);
        size_t slot = slot_of(grantors, kid);
        for (const struct hf_grantor_key *other; (other = next_key(grantors, kid, &slot));) {
            if (!is_same_key(other, &grantors->keys[i])) {
                return blame_kid(grantors, i, reterr);
            }
        }
        grantors->slots[slot] = (uint32_t)i + 1; /* next_key() stopped at the free one */
    }
    return HF_DONE;
}

static hf_status new_grantors(struct hf_grantors **ret_grantors)
{
    struct hf_grantors *grantors = calloc(1, sizeof *grantors);
    if (!grantors) {
        HF_FAIL(NOMEM);
    }
    atomic_init(&grantors->n_refs, 1);
    grantors->hash_key = hf_siphash_process_key();
    *ret_grantors = grantors;
    return HF_DONE;
}

/* In the order of names, so that keys are sorted by iss. */
static hf_status add_files(struct hf_grantors *grantors, const char *folder,
                           const struct file_override *override, struct hf_problem *reterr)
{
    char **names = NULL;
    size_t n_names = 0;
    bool is_override_due = override != NULL;
    hf_status status = hf_folder_list(folder, ".jwks", HF_GRANTORS_MAX_FILES, &names, &n_names);
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, NULL, "the grantors' folder cannot be read");
    }
    for (size_t i = 0; i < n_names && hf_is_ok(status); i++) {
        if (override && strcmp(names[i], override->name) == 0) {
            status = add_file(grantors, override->text, override->name, reterr);
            is_override_due = false;
        } else {
            status = add_named_file(grantors, folder, names[i], reterr);
        }
    }
    hf_folder_names_free(names, n_names);
    HF_TRY(status);
    return is_override_due ? add_file(grantors, override->text, override->name, reterr) : HF_DONE;
}

static hf_status load(const char *folder, const struct file_override *override,
                      struct hf_grantors **ret_grantors, struct hf_problem *reterr)
{
    HF_CLEANUP(unref_grantors) struct hf_grantors *grantors = NULL;
    HF_TRY(new_grantors(&grantors));
    HF_TRY(add_files(grantors, folder, override, reterr));
    HF_TRY(build_index(grantors, reterr));
    *ret_grantors = grantors;
    grantors = NULL;
    return HF_DONE;
}

hf_status hf_grantors_load(const char *folder, struct hf_grantors **ret_grantors,
                           struct hf_problem *reterr)
{
    return load(folder, NULL, ret_grantors, reterr);
}

/* ---- judging ---- */

hf_status hf_grantor_key_judge(const struct hf_grantor_key *key, int64_t received_unix_s,
                               int64_t now_unix_s)
{
    int64_t disabled = key->disabled_at_unix_s;
    if (received_unix_s < key->not_before_unix_s ||
        (key->not_after_unix_s && received_unix_s >= key->not_after_unix_s) ||
        (disabled && received_unix_s >= disabled) ||
        (key->compromised_at_unix_s && received_unix_s >= key->compromised_at_unix_s)) {
        HF_FAIL(CONSENT_SIGNATURE_INVALID);
    }
    if (disabled && now_unix_s >= disabled) {
        HF_FAIL(CONSENT_REVOKED);
    }
    return HF_DONE;
}

/* ---- changing a folder ---- */

/* Writes the file once the folder with it was found to load. */
static hf_status store_file(const char *folder, const struct file_override *file,
                            struct hf_problem *reterr)
{
    HF_CLEANUP(unref_grantors) struct hf_grantors *grantors = NULL;
    char path[PATH_BYTES];
    HF_TRY(load(folder, file, &grantors, reterr));
    HF_TRY(hf_path_join(path, sizeof path, folder, file->name));
    return hf_file_write_durable(path, file->text, 0644);
}

static hf_status choose_kid(const struct hf_json *jwk, char ret_kid[static HF_KID_MAX_BYTES + 1],
                            struct hf_problem *reterr)
{
    struct hf_key *key = NULL;
    const struct hf_json *kid = hf_json_member(jwk, "kid");
    HF_TRY(hf_key_from_jwk(jwk, &key, reterr));
    if (!kid) {
        snprintf(ret_kid, HF_KID_MAX_BYTES + 1, "%s", hf_key_thumbprint(key));
    }
    hf_key_unref(key);
    if (!kid) {
        return HF_DONE;
    }
    if (kid->type != HF_JSON_STRING || kid->text.size > HF_KID_MAX_BYTES) {
        return hf_problem_set(reterr, HF_KEY_MALFORMED, "kid", "must be 1 to 128 characters");
    }
    memset(ret_kid, 0, HF_KID_MAX_BYTES + 1);
    memcpy(ret_kid, kid->text.data, kid->text.size); /* its alphabet: when the file is parsed */
    return HF_DONE;
}

hf_status hf_grantor_add(const char *folder, const struct hf_grantor_addition *addition,
                         char ret_kid[static HF_KID_MAX_BYTES + 1], struct hf_problem *reterr)
{
    HF_CLEANUP(hf_buf_clear) hf_buf old = hf_buf_init(HF_GRANTOR_FILE_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf new = hf_buf_init(HF_GRANTOR_FILE_MAX_BYTES);
    HF_CLEANUP(unref_grantors) struct hf_grantors *present = NULL;
    char kid[HF_KID_MAX_BYTES + 1];
    char name[HF_GRANTOR_FILE_NAME_MAX_BYTES + 1];
    enum hf_subject_kind kind;
    if (!hf_party_kind(hf_bytes_of_string(addition->iss), &kind)) {
        return hf_problem_set(reterr, HF_CONSENT_MALFORMED, "iss",
                              "must be uscc: and a valid code, or person: and a name");
    }
    HF_TRY(choose_kid(addition->jwk, kid, reterr));
    HF_TRY(hf_grantors_load(folder, &present, reterr));
    if (hf_grantors_key(present, hf_bytes_of_string(addition->iss), hf_bytes_of_string(kid))) {
        return hf_problem_set(reterr, HF_EXISTS, "kid", "this grantor has a key of that kid");
    }
    hf_grantor_file_name(addition->iss, name);
    hf_status status = read_file_text(folder, name, &old, NULL);
    if (status.code != HF_NOT_FOUND) {
        HF_TRY(status);
    }
    HF_TRY(hf_grantor_file_write_added(hf_buf_view(&old), addition, kid, &new));
    const struct file_override file = {name, hf_buf_view(&new)};
    HF_TRY(store_file(folder, &file, reterr));
    memcpy(ret_kid, kid, sizeof kid);
    return HF_DONE;
}

hf_status hf_grantor_disable(const char *folder, const struct hf_grantor_end *end,
                             struct hf_problem *reterr)
{
    HF_CLEANUP(hf_buf_clear) hf_buf old = hf_buf_init(HF_GRANTOR_FILE_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf new = hf_buf_init(HF_GRANTOR_FILE_MAX_BYTES);
    HF_CLEANUP(unref_grantors) struct hf_grantors *present = NULL;
    char name[HF_GRANTOR_FILE_NAME_MAX_BYTES + 1];
    HF_TRY(hf_grantors_load(folder, &present, reterr));
    const struct hf_grantor_key *key =
        hf_grantors_key(present, hf_bytes_of_string(end->iss), hf_bytes_of_string(end->kid));
    if (!key) {
        return hf_problem_set(reterr, HF_NOT_FOUND, "kid", "this grantor has no key of that kid");
    }
    int64_t earlier = end->is_compromise ? key->compromised_at_unix_s : key->disabled_at_unix_s;
    if (earlier && earlier <= end->at_unix_s) {
        return HF_DONE; /* what an earlier moment stopped is not revived */
    }
    hf_grantor_file_name(end->iss, name);
    HF_TRY(read_file_text(folder, name, &old, reterr));
    HF_TRY(hf_grantor_file_write_ended(hf_buf_view(&old), end, &new));
    const struct file_override file = {name, hf_buf_view(&new)};
    return store_file(folder, &file, reterr);
}
