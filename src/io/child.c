/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "child.h"
#include "process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOOK_MS = 1000,      /* between looks whether it has ended, without a sign of that */
    LOOK_SOON_MS = 10,   /* the same after the end of its output */
    READS = 4,           /* of IO_CHILD_LINE_MAX bytes in a turn */
    CANNOT_RUN = 127,    /* as in shells */
    CLOSE_MAX = 1 << 20, /* descriptors that are closed in the program, at most */
};

struct io_child {
    const struct herd_mem *mem;
    struct io_loop *loop;
    struct io_child_calls calls;
    pid_t pid;
    int input;              /* the writing end of its standard input; -1: closed */
    struct io_watch output; /* of its standard error; fd -1: it has ended */
    char line[IO_CHILD_LINE_MAX];
    size_t line_len;
    struct herd_mono look_at, term_at, kill_at;
};

/* ---- the program's side ---- */

/* Between fork() and execv() only calls that are safe in a signal handler are made: another
 * thread of this process may have held any lock. */
struct plan {
    const char *const *argv;
    int input, output, nothing;
    long descriptors; /* one above the highest that may be open */
};

static void say_why(const char *program, int err)
{
    /* strerror() is not safe here. */
    const char *why = err == ENOENT    ? ": no such file\n"
                      : err == EACCES  ? ": permission denied\n"
                      : err == ENOEXEC ? ": not a program\n"
                                       : ": it cannot be executed\n";
    ssize_t ignored = write(STDERR_FILENO, program, strlen(program));
    ignored += write(STDERR_FILENO, why, strlen(why));
    (void)ignored;
}

static void run(const struct plan *plan)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGUSR1, SIGUSR2};
    (void)setsid();
    /* The standard descriptors of this process are open, so none of these is among them. */
    if (dup2(plan->input, STDIN_FILENO) < 0 || dup2(plan->nothing, STDOUT_FILENO) < 0 ||
        dup2(plan->output, STDERR_FILENO) < 0)
        _exit(CANNOT_RUN);
    (void)fcntl(STDIN_FILENO, F_SETFL, 0); /* the pipes may block there */
    (void)fcntl(STDERR_FILENO, F_SETFL, 0);
    for (long fd = STDERR_FILENO + 1; fd < plan->descriptors; fd++)
        (void)close((int)fd);
    /* A handler of this process would write to its pipe. */
    io_process_reset_signals(signals, sizeof signals / sizeof signals[0]);
    /* execv() does not change the strings; its type is older than const. */
    union {
        const char *const *given;
        char *const *wanted;
    } argv = {plan->argv};
    (void)execv(plan->argv[0], argv.wanted);
    say_why(plan->argv[0], errno);
    _exit(CANNOT_RUN);
}

static pid_t fork_and_run(const struct plan *plan)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0)
        run(plan);
    int err = errno;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    errno = err;
    return pid;
}

/* ---- its output ---- */

static void end_line(struct io_child *child)
{
    size_t len = child->line_len;
    child->line_len = 0;
    if (len > 0)
        child->calls.said(child->calls.arg, herd_slice(child->line, len));
}

static void take_bytes(struct io_child *child, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != '\n')
            child->line[child->line_len++] = bytes[i];
        if (bytes[i] == '\n' || child->line_len == sizeof child->line)
            end_line(child);
    }
}

static void close_output(struct io_child *child)
{
    io_loop_remove(child->loop, &child->output);
    (void)close(child->output.fd);
    child->output.fd = -1;
}

static void output_ready(struct io_watch *watch, unsigned ready)
{
    struct io_child *child = watch->arg;
    char bytes[IO_CHILD_LINE_MAX];
    (void)ready;
    for (int i = 0; i < READS; i++) {
        ssize_t got = read(watch->fd, bytes, sizeof bytes);
        if (got < 0 && io_portable_would_block(errno))
            return;
        if (got <= 0) {
            close_output(child);
            child->look_at = (struct herd_mono){0};
            return;
        }
        take_bytes(child, bytes, (size_t)got);
    }
}

/* ---- start ---- */

static bool open_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        return false;
    if (io_portable_prepare(ends[0]) && io_portable_prepare(ends[1]))
        return true;
    (void)close(ends[0]);
    (void)close(ends[1]);
    return false;
}

static void close_all(const int *fds, size_t count)
{
    int err = errno;
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    errno = err;
}

/* Descriptors: [0] and [1] of its input, [2] and [3] of its output. */
static bool open_ends(int ends[4])
{
    ends[0] = ends[1] = ends[2] = ends[3] = -1;
    return open_pipe(&ends[0]) && open_pipe(&ends[2]);
}

static bool launch(struct io_child *child, const char *const *argv)
{
    int ends[4], nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    long most = sysconf(_SC_OPEN_MAX);
    bool ok = open_ends(ends) && nothing >= 0;
    if (ok) {
        struct plan plan = {.argv = argv,
                            .input = ends[0],
                            .output = ends[3],
                            .nothing = nothing,
                            .descriptors = most < 0 || most > CLOSE_MAX ? CLOSE_MAX : most};
        child->pid = fork_and_run(&plan);
        ok = child->pid > 0;
    }
    if (!ok) {
        close_all(ends, 4);
        close_all(&nothing, 1);
        return false;
    }
    (void)close(ends[0]);
    (void)close(ends[3]);
    (void)close(nothing);
    child->input = ends[1];
    child->output.fd = ends[2];
    return true;
}

struct io_child *io_child_start(struct io_loop *loop, const struct herd_mem *mem,
                                const char *const *argv, const struct io_child_calls *calls,
                                struct herd_error_text *error)
{
    struct io_child *child = herd_mem_zalloc(mem, sizeof *child);
    if (child == NULL) {
        herd_error_set(error, "%s", herd_strerror(HERD_ENOMEM));
        return NULL;
    }
    *child = (struct io_child){.mem = mem,
                               .loop = loop,
                               .calls = *calls,
                               .input = -1,
                               .output = {.fd = -1, .ready = output_ready, .arg = child},
                               .term_at = HERD_NEVER,
                               .kill_at = HERD_NEVER};
    if (!launch(child, argv)) {
        herd_error_set(error, "%s", strerror(errno));
        herd_mem_free(mem, child, sizeof *child);
        return NULL;
    }
    if (io_loop_add(loop, &child->output, IO_READ) == HERD_OK)
        return child;
    (void)close(child->output.fd);
    child->output.fd = -1;
    io_child_free(child);
    herd_error_set(error, "%s", herd_strerror(HERD_ENOMEM));
    return NULL;
}

/* ---- the end ---- */

static void close_input(struct io_child *child)
{
    if (child->input >= 0)
        (void)close(child->input);
    child->input = -1;
}

void io_child_let_end(struct io_child *child, struct herd_mono now)
{
    if (child->input < 0)
        return;
    close_input(child);
    child->term_at = herd_mono_add_ms(now, IO_CHILD_TERM_MS);
    child->kill_at = herd_mono_add_ms(now, IO_CHILD_KILL_MS);
}

struct herd_mono io_child_deadline(const struct io_child *child)
{
    if (child == NULL)
        return HERD_NEVER;
    return herd_mono_min(child->look_at, herd_mono_min(child->term_at, child->kill_at));
}

static void send_signals(struct io_child *child, struct herd_mono now)
{
    if (herd_mono_reached(now, child->term_at)) {
        (void)kill(child->pid, SIGTERM);
        child->term_at = HERD_NEVER;
    }
    if (herd_mono_reached(now, child->kill_at)) {
        (void)kill(child->pid, SIGKILL);
        child->kill_at = HERD_NEVER;
    }
}

static void tell_end(struct io_child *child, int how)
{
    struct herd_error_text text;
    if (WIFSIGNALED(how))
        herd_error_set(&text, "was ended by signal %d", WTERMSIG(how));
    else
        herd_error_set(&text, "ended with status %d", WEXITSTATUS(how));
    end_line(child);
    child->calls.ended(child->calls.arg, text.text);
}

/* What it wrote last may still be in the pipe. */
static void read_rest(struct io_child *child)
{
    enum { REST_TURNS = 64 };
    for (int i = 0; i < REST_TURNS && child->output.fd >= 0; i++)
        output_ready(&child->output, IO_READ);
}

void io_child_tick(struct io_child *child, struct herd_mono now)
{
    int how;
    if (child == NULL || !herd_mono_reached(now, io_child_deadline(child)))
        return;
    if (child->output.fd < 0)
        io_child_let_end(child, now); /* it will have ended, or is none of ours */
    send_signals(child, now);
    pid_t ended = waitpid(child->pid, &how, WNOHANG);
    child->look_at = herd_mono_add_ms(
        now, child->output.fd < 0 || child->input < 0 ? LOOK_SOON_MS : LOOK_MS);
    if (ended != child->pid)
        return;
    child->pid = 0;
    read_rest(child);
    tell_end(child, how);
}

void io_child_free(struct io_child *child)
{
    int how;
    if (child == NULL)
        return;
    if (child->pid > 0) {
        (void)kill(child->pid, SIGKILL);
        while (waitpid(child->pid, &how, 0) < 0 && errno == EINTR)
            ;
    }
    close_input(child);
    if (child->output.fd >= 0)
        close_output(child);
    herd_mem_free(child->mem, child, sizeof *child);
}
