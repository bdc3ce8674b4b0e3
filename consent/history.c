/*
 * Puts a consent's events together out of what the registry keeps of each: when it was received,
 * the ring of its pauses and resumptions, its revocation or the end of all of its issuer's, its
 * exp. What another thread writes meanwhile is in the next answer.
 */
#include "consent/history.h"

#include "consent/registry_parts.h"

static const char *const kind_names[HF_N_EVENT_KINDS] = {
    [HF_EVENT_GIVEN] = "given",     [HF_EVENT_PAUSED] = "paused",   [HF_EVENT_RESUMED] = "resumed",
    [HF_EVENT_REVOKED] = "revoked", [HF_EVENT_EXPIRED] = "expired",
};

const char *hf_event_kind_name(enum hf_event_kind kind)
{
    return (unsigned)kind < HF_N_EVENT_KINDS ? kind_names[kind] : NULL;
}

bool hf_event_kind_by_name(hf_bytes name, enum hf_event_kind *ret_kind)
{
    for (unsigned kind = 0; kind < HF_N_EVENT_KINDS; kind++) {
        if (hf_bytes_equal_string(name, kind_names[kind])) {
            *ret_kind = (enum hf_event_kind)kind;
            return true;
        }
    }
    return false;
}

/* Behind all that are not later. */
static void add(struct hf_consent_history *history, enum hf_event_kind kind, int64_t unix_s)
{
    size_t i = history->n_events++;
    for (; i > 0 && history->events[i - 1].unix_s > unix_s; i--) {
        history->events[i] = history->events[i - 1];
    }
    history->events[i] = (struct hf_consent_event){kind, unix_s};
}

static hf_status read_act(struct hf_registry *registry, struct hf_stored_key key,
                          struct hf_stored_act *ret_act, bool *ret_found)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(HF_STORED_VALUE_MAX_BYTES);
    HF_TRY(hf_registry_get(registry, key, &value, ret_found));
    return *ret_found ? hf_stored_act_read(hf_buf_view(&value), ret_act) : HF_DONE;
}

static void add_status(struct hf_consent_history *history, const struct hf_stored_act *act)
{
    add(history, act->kind == HF_ACT_RESUME ? HF_EVENT_RESUMED : HF_EVENT_PAUSED, act->at_unix_s);
}

static hf_status add_statuses(struct hf_registry *registry, const struct hf_consent_id *id,
                              struct hf_consent_history *history)
{
    struct hf_stored_act last = {.n = 0};
    bool is_found;
    HF_TRY(read_act(registry, hf_stored_key_of(HF_STORED_STATUS, id), &last, &is_found));
    uint64_t n = last.n < HF_HISTORY_MAX_STATUSES ? last.n : HF_HISTORY_MAX_STATUSES;
    for (uint64_t i = last.n - n + 1; i < last.n; i++) {
        struct hf_stored_act act;
        bool is_there;
        HF_TRY(read_act(registry, hf_stored_event_key(id, i), &act, &is_there));
        if (is_there && act.n == i) { /* else it was overwritten just now */
            add_status(history, &act);
        }
    }
    if (is_found) {
        add_status(history, &last);
        history->n_omitted = last.n - n;
    }
    return HF_DONE;
}

static hf_status add_end(struct hf_registry *registry, const struct hf_entry *entry,
                         struct hf_consent_history *history)
{
    const struct hf_entry_facts *facts = hf_entry_facts(entry);
    struct hf_stored_act act;
    struct hf_end end;
    bool is_found;
    HF_TRY(read_act(registry, hf_stored_key_of(HF_STORED_REVOCATION, &facts->id), &act, &is_found));
    if (is_found) {
        add(history, HF_EVENT_REVOKED, act.at_unix_s);
    } else if (hf_ends_reach(&registry->ends, facts->id.iss, facts->received_unix_s,
                             facts->iat_unix_s) &&
               hf_ends_find(&registry->ends, facts->id.iss, &end)) {
        add(history, HF_EVENT_REVOKED, end.received_unix_s);
    }
    return HF_DONE;
}

static hf_status read_history(struct hf_registry *registry, const struct hf_entry *entry,
                              struct hf_consent_history *ret_history)
{
    const struct hf_entry_facts *facts = hf_entry_facts(entry);
    struct hf_consent_history history = {.n_events = 0};
    add(&history, HF_EVENT_GIVEN, facts->received_unix_s);
    HF_TRY(add_statuses(registry, &facts->id, &history));
    HF_TRY(add_end(registry, entry, &history));
    if (facts->exp_unix_s <= hf_clock_unix_s(&registry->clock)) {
        add(&history, HF_EVENT_EXPIRED, facts->exp_unix_s);
    }
    *ret_history = history;
    return HF_DONE;
}

hf_status hf_registry_read_history(struct hf_registry *registry, const struct hf_consent_id *id,
                                   struct hf_consent_history *ret_history)
{
    struct hf_entry *entry = NULL;
    HF_TRY(hf_registry_find_seen(registry, id, &entry));
    hf_status status = read_history(registry, entry, ret_history);
    hf_entry_unref(entry);
    return status;
}
