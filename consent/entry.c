/*
 * State and uses of one consent, shared by all workers without a lock.
 *
 * The whole count is one 64-bit word, so that "one more of the total and one more of this window"
 * is a single compare-exchange: N workers cannot together take more than there is, whatever the
 * order.
 *
 * Invariant that the stored counts rest on: a use is under way from before the word changes until
 * after its last record's index has been noted. So an entry with none under way has counted exactly
 * the records up to that index, and every later use of it has a later record.
 */
#include "consent/entry.h"

#include "consent/entry_parts.h"

#include <stdlib.h>

enum {
    TOTAL_BITS = 20,
    USED_BITS = 12,
    INDEX_SHIFT = TOTAL_BITS + USED_BITS,
    MAX_TOTAL = (1 << TOTAL_BITS) - 1, /* claims stay far below: 100000 and 1000 */
    MAX_USED = (1 << USED_BITS) - 1
};

struct uses {
    uint32_t total;
    uint32_t used; /* in the window */
    uint32_t index;
};

static uint64_t pack(struct uses uses)
{
    return (uint64_t)uses.index << INDEX_SHIFT | (uint64_t)uses.used << TOTAL_BITS | uses.total;
}

static struct uses unpack(uint64_t word)
{
    return (struct uses){.total = word & MAX_TOTAL,
                         .used = word >> TOTAL_BITS & MAX_USED,
                         .index = (uint32_t)(word >> INDEX_SHIFT)};
}

hf_status hf_entry_new(const struct hf_consent_id *id, struct hf_tally *tally,
                       struct hf_entry **ret_entry)
{
    struct hf_entry *entry = calloc(1, sizeof *entry);
    if (!entry) {
        HF_FAIL(NOMEM);
    }
    atomic_init(&entry->n_refs, 1);
    atomic_init(&entry->word, HF_WORD_STANDS);
    entry->facts.id = *id;
    entry->tally = tally;
    *ret_entry = entry;
    return HF_DONE;
}

struct hf_entry *hf_entry_ref(struct hf_entry *entry)
{
    atomic_fetch_add_explicit(&entry->n_refs, 1, memory_order_relaxed);
    return entry;
}

void hf_entry_unref(struct hf_entry *entry)
{
    if (entry && atomic_fetch_sub_explicit(&entry->n_refs, 1, memory_order_acq_rel) == 1) {
        free(entry);
    }
}

void hf_entry_bind(struct hf_entry *entry, const struct hf_entry_facts *facts)
{
    struct uses uses = {.total = entry->unbound.total};
    if (facts->has_window) {
        uses.index = entry->unbound.windows[facts->window].index;
        uses.used = entry->unbound.windows[facts->window].count;
    }
    entry->facts = *facts;
    entry->is_bound = true;
    atomic_store(&entry->n_records, entry->unbound.n_records);
    atomic_store(&entry->uses, pack(uses));
}

const struct hf_entry_facts *hf_entry_facts(const struct hf_entry *entry)
{
    return &entry->facts;
}

/* ---- state ---- */

void hf_entry_set_word(struct hf_entry *entry, enum hf_entry_word word)
{
    atomic_store(&entry->word, (uint32_t)word);
}

bool hf_entry_stands(const struct hf_entry *entry)
{
    return atomic_load_explicit(&entry->word, memory_order_acquire) == HF_WORD_STANDS;
}

hf_status hf_entry_judge_state(const struct hf_entry *entry)
{
    switch (atomic_load_explicit(&entry->word, memory_order_acquire)) {
    case HF_WORD_STANDS:
        return HF_DONE;
    case HF_WORD_PAUSED:
        HF_FAIL(CONSENT_PAUSED);
    default:
        HF_FAIL(CONSENT_REVOKED);
    }
}

const char *hf_consent_state_name(enum hf_consent_state state)
{
    static const char *const names[] = {
        [HF_STATE_REVOKED] = "revoked",     [HF_STATE_PAUSED] = "paused",
        [HF_STATE_EXPIRED] = "expired",     [HF_STATE_PENDING] = "pending",
        [HF_STATE_EXHAUSTED] = "exhausted", [HF_STATE_ACTIVE] = "active"};
    return (unsigned)state < sizeof names / sizeof names[0] ? names[state] : NULL;
}

bool hf_consent_state_is_named(hf_bytes name)
{
    for (unsigned state = HF_STATE_REVOKED; state <= HF_STATE_ACTIVE; state++) {
        if (hf_bytes_equal_string(name, hf_consent_state_name((enum hf_consent_state)state))) {
            return true;
        }
    }
    return false;
}

bool hf_entry_is_registered(const struct hf_entry *entry)
{
    return atomic_load(&entry->is_registered);
}

/* ---- uses ---- */

void hf_entry_touch(struct hf_entry *entry)
{
    struct hf_tally *tally = entry->tally;
    if (atomic_load(&entry->is_dirty)) {
        return; /* set under the mutex, so it is on the list */
    }
    pthread_mutex_lock(&tally->mutex);
    if (!atomic_load(&entry->is_dirty)) {
        entry->dirty_from = atomic_load(&tally->n_told);
        entry->next_dirty = tally->dirty;
        tally->dirty = hf_entry_ref(entry);
        atomic_store(&entry->is_dirty, true);
    }
    pthread_mutex_unlock(&tally->mutex);
}

/* With @is_told the log has it already: counted whatever the limits, up to what the word can hold.
 */
static hf_status count_use(struct hf_entry *entry, int64_t unix_s, bool is_told)
{
    const struct hf_entry_facts *facts = &entry->facts;
    const uint32_t max_total = is_told ? MAX_TOTAL : facts->max_total;
    const uint32_t max_used = is_told ? MAX_USED : facts->window_count;
    uint32_t index = facts->has_window ? hf_window_index(facts->window, unix_s) : 0;
    uint64_t word = atomic_load(&entry->uses);
    struct uses uses;
    do {
        uses = unpack(word);
        if (index > uses.index) {
            uses.index = index;
            uses.used = 0;
        }
        if (uses.total >= max_total || (facts->has_window && uses.used >= max_used)) {
            HF_FAIL(USE_LIMIT);
        }
        uses.total++;
        uses.used += facts->has_window;
    } while (!atomic_compare_exchange_weak(&entry->uses, &word, pack(uses)));
    return HF_DONE;
}

static void uncount_use(struct hf_entry *entry, int64_t unix_s)
{
    const struct hf_entry_facts *facts = &entry->facts;
    uint32_t index = facts->has_window ? hf_window_index(facts->window, unix_s) : 0;
    uint64_t word = atomic_load(&entry->uses);
    struct uses uses;
    do {
        uses = unpack(word);
        uses.total -= uses.total > 0;
        uses.used -= uses.used > 0 && uses.index == index;
    } while (!atomic_compare_exchange_weak(&entry->uses, &word, pack(uses)));
}

hf_status hf_entry_reserve(struct hf_entry *entry, int64_t unix_s, struct hf_use *ret_use)
{
    HF_TRY(hf_entry_judge_state(entry));
    atomic_fetch_add(&entry->n_under_way, 1);
    hf_status status = count_use(entry, unix_s, false);
    if (!hf_is_ok(status)) {
        atomic_fetch_sub(&entry->n_under_way, 1);
        return status;
    }
    hf_entry_touch(entry); /* before the record is queued: see dirty_from */
    *ret_use = (struct hf_use){entry, unix_s};
    return HF_DONE;
}

static void raise_to(_Atomic uint64_t *number, uint64_t least)
{
    uint64_t present = atomic_load(number);
    while (present < least && !atomic_compare_exchange_weak(number, &present, least)) {
    }
}

void hf_tally_raise(struct hf_tally *tally, uint64_t n_records)
{
    raise_to(&tally->n_told, n_records);
}

static void end_use(struct hf_entry *entry, uint64_t index)
{
    raise_to(&entry->n_records, index + 1);
    hf_tally_raise(entry->tally, index + 1);
    atomic_fetch_sub(&entry->n_under_way, 1);
}

void hf_use_settle(const struct hf_use *use, uint64_t index)
{
    end_use(use->entry, index);
}

void hf_use_give_back(const struct hf_use *use, uint64_t index)
{
    uncount_use(use->entry, use->unix_s);
    end_use(use->entry, index);
}

void hf_use_cancel(const struct hf_use *use)
{
    uncount_use(use->entry, use->unix_s);
    atomic_fetch_sub(&use->entry->n_under_way, 1);
}

/* ---- replay and storage ---- */

static void replay_unbound(struct hf_use_counts *counts, int64_t unix_s, bool is_return)
{
    if (is_return) {
        counts->total -= counts->total > 0;
    } else {
        counts->total++;
    }
    for (unsigned i = 0; i < HF_N_WINDOWS; i++) {
        uint32_t index = hf_window_index((enum hf_window)i, unix_s);
        if (is_return) {
            counts->windows[i].count -=
                counts->windows[i].count > 0 && counts->windows[i].index == index;
        } else if (index > counts->windows[i].index) {
            counts->windows[i].index = index;
            counts->windows[i].count = 1;
        } else {
            counts->windows[i].count++;
        }
    }
}

void hf_entry_replay(struct hf_entry *entry, int64_t unix_s, uint64_t index, bool is_return)
{
    if (index < (entry->is_bound ? atomic_load(&entry->n_records) : entry->unbound.n_records)) {
        return; /* the stored count covers it */
    }
    hf_entry_touch(entry);
    if (!entry->is_bound) {
        replay_unbound(&entry->unbound, unix_s, is_return);
        entry->unbound.n_records = index + 1;
    } else if (is_return) {
        uncount_use(entry, unix_s);
    } else {
        hf_ignore(count_use(entry, unix_s, true)); /* a full word is exhausted for ever */
    }
    raise_to(&entry->n_records, index + 1);
    hf_tally_raise(entry->tally, index + 1);
}

bool hf_entry_snapshot(const struct hf_entry *entry, struct hf_use_counts *ret_counts)
{
    struct hf_use_counts counts = {.total = 0};
    if (!entry->is_bound) {
        *ret_counts = entry->unbound;
        return true;
    }
    if (atomic_load(&entry->n_under_way) > 0) {
        return false;
    }
    uint64_t word = atomic_load(&entry->uses);
    counts.n_records = atomic_load(&entry->n_records);
    if (atomic_load(&entry->n_under_way) > 0 || atomic_load(&entry->uses) != word ||
        atomic_load(&entry->n_records) != counts.n_records) {
        return false;
    }
    struct uses uses = unpack(word);
    counts.total = uses.total;
    if (entry->facts.has_window) {
        counts.windows[entry->facts.window].index = uses.index;
        counts.windows[entry->facts.window].count = uses.used;
    }
    *ret_counts = counts;
    return true;
}

/* ---- what is shown ---- */

static enum hf_consent_state state_of(const struct hf_entry *entry, int64_t now_unix_s,
                                      uint32_t left)
{
    switch (atomic_load_explicit(&entry->word, memory_order_acquire)) {
    case HF_WORD_STANDS:
        break;
    case HF_WORD_PAUSED:
        return HF_STATE_PAUSED;
    default:
        return HF_STATE_REVOKED;
    }
    if (now_unix_s >= entry->facts.exp_unix_s) {
        return HF_STATE_EXPIRED;
    }
    if (entry->facts.nbf_unix_s > now_unix_s + HF_CLAIMS_SKEW_S) {
        return HF_STATE_PENDING;
    }
    return left == 0 ? HF_STATE_EXHAUSTED : HF_STATE_ACTIVE;
}

void hf_entry_status(const struct hf_entry *entry, int64_t now_unix_s,
                     struct hf_consent_status *ret_status)
{
    const struct hf_entry_facts *facts = &entry->facts;
    struct uses uses = unpack(atomic_load(&entry->uses));
    struct hf_consent_status status = {.exp_unix_s = facts->exp_unix_s};
    status.left = uses.total < facts->max_total ? facts->max_total - uses.total : 0;
    status.state = state_of(entry, now_unix_s, status.left);
    if (facts->has_window) {
        uint32_t index = hf_window_index(facts->window, now_unix_s);
        uint32_t used = index > uses.index ? 0 : uses.used;
        index = index > uses.index ? index : uses.index;
        status.has_window = true;
        status.window_left = used < facts->window_count ? facts->window_count - used : 0;
        status.window_left = status.window_left < status.left ? status.window_left : status.left;
        status.window_ends_unix_s = hf_window_ends_unix_s(facts->window, index);
    }
    *ret_status = status;
}
