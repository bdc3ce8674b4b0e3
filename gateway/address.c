/*
 * The few system calls that make sockets, in one place, so that no socket of the gateway is ever
 * blocking, inherited by a child, or delayed by Nagle's algorithm (without TCP_NODELAY a proxied
 * answer waits for the peer's delayed acknowledgement).
 */
#include "gateway/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

hf_status hf_address_from_literal(const char *host, uint16_t port, struct hf_address *ret_address)
{
    struct hf_address address = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address.storage;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address.storage;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        address.size_bytes = sizeof *v4;
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        address.size_bytes = sizeof *v6;
    } else {
        HF_FAIL(CONFIG_INVALID);
    }
    *ret_address = address;
    return HF_DONE;
}

hf_status hf_address_resolve(const char *host, uint16_t port, struct hf_address *ret_address)
{
    if (hf_is_ok(hf_address_from_literal(host, port, ret_address))) {
        return HF_DONE;
    }
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (getaddrinfo(host, service, &hints, &found) != 0 || !found) {
        HF_FAIL(SOURCE_UNAVAILABLE);
    }
    struct hf_address address = {.size_bytes = found->ai_addrlen};
    memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    *ret_address = address;
    return HF_DONE;
}

void hf_address_text(const struct hf_address *address, char ret_text[static HF_ADDRESS_TEXT_BYTES])
{
    const void *bytes = NULL;
    if (address->storage.ss_family == AF_INET) {
        bytes = &((const struct sockaddr_in *)&address->storage)->sin_addr;
    } else if (address->storage.ss_family == AF_INET6) {
        bytes = &((const struct sockaddr_in6 *)&address->storage)->sin6_addr;
    }
    if (!bytes || !inet_ntop(address->storage.ss_family, bytes, ret_text, HF_ADDRESS_TEXT_BYTES)) {
        snprintf(ret_text, HF_ADDRESS_TEXT_BYTES, "unknown");
    }
}

hf_bytes hf_address_network(const struct hf_address *address)
{
    enum { V6_NETWORK_BYTES = 8, V4_BYTES = 4, V4_MAPPED_AT = 12 };
    if (address->storage.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->storage;
        return hf_bytes_of(&v4->sin_addr, V4_BYTES);
    }
    if (address->storage.ss_family != AF_INET6) {
        return hf_bytes_of(NULL, 0);
    }
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)&address->storage)->sin6_addr;
    return IN6_IS_ADDR_V4MAPPED(v6) ? hf_bytes_of(v6->s6_addr + V4_MAPPED_AT, V4_BYTES)
                                    : hf_bytes_of(v6->s6_addr, V6_NETWORK_BYTES);
}

uint16_t hf_address_port(const struct hf_address *address)
{
    if (address->storage.ss_family == AF_INET) {
        return ntohs(((const struct sockaddr_in *)&address->storage)->sin_port);
    }
    return ntohs(((const struct sockaddr_in6 *)&address->storage)->sin6_port);
}

bool hf_address_is_loopback(const struct hf_address *address)
{
    if (address->storage.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->storage;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->storage;
    return address->storage.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/* Keeps errno for the caller. */
static hf_status fail_closing(int fd)
{
    int saved = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = saved;
    HF_FAIL(IO);
}

hf_status hf_address_listen(const struct hf_address *address, int backlog, int *ret_fd)
{
    const int on = 1;
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&address->storage, address->size_bytes) != 0 ||
        listen(fd, backlog) != 0) {
        return fail_closing(fd);
    }
    *ret_fd = fd;
    return HF_DONE;
}

hf_status hf_address_connect(const struct hf_address *address, int *ret_fd)
{
    const int on = 1;
    int fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        return fail_closing(fd);
    }
    int rc = connect(fd, (const struct sockaddr *)&address->storage, address->size_bytes);
    if (rc != 0 && errno != EINPROGRESS) {
        return fail_closing(fd);
    }
    *ret_fd = fd;
    return HF_DONE;
}

hf_status hf_address_accept(int listener_fd, int *ret_fd, struct hf_address *ret_peer)
{
    struct hf_address peer = {.size_bytes = sizeof peer.storage};
    int fd = accept4(listener_fd, (struct sockaddr *)&peer.storage, &peer.size_bytes,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        switch (errno) {
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
            HF_FAIL(LIMIT);
        case EINTR:
        case ECONNABORTED:
        case EAGAIN:
            HF_FAIL(NOT_FOUND);
        default:
            HF_FAIL(IO);
        }
    }
    const int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        return fail_closing(fd);
    }
    *ret_fd = fd;
    *ret_peer = peer;
    return HF_DONE;
}
