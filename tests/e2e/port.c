/* SPDX-License-Identifier: ISC */
#include "port.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* A socket bound to the port (0: any free one), or -1. */
static int bind_to(uint16_t number)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(number)};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&sa, sizeof sa) == 0)
        return fd;
    close(fd);
    return -1;
}

bool port_hold(struct port *port)
{
    struct sockaddr_in sa;
    socklen_t len = sizeof sa;
    port->fd = bind_to(0);
    if (port->fd < 0 || getsockname(port->fd, (struct sockaddr *)&sa, &len) != 0)
        return false;
    port->number = ntohs(sa.sin_port);
    return true;
}

static bool can_be_shared(void)
{
    struct port port;
    if (!port_hold(&port))
        return false;
    int fd = bind_to(port.number);
    bool shared = fd >= 0 && listen(fd, 1) == 0;
    if (fd >= 0)
        close(fd);
    port_free(&port);
    return shared;
}

void port_lend(struct port *port)
{
    static int shared = -1;
    if (shared < 0)
        shared = can_be_shared() ? 1 : 0;
    if (!shared)
        port_free(port);
}

void port_free(struct port *port)
{
    if (port->fd >= 0)
        close(port->fd);
    port->fd = -1;
}
