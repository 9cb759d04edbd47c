/* SPDX-License-Identifier: ISC */
#include "relay.h"

#include "files.h"
#include "guard.h"
#include "peer_talk.h"
#include "wait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAIRS = 32, CHUNK = 16384, LIFE_S = 600, ADDRESS = 64 };

struct order {
    char what; /* of the letters in obey() */
};

struct answer {
    int64_t conns, bytes;
};

/* ---- the child ---- */

/* One connection: [0] is the dialler's side. */
struct pair {
    int fd[2]; /* -1: not in use */
    int copy[2];
};

struct state {
    const char *dir;
    int orders, listener[RELAY_PORTS];
    uint16_t target[RELAY_PORTS];
    struct pair pairs[PAIRS];
    bool closed, forging;
    struct answer sum;
};

static void close_pair(struct pair *pair, bool reset)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    for (int i = 0; i < 2; i++) {
        if (reset)
            setsockopt(pair->fd[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(pair->fd[i]);
        close(pair->copy[i]);
        pair->fd[i] = -1;
    }
}

static int dial(uint16_t port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0)
        return fd;
    close(fd);
    return -1;
}

static int open_copy(const struct state *state, int64_t n, int side)
{
    char path[HERD_PROC_PATH + 32];
    snprintf(path, sizeof path, "%s/relay-%d-%d", state->dir, (int)n, side);
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static void let_in(struct state *state, int port)
{
    int from = accept(state->listener[port], NULL, NULL);
    int to = from >= 0 && !state->closed ? dial(state->target[port]) : -1;
    for (int i = 0; to >= 0 && i < PAIRS; i++) {
        struct pair *pair = &state->pairs[i];
        if (pair->fd[0] >= 0)
            continue;
        int64_t n = state->sum.conns++;
        *pair = (struct pair){{from, to}, {open_copy(state, n, 0), open_copy(state, n, 1)}};
        return;
    }
    if (to >= 0)
        close(to);
    if (from >= 0)
        close(from);
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes += put;
        len -= (size_t)put;
    }
    return true;
}

/* The first digit after the verb; servers send the frame in one piece. */
static void forge(char *bytes, size_t len)
{
    static const char verb[] = "AUTH 0 ";
    const char *at = bytes_find(herd_slice(bytes, len), herd_slice_str(verb));
    size_t digit = at != NULL ? (size_t)(at - bytes) + sizeof verb - 1 : len;
    if (digit < len)
        bytes[digit] = bytes[digit] == '0' ? '1' : '0';
}

/* False when that direction has ended, with which all ends. */
static bool pass(struct state *state, struct pair *pair, int side)
{
    static char bytes[CHUNK];
    ssize_t got = read(pair->fd[side], bytes, sizeof bytes);
    if (got <= 0)
        return false;
    if (state->forging && side == 0)
        forge(bytes, (size_t)got);
    state->sum.bytes += got;
    return write_all(pair->copy[side], bytes, (size_t)got) &&
           write_all(pair->fd[!side], bytes, (size_t)got);
}

static void obey(struct state *state, char what)
{
    state->forging = what == 'f' || (state->forging && what != 'g');
    state->closed = what == 'c' || (state->closed && what != 'h');
    for (int i = 0; what == 'c' && i < PAIRS; i++)
        if (state->pairs[i].fd[0] >= 0)
            close_pair(&state->pairs[i], true);
}

static void turn(struct state *state)
{
    struct pollfd fds[1 + RELAY_PORTS + 2 * PAIRS];
    struct order order;
    nfds_t n = 0;
    fds[n++] = (struct pollfd){.fd = state->orders, .events = POLLIN};
    for (int i = 0; i < RELAY_PORTS; i++)
        fds[n++] = (struct pollfd){.fd = state->listener[i], .events = POLLIN};
    for (int i = 0; i < 2 * PAIRS; i++)
        fds[n++] = (struct pollfd){.fd = state->pairs[i / 2].fd[i % 2], .events = POLLIN};
    if (poll(fds, n, -1) < 0)
        return;
    for (int i = 0; i < 2 * PAIRS; i++) {
        struct pair *pair = &state->pairs[i / 2];
        if (fds[1 + RELAY_PORTS + i].revents != 0 && pair->fd[0] >= 0 &&
            !pass(state, pair, i % 2))
            close_pair(pair, false);
    }
    for (int i = 0; i < RELAY_PORTS; i++)
        if (fds[1 + i].revents != 0)
            let_in(state, i);
    if (fds[0].revents == 0)
        return;
    if (read(state->orders, &order, sizeof order) != (ssize_t)sizeof order)
        _exit(0);
    obey(state, order.what);
    if (!write_all(state->orders, (const char *)&state->sum, sizeof state->sum))
        _exit(1);
}

/* Whatever else the tests have open would stay open for as long as this process lives. */
static void close_others(const struct state *state)
{
    enum { MOST = 4096 };
    for (int fd = STDERR_FILENO + 1; fd < MOST; fd++)
        if (fd != state->orders && fd != state->listener[0] && fd != state->listener[1])
            (void)close(fd);
}

static void serve(struct state *state)
{
    alarm(LIFE_S);
    close_others(state);
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGINT, SIG_DFL);
    for (int i = 0; i < PAIRS; i++)
        state->pairs[i].fd[0] = state->pairs[i].fd[1] = -1;
    for (;;)
        turn(state);
}

/* ---- the parent ---- */

static bool ask(struct relay *relay, char what, struct answer *answer)
{
    struct order order = {what};
    return write(relay->talk, &order, sizeof order) == (ssize_t)sizeof order &&
           wait_fd(relay->talk, POLLIN, now_ms() + WAIT_MS) &&
           read(relay->talk, answer, sizeof *answer) == (ssize_t)sizeof *answer;
}

bool relay_cut(struct relay *relay)
{
    struct answer answer;
    return ask(relay, 'c', &answer);
}

bool relay_heal(struct relay *relay)
{
    struct answer answer;
    return ask(relay, 'h', &answer);
}

bool relay_forge(struct relay *relay, bool on)
{
    struct answer answer;
    return ask(relay, on ? 'f' : 'g', &answer);
}

bool relay_count(struct relay *relay, int64_t *conns, int64_t *bytes)
{
    struct answer answer = {-1, -1};
    bool ok = ask(relay, '?', &answer);
    *conns = answer.conns;
    *bytes = answer.bytes;
    return ok;
}

struct herd_slice relay_copy(const struct relay *relay, int64_t n, bool dialler)
{
    char path[HERD_PROC_PATH + 32];
    snprintf(path, sizeof path, "%s/relay-%d-%d", relay->dir, (int)n, dialler ? 0 : 1);
    return file_read(path);
}

/* Server `reader` finds the port where it would find `server`. */
static bool redirect(struct herd_proc *herd, uint32_t reader, uint32_t server,
                     uint16_t port)
{
    char from[ADDRESS], to[ADDRESS];
    snprintf(from, sizeof from, "peer 127.0.0.1:%u\n", herd->peer[server].number);
    snprintf(to, sizeof to, "peer 127.0.0.1:%u\n", port);
    return herd_proc_edit(herd, reader, from, to);
}

static bool start(struct relay *relay, struct state *state)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        state->orders = ends[1];
        serve(state);
    }
    close(ends[1]);
    relay->talk = ends[0];
    relay->pid = pid > 0 ? pid : 0;
    if (pid > 0)
        guard_pid(pid);
    return pid > 0;
}

bool relay_open(struct relay *relay, struct herd_proc *herd, uint32_t a, uint32_t b)
{
    const uint32_t behind[RELAY_PORTS] = {a, b};
    struct state state = {.dir = herd->dir, .listener = {-1, -1}};
    *relay = (struct relay){.talk = -1, .port = {{.fd = -1}, {.fd = -1}}};
    snprintf(relay->dir, sizeof relay->dir, "%s", herd->dir);
    bool ok = true;
    for (int i = 0; i < RELAY_PORTS && ok; i++) {
        ok = port_hold(&relay->port[i]);
        port_lend(&relay->port[i]);
        state.listener[i] = ok ? peer_talk_listen(relay->port[i].number) : -1;
        state.target[i] = herd->peer[behind[i]].number;
        ok = state.listener[i] >= 0 &&
             redirect(herd, behind[!i], behind[i], relay->port[i].number);
    }
    ok = ok && start(relay, &state);
    for (int i = 0; i < RELAY_PORTS; i++)
        if (state.listener[i] >= 0)
            close(state.listener[i]);
    if (!ok)
        relay_close(relay);
    return ok;
}

void relay_close(struct relay *relay)
{
    if (relay->pid != 0) {
        kill(relay->pid, SIGKILL);
        while (waitpid(relay->pid, NULL, 0) < 0 && errno == EINTR) {
        }
        guard_pid_gone(relay->pid);
    }
    if (relay->talk >= 0)
        close(relay->talk);
    for (int i = 0; i < RELAY_PORTS; i++)
        port_free(&relay->port[i]);
    *relay = (struct relay){.talk = -1, .port = {{.fd = -1}, {.fd = -1}}};
}
