/* SPDX-License-Identifier: ISC */
#include "swarm.h"

#include "files.h"
#include "wait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int compare(const void *a, const void *b)
{
    int64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

int64_t percentile(int64_t *values, size_t count, double percent)
{
    if (count == 0)
        return -1;
    qsort(values, count, sizeof *values, compare);
    size_t i = (size_t)((double)count * percent / 100);
    return values[i < count ? i : count - 1];
}

bool swarm_init(struct swarm *swarm)
{
    *swarm = (struct swarm){.of = calloc(SWARM_MAX, sizeof *swarm->of)};
    return swarm->of != NULL;
}

void swarm_free(struct swarm *swarm)
{
    for (size_t i = 0; i < swarm->count; i++) {
        close(swarm->of[i].fd);
        free(swarm->of[i].data);
    }
    free(swarm->of);
    *swarm = (struct swarm){.of = NULL};
}

bool swarm_add(struct swarm *swarm, uint16_t port, const char *format, ...)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct swarm_one one = {.fd = -1, .took_us = -1};
    va_list args;
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    va_start(args, format);
    int len = vsnprintf(one.text, sizeof one.text, format, args);
    va_end(args);
    if (swarm->count == SWARM_MAX || len < 0 || len >= SWARM_TEXT)
        return false;
    one.fd = socket(AF_INET, SOCK_STREAM, 0);
    if (one.fd < 0)
        return false;
    if (connect(one.fd, (struct sockaddr *)&sa, sizeof sa) != 0 ||
        fcntl(one.fd, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(one.fd, F_SETFL, O_NONBLOCK) != 0) {
        close(one.fd);
        return false;
    }
    swarm->of[swarm->count++] = one;
    return true;
}

/* One read; true when nothing more is waited for. */
static bool hear(struct swarm_one *one)
{
    enum { STEP = 16384 };
    if (one->size - one->len <= STEP) {
        char *data = realloc(one->data, one->size * 2 + 2 * STEP);
        if (data == NULL)
            return true;
        one->data = data;
        one->size = one->size * 2 + 2 * STEP;
    }
    ssize_t got = recv(one->fd, one->data + one->len, STEP, 0);
    if (got < 0)
        return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
    size_t from = one->len > 0 ? one->len - 1 : 0;
    one->len += (size_t)got;
    one->data[one->len] = '\0';
    if (bytes_find(herd_slice(one->data + from, one->len - from), HERD_LIT("\n\n")) != NULL)
        one->took_us = now_us() - one->begun_us;
    return got == 0 || one->took_us >= 0;
}

static void speak(struct swarm *swarm, struct pollfd *fds)
{
    for (size_t i = 0; i < swarm->count; i++) {
        struct swarm_one *one = &swarm->of[i];
        size_t len = strlen(one->text);
        one->begun_us = now_us();
        bool sent = send(one->fd, one->text, len, 0) == (ssize_t)len;
        fds[i] = (struct pollfd){.fd = sent ? one->fd : -1, .events = POLLIN};
    }
}

size_t swarm_run(struct swarm *swarm, int64_t timeout_ms)
{
    static struct pollfd fds[SWARM_MAX];
    int64_t until = now_ms() + timeout_ms;
    size_t open = swarm->count, done = 0;
    speak(swarm, fds);
    while (open > 0 && now_ms() < until) {
        if (poll(fds, (nfds_t)swarm->count, (int)(until - now_ms())) <= 0)
            continue;
        for (size_t i = 0; i < swarm->count; i++)
            if (fds[i].fd >= 0 && fds[i].revents != 0 && hear(&swarm->of[i])) {
                fds[i].fd = -1;
                open--;
            }
    }
    for (size_t i = 0; i < swarm->count; i++)
        done += swarm->of[i].took_us >= 0;
    return done;
}

struct herd_slice swarm_reply(const struct swarm *swarm, size_t i)
{
    return herd_slice(swarm->of[i].data, swarm->of[i].len);
}
