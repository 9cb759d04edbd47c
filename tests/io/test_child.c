/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "io/child.h"
#include "io/clock.h"
#include "io/mem.h"
#include "must.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, SAID_MAX = 4096 };

struct seen {
    char said[SAID_MAX]; /* the lines, each with a bar at its end */
    size_t said_len, lines;
    char how[64]; /* "": it has not ended */
};

static struct seen seen;
static struct io_loop *loop;
static struct herd_error_text error;

static void said(void *arg, struct herd_slice line)
{
    (void)arg;
    seen.lines++;
    if (seen.said_len + line.len + 2 > sizeof seen.said)
        return;
    memcpy(seen.said + seen.said_len, line.data, line.len);
    seen.said_len += line.len;
    seen.said[seen.said_len++] = '|';
    seen.said[seen.said_len] = '\0';
}

static void ended(void *arg, const char *how)
{
    (void)arg;
    (void)snprintf(seen.how, sizeof seen.how, "%s", how);
}

static struct io_child *start_program(const char *const *argv)
{
    static const struct io_child_calls calls = {said, ended, NULL};
    seen = (struct seen){.said_len = 0};
    loop = io_loop_new(&io_mem);
    struct io_child *child =
        loop != NULL ? io_child_start(loop, &io_mem, argv, &calls, &error) : NULL;
    if (!MUST(child != NULL))
        abort();
    return child;
}

static struct io_child *start(const char *script)
{
    const char *const argv[] = {"/bin/sh", "-c", script, NULL};
    return start_program(argv);
}

static struct herd_mono turn(struct io_child *child)
{
    struct herd_mono now = io_clock_mono();
    (void)io_loop_turn(loop,
                       herd_mono_min(herd_mono_add_ms(now, 20), io_child_deadline(child)));
    now = io_clock_mono();
    io_child_tick(child, now);
    return now;
}

static void wait_lines(struct io_child *child, size_t lines)
{
    struct herd_mono until = herd_mono_add_ms(io_clock_mono(), PATIENCE_MS);
    while (seen.lines < lines)
        REQUIRE(!herd_mono_reached(turn(child), until));
}

static void wait_end(struct io_child *child)
{
    struct herd_mono until = herd_mono_add_ms(io_clock_mono(), PATIENCE_MS);
    while (seen.how[0] == '\0')
        REQUIRE(!herd_mono_reached(turn(child), until));
}

/* No process is left to be waited for. */
static void finish(struct io_child *child)
{
    io_child_free(child);
    io_loop_free(loop);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void lines_and_status_are_told(void)
{
    struct io_child *child = start("echo one >&2; echo out; printf 'two\\n\\nthree' >&2; "
                                   "exit 3");
    wait_end(child);
    CHECK_STR(seen.said, "one|two|three|");
    CHECK_STR(seen.how, "ended with status 3");
    CHECK(herd_mono_is_never(io_child_deadline(NULL)));
    finish(child);
}

static void long_lines_come_in_pieces(void)
{
    struct io_child *child = start("printf %01300d 0 >&2");
    wait_end(child);
    CHECK(seen.lines == 3);
    CHECK(seen.said_len == 1300 + 3);
    finish(child);
}

static void ends_with_its_input(void)
{
    struct io_child *child = start("echo up >&2; cat; echo over >&2");
    wait_lines(child, 1);
    CHECK_STR(seen.how, "");
    io_child_let_end(child, io_clock_mono());
    wait_end(child);
    CHECK_STR(seen.said, "up|over|");
    CHECK_STR(seen.how, "ended with status 0");
    finish(child);
}

/* The time is given, so the test need not wait for it. */
static void is_terminated_then_killed(void)
{
    struct io_child *child = start("trap 'echo term >&2' TERM; echo up >&2; "
                                   "while :; do sleep 0.05; done");
    wait_lines(child, 1);
    struct herd_mono now = io_clock_mono();
    io_child_let_end(child, now);
    io_child_tick(child, herd_mono_add_ms(now, IO_CHILD_TERM_MS));
    wait_lines(child, 2);
    CHECK_STR(seen.said, "up|term|");
    io_child_tick(child, herd_mono_add_ms(now, IO_CHILD_KILL_MS));
    wait_end(child);
    CHECK_STR(seen.how, "was ended by signal 9");
    finish(child);
}

static void is_killed_when_freed(void)
{
    struct io_child *child = start("echo up >&2; exec sleep 1000");
    wait_lines(child, 1);
    finish(child);
    CHECK_STR(seen.how, "");
}

/* Closing its output is no way to stay. */
static void is_ended_without_output(void)
{
    struct io_child *child = start("echo up >&2; exec 2>&-; cat; exit 4");
    wait_end(child);
    CHECK_STR(seen.how, "ended with status 4");
    finish(child);
}

static void inherits_nothing(void)
{
    enum { OPEN = 7 };
    int fd = open("/dev/null", O_RDWR);
    REQUIRE(fd >= 0 && dup2(fd, OPEN) == OPEN);
    (void)signal(SIGPIPE, SIG_IGN);
    struct io_child *child = start("(: >&7) 2>/dev/null && echo open >&2; "
                                   "sh -c 'kill -PIPE $$; echo ignored >&2'; exit 0");
    (void)signal(SIGPIPE, SIG_DFL);
    (void)close(fd);
    (void)close(OPEN);
    wait_end(child);
    CHECK_STR(seen.said, "");
    CHECK_STR(seen.how, "ended with status 0");
    finish(child);
}

static void says_that_it_cannot_run(void)
{
    static const char *const argv[] = {"/nonexistent/program", NULL};
    struct io_child *child = start_program(argv);
    wait_end(child);
    CHECK_STR(seen.said, "/nonexistent/program: no such file|");
    CHECK_STR(seen.how, "ended with status 127");
    finish(child);
}

extern const struct check_test test_child[];
const struct check_test test_child[] = {
    {"lines_and_status_are_told", lines_and_status_are_told},
    {"long_lines_come_in_pieces", long_lines_come_in_pieces},
    {"ends_with_its_input", ends_with_its_input},
    {"is_terminated_then_killed", is_terminated_then_killed},
    {"is_killed_when_freed", is_killed_when_freed},
    {"is_ended_without_output", is_ended_without_output},
    {"inherits_nothing", inherits_nothing},
    {"says_that_it_cannot_run", says_that_it_cannot_run},
    {NULL, NULL},
};
