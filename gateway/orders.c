/*
 * Decides which orders are new: those that the registry does not know by their reference. An order
 * is put on record before it is carried out, because only the registry's word that it was makes it
 * old: so neither is ever missing.
 */
#include "gateway/orders.h"

#include "audit/detail.h"
#include "base/file.h"
#include "consent/order.h"

#include <pthread.h>

enum { PATH_BYTES = 4096 };

/* ---- waiting for the registry's thread ---- */

struct waiting {
    pthread_mutex_t mutex;
    pthread_cond_t is_over;
    bool has_ended;
    hf_status status;
};

static void on_done(void *context, hf_status status)
{
    struct waiting *waiting = context;
    pthread_mutex_lock(&waiting->mutex);
    waiting->status = status;
    waiting->has_ended = true;
    pthread_cond_signal(&waiting->is_over);
    pthread_mutex_unlock(&waiting->mutex);
}

static hf_status carry_out(struct hf_registry *registry, const struct hf_act *act)
{
    struct waiting waiting = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                              .is_over = PTHREAD_COND_INITIALIZER};
    HF_TRY(hf_registry_act(registry, act, (hf_bytes){NULL, 0}, on_done, &waiting));
    pthread_mutex_lock(&waiting.mutex);
    while (!waiting.has_ended) {
        pthread_cond_wait(&waiting.is_over, &waiting.mutex);
    }
    pthread_mutex_unlock(&waiting.mutex);
    return waiting.status;
}

/* ---- one order ---- */

static hf_status record(struct hf_gateway *gateway, const struct hf_act *act)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_DETAIL_MAX_BYTES);
    const struct hf_detail detail = {
        .iat = HF_DETAIL_NUMBER((uint64_t)act->iat_unix_s),
        .iss = hf_bytes_of_string(act->id.iss),
        .jti = hf_bytes_of_string(act->id.jti),
        .reason = hf_bytes_of_string(hf_revocation_reason_name(act->reason)),
        .reference = hf_bytes_of_string(act->reference),
        .state = hf_bytes_of_string(hf_act_state_name(act->kind)),
        .time_ms = HF_DETAIL_NUMBER((uint64_t)hf_clock_unix_ms(&gateway->clock)),
    };
    HF_TRY(hf_detail_write(&detail, &text));
    struct hf_log_entry entry = {
        .kind = HF_RECORD_REVOKE, .enterprise = detail.iss, .detail = hf_buf_view(&text)};
    return hf_log_append_wait(gateway->log, &entry);
}

static hf_status read_order(const char *folder, const char *name, struct hf_act *ret_act,
                            struct hf_problem *reterr)
{
    char path[PATH_BYTES];
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_ORDER_FILE_MAX_BYTES);
    HF_TRY(hf_path_join(path, sizeof path, folder, name));
    hf_status status = hf_file_read(path, &text);
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, name, "cannot be read, or is too large");
    }
    return hf_order_parse(hf_buf_view(&text), name, ret_act, reterr);
}

static hf_status heed(struct hf_gateway *gateway, const char *name, size_t *n_orders,
                      struct hf_problem *reterr)
{
    struct hf_act act;
    bool is_known;
    HF_TRY(read_order(gateway->config->paths.orders, name, &act, reterr));
    HF_TRY(hf_registry_knows_order(gateway->registry, act.reference, &is_known));
    if (is_known) {
        return HF_DONE;
    }
    act.iat_unix_s = hf_clock_unix_s(&gateway->clock);
    HF_TRY(record(gateway, &act));
    HF_TRY(carry_out(gateway->registry, &act));
    (*n_orders)++;
    return HF_DONE;
}

hf_status hf_orders_carry_out(struct hf_gateway *gateway, size_t *ret_n_orders,
                              struct hf_problem *reterr)
{
    char **names = NULL;
    size_t n_names = 0;
    size_t n_orders = 0;
    const char *folder = gateway->config->paths.orders;
    hf_status status = hf_folder_list(folder, ".json", HF_ORDERS_MAX_FILES, &names, &n_names);
    if (status.code == HF_NOT_FOUND) {
        *ret_n_orders = 0;
        return HF_DONE;
    }
    HF_TRY(status);
    for (size_t i = 0; i < n_names && hf_is_ok(status); i++) {
        status = heed(gateway, names[i], &n_orders, reterr);
    }
    hf_folder_names_free(names, n_names);
    HF_TRY(status);
    *ret_n_orders = n_orders;
    return HF_DONE;
}
