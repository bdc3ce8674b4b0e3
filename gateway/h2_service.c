/*
 * A listening socket and the connections that came by it. It decides how many there may be, what
 * to do when descriptors run out (wait, then go on), and how all of them end in order.
 */
#include "gateway/h2_server_impl.h"

#include <stdlib.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    ACCEPTS_A_TURN = 64,
    ACCEPT_PAUSE_MS = 100 /* when descriptors are used up: some will be closed by then */
};

struct hf_h2_server_limits hf_h2_server_limits_default(void)
{
    return (struct hf_h2_server_limits){.max_connections = 10000,
                                        .max_streams = 100,
                                        .max_work = 100,
                                        .max_requests = 100000,
                                        .stream_window_bytes = 65535,
                                        .output_buffer_bytes = 65536,
                                        .handshake_ms = 10000,
                                        .header_block_ms = 10000,
                                        .body_idle_ms = 30000,
                                        .write_stall_ms = 30000,
                                        .connection_idle_ms = 120000,
                                        .request_ms = 310000};
}

static void adopt_one(struct hf_h2_service *service, int fd, const struct hf_address *peer)
{
    if (service->n_connections >= service->config.limits.max_connections) {
        close(fd);
        return;
    }
    hf_ignore(hf_h2_server_new(service, fd, peer)); /* it has closed the socket if it failed */
}

static void on_acceptable(void *context, unsigned events)
{
    (void)events;
    struct hf_h2_service *service = context;
    for (int i = 0; i < ACCEPTS_A_TURN; i++) {
        int fd = -1;
        struct hf_address peer;
        hf_status status = hf_address_accept(service->listener_fd, &fd, &peer);
        if (hf_is_ok(status)) {
            adopt_one(service, fd, &peer);
        } else if (status.code == HF_NOT_FOUND) {
            return;
        } else {
            hf_io_set(service->listener, 0);
            hf_loop_timer_start(service->config.loop, &service->accept_again, ACCEPT_PAUSE_MS);
            return;
        }
    }
}

static void accept_again(void *context)
{
    struct hf_h2_service *service = context;
    if (service->listener) {
        hf_io_set(service->listener, HF_IO_READ);
    }
}

static void stop_listening(struct hf_h2_service *service)
{
    hf_loop_timer_stop(service->config.loop, &service->accept_again);
    hf_io_close(service->listener);
    service->listener = NULL;
    if (service->listener_fd >= 0) {
        close(service->listener_fd);
        service->listener_fd = -1;
    }
}

hf_status hf_h2_service_open(const struct hf_h2_service_config *config,
                             struct hf_h2_service **ret_service)
{
    struct hf_h2_service *service = calloc(1, sizeof *service);
    if (!service) {
        HF_FAIL(NOMEM);
    }
    service->config = *config;
    service->listener_fd = -1;
    service->accept_again = hf_timer_init(accept_again, service);
    hf_status status = hf_address_listen(&config->listen, BACKLOG, &service->listener_fd);
    if (hf_is_ok(status)) {
        const struct hf_io_watch wanted = {service->listener_fd, HF_IO_READ, on_acceptable,
                                           service};
        status = hf_io_open(config->loop, &wanted, &service->listener);
    }
    if (!hf_is_ok(status)) {
        stop_listening(service);
        free(service);
        return status;
    }
    hf_tls_context_ref(config->tls);
    *ret_service = service;
    return HF_DONE;
}

hf_status hf_h2_service_adopt(struct hf_h2_service *service, int fd)
{
    struct hf_address peer = {.size_bytes = sizeof peer.storage};
    if (service->n_connections >= service->config.limits.max_connections) {
        close(fd);
        HF_FAIL(LIMIT);
    }
    if (getpeername(fd, (struct sockaddr *)&peer.storage, &peer.size_bytes) != 0) {
        close(fd);
        HF_FAIL(IO);
    }
    return hf_h2_server_new(service, fd, &peer);
}

uint16_t hf_h2_service_port(const struct hf_h2_service *service)
{
    struct hf_address address = {.size_bytes = sizeof address.storage};
    if (service->listener_fd < 0 ||
        getsockname(service->listener_fd, (struct sockaddr *)&address.storage,
                    &address.size_bytes) != 0) {
        return 0;
    }
    return hf_address_port(&address);
}

uint32_t hf_h2_service_connections(const struct hf_h2_service *service)
{
    return service->n_connections;
}

void hf_h2_service_set_tls(struct hf_h2_service *service, struct hf_tls_context *tls)
{
    struct hf_tls_context *old = service->config.tls;
    service->config.tls = hf_tls_context_ref(tls);
    hf_tls_context_unref(old);
}

void hf_h2_service_drain(struct hf_h2_service *service)
{
    if (service->draining) {
        return;
    }
    service->draining = true;
    stop_listening(service);
    for (struct hf_h2_server *server = service->first; server; server = server->next) {
        hf_h2_server_shutdown(server); /* frees nothing */
    }
    hf_h2_service_reap(service);
}

static struct hf_h2_server *first_connected(const struct hf_h2_service *service)
{
    struct hf_h2_server *server = service->first;
    while (server && !server->conn) {
        server = server->next;
    }
    return server;
}

void hf_h2_service_close(struct hf_h2_service *service)
{
    if (!service) {
        return;
    }
    stop_listening(service);
    service->n_servers++; /* holds the service while its connections end */
    struct hf_h2_server *server;
    while ((server = first_connected(service)) != NULL) {
        hf_h2_server_abort(server);
    }
    service->n_servers--;
    service->closing = true;
    hf_h2_service_reap(service);
}

void hf_h2_service_reap(struct hf_h2_service *service)
{
    if (service->closing && service->n_servers == 0) {
        hf_tls_context_unref(service->config.tls);
        hf_h2_stream_free_idle(&service->idle_streams);
        free(service);
        return;
    }
    if (service->draining && !service->closing && !service->drained && service->n_servers == 0) {
        service->drained = true;
        if (service->config.events->on_drained) {
            service->config.events->on_drained(service->config.context);
        }
    }
}
