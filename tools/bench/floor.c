/* SPDX-License-Identifier: ISC */
/* accept, poll, read and write, and nothing else: no parsing, no store, no limits. The time
 * that a server takes beyond this one is its own work; the rest is the system's. */
#include "floor.h"

#include "bench.h"
#include "io/portable.h"
#include "io/sock.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 16 * 1024, STOP_MS = 200 };

struct floor {
    struct pollfd *fds; /* [0] is the listener */
    size_t count, size;
};

static bool add(struct floor *floor, int fd)
{
    if (floor->count == floor->size) {
        size_t size = floor->size > 0 ? floor->size * 2 : 64;
        struct pollfd *fds = realloc(floor->fds, size * sizeof *fds);
        if (fds == NULL)
            return false;
        floor->fds = fds;
        floor->size = size;
    }
    floor->fds[floor->count++] = (struct pollfd){.fd = fd, .events = POLLIN};
    return true;
}

static void accept_all(struct floor *floor)
{
    int fd;
    while ((fd = io_sock_accept(floor->fds[0].fd, NULL)) >= 0)
        if (!add(floor, fd))
            (void)close(fd);
}

/* Blocks while a client does not read; herdbench always reads. */
static bool echo(int fd)
{
    char piece[PIECE];
    ssize_t got = recv(fd, piece, sizeof piece, 0), sent = 0;
    if (got <= 0)
        return got < 0 && io_portable_would_block(errno);
    while (sent < got) {
        ssize_t put = send(fd, piece + sent, (size_t)(got - sent), IO_SEND_FLAGS);
        struct pollfd pollfd = {.fd = fd, .events = POLLOUT};
        if (put < 0 && (!io_portable_would_block(errno) || poll(&pollfd, 1, -1) < 0))
            return false;
        sent += put > 0 ? put : 0;
    }
    return true;
}

static void turn(struct floor *floor)
{
    int ready = poll(floor->fds, (nfds_t)floor->count, STOP_MS);
    for (size_t i = floor->count; ready > 0 && i-- > 1;) {
        if (floor->fds[i].revents == 0)
            continue;
        ready--;
        if (!echo(floor->fds[i].fd)) {
            (void)close(floor->fds[i].fd);
            floor->fds[i] = floor->fds[--floor->count];
        }
    }
    if (ready > 0)
        accept_all(floor);
}

int floor_run(unsigned port)
{
    struct floor floor = {0};
    struct io_addr want, bound;
    struct herd_error_text error;
    char text[IO_ADDR_TEXT_SIZE];
    int fd = io_addr_lookup(&want, "127.0.0.1", port, &error) == 0
                 ? io_sock_listen(&want, &bound, &error)
                 : -1;
    if (fd < 0 || !add(&floor, fd))
        return bench_error(BENCH_FAILED, "floor: %s",
                           fd < 0 ? error.text : "out of memory");
    io_addr_text(&bound, text);
    printf("ready %s %ld\n", text, (long)getpid());
    (void)fflush(stdout);
    while (!bench_stopped())
        turn(&floor);
    for (size_t i = 0; i < floor.count; i++)
        (void)close(floor.fds[i].fd);
    free(floor.fds);
    return BENCH_OK;
}
