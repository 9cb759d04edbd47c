/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "sockaddr.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

enum { PORT_MAX = 65535, HOST_SHOWN = 256 /* bytes of a host in an error text */ };

int io_addr_lookup(struct io_addr *addr, const char *host, unsigned port,
                   struct herd_error_text *error)
{
    if (port > PORT_MAX) {
        herd_error_set(error, "port %u is larger than %d", port, PORT_MAX);
        return HERD_EBAD;
    }
    char service[16];
    (void)snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(host, service, &hints, &found);
    if (rc != 0) {
        herd_error_set(error, "look up %.*s: %s", HOST_SHOWN, host, gai_strerror(rc));
        return HERD_EBAD;
    }
    memset(addr, 0, sizeof *addr);
    memcpy(&addr->sa, found->ai_addr, found->ai_addrlen);
    addr->len = found->ai_addrlen;
    freeaddrinfo(found);
    return HERD_OK;
}

/* Copies, since a sockaddr_storage must not be read through another type's pointer. */
static struct sockaddr_in as_inet(const struct io_addr *addr)
{
    struct sockaddr_in in;
    memcpy(&in, &addr->sa, sizeof in);
    return in;
}

static struct sockaddr_in6 as_inet6(const struct io_addr *addr)
{
    struct sockaddr_in6 in;
    memcpy(&in, &addr->sa, sizeof in);
    return in;
}

void io_addr_text(const struct io_addr *addr, char *text)
{
    char number[INET6_ADDRSTRLEN] = "?";
    if (addr->sa.ss_family == AF_INET) {
        struct sockaddr_in in = as_inet(addr);
        (void)inet_ntop(AF_INET, &in.sin_addr, number, sizeof number);
        (void)snprintf(text, IO_ADDR_TEXT_SIZE, "%s:%u", number,
                       (unsigned)ntohs(in.sin_port));
    } else if (addr->sa.ss_family == AF_INET6) {
        struct sockaddr_in6 in = as_inet6(addr);
        (void)inet_ntop(AF_INET6, &in.sin6_addr, number, sizeof number);
        (void)snprintf(text, IO_ADDR_TEXT_SIZE, "[%s]:%u", number,
                       (unsigned)ntohs(in.sin6_port));
    } else {
        (void)snprintf(text, IO_ADDR_TEXT_SIZE, "local");
    }
}

bool io_addr_is_loopback(const struct io_addr *addr)
{
    if (addr->sa.ss_family == AF_INET)
        return ntohl(as_inet(addr).sin_addr.s_addr) >> 24 == 127;
    if (addr->sa.ss_family != AF_INET6)
        return false;
    struct sockaddr_in6 in = as_inet6(addr);
    return IN6_IS_ADDR_LOOPBACK(&in.sin6_addr);
}

bool io_addr_same_host(const struct io_addr *a, const struct io_addr *b)
{
    if (a->sa.ss_family != b->sa.ss_family)
        return false;
    if (a->sa.ss_family == AF_INET)
        return as_inet(a).sin_addr.s_addr == as_inet(b).sin_addr.s_addr;
    if (a->sa.ss_family != AF_INET6)
        return false;
    struct sockaddr_in6 x = as_inet6(a), y = as_inet6(b);
    return memcmp(&x.sin6_addr, &y.sin6_addr, sizeof x.sin6_addr) == 0;
}

void io_addr_network(const struct io_addr *addr, char network[IO_ADDR_NETWORK_SIZE])
{
    enum { IPV4_BYTES = 4, IPV6_BYTES = 8, MAPPED_AT = 12 };
    memset(network, 0, IO_ADDR_NETWORK_SIZE);
    if (addr->sa.ss_family == AF_INET) {
        struct sockaddr_in in = as_inet(addr);
        network[0] = '4';
        memcpy(network + 1, &in.sin_addr, IPV4_BYTES);
    } else if (addr->sa.ss_family == AF_INET6) {
        struct sockaddr_in6 in = as_inet6(addr);
        bool mapped = IN6_IS_ADDR_V4MAPPED(&in.sin6_addr);
        network[0] = mapped ? '4' : '6';
        memcpy(network + 1, in.sin6_addr.s6_addr + (mapped ? MAPPED_AT : 0),
               mapped ? IPV4_BYTES : IPV6_BYTES);
    }
}
