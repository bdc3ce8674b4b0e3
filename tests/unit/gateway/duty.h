/*
 * As much of a worker as acts outside a request's path: a deployment, a registry and a log of its
 * own, and a loop that tells the time. No sockets.
 */
#pragma once

#include "gateway/worker.h"
#include "tests/unit/audit/log_folder.h"
#include "tests/unit/gateway/world.h"

#include <signal.h>
#include <sys/resource.h>

struct duty {
    struct world *world;
    struct log_folder *folder;
    struct hf_log *log;
    struct hf_gateway gateway;
    struct hf_worker worker;
};

static inline void duty_wake(void *context)
{
    (void)context;
}

static inline void duty_open_log(struct duty *duty)
{
    duty->log = log_folder_open(duty->folder);
    assert_ok(hf_log_waiter_new(duty->log, duty_wake, NULL, &duty->worker.waiter));
}

/* Until each record is settled. */
static inline void duty_settle(struct duty *duty)
{
    hf_log_publish(duty->worker.waiter);
    while (hf_log_n_pending(duty->worker.waiter) > 0) {
        (void)hf_log_poll(duty->worker.waiter);
        (void)usleep(500);
    }
}

static inline hf_status duty_close_log(struct duty *duty)
{
    duty_settle(duty);
    hf_log_waiter_free(duty->worker.waiter);
    return hf_log_close(duty->log);
}

/* The next write of the log fails, and with it the log. */
static inline void duty_break_log(struct duty *duty)
{
    struct rlimit limit;
    struct hf_log_entry entry = {.kind = HF_RECORD_CONFIG, .detail = HF_LITERAL("{}")};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    hf_status status = hf_log_append_wait(duty->log, &entry);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_code(status, LOG_UNAVAILABLE);
}

/* A log that was broken is whole again at the next start. */
static inline void duty_mend_log(struct duty *duty)
{
    assert_code(duty_close_log(duty), LOG_UNAVAILABLE);
    duty_open_log(duty);
}

static inline int duty_setup(void **state)
{
    struct duty *duty = calloc(1, sizeof *duty);
    assert_non_null(duty);
    assert_int_equal(world_setup((void **)&duty->world), 0);
    duty->folder = log_folder_new();
    duty_open_log(duty);
    duty->gateway.config = duty->world->config;
    duty->gateway.registry = duty->world->registry;
    duty->gateway.claims_limits = hf_claims_limits_default();
    duty->gateway.clock = hf_clock_fixed(&duty->world->clock);
    duty->worker.gateway = &duty->gateway;
    assert_ok(hf_loop_new(&duty->worker.loop));
    hf_rates_init(&duty->worker.rates, hf_loop_now_ms(duty->worker.loop));
    *state = duty;
    return 0;
}

static inline int duty_teardown(void **state)
{
    struct duty *duty = *state;
    hf_loop_free(duty->worker.loop);
    assert_ok(duty_close_log(duty));
    log_folder_free(duty->folder);
    assert_int_equal(world_teardown((void **)&duty->world), 0);
    free(duty);
    return 0;
}
