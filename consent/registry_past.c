/*
 * What the registry forgets, and when.
 *
 * A consent that has expired opens nothing, so its uses, its pauses and, a month later, its token
 * are dropped. Its facts stay: another payload under its id is a sign of fraud for as long as one
 * could have been signed beside it. A consent is taken only within four years of its iat
 * (HF_REGISTRY_MEMORY_S); so four years after the first one's exp, whatever is still taken under
 * its id was signed after that had ended, and the facts are dropped, too.
 *
 * A revocation is never forgotten: the key r/ is touched by nothing here, nor is g/ or o/. A pause
 * whose consent has not come within those four years is: what is still taken under its id was
 * signed after it. (Uses of consents that never come are what a log tells that outlived its
 * registry. Nothing counts them: the log is larger.)
 *
 * All steps go by what the store says and only touch consents that nobody has in memory. They look
 * at a bounded number of keys each second, so that no revocation waits for them.
 */
#include "consent/history.h"
#include "consent/registry_parts.h"

enum { MAX_LOOKS = 4096, MAX_DROPS = 128 };

struct expired {
    struct hf_consent_id id;
    int64_t exp_unix_s;
};

/* A walk that ends when it has seen or found enough. */
struct look {
    int64_t before_unix_s;
    bool is_in_order; /* of exp: the first that is not expired ends it */
    size_t n_looks;
    size_t n_found;
    struct expired found[MAX_DROPS];
    struct hf_stored_key last;
};

static hf_status look_at(void *context, hf_bytes key, hf_bytes value)
{
    struct look *look = context;
    struct expired *next = &look->found[look->n_found];
    (void)value;
    if (!hf_stored_key_read(key, &next->id, &next->exp_unix_s)) {
        HF_FAIL(IO);
    }
    bool is_expired = next->exp_unix_s < look->before_unix_s;
    if (look->is_in_order && !is_expired) {
        HF_FAIL(LIMIT);
    }
    look->n_looks++;
    look->n_found += is_expired;
    memcpy(look->last.text, key.data, key.size); /* it was read: no longer than a key */
    look->last.text[key.size] = 0;
    return hf_status_of(look->n_looks == MAX_LOOKS || look->n_found == MAX_DROPS ? HF_LIMIT
                                                                                 : HF_OK);
}

static void drop(struct hf_store_batch *batch, struct hf_stored_key key)
{
    hf_store_batch_delete(batch, hf_bytes_of_string(key.text));
}

static hf_status drop_events(struct hf_registry *registry, const struct hf_consent_id *id,
                             struct hf_store_batch *batch)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    struct hf_stored_act last = {.n = 0};
    bool has_status;
    HF_TRY(hf_registry_get(registry, hf_stored_key_of(HF_STORED_STATUS, id), &value, &has_status));
    if (has_status) {
        HF_TRY(hf_stored_act_read(hf_buf_view(&value), &last));
    }
    for (uint64_t n = 0; n < last.n && n < HF_HISTORY_MAX_STATUSES; n++) {
        drop(batch, hf_stored_event_key(id, last.n - n));
    }
    return HF_DONE;
}

/* Of a consent that expired a while ago nothing stays but its facts. */
static hf_status shrink(struct hf_registry *registry, const struct expired *expired,
                        struct hf_store_batch *batch)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    const struct hf_stored_key key = hf_stored_key_of(HF_STORED_CONSENT, &expired->id);
    struct hf_entry_facts facts = {.id = expired->id, .exp_unix_s = expired->exp_unix_s};
    bool is_registered;
    bool is_known;
    HF_TRY(hf_registry_get(registry, key, &value, &is_known));
    if (is_known) {
        HF_TRY(hf_stored_consent_read(hf_buf_view(&value), &expired->id, &facts, &is_registered));
        hf_buf_reset(&value);
        HF_TRY(hf_stored_consent_write(&facts, false, &value));
        hf_store_batch_put(batch, hf_bytes_of_string(key.text), hf_buf_view(&value));
        hf_store_batch_put(batch, hf_bytes_of_string(hf_stored_past_key(&facts).text),
                           (hf_bytes){NULL, 0});
    }
    HF_TRY(drop_events(registry, &expired->id, batch));
    drop(batch, hf_stored_key_of(HF_STORED_TOKEN, &expired->id));
    drop(batch, hf_stored_key_of(HF_STORED_USES, &expired->id));
    drop(batch, hf_stored_key_of(HF_STORED_STATUS, &expired->id));
    drop(batch, hf_stored_key_of(HF_STORED_SLOT, &expired->id));
    drop(batch, hf_stored_expiry_key(&facts));
    return HF_DONE;
}

static hf_status forget(struct hf_registry *registry, const struct expired *expired,
                        struct hf_store_batch *batch)
{
    const struct hf_entry_facts facts = {.id = expired->id, .exp_unix_s = expired->exp_unix_s};
    (void)registry;
    drop(batch, hf_stored_key_of(HF_STORED_CONSENT, &expired->id));
    drop(batch, hf_stored_key_of(HF_STORED_USES, &expired->id)); /* of a replay of an old log */
    drop(batch, hf_stored_past_key(&facts));
    return HF_DONE;
}

/* A word about a consent that was not known when it came. */
static hf_status forget_word(struct hf_registry *registry, const struct expired *word,
                             struct hf_store_batch *batch)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    bool is_known;
    HF_TRY(hf_registry_get(registry, hf_stored_key_of(HF_STORED_CONSENT, &word->id), &value,
                           &is_known));
    if (!is_known) { /* else it goes with its consent */
        HF_TRY(drop_events(registry, &word->id, batch));
        drop(batch, hf_stored_key_of(HF_STORED_STATUS, &word->id));
    }
    drop(batch, hf_stored_word_key(&word->id, word->exp_unix_s));
    return HF_DONE;
}

typedef hf_status step(struct hf_registry *registry, const struct expired *expired,
                       struct hf_store_batch *batch);

/* Under each one's shard's lock, from the look into memory to the end of the write: nobody can meet
 * what is being dropped. */
static hf_status take(struct hf_registry *registry, const struct expired *expired, step *take_step)
{
    struct hf_store_batch *batch = NULL;
    HF_TRY(hf_store_batch_new(&batch));
    struct hf_entry_shard *shard = hf_entry_map_lock(&registry->map, &expired->id);
    hf_status status = HF_DONE;
    if (!hf_entry_map_find(&registry->map, shard, &expired->id)) {
        status = take_step(registry, expired, batch);
        if (hf_is_ok(status)) {
            status = hf_store_write(registry->store, batch, 0);
        }
    }
    hf_entry_map_unlock(shard);
    hf_store_batch_free(batch);
    return status;
}

static hf_status take_all(struct hf_registry *registry, const struct look *look, step *take_step)
{
    for (size_t i = 0; i < look->n_found; i++) {
        HF_TRY(take(registry, &look->found[i], take_step));
    }
    return HF_DONE;
}

/* Goes on where the last look ended; from the beginning again when it came to the end. */
static hf_status go_on(struct hf_registry *registry, const char *prefix,
                       struct hf_stored_key *cursor, struct look *look)
{
    hf_bytes all = hf_bytes_of_string(prefix);
    hf_bytes from = hf_bytes_of_string(cursor->text);
    hf_status status =
        hf_store_each_from(registry->store, all, from.size ? from : all, look_at, look);
    if (!hf_is_ok(status) && status.code != HF_LIMIT) {
        return status;
    }
    *cursor = hf_is_ok(status) ? (struct hf_stored_key){""} : look->last;
    return HF_DONE;
}

static hf_status shrink_some(struct hf_registry *registry, struct look *look)
{
    HF_TRY(go_on(registry, "x/", &registry->past_cursor, look));
    return take_all(registry, look, shrink);
}

static hf_status forget_words(struct hf_registry *registry, struct look *look)
{
    HF_TRY(go_on(registry, "z/", &registry->word_cursor, look));
    return take_all(registry, look, forget_word);
}

static hf_status forget_some(struct hf_registry *registry, struct look *look)
{
    hf_status status = hf_store_each(registry->store, HF_LITERAL("y/"), look_at, look);
    if (!hf_is_ok(status) && status.code != HF_LIMIT) {
        return status;
    }
    return take_all(registry, look, forget);
}

bool hf_registry_forget_some(struct hf_registry *registry)
{
    const int64_t now_unix_s = hf_clock_unix_s(&registry->clock);
    struct look expired = {.before_unix_s = now_unix_s - HF_REGISTRY_TOKEN_S};
    struct look past = {.before_unix_s = now_unix_s - HF_REGISTRY_MEMORY_S, .is_in_order = true};
    struct look words = {.before_unix_s = now_unix_s - HF_REGISTRY_MEMORY_S};
    if (atomic_load(&registry->has_failed)) {
        return true;
    }
    hf_status status = shrink_some(registry, &expired);
    if (hf_is_ok(status)) {
        status = forget_some(registry, &past);
    }
    if (hf_is_ok(status)) {
        status = forget_words(registry, &words);
    }
    if (hf_is_ok(status)) {
        status = hf_registry_forget_list(registry);
    }
    if (!hf_is_ok(status) && status.code != HF_NOMEM) {
        atomic_store(&registry->has_failed, true); /* damage: refuse rather than guess */
    }
    return registry->past_cursor.text[0] == 0 && registry->word_cursor.text[0] == 0 &&
           past.n_found < MAX_DROPS;
}
