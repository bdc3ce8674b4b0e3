/*
 * Decides the names under which the gateway can be watched (Prometheus text format 0.0.4). No
 * label ever holds a bank, a subject or a consent: who may read /metrics may not read the log.
 */
#include "gateway/metrics.h"

#include <inttypes.h>

static const struct {
    const char *name;
    const char *help;
} rows[HF_N_METRICS] = {
#define HF_METRIC(NAME, name, help) [HF_METRIC_##NAME] = {#name, help},
    HF_METRICS(HF_METRIC)
#undef HF_METRIC
};

hf_status hf_metrics_write(const struct hf_metrics *const *workers, size_t n_workers, hf_buf *buf)
{
    for (int metric = 0; metric < HF_N_METRICS; metric++) {
        uint64_t sum = 0;
        for (size_t i = 0; i < n_workers; i++) {
            sum += hf_metrics_value(workers[i], (enum hf_metric)metric);
        }
        HF_TRY(hf_buf_printf(buf,
                             "# HELP hufu_%s_total %s\n# TYPE hufu_%s_total counter\n"
                             "hufu_%s_total %" PRIu64 "\n",
                             rows[metric].name, rows[metric].help, rows[metric].name,
                             rows[metric].name, sum));
    }
    return HF_DONE;
}

hf_status hf_metrics_write_gauge(const char *name, const char *help, uint64_t value, hf_buf *buf)
{
    return hf_buf_printf(buf, "# HELP hufu_%s %s\n# TYPE hufu_%s gauge\nhufu_%s %" PRIu64 "\n",
                         name, help, name, name, value);
}
