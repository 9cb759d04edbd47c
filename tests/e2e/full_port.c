/* SPDX-License-Identifier: ISC */
#include "full_port.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MS = 200 };

static int new_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    return fd;
}

/* Dials it without waiting; whether there was an answer, of whatever kind. */
static bool answers(int fd, const struct sockaddr_in *sa)
{
    struct pollfd watch = {.fd = fd, .events = POLLOUT};
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return connect(fd, (const struct sockaddr *)sa, sizeof *sa) == 0 ||
           poll(&watch, 1, ANSWER_MS) != 0;
}

/* Connections wait in its queue until one more finds no place there. */
bool full_port_open(struct full_port *full, uint16_t number)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(number)};
    int on = 1;
    bool hangs = false;
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    full->count = 0;
    full->listener = new_socket();
    if (full->listener < 0)
        return false;
    setsockopt(full->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool bound = bind(full->listener, (struct sockaddr *)&sa, sizeof sa) == 0 &&
                 listen(full->listener, 0) == 0;
    while (bound && !hangs && full->count < FULL_PORT_CONNS) {
        int fd = new_socket();
        if (fd < 0)
            break;
        full->conn[full->count++] = fd;
        hangs = !answers(fd, &sa);
    }
    if (!hangs)
        full_port_close(full);
    return hangs;
}

void full_port_close(struct full_port *full)
{
    while (full->count > 0)
        close(full->conn[--full->count]);
    close(full->listener);
}
