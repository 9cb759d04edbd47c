/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "sockaddr.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

enum { PORT_MAX = 65535, HOST_SHOWN = 256 /* bytes of a host in an error text */ };

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

/* ---- lookups ---- */

void io_addrs_set_port(struct io_addrs *addrs, unsigned port)
{
    for (size_t i = 0; i < addrs->count; i++) {
        struct io_addr *addr = &addrs->list[i];
        if (addr->sa.ss_family == AF_INET) {
            struct sockaddr_in in = as_inet(addr);
            in.sin_port = htons((uint16_t)port);
            memcpy(&addr->sa, &in, sizeof in);
        } else {
            struct sockaddr_in6 in = as_inet6(addr);
            in.sin6_port = htons((uint16_t)port);
            memcpy(&addr->sa, &in, sizeof in);
        }
    }
}

static bool is_known(const struct io_addrs *addrs, const struct addrinfo *at)
{
    struct io_addr addr = {.len = at->ai_addrlen};
    memcpy(&addr.sa, at->ai_addr, at->ai_addrlen);
    for (size_t i = 0; i < addrs->count; i++)
        if (io_addr_same_host(&addrs->list[i], &addr))
            return true;
    return false;
}

/* The next address of that family that is not in the list yet; NULL: there is none. */
static const struct addrinfo *next_of(const struct addrinfo *at, int family,
                                      const struct io_addrs *addrs)
{
    while (at != NULL && (at->ai_family != family || is_known(addrs, at)))
        at = at->ai_next;
    return at;
}

static void take_turns(struct io_addrs *addrs, const struct addrinfo *found)
{
    int family = found->ai_family == AF_INET6 ? AF_INET6 : AF_INET;
    int misses = 0;
    *addrs = (struct io_addrs){.count = 0};
    while (addrs->count < IO_ADDRS_MAX && misses < 2) {
        const struct addrinfo *at = next_of(found, family, addrs);
        misses = at == NULL ? misses + 1 : 0;
        if (at != NULL) {
            struct io_addr *addr = &addrs->list[addrs->count++];
            memcpy(&addr->sa, at->ai_addr, at->ai_addrlen);
            addr->len = at->ai_addrlen;
        }
        family = family == AF_INET6 ? AF_INET : AF_INET6;
    }
}

/* Returns a number of getaddrinfo(). */
static int ask(struct io_addrs *addrs, const char *host, int flags)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(host, NULL, &hints, &found);
    if (rc != 0)
        return rc;
    take_turns(addrs, found);
    freeaddrinfo(found);
    return addrs->count > 0 ? 0 : EAI_FAMILY;
}

static bool is_port(unsigned port, struct herd_error_text *error)
{
    if (port <= PORT_MAX)
        return true;
    herd_error_set(error, "port %u is larger than %d", port, PORT_MAX);
    return false;
}

int io_addrs_read(struct io_addrs *addrs, const char *host, unsigned port,
                  struct herd_error_text *error)
{
    if (!is_port(port, error))
        return HERD_EBAD;
    if (ask(addrs, host, AI_NUMERICHOST) != 0)
        return HERD_EUNKNOWN;
    io_addrs_set_port(addrs, port);
    return HERD_OK;
}

int io_addrs_lookup(struct io_addrs *addrs, const char *host, unsigned port,
                    struct herd_error_text *error)
{
    if (!is_port(port, error))
        return HERD_EBAD;
    int rc = ask(addrs, host, 0);
    if (rc != 0) {
        herd_error_set(error, "look up %.*s: %s", HOST_SHOWN, host, gai_strerror(rc));
        return HERD_EBAD;
    }
    io_addrs_set_port(addrs, port);
    return HERD_OK;
}

int io_addr_lookup(struct io_addr *addr, const char *host, unsigned port,
                   struct herd_error_text *error)
{
    struct io_addrs addrs;
    int rc = io_addrs_lookup(&addrs, host, port, error);
    if (rc == HERD_OK)
        *addr = addrs.list[0];
    return rc;
}

/* ---- comparing, as text ---- */

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

bool io_addr_is_own_name(const struct io_addr *addr)
{
    return addr->sa.ss_family == AF_INET &&
           ntohl(as_inet(addr).sin_addr.s_addr) == 0x7f000101;
}

unsigned io_addr_port(const struct io_addr *addr)
{
    if (addr->sa.ss_family == AF_INET)
        return ntohs(as_inet(addr).sin_port);
    return addr->sa.ss_family == AF_INET6 ? ntohs(as_inet6(addr).sin6_port) : 0;
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
