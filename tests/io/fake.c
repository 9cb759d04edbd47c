/* SPDX-License-Identifier: ISC */
#include "fake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LIFE_S = 300 };

int64_t fake_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool wait_for(int fd, short events, int64_t until_ms)
{
    struct pollfd p = {.fd = fd, .events = events};
    for (;;) {
        int64_t left = until_ms - fake_now_ms();
        int n = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (n >= 0 || errno != EINTR)
            return n > 0;
    }
}

static const char *folder(const char *variable, const char *otherwise)
{
    const char *value = getenv(variable);
    return value != NULL ? value : otherwise;
}

/* `quiet`: what it says on standard error is expected, and shown to nobody.
 * The alarm outlives exec: should this test die, the program does not stay for ever. */
static pid_t spawn(char **argv, bool quiet, int *out)
{
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        alarm(LIFE_S);
        dup2(ends[1], STDOUT_FILENO);
        if (quiet)
            dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        execv(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    if (pid < 0)
        close(ends[0]);
    *out = ends[0];
    return pid;
}

static bool read_line(int fd, char *line, size_t size)
{
    int64_t until = fake_now_ms() + FAKE_WAIT_MS;
    size_t len = 0;
    while (len + 1 < size && wait_for(fd, POLLIN, until) && read(fd, line + len, 1) == 1)
        if (line[len++] == '\n') {
            line[len - 1] = '\0';
            return true;
        }
    return false;
}

/* The end of its output is the end of the program: no polling of waitpid is needed. */
static int collect(pid_t pid, int out)
{
    int64_t until = fake_now_ms() + FAKE_WAIT_MS;
    char waste[512];
    int status = 0;
    ssize_t got = 1;
    while (got > 0)
        got = wait_for(out, POLLIN, until) ? read(out, waste, sizeof waste) : -1;
    if (got != 0)
        kill(pid, SIGKILL);
    close(out);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void remove_dir(const struct fake *f)
{
    char path[96];
    snprintf(path, sizeof path, "%s/port", f->dir);
    unlink(path);
    unlink(f->log);
    rmdir(f->dir);
}

static bool read_port(struct fake *f)
{
    char path[96];
    char line[16] = "";
    snprintf(path, sizeof path, "%s/port", f->dir);
    FILE *in = fopen(path, "r");
    if (in == NULL)
        return false;
    bool ok = fgets(line, sizeof line, in) != NULL;
    fclose(in);
    f->port = (unsigned)strtoul(line, NULL, 10);
    return ok && f->port > 0 && f->port < 65536;
}

bool fake_start(struct fake *f, const char *fault)
{
    const char *const arguments[] = {"-f", fault, NULL};
    return fake_start_with(f, fault != NULL ? arguments : arguments + 2);
}

bool fake_start_with(struct fake *f, const char *const *arguments)
{
    char program[512], fixtures[512], port_file[96];
    char *argv[8 + FAKE_ARGUMENTS] = {program, "-P", port_file, "-l",
                                      f->log,  "-d", fixtures};
    *f = (struct fake){.dir = "/tmp/fake-places-XXXXXX"};
    if (mkdtemp(f->dir) == NULL)
        return false;
    snprintf(program, sizeof program, "%s/fake-places", folder("HERD_TEST_TOOLS", "tools"));
    snprintf(fixtures, sizeof fixtures, "%s/places",
             folder("HERD_TEST_FIXTURES", "fixtures"));
    snprintf(port_file, sizeof port_file, "%s/port", f->dir);
    snprintf(f->log, sizeof f->log, "%s/log", f->dir);
    for (int i = 0; i < FAKE_ARGUMENTS && arguments[i] != NULL; i++)
        argv[7 + i] = (char *)(uintptr_t)arguments[i];
    f->pid = spawn(argv, false, &f->out);
    if (f->pid > 0 && read_line(f->out, f->line, sizeof f->line) && read_port(f))
        return true;
    if (f->pid > 0) {
        kill(f->pid, SIGKILL);
        collect(f->pid, f->out);
    }
    remove_dir(f);
    return false;
}

int fake_stop(struct fake *f, int signal)
{
    kill(f->pid, signal);
    int status = collect(f->pid, f->out);
    remove_dir(f);
    return status;
}

int fake_run(const char *argument)
{
    char program[512];
    int out;
    char *argv[] = {program, (char *)(uintptr_t)argument, NULL};
    snprintf(program, sizeof program, "%s/fake-places", folder("HERD_TEST_TOOLS", "tools"));
    pid_t pid = spawn(argv, true, &out);
    return pid > 0 ? collect(pid, out) : -1;
}

bool wire_open(struct wire *w, const struct fake *f)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons((uint16_t)f->port)};
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *w = (struct wire){.fd = socket(AF_INET, SOCK_STREAM, 0)};
    if (w->fd < 0)
        return false;
    if (connect(w->fd, (struct sockaddr *)&sa, sizeof sa) == 0)
        return true;
    wire_close(w);
    return false;
}

void wire_close(struct wire *w)
{
    if (w->fd >= 0)
        close(w->fd);
    free(w->data);
    *w = (struct wire){.fd = -1};
}

static bool send_all(struct wire *w, struct herd_slice bytes)
{
    int64_t until = fake_now_ms() + FAKE_WAIT_MS;
    while (bytes.len > 0) {
        if (!wait_for(w->fd, POLLOUT, until))
            return false;
        ssize_t sent = send(w->fd, bytes.data, bytes.len, 0);
        if (sent < 0 && errno != EINTR)
            return false;
        bytes = herd_slice_from(bytes, sent > 0 ? (size_t)sent : 0);
    }
    return true;
}

/* Only here is SIGPIPE ignored: other tests want to see whether it is raised. */
bool wire_send(struct wire *w, struct herd_slice bytes)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, &before);
    bool ok = send_all(w, bytes);
    sigaction(SIGPIPE, &before, NULL);
    return ok;
}

/* One read; false at the end and when the deadline passes. */
static bool read_some(struct wire *w, int64_t until_ms)
{
    if (w->size - w->len < 65536) {
        size_t size = w->size * 2 + 65536;
        char *data = realloc(w->data, size);
        if (data == NULL)
            return false;
        w->data = data;
        w->size = size;
    }
    if (!wait_for(w->fd, POLLIN, until_ms))
        return false;
    ssize_t got = recv(w->fd, w->data + w->len, w->size - w->len, 0);
    w->eof = got == 0;
    w->reset = got < 0 && errno == ECONNRESET;
    w->len += got > 0 ? (size_t)got : 0;
    return got > 0;
}

bool wire_fill(struct wire *w, size_t len)
{
    int64_t until = fake_now_ms() + FAKE_WAIT_MS;
    while (w->len < len)
        if (!read_some(w, until))
            return false;
    return true;
}

bool wire_drain(struct wire *w)
{
    int64_t until = fake_now_ms() + FAKE_WAIT_MS;
    while (read_some(w, until)) {
    }
    return w->eof || w->reset;
}

/* The value of a header field, or an empty slice. */
static struct herd_slice field(struct herd_slice head, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i + len < head.len; i++)
        if (memcmp(head.data + i, name, len) == 0) {
            size_t end = i + len;
            while (end < head.len && head.data[end] != '\r')
                end++;
            return herd_slice(head.data + i + len, end - i - len);
        }
    return herd_slice(head.data, 0);
}

bool wire_has(const struct wire_reply *reply, const char *line)
{
    char framed[512];
    snprintf(framed, sizeof framed, "\r\n%s", line);
    return field(reply->head, framed).data > reply->head.data &&
           field(reply->head, framed).len == 0;
}

bool wire_read_head(struct wire *w, struct wire_reply *out)
{
    int64_t until = fake_now_ms() + FAKE_WAIT_MS;
    for (size_t at = 0;; at++) {
        while (w->len < at + 4)
            if (!read_some(w, until))
                return false;
        if (memcmp(w->data + at, "\r\n\r\n", 4) == 0) {
            *out = (struct wire_reply){.head = herd_slice(w->data, at + 4),
                                       .body = herd_slice(w->data + at + 4, 0)};
            break;
        }
    }
    if (out->head.len > 16 && memcmp(out->head.data, "HTTP/1.1 ", 9) == 0)
        out->status = (int)strtol(out->head.data + 9, NULL, 10);
    return out->status != 0;
}

bool wire_read(struct wire *w, struct wire_reply *out)
{
    if (!wire_read_head(w, out))
        return false;
    struct herd_slice length = field(out->head, "\r\nContent-Length: ");
    size_t head = out->head.len;
    size_t body = length.len > 0 ? (size_t)strtoul(length.data, NULL, 10) : 0;
    if (length.len == 0 || !wire_fill(w, head + body))
        return false;
    out->head = herd_slice(w->data, head);
    out->body = herd_slice(w->data + head, body);
    return true;
}

void wire_drop(struct wire *w, const struct wire_reply *reply)
{
    size_t n = reply->head.len + reply->body.len;
    memmove(w->data, w->data + n, w->len - n);
    w->len -= n;
}
