/* SPDX-License-Identifier: ISC */
#include "spawn.h"

#include "herd/err.h"
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STDERR_SHOWN = 4096 }; /* bytes of a server's standard error that are shown */

static const char *name_of(const struct launch *launch, const struct servers *servers)
{
    return servers->conf.servers[launch->server].name;
}

/* ---- the child ---- */

/* Descriptors that herdctl has inherited, for example a pipe of a script, must not stay
 * open for as long as the server lives. POSIX has no call that closes all. */
static void close_inherited(void)
{
    enum { FD_END = 1024 };
    for (int fd = STDERR_FILENO + 1; fd < FD_END; fd++)
        (void)close(fd);
}

/* In the new process; does not return. Failures are written to its standard error. */
static void exec_server(const char *program, char **argv, int out, int errors)
{
    int nothing = open("/dev/null", O_RDONLY);
    struct sigaction normal = {.sa_handler = SIG_DFL};
    (void)sigemptyset(&normal.sa_mask);
    (void)sigaction(SIGPIPE, &normal, NULL);
    (void)setsid();
    if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        dup2(errors, STDERR_FILENO) >= 0) {
        close_inherited();
        (void)execv(program, argv);
    }
    (void)fprintf(stderr, "cannot run %s: %s\n", program, strerror(errno));
    _exit(127);
}

static void close_on_exec(int fd)
{
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Forks; the child uses both descriptors as its standard output and standard error. */
static pid_t start_child(const struct launch *launch, const struct servers *servers,
                         const char *program, int out, int errors)
{
    char conf[IO_PATH_MAX], name[HERD_CONF_NAME_MAX + 1];
    char herd[IO_PATH_MAX], flag[] = "-c", rest[] = "--";
    char *argv[] = {herd, flag, conf, rest, name, NULL};
    /* A server looks for other programs in its own folder. */
    (void)snprintf(herd, sizeof herd, "%s", program);
    (void)snprintf(conf, sizeof conf, "%s", servers->conf_path);
    (void)snprintf(name, sizeof name, "%s", name_of(launch, servers));
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        exec_server(program, argv, out, errors);
    return pid;
}

/* ---- the parent ---- */

static int open_errors(struct launch *launch, const struct servers *servers)
{
    struct herd_error_text error = {"the path of log-dir is too long"};
    int fd = -1;
    char folder[IO_PATH_MAX];
    const char *log_dir = servers->conf.log_dir;
    if (!servers_path(servers, log_dir, name_of(launch, servers), ".err",
                      launch->stderr_path))
        return -1;
    if (io_conf_file_path(folder, servers->conf_path, log_dir, NULL, NULL) != HERD_OK ||
        io_file_make_dir(folder, &error) != HERD_OK ||
        (fd = io_file_open(launch->stderr_path, O_WRONLY | O_APPEND, 0640, &error)) < 0) {
        ctl_error(CTL_FAILED, "%s: %s", name_of(launch, servers), error.text);
        return -1;
    }
    (void)fcntl(fd, F_SETFL, O_APPEND); /* the server's standard error may block */
    launch->stderr_offset = lseek(fd, 0, SEEK_END);
    return fd;
}

int spawn(struct launch *launch, const struct servers *servers, const char *program)
{
    int ends[2];
    *launch =
        (struct launch){.server = launch->server, .ready_fd = -1, .status = CTL_FAILED};
    int errors = open_errors(launch, servers);
    if (errors < 0)
        return CTL_FAILED;
    int rc = pipe(ends);
    if (rc == 0) {
        close_on_exec(ends[0]);
        close_on_exec(ends[1]);
        (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
        launch->pid = start_child(launch, servers, program, ends[1], errors);
        (void)close(ends[1]);
        launch->ready_fd = ends[0];
    }
    int err = errno;
    (void)close(errors);
    if (rc == 0 && launch->pid > 0)
        return CTL_OK;
    if (launch->ready_fd >= 0)
        (void)close(launch->ready_fd);
    launch->ready_fd = -1;
    launch->pid = 0;
    return ctl_error(CTL_FAILED, "%s: cannot start: %s", name_of(launch, servers),
                     strerror(err));
}

static void end_launch(struct launch *launch, int status)
{
    (void)close(launch->ready_fd);
    launch->ready_fd = -1;
    launch->status = status;
}

/* Shows what the server wrote to its standard error since it was started. */
static void show_errors(const struct launch *launch)
{
    char text[STDERR_SHOWN];
    int fd = open(launch->stderr_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t got = fd >= 0 ? pread(fd, text, sizeof text, launch->stderr_offset) : -1;
    if (fd >= 0)
        (void)close(fd);
    for (ssize_t at = 0; at < got;) {
        const char *lf = memchr(text + at, '\n', (size_t)(got - at));
        ssize_t len = lf != NULL ? lf - (text + at) : got - at;
        ctl_error(CTL_FAILED, "  %.*s", (int)len, text + at);
        at += len + 1;
    }
}

enum end { END_KNOWN, END_UNKNOWN, END_NONE };

/* A process closes its descriptors a moment before it can be waited for. One that closes
 * its standard output and does not exit is no herd program, and gets SIGTERM. `*how` is set
 * with END_KNOWN, errno with END_UNKNOWN. */
static enum end wait_end(struct launch *launch, int *how)
{
    enum { POLLS = 100, POLL_MS = 10 };
    for (int i = 0; i < POLLS; i++) {
        pid_t pid = waitpid(launch->pid, how, WNOHANG);
        if (pid == launch->pid)
            return END_KNOWN;
        if (pid < 0 && errno != EINTR)
            return END_UNKNOWN;
        (void)poll(NULL, 0, POLL_MS);
    }
    (void)kill(launch->pid, SIGTERM);
    return END_NONE;
}

static void report_exit(struct launch *launch, const struct servers *servers)
{
    int how = 0;
    const char *name = name_of(launch, servers);
    enum end end = wait_end(launch, &how);
    if (end == END_NONE)
        ctl_error(CTL_FAILED,
                  "%s (pid %ld) is not a herd program: it closed its output "
                  "without a ready line",
                  name, (long)launch->pid);
    else if (end == END_UNKNOWN)
        ctl_error(CTL_FAILED, "%s did not start: its exit status is unknown: %s", name,
                  strerror(errno));
    else if (WIFSIGNALED(how))
        ctl_error(CTL_FAILED, "%s did not start: it was killed by signal %d", name,
                  WTERMSIG(how));
    else
        ctl_error(CTL_FAILED, "%s did not start: it exited with status %d", name,
                  WEXITSTATUS(how));
    show_errors(launch);
    end_launch(launch, CTL_FAILED);
}

/* Prints the client address of "ready NAME client ADDRESS peer ADDRESS". */
static void report_ready(struct launch *launch, const struct servers *servers)
{
    static const char mark[] = " client ";
    const char *at = strstr(launch->line, mark);
    at = at != NULL ? at + strlen(mark) : "?";
    printf("%s is up (pid %ld): client %.*s\n", name_of(launch, servers), (long)launch->pid,
           (int)strcspn(at, " \n"), at);
    end_launch(launch, CTL_OK);
}

/* Shows "loading NAME CLIENTS" over what was there before. */
static void show_loading(const struct launch *launch, const struct servers *servers,
                         const char *count)
{
    if (!isatty(STDOUT_FILENO))
        return;
    printf("\r%s loads what state-dir holds: %.*s clients  \r", name_of(launch, servers),
           (int)strspn(count, "0123456789"), count);
    (void)fflush(stdout);
}

/* Takes the lines off the front that tell of progress. */
static void take_loading(struct launch *launch, const struct servers *servers)
{
    static const char mark[] = "loading ";
    char *lf;
    while (strncmp(launch->line, mark, strlen(mark)) == 0 &&
           (lf = strchr(launch->line, '\n')) != NULL) {
        *lf = '\0';
        const char *count = strrchr(launch->line, ' ') + 1;
        show_loading(launch, servers, count);
        launch->loading = true;
        launch->line_len -= (size_t)(lf + 1 - launch->line);
        memmove(launch->line, lf + 1, launch->line_len + 1);
    }
}

void spawn_read(struct launch *launch, const struct servers *servers)
{
    char *room = launch->line + launch->line_len;
    size_t left = sizeof launch->line - 1 - launch->line_len;
    ssize_t got = read(launch->ready_fd, room, left);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (got <= 0) {
        report_exit(launch, servers);
        return;
    }
    launch->line_len += (size_t)got;
    launch->line[launch->line_len] = '\0';
    take_loading(launch, servers);
    if (strchr(launch->line, '\n') != NULL)
        report_ready(launch, servers);
}

void spawn_abort(struct launch *launch, const struct servers *servers, int64_t timeout_ms)
{
    (void)kill(launch->pid, SIGTERM);
    ctl_error(CTL_TIMED_OUT, "%s was not ready within %g s and was sent SIGTERM",
              name_of(launch, servers), (double)timeout_ms / 1000);
    show_errors(launch);
    end_launch(launch, CTL_TIMED_OUT);
}
