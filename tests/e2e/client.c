/* SPDX-License-Identifier: ISC */
#include "client.h"

#include "files.h"
#include "wait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { STEP = 65536 };

static bool try_again(void)
{
    return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

/* `from` is an address to come from, or NULL. */
static bool open_to(struct client *client, int family, const struct sockaddr *from,
                    const struct sockaddr *sa, socklen_t len)
{
    *client = (struct client){.fd = socket(family, SOCK_STREAM, 0)};
    if (client->fd < 0)
        return false;
    fcntl(client->fd, F_SETFD, FD_CLOEXEC);
    if ((from == NULL || bind(client->fd, from, len) == 0) &&
        connect(client->fd, sa, len) == 0 && fcntl(client->fd, F_SETFL, O_NONBLOCK) == 0)
        return true;
    client_close(client);
    return false;
}

bool client_open(struct client *client, uint16_t port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return open_to(client, AF_INET, NULL, (struct sockaddr *)&sa, sizeof sa);
}

bool client_open_from(struct client *client, const char *address, uint16_t port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in from = {.sin_family = AF_INET};
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return inet_pton(AF_INET, address, &from.sin_addr) == 1 &&
           open_to(client, AF_INET, (struct sockaddr *)&from, (struct sockaddr *)&sa,
                   sizeof sa);
}

bool client_open_unix(struct client *client, const char *path)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    snprintf(sa.sun_path, sizeof sa.sun_path, "%s", path);
    return open_to(client, AF_UNIX, NULL, (struct sockaddr *)&sa, sizeof sa);
}

void client_close(struct client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    free(client->data);
    *client = (struct client){.fd = -1};
}

/* One read, which may find nothing; false when nothing more will come. */
static bool take_in(struct client *client)
{
    if (client->eof || client->broken)
        return false;
    if (client->size - client->len < STEP) {
        size_t size = client->size * 2 + STEP;
        char *data = realloc(client->data, size);
        if (data == NULL)
            return false;
        client->data = data;
        client->size = size;
    }
    ssize_t got =
        recv(client->fd, client->data + client->len, client->size - client->len, 0);
    client->eof = got == 0;
    client->broken = got < 0 && !try_again();
    client->len += got > 0 ? (size_t)got : 0;
    return !client->eof && !client->broken;
}

static bool wait_in(struct client *client, int64_t until)
{
    return !client->eof && !client->broken && wait_fd(client->fd, POLLIN, until) &&
           take_in(client);
}

/* Takes `size` bytes that were handed out away. */
static void drop_taken(struct client *client)
{
    if (client->at == 0)
        return;
    memmove(client->data, client->data + client->at, client->len - client->at);
    client->len -= client->at;
    client->at = 0;
}

bool client_send(struct client *client, struct herd_slice bytes)
{
    int64_t until = now_ms() + WAIT_MS;
    while (bytes.len > 0) {
        ssize_t sent = send(client->fd, bytes.data, bytes.len, 0);
        if (sent < 0 && !try_again())
            return false;
        bytes = herd_slice_from(bytes, sent > 0 ? (size_t)sent : 0);
        if (bytes.len == 0)
            break;
        short events = (short)(client->eof ? POLLOUT : POLLIN | POLLOUT);
        if (!wait_fd(client->fd, events, until))
            return false;
        take_in(client);
    }
    return true;
}

bool client_say(struct client *client, const char *text)
{
    return client_send(client, herd_slice_str(text));
}

size_t client_push(struct client *client, struct herd_slice bytes, int patience_ms)
{
    size_t taken = 0;
    int64_t until = now_ms() + WAIT_MS;
    while (taken < bytes.len && now_ms() < until) {
        ssize_t sent = send(client->fd, bytes.data + taken, bytes.len - taken, 0);
        taken += sent > 0 ? (size_t)sent : 0;
        if (sent < 0 &&
            (!try_again() || !wait_fd(client->fd, POLLOUT, now_ms() + patience_ms)))
            break;
    }
    return taken;
}

void client_half_close(struct client *client)
{
    shutdown(client->fd, SHUT_WR);
}

/* Reads up to and with the first `end`; the slice has it as well. */
static bool read_until(struct client *client, struct herd_slice end,
                       struct herd_slice *bytes)
{
    int64_t until = now_ms() + WAIT_MS;
    drop_taken(client);
    size_t seen = 0;
    for (;;) {
        struct herd_slice all = herd_slice(client->data, client->len);
        const char *at = bytes_find(herd_slice_from(all, seen), end);
        if (at != NULL) {
            *bytes = herd_slice(all.data, (size_t)(at - all.data) + end.len);
            client->at = bytes->len;
            return true;
        }
        seen = all.len >= end.len ? all.len - end.len + 1 : 0;
        if (!wait_in(client, until)) {
            *bytes = herd_slice(NULL, 0);
            return false;
        }
    }
}

bool client_line(struct client *client, struct herd_slice *line)
{
    bool ok = read_until(client, HERD_LIT("\n"), line);
    line->len -= ok ? 1 : 0;
    return ok;
}

bool client_reply(struct client *client, struct herd_slice *reply)
{
    return read_until(client, HERD_LIT("\n\n"), reply);
}

bool client_bytes(struct client *client, size_t len, struct herd_slice *bytes)
{
    int64_t until = now_ms() + WAIT_MS;
    drop_taken(client);
    while (client->len < len)
        if (!wait_in(client, until))
            return false;
    *bytes = herd_slice(client->data, len);
    client->at = len;
    return true;
}

bool client_rest(struct client *client, struct herd_slice *rest)
{
    int64_t until = now_ms() + WAIT_MS;
    drop_taken(client);
    while (wait_in(client, until)) {
    }
    *rest = herd_slice(client->data, client->len);
    client->at = client->len;
    return client->eof;
}

bool client_is_closed(struct client *client)
{
    int64_t until = now_ms() + WAIT_MS;
    do {
        client->at = 0;
        client->len = 0;
    } while (wait_in(client, until));
    return client->eof || client->broken;
}

bool client_once(struct client *client, struct herd_slice *bytes)
{
    drop_taken(client);
    bool ok = wait_in(client, now_ms() + WAIT_MS);
    *bytes = herd_slice(client->data, client->len);
    client->at = client->len;
    return ok;
}

bool client_ask(struct client *client, const char *text, struct herd_slice *line)
{
    return client_say(client, text) && client_line(client, line);
}
