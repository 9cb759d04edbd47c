/* SPDX-License-Identifier: ISC */
#include "stub.h"

#include "herd/err.h"
#include "io/sock.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void end_conn(struct stub_conn *c)
{
    io_loop_remove(c->stub->loop, &c->watch);
    close(c->watch.fd);
    c->watch.fd = -1;
}

static void answer(struct stub_conn *c)
{
    const struct stub *s = c->stub;
    size_t left = s->reply.len - c->sent;
    size_t size = s->step > 0 && s->step < left ? s->step : left;
    ssize_t n = send(c->watch.fd, s->reply.data + c->sent, size, 0);
    c->sent += n > 0 ? (size_t)n : 0;
    if (n < 0)
        end_conn(c);
    else if (c->sent == s->reply.len && s->hang_up)
        end_conn(c);
    else if (c->sent == s->reply.len)
        io_loop_want(s->loop, &c->watch, IO_READ);
}

/* The length of the first request, or 0 when it has not arrived whole. */
static size_t whole(const struct stub_conn *c)
{
    const char *end = strstr(c->request, "\r\n\r\n");
    const char *field = strstr(c->request, "\r\nContent-Length: ");
    if (end == NULL)
        return 0;
    size_t size = (size_t)(end + 4 - c->request);
    if (field != NULL && field < end)
        size += strtoul(field + strlen("\r\nContent-Length: "), NULL, 10);
    return c->got >= size ? size : 0;
}

static void take(struct stub_conn *c)
{
    struct stub *s = c->stub;
    ssize_t n = recv(c->watch.fd, c->request + c->got, STUB_REQUEST - 1 - c->got, 0);
    if (n <= 0) {
        end_conn(c);
        return;
    }
    c->got += (size_t)n;
    c->request[c->got] = '\0';
    if (whole(c) == 0)
        return;
    memcpy(s->request, c->request, c->got + 1);
    s->requests++;
    c->got = 0;
    c->sent = 0;
    if (!s->hold)
        io_loop_want(s->loop, &c->watch, IO_WRITE);
}

static void on_conn(struct io_watch *watch, unsigned ready)
{
    if (ready & IO_WRITE)
        answer(watch->arg);
    else
        take(watch->arg);
}

static void on_listener(struct io_watch *watch, unsigned ready)
{
    struct stub *s = watch->arg;
    int fd = io_sock_accept(watch->fd, NULL);
    (void)ready;
    if (fd < 0)
        return;
    s->accepted++;
    for (int i = 0; i < STUB_CONNS; i++) {
        struct stub_conn *c = &s->conns[i];
        if (c->watch.fd >= 0)
            continue;
        c->watch = (struct io_watch){.fd = fd, .ready = on_conn, .arg = c};
        c->stub = s;
        c->got = 0;
        if (io_loop_add(s->loop, &c->watch, IO_READ) == HERD_OK)
            return;
        c->watch.fd = -1;
        break;
    }
    close(fd);
}

bool stub_open(struct stub *s, struct io_loop *loop, struct herd_slice reply)
{
    struct herd_error_text error;
    struct io_addr addr;
    struct io_addr bound;
    memset(s, 0, sizeof *s);
    s->loop = loop;
    s->reply = reply;
    for (int i = 0; i < STUB_CONNS; i++)
        s->conns[i].watch.fd = -1;
    if (io_addr_lookup(&addr, "127.0.0.1", 0, &error) != HERD_OK)
        return false;
    s->listener = (struct io_watch){.ready = on_listener, .arg = s};
    s->listener.fd = io_sock_listen(&addr, &bound, &error);
    if (s->listener.fd < 0)
        return false;
    s->port = ntohs(((const struct sockaddr_in *)(const void *)&bound.sa)->sin_port);
    return io_loop_add(loop, &s->listener, IO_READ) == HERD_OK;
}

void stub_close(struct stub *s)
{
    for (int i = 0; i < STUB_CONNS; i++)
        if (s->conns[i].watch.fd >= 0)
            end_conn(&s->conns[i]);
    io_loop_remove(s->loop, &s->listener);
    close(s->listener.fd);
}

void stub_go_on(struct stub *s)
{
    for (int i = 0; i < STUB_CONNS; i++)
        if (s->conns[i].watch.fd >= 0 && s->conns[i].sent < s->reply.len)
            io_loop_want(s->loop, &s->conns[i].watch, IO_WRITE);
}
