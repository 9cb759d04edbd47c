/* SPDX-License-Identifier: ISC */
#include "silence.h"

#include "check.h"
#include "guard.h"
#include "wait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Should even the guard fail, it does not stay for ever. */
enum { LIFE_S = 120 };

static int open_one(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return -1;
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0 || errno == EINPROGRESS)
        return fd;
    close(fd);
    return -1;
}

/* Whether the other side, or the way there, is at an end. */
static bool has_ended(int fd)
{
    char bytes[256];
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
}

static void hold(const uint16_t *ports, int count, int each)
{
    static struct pollfd held[SILENCE_MAX];
    int all = count * each;
    for (int i = 0; i < all; i++)
        held[i] = (struct pollfd){.fd = -1, .events = POLLIN};
    for (;;) {
        /* Where nobody listens, there is no hurry. */
        bool refused = false;
        for (int i = 0; i < all; i++) {
            if (held[i].fd < 0)
                held[i].fd = open_one(ports[i % count]);
            refused = refused || held[i].fd < 0;
        }
        (void)poll(held, (nfds_t)all, refused ? 5 : 100);
        for (int i = 0; i < all; i++)
            if (held[i].fd >= 0 && held[i].revents != 0 && has_ended(held[i].fd)) {
                close(held[i].fd);
                held[i].fd = -1;
            }
    }
}

bool silence_begin(struct silence *silence, const uint16_t *ports, int count, int each)
{
    *silence = (struct silence){0};
    if (!CHECK(count <= SILENCE_PORTS && count * each <= SILENCE_MAX))
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        alarm(LIFE_S);
        (void)setpgid(0, 0);
        hold(ports, count, each);
        _exit(0);
    }
    if (pid < 0)
        return false;
    guard_pid(pid);
    silence->pid = pid;
    return true;
}

void silence_end(struct silence *silence)
{
    int status;
    if (silence->pid == 0)
        return;
    kill(silence->pid, SIGKILL);
    while (waitpid(silence->pid, &status, 0) < 0 && errno == EINTR)
        ;
    guard_pid_gone(silence->pid);
    silence->pid = 0;
}
