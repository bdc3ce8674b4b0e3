/*
 * Which acts are legal and what each does: revocations, of one consent or of all of an issuer, and
 * pauses.
 *
 * A revocation is final and may come before its consent. Of pauses and resumptions the one that was
 * signed last holds, whatever the order in which they arrive: so an old word that somebody kept and
 * sends again changes nothing. Within one second a pause wins.
 *
 * Invariant: the shared word of a revoked consent is never set again.
 */
#include "consent/registry_parts.h"

/* ---- reading ---- */

static hf_status note_end(void *context, hf_bytes key, hf_bytes value)
{
    struct hf_registry *registry = context;
    struct hf_stored_act act;
    char iss[HF_PARTY_MAX_BYTES + 1] = "";
    hf_bytes name = hf_bytes_skip(key, strlen("g/"));
    if (name.size < 2 || name.size - 1 > HF_PARTY_MAX_BYTES) {
        HF_FAIL(IO);
    }
    memcpy(iss, name.data, name.size - 1); /* without its semicolon */
    HF_TRY(hf_stored_act_read(value, &act));
    const struct hf_end end = {act.at_unix_s, act.iat_unix_s};
    return hf_ends_note(&registry->ends, iss, &end);
}

hf_status hf_registry_load_ends(struct hf_registry *registry)
{
    return hf_store_each(registry->store, HF_LITERAL("g/"), note_end, registry);
}

hf_status hf_registry_read_state(struct hf_registry *registry, struct hf_entry *entry,
                                 hf_buf *value, bool *ret_found)
{
    const struct hf_consent_id *id = &entry->facts.id;
    struct hf_stored_act act;
    bool has_status;
    bool is_revoked;
    HF_TRY(hf_registry_get(registry, hf_stored_key_of(HF_STORED_STATUS, id), value, &has_status));
    if (has_status) {
        HF_TRY(hf_stored_act_read(hf_buf_view(value), &act));
        entry->is_paused = act.kind != HF_ACT_RESUME;
        entry->status_iat_unix_s = act.iat_unix_s;
        entry->n_statuses = act.n;
    }
    if (entry->is_paused) {
        hf_entry_set_word(entry, HF_WORD_PAUSED);
    }
    HF_TRY(
        hf_registry_get(registry, hf_stored_key_of(HF_STORED_REVOCATION, id), value, &is_revoked));
    if (is_revoked) {
        hf_entry_set_word(entry, HF_WORD_REVOKED);
    }
    *ret_found = has_status || is_revoked;
    return HF_DONE;
}

void hf_registry_apply_end(struct hf_registry *registry, struct hf_entry *entry)
{
    const struct hf_entry_facts *facts = &entry->facts;
    if (hf_ends_reach(&registry->ends, facts->id.iss, facts->received_unix_s, facts->iat_unix_s)) {
        hf_entry_set_word(entry, HF_WORD_REVOKED);
    }
}

/* ---- preparing ---- */

/* An act on its way into a batch. */
struct writing {
    const struct hf_act *act;
    hf_bytes text;
    int64_t at_unix_s;
    struct hf_store_batch *batch;
    uint64_t n; /* of a pause or resumption: which it is */
};

static hf_status put_act(const struct writing *writing, struct hf_stored_key key)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    HF_TRY(
        hf_stored_act_write(writing->act, writing->at_unix_s, writing->n, writing->text, &value));
    hf_store_batch_put(writing->batch, hf_bytes_of_string(key.text), hf_buf_view(&value));
    return HF_DONE;
}

/* What is stored of an end stays its evidence until a later one is signed. False: the store has it
 * not, because it came with the same batch. */
static hf_status keep_evidence(struct hf_registry *registry, const struct writing *writing,
                               const struct hf_end *end, bool *ret_is_kept)
{
    HF_CLEANUP(hf_buf_clear) hf_buf stored = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    const struct hf_stored_key key = hf_stored_key_of(HF_STORED_END, &writing->act->id);
    struct hf_stored_act act = {.iat_unix_s = 0};
    bool is_there;
    HF_TRY(hf_registry_get(registry, key, &stored, &is_there));
    if (is_there) {
        HF_TRY(hf_stored_act_read(hf_buf_view(&stored), &act));
    }
    *ret_is_kept = is_there && act.iat_unix_s == end->iat_unix_s;
    if (*ret_is_kept && act.at_unix_s != end->received_unix_s) {
        HF_TRY(hf_stored_act_redate(hf_buf_view(&stored), end->received_unix_s, &value));
        hf_store_batch_put(writing->batch, hf_bytes_of_string(key.text), hf_buf_view(&value));
    }
    return HF_DONE;
}

/* Noted before it is on disk: who meets a consent of that issuer meanwhile is refused, no more. */
static hf_status prepare_end_of_all(struct hf_registry *registry, const struct writing *writing)
{
    struct hf_act latest = *writing->act;
    struct writing merged = *writing;
    struct hf_end end = {writing->at_unix_s, latest.iat_unix_s};
    bool is_kept = false;
    HF_TRY(hf_ends_note(&registry->ends, latest.id.iss, &end));
    if (!hf_ends_find(&registry->ends, latest.id.iss, &end)) {
        HF_FAIL(BUG);
    }
    HF_TRY(keep_evidence(registry, writing, &end, &is_kept));
    if (is_kept) {
        return HF_DONE;
    }
    latest.iat_unix_s = end.iat_unix_s;
    merged.act = &latest;
    merged.at_unix_s = end.received_unix_s;
    return put_act(&merged, hf_stored_key_of(HF_STORED_END, &latest.id));
}

/* Whoever has a key can speak of any number of consents that nobody has ever shown. */
static void put_word(const struct writing *writing)
{
    const struct hf_stored_key key = hf_stored_word_key(&writing->act->id, writing->at_unix_s);
    hf_store_batch_put(writing->batch, hf_bytes_of_string(key.text), (hf_bytes){NULL, 0});
}

static hf_status admit_word(struct hf_registry *registry, const struct writing *writing)
{
    if (!writing->act->reference[0]) { /* an order is not the issuer's doing */
        HF_TRY(hf_quota_take(&registry->words, writing->act->id.iss));
        put_word(writing);
    }
    return HF_DONE;
}

static bool is_revoked(const struct hf_entry *entry)
{
    return hf_entry_judge_state(entry).code == HF_CONSENT_REVOKED;
}

/* Revoked, or by an act of the batch that is being put together. */
static bool is_over(const struct hf_entry *entry)
{
    return entry->is_ending || is_revoked(entry);
}

static hf_status prepare_revoke(struct hf_registry *registry, struct hf_entry_shard *shard,
                                struct hf_entry *entry, const struct writing *writing)
{
    const struct hf_consent_id *id = &writing->act->id;
    if (entry && is_over(entry)) {
        return HF_DONE; /* the first revocation is the evidence */
    }
    if (!entry) {
        HF_TRY(admit_word(registry, writing));
        HF_TRY(hf_registry_make(registry, shard, id, &entry));
    }
    HF_TRY(hf_registry_put_status(registry, entry, id, HF_STATUS_INVALID, writing->batch));
    HF_TRY(put_act(writing, hf_stored_key_of(HF_STORED_REVOCATION, id)));
    entry->is_ending = true; /* if the write fails the store takes no other */
    return HF_DONE;
}

/* Whether this status says nothing that the last one did not. */
static bool is_again(const struct hf_entry *entry, const struct hf_act *act)
{
    return entry->status_iat_unix_s == act->iat_unix_s &&
           entry->is_paused == (act->kind == HF_ACT_PAUSE);
}

static hf_status judge_transition(const struct hf_entry *entry, const struct hf_act *act,
                                  int64_t now_unix_s)
{
    if (is_over(entry)) {
        HF_FAIL(CONSENT_REVOKED);
    }
    if (entry->is_bound && now_unix_s >= entry->facts.exp_unix_s) {
        HF_FAIL(CONSENT_EXPIRED);
    }
    bool is_later = act->iat_unix_s > entry->status_iat_unix_s ||
                    (act->kind == HF_ACT_PAUSE && act->iat_unix_s == entry->status_iat_unix_s);
    return hf_status_of(is_later || is_again(entry, act) ? HF_OK : HF_STATE_CONFLICT);
}

/* The last one with its evidence, and one more event of the trail. */
static hf_status put_status(const struct writing *writing, uint64_t n)
{
    struct writing status = *writing;
    status.n = n;
    HF_TRY(put_act(&status, hf_stored_key_of(HF_STORED_STATUS, &status.act->id)));
    status.text = (hf_bytes){NULL, 0};
    return put_act(&status, hf_stored_event_key(&status.act->id, n));
}

static hf_status prepare_status(struct hf_registry *registry, struct hf_entry_shard *shard,
                                struct hf_entry *entry, const struct writing *writing)
{
    const struct hf_act *act = writing->act;
    if (!entry && act->kind == HF_ACT_RESUME) {
        HF_FAIL(CONSENT_MISSING);
    }
    if (!entry) {
        HF_TRY(admit_word(registry, writing));
        HF_TRY(hf_registry_make(registry, shard, &act->id, &entry));
    }
    HF_TRY(judge_transition(entry, act, writing->at_unix_s));
    if (is_again(entry, act)) {
        return HF_DONE;
    }
    HF_TRY(put_status(writing, entry->n_statuses + 1));
    HF_TRY(hf_registry_put_status(registry, entry, &act->id,
                                  act->kind == HF_ACT_PAUSE ? HF_STATUS_SUSPENDED : HF_STATUS_VALID,
                                  writing->batch));
    entry->n_statuses++; /* if the write fails the store takes no other */
    entry->is_paused = act->kind == HF_ACT_PAUSE;
    entry->status_iat_unix_s = act->iat_unix_s;
    return HF_DONE;
}

static hf_status prepare(struct hf_registry *registry, struct hf_entry_shard *shard,
                         const struct writing *writing)
{
    const struct hf_act *act = writing->act;
    struct hf_entry *entry = NULL;
    if (act->reference[0]) {
        HF_TRY(put_act(writing, hf_stored_order_key(act->reference)));
    }
    if (hf_act_is_of_all(act)) {
        return prepare_end_of_all(registry, writing);
    }
    HF_TRY(hf_registry_load(registry, shard, &act->id, &entry));
    return act->kind == HF_ACT_REVOKE ? prepare_revoke(registry, shard, entry, writing)
                                      : prepare_status(registry, shard, entry, writing);
}

hf_status hf_registry_prepare_act(struct hf_registry *registry, struct hf_entry_shard *shard,
                                  const struct hf_act *act, hf_bytes text,
                                  struct hf_store_batch *batch)
{
    const struct writing writing = {act, text, hf_clock_unix_s(&registry->clock), batch, 0};
    return prepare(registry, shard, &writing);
}

hf_status hf_registry_judge_act(struct hf_registry *registry, const struct hf_act *act)
{
    struct hf_entry *entry = NULL;
    if (act->kind == HF_ACT_REVOKE) {
        return HF_DONE;
    }
    struct hf_entry_shard *shard = hf_entry_map_lock(&registry->map, &act->id);
    hf_status status = hf_registry_load(registry, shard, &act->id, &entry);
    if (hf_is_ok(status) && entry) {
        status = judge_transition(entry, act, hf_clock_unix_s(&registry->clock));
    } else if (hf_is_ok(status) && act->kind == HF_ACT_RESUME) {
        status = hf_status_of(HF_CONSENT_MISSING);
    }
    hf_entry_map_unlock(shard);
    return status;
}

/* ---- telling what is new ---- */

static bool is_known_end(struct hf_registry *registry, const struct hf_act *act)
{
    struct hf_end end;
    return hf_ends_find(&registry->ends, act->id.iss, &end) && end.iat_unix_s >= act->iat_unix_s;
}

/* What is not legal any more says nothing new either. */
static bool is_known(const struct hf_entry *entry, const struct hf_act *act, int64_t at_unix_s)
{
    return act->kind == HF_ACT_REVOKE
               ? is_revoked(entry)
               : is_again(entry, act) || !hf_is_ok(judge_transition(entry, act, at_unix_s));
}

hf_status hf_registry_is_news(struct hf_registry *registry, const struct hf_act *act,
                              bool *ret_is_news)
{
    struct hf_entry *entry = NULL;
    if (hf_act_is_of_all(act)) {
        *ret_is_news = !is_known_end(registry, act);
        return HF_DONE;
    }
    struct hf_entry_shard *shard = hf_entry_map_lock(&registry->map, &act->id);
    hf_status status = hf_registry_load(registry, shard, &act->id, &entry);
    if (hf_is_ok(status)) {
        *ret_is_news = entry ? !is_known(entry, act, hf_clock_unix_s(&registry->clock))
                             : act->kind != HF_ACT_RESUME;
    }
    hf_entry_map_unlock(shard);
    return status;
}

/* ---- publishing ---- */

struct issuer_end {
    struct hf_registry *registry;
    const char *iss;
};

static void end_entry(void *context, struct hf_entry *entry)
{
    const struct issuer_end *end = context;
    if (entry->is_bound && strcmp(entry->facts.id.iss, end->iss) == 0) {
        hf_registry_apply_end(end->registry, entry);
    }
}

/* An earlier pause of the same batch must not hide a later resumption, nor an act a revocation. */
static void set_word(struct hf_entry *entry, const struct hf_act *act)
{
    if (act->kind == HF_ACT_REVOKE) {
        hf_entry_set_word(entry, HF_WORD_REVOKED);
    } else if (!is_revoked(entry)) {
        hf_entry_set_word(entry, entry->is_paused ? HF_WORD_PAUSED : HF_WORD_STANDS);
    }
}

void hf_registry_publish_act(struct hf_registry *registry, const struct hf_act *act)
{
    if (hf_act_is_of_all(act)) {
        struct issuer_end end = {registry, act->id.iss};
        hf_entry_map_each(&registry->map, end_entry, &end);
        return;
    }
    struct hf_entry_shard *shard = hf_entry_map_lock(&registry->map, &act->id);
    struct hf_entry *entry = hf_entry_map_find(&registry->map, shard, &act->id);
    if (entry) {
        set_word(entry, act);
    }
    hf_entry_map_unlock(shard);
}

/* ---- restoring ---- */

static hf_status restore_one(struct hf_registry *registry, struct hf_entry_shard *shard,
                             const struct writing *writing, bool *ret_was_lost)
{
    struct hf_entry *entry = NULL;
    HF_TRY(hf_registry_load(registry, shard, &writing->act->id, &entry));
    if (!entry) {
        HF_TRY(hf_registry_make(registry, shard, &writing->act->id, &entry));
        put_word(writing);
    }
    *ret_was_lost = !is_known(entry, writing->act, writing->at_unix_s);
    return *ret_was_lost ? prepare(registry, shard, writing) : HF_DONE;
}

/* What a lost or older store lacks. The moment of an act is when it was put on record: an end that
 * was long on its way reaches again all that came before it, also what was signed after it. */
static hf_status restore(struct hf_registry *registry, const struct writing *writing,
                         bool *ret_was_lost)
{
    const struct hf_act *act = writing->act;
    if (hf_act_is_of_all(act)) {
        *ret_was_lost = !is_known_end(registry, act);
        return *ret_was_lost ? prepare_end_of_all(registry, writing) : HF_DONE;
    }
    struct hf_entry_shard *shard = hf_entry_map_lock(&registry->map, &act->id);
    hf_status status = restore_one(registry, shard, writing, ret_was_lost);
    hf_entry_map_unlock(shard);
    return status;
}

hf_status hf_registry_replay_act(struct hf_registry *registry, const struct hf_act *act,
                                 int64_t recorded_unix_s, bool *ret_was_lost)
{
    struct hf_store_batch *batch = NULL;
    bool was_lost = false;
    HF_TRY(hf_store_batch_new(&batch));
    const struct writing writing = {act, {NULL, 0}, recorded_unix_s, batch, 0};
    hf_status status = restore(registry, &writing, &was_lost);
    if (hf_is_ok(status) && was_lost) {
        status = hf_store_write(registry->store, batch, 0); /* the log would tell it again */
    }
    hf_store_batch_free(batch);
    HF_TRY(status);
    if (was_lost) {
        hf_registry_publish_act(registry, act);
    }
    *ret_was_lost = was_lost;
    return HF_DONE;
}
