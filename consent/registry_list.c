/*
 * An issuer's consents, a page at a time. The index of unexpired consents is in the order of exp
 * and jti; a page ends at one of its keys, and the next begins behind it, whatever has come
 * meanwhile.
 */
#include "consent/registry_parts.h"

#include <stdio.h>

struct walk {
    size_t n_ids;
    struct hf_consent_id ids[HF_REGISTRY_PAGE];
    hf_bytes after; /* the key that the page before ended with; empty: none */
    struct hf_stored_key last;
    bool is_more;
};

static hf_status look_at(void *context, hf_bytes key, hf_bytes value)
{
    struct walk *walk = context;
    int64_t exp_unix_s;
    (void)value;
    if (hf_bytes_equal(key, walk->after)) {
        return HF_DONE;
    }
    if (walk->n_ids == HF_REGISTRY_PAGE) {
        walk->is_more = true;
        HF_FAIL(LIMIT);
    }
    if (!hf_stored_key_read(key, &walk->ids[walk->n_ids], &exp_unix_s)) {
        HF_FAIL(IO);
    }
    walk->n_ids++;
    memcpy(walk->last.text, key.data, key.size); /* it was read: no longer than a key */
    walk->last.text[key.size] = 0;
    return HF_DONE;
}

void hf_registry_page_clear(struct hf_registry_page *page)
{
    for (size_t i = 0; i < page->n_entries; i++) {
        hf_entry_unref(page->entries[i]);
    }
    page->n_entries = 0;
}

static hf_status find_all(struct hf_registry *registry, const struct walk *walk,
                          struct hf_registry_page *page)
{
    for (size_t i = 0; i < walk->n_ids; i++) {
        struct hf_entry *entry = NULL;
        hf_status status = hf_registry_find_seen(registry, &walk->ids[i], &entry);
        if (hf_is_ok(status)) {
            page->entries[page->n_entries++] = entry;
        } else if (status.code != HF_CONSENT_MISSING) { /* forgotten meanwhile */
            return status;
        }
    }
    return HF_DONE;
}

/* The key at which a page begins: the index's own, so that nothing else can be walked. */
static hf_status place_of(hf_bytes prefix, hf_bytes after, struct hf_stored_key *ret_key)
{
    struct hf_consent_id id;
    int64_t exp_unix_s;
    int n = snprintf(ret_key->text, sizeof ret_key->text, "%.*s%.*s", HF_PRINT(prefix),
                     HF_PRINT(after));
    if (n < 0 || (size_t)n >= sizeof ret_key->text ||
        !hf_stored_key_read(hf_bytes_of_string(ret_key->text), &id, &exp_unix_s)) {
        HF_FAIL(REQUEST_MALFORMED);
    }
    return HF_DONE;
}

hf_status hf_registry_list(struct hf_registry *registry, const char *iss, hf_bytes after,
                           struct hf_registry_page *ret_page)
{
    const struct hf_stored_key head = hf_stored_expiry_prefix(iss);
    const hf_bytes prefix = hf_bytes_of_string(head.text);
    struct hf_registry_page page = {.n_entries = 0};
    struct hf_stored_key from = head;
    struct walk walk = {.n_ids = 0};
    if (after.size > 0) {
        HF_TRY(place_of(prefix, after, &from));
        walk.after = hf_bytes_of_string(from.text);
    }
    hf_status status =
        hf_store_each_from(registry->store, prefix, hf_bytes_of_string(from.text), look_at, &walk);
    if (!hf_is_ok(status) && !walk.is_more) {
        return status;
    }
    status = find_all(registry, &walk, &page);
    if (!hf_is_ok(status)) {
        hf_registry_page_clear(&page);
        return status;
    }
    if (walk.is_more) {
        hf_bytes last = hf_bytes_skip(hf_bytes_of_string(walk.last.text), prefix.size);
        snprintf(page.next, sizeof page.next, "%.*s", HF_PRINT(last));
    }
    *ret_page = page;
    return HF_DONE;
}
