/*
 * Decides what an operator's monitor can see. Counts and states only: nothing here names a bank, an
 * enterprise or a consent.
 */
#include "gateway/ops_content.h"

static hf_status write_metrics(const struct hf_ops_content *content, hf_buf *buf)
{
    const struct hf_metrics *workers[HF_CONFIG_MAX_WORKERS];
    struct hf_registry_counts registry;
    for (size_t i = 0; i < content->n_workers; i++) {
        workers[i] = &content->workers[i]->metrics;
    }
    hf_registry_counts(content->gateway->registry, &registry);
    HF_TRY(hf_metrics_write(workers, content->n_workers, buf));
    HF_TRY(hf_metrics_write_gauge("log_records", "records of the access log that are on disk",
                                  hf_log_durable_size(content->gateway->log), buf));
    HF_TRY(hf_metrics_write_gauge("consents_in_memory", "consents held in memory",
                                  registry.n_entries, buf));
    HF_TRY(hf_metrics_write_gauge("registry_jobs", "acts that wait for the registry",
                                  registry.n_jobs, buf));
    return hf_metrics_write_gauge("generation", "generation of the snapshot in force",
                                  hf_snapshot_slot_generation(content->gateway->slot), buf);
}

static const char *why_not_ready(const struct hf_ops_content *content)
{
    struct hf_registry_counts registry;
    hf_registry_counts(content->gateway->registry, &registry);
    if (hf_log_has_failed(content->gateway->log)) {
        return "log\n";
    }
    if (registry.has_failed) {
        return "registry\n";
    }
    return content->is_draining ? "draining\n" : NULL;
}

static void answer(struct hf_ops_reply *reply, int status, const char *text)
{
    reply->status = status;
    reply->content_type = "text/plain; charset=utf-8";
    if (!hf_is_ok(hf_buf_append_string(reply->body, text))) {
        reply->status = 500;
    }
}

void hf_ops_content_answer(void *context, hf_bytes path, struct hf_ops_reply *reply)
{
    const struct hf_ops_content *content = context;
    if (hf_bytes_equal_string(path, "/healthz")) {
        answer(reply, 200, "ok\n");
    } else if (hf_bytes_equal_string(path, "/readyz")) {
        const char *why = why_not_ready(content);
        answer(reply, why ? 503 : 200, why ? why : "ready\n");
    } else if (hf_bytes_equal_string(path, "/metrics")) {
        reply->status = hf_is_ok(write_metrics(content, reply->body)) ? 200 : 500;
        reply->content_type = "text/plain; version=0.0.4";
    }
}
