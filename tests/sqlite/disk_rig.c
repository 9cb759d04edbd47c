/* SPDX-License-Identifier: ISC */
#include "disk_rig.h"

#include "io/clock.h"
#include "io/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 10000, NAP_MS = 10 };

static struct herd_mono patience(void)
{
    return herd_mono_add_ms(io_clock_mono(), WAIT_MS);
}

static bool is_over(struct herd_mono until)
{
    return herd_mono_reached(io_clock_mono(), until);
}

bool disk_up(struct disk_rig *rig)
{
    struct herd_error_text error;
    memset(rig, 0, sizeof *rig);
    rig->fd = rig->input = rig->listener = -1;
    if (!rig_up(&rig->store, NULL))
        return false;
    snprintf(rig->sock, sizeof rig->sock, "%s/sock", rig->store.dir);
    snprintf(rig->err, sizeof rig->err, "%s/err", rig->store.dir);
    rig->listener = io_sock_listen_unix(rig->sock, &error);
    return CHECK(rig->listener >= 0);
}

void disk_hang_up(struct disk_rig *rig)
{
    if (rig->fd >= 0)
        close(rig->fd);
    rig->fd = -1;
}

void disk_down(struct disk_rig *rig)
{
    if (rig->pid > 0)
        (void)disk_kill(rig, SIGKILL);
    disk_hang_up(rig);
    close(rig->listener);
    rig_down(&rig->store);
}

/* ---- the program ---- */

static _Noreturn void become(struct disk_rig *rig, int input)
{
    char program[1024];
    const char *tools = getenv("HERD_TEST_TOOLS");
    const char *arguments[8 + DISK_OPTIONS] = {program, "-s", rig->sock, "-f",
                                               rig->store.path};
    int err = open(rig->err, O_WRONLY | O_CREAT | O_APPEND, 0600);
    snprintf(program, sizeof program, "%s/herd-sqlite", tools != NULL ? tools : "tools");
    for (int i = 0; i < DISK_OPTIONS && rig->options[i] != NULL; i++)
        arguments[5 + i] = rig->options[i];
    if (rig->file_size_max > 0) {
        struct rlimit limit = {(rlim_t)rig->file_size_max, (rlim_t)rig->file_size_max};
        (void)setrlimit(RLIMIT_FSIZE, &limit);
    }
    if (err >= 0 && dup2(err, STDERR_FILENO) >= 0 && dup2(input, STDIN_FILENO) >= 0)
        execv(program, (char *const *)(uintptr_t)arguments);
    _exit(127);
}

bool disk_start(struct disk_rig *rig)
{
    int ends[2];
    if (!CHECK(pipe(ends) == 0))
        return false;
    (void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    rig->pid = fork();
    if (rig->pid == 0)
        become(rig, ends[0]);
    close(ends[0]);
    rig->input = ends[1];
    return CHECK(rig->pid > 0);
}

int disk_wait(struct disk_rig *rig)
{
    int status = 0;
    struct herd_mono until = patience();
    while (waitpid(rig->pid, &status, WNOHANG) == 0 && !is_over(until))
        (void)poll(NULL, 0, NAP_MS);
    bool has_ended = !is_over(until);
    if (!CHECK(has_ended)) {
        (void)kill(rig->pid, SIGKILL);
        (void)waitpid(rig->pid, &status, 0);
    }
    rig->pid = 0;
    if (rig->input >= 0)
        close(rig->input);
    rig->input = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int disk_kill(struct disk_rig *rig, int number)
{
    CHECK(kill(rig->pid, number) == 0);
    return disk_wait(rig);
}

/* ---- the server ---- */

static bool is_heard(const struct disk_rig *rig, const char *words)
{
    return rig->heard_len > 0 && strstr(rig->heard, words) != NULL;
}

static void hear(struct disk_rig *rig)
{
    struct pollfd wait = {.fd = rig->fd, .events = POLLIN};
    size_t room = sizeof rig->heard - 1 - rig->heard_len;
    if (room == 0) { /* the end is what counts */
        memmove(rig->heard, rig->heard + DISK_HEARD / 2, rig->heard_len - DISK_HEARD / 2);
        rig->heard_len -= DISK_HEARD / 2;
        room = DISK_HEARD / 2;
    }
    (void)poll(&wait, 1, NAP_MS);
    ssize_t got = read(rig->fd, rig->heard + rig->heard_len, room);
    if (got > 0)
        rig->heard_len += (size_t)got;
    rig->heard[rig->heard_len] = '\0';
}

bool disk_hears(struct disk_rig *rig, const char *words)
{
    struct herd_mono until = patience();
    while (!is_heard(rig, words) && !is_over(until))
        hear(rig);
    return CHECK(is_heard(rig, words));
}

bool disk_says(struct disk_rig *rig, const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ssize_t put = -1;
    struct herd_mono until = patience();
    while ((put = write(rig->fd, text, (size_t)len)) < 0 && errno == EAGAIN &&
           !is_over(until))
        hear(rig);
    return put == len;
}

bool disk_accept(struct disk_rig *rig)
{
    struct herd_mono until = patience();
    disk_hang_up(rig);
    while (rig->fd < 0 && !is_over(until)) {
        struct pollfd wait = {.fd = rig->listener, .events = POLLIN};
        (void)poll(&wait, 1, NAP_MS);
        rig->fd = io_sock_accept(rig->listener, NULL);
    }
    rig->heard_len = 0;
    return CHECK(rig->fd >= 0) && disk_hears(rig, "FOLLOW sqlite 1\n") &&
           disk_says(rig, DISK_FOLLOWED) && disk_hears(rig, "HAVE 0 ");
}

unsigned disk_position(const struct disk_rig *rig)
{
    const char *at = strstr(rig->heard, "HAVE 0 " DISK_FEED " ");
    return at != NULL ? (unsigned)strtoul(at + sizeof "HAVE 0 " DISK_FEED, NULL, 10) : 0;
}

unsigned disk_acked(const struct disk_rig *rig, unsigned before)
{
    for (const char *at = rig->heard; (at = strstr(at, "ACK 0 ")) != NULL; at++)
        if (strchr(at, '\n') != NULL)
            before = (unsigned)strtoul(at + 6, NULL, 10);
    return before;
}

bool disk_complains(struct disk_rig *rig, const char *words)
{
    static char text[1 << 16];
    struct herd_mono until = patience();
    bool found = false;
    while (!found && !is_over(until)) {
        FILE *file = fopen(rig->err, "r");
        size_t len = file != NULL ? fread(text, 1, sizeof text - 1, file) : 0;
        if (file != NULL)
            (void)fclose(file);
        text[len] = '\0';
        found = strstr(text, words) != NULL;
        if (!found)
            (void)poll(NULL, 0, NAP_MS);
    }
    return CHECK(found);
}

const char *disk_select(struct disk_rig *rig, const char *sql)
{
    static char text[1024];
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    snprintf(text, sizeof text, "none");
    if (CHECK_INT(sqlite3_open_v2(rig->store.path, &db, SQLITE_OPEN_READONLY, NULL), 0) &&
        CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), 0) &&
        sqlite3_step(statement) == SQLITE_ROW)
        snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return text;
}
