/*
 * Decides who gets the descriptors: first the gateway's own, counted generously, then an equal part
 * of the rest for each listener of each worker. Parts, and not one pot, so that the public listener
 * cannot take what the banks need.
 */
#include "gateway/descriptors.h"

#include <sys/resource.h>

enum {
    /* standard streams, log and its readers, registry, configuration while it is read again, the
     * visitors of the ops listener */
    KEPT_BY_PROCESS = 160,
    KEPT_BY_WORKER = 8, /* loop, wake-up, listeners, a connection that is turned away */
    KEPT_BY_SOURCE = 6  /* a worker's connections to it, and two that are on their way out */
};

uint64_t hf_descriptors_raise(void)
{
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    const struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

uint64_t hf_descriptors_per_listener(uint64_t limit, const struct hf_config *config)
{
    uint64_t kept =
        KEPT_BY_PROCESS + config->workers * (KEPT_BY_WORKER + KEPT_BY_SOURCE * config->n_sources);
    uint64_t n_listeners = config->workers * (config->public.port ? 2 : 1);
    uint64_t part = limit > kept && n_listeners > 0 ? (limit - kept) / n_listeners : 0;
    return part < config->limits.max_connections ? part : config->limits.max_connections;
}
