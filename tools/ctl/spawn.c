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

enum { SHOWN_ERRORS = 4096 };

static const char *name_of(const struct launch *launch, const struct servers *servers)
{
    return servers->conf.servers[launch->server].name;
}

/* ---- the child ---- */

/* What herdctl itself was started with, a pipe of a script for example, must not stay open
 * for as long as the server lives. Nobody has a portable way to close all. */
static void close_inherited(void)
{
    enum { SOME = 1024 };
    for (int fd = STDERR_FILENO + 1; fd < SOME; fd++)
        (void)close(fd);
}

/* In the new process; no return. What goes wrong is for its standard error. */
static void become(const char *program, char **argv, int out, int errors)
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

/* Forks. Both descriptors are the child's alone afterwards. */
static pid_t start_child(const struct launch *launch, const struct servers *servers,
                         const char *program, int out, int errors)
{
    char conf[IO_PATH_MAX], name[HERD_CONF_NAME_MAX + 1];
    char herd[] = "herd", flag[] = "-c", rest[] = "--";
    char *argv[] = {herd, flag, conf, rest, name, NULL};
    (void)snprintf(conf, sizeof conf, "%s", servers->conf_path);
    (void)snprintf(name, sizeof name, "%s", name_of(launch, servers));
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become(program, argv, out, errors);
    return pid;
}

/* ---- before and after ---- */

static int open_errors(struct launch *launch, const struct servers *servers)
{
    struct herd_error_text error = {"the path of log-dir is too long"};
    char folder[IO_PATH_MAX];
    const char *log_dir = servers->conf.log_dir;
    if (!servers_path(servers, log_dir, launch->server, ".err", launch->errors))
        return -1;
    if (io_conf_file_path(folder, servers->conf_path, log_dir, NULL, NULL) != HERD_OK ||
        io_file_make_dir(folder, &error) != HERD_OK) {
        ctl_complain(CTL_REFUSED, "%s: %s", name_of(launch, servers), error.text);
        return -1;
    }
    int fd = open(launch->errors, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    launch->errors_from = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    if (fd < 0)
        ctl_complain(CTL_REFUSED, "%s: %s", launch->errors, strerror(errno));
    return fd;
}

int spawn(struct launch *launch, const struct servers *servers, const char *program)
{
    int ends[2];
    *launch = (struct launch){.server = launch->server, .out = -1, .status = CTL_REFUSED};
    int errors = open_errors(launch, servers);
    if (errors < 0)
        return CTL_REFUSED;
    int rc = pipe(ends);
    if (rc == 0) {
        close_on_exec(ends[0]);
        close_on_exec(ends[1]);
        (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
        launch->pid = start_child(launch, servers, program, ends[1], errors);
        (void)close(ends[1]);
        launch->out = ends[0];
    }
    int err = errno;
    (void)close(errors);
    if (rc == 0 && launch->pid > 0)
        return CTL_OK;
    if (launch->out >= 0)
        (void)close(launch->out);
    launch->out = -1;
    launch->pid = 0;
    return ctl_complain(CTL_REFUSED, "%s: cannot start: %s", name_of(launch, servers),
                        strerror(err));
}

static void end_launch(struct launch *launch, int status)
{
    (void)close(launch->out);
    launch->out = -1;
    launch->status = status;
}

/* What the server wrote to its standard error, as far as it is ours. */
static void show_errors(const struct launch *launch)
{
    char text[SHOWN_ERRORS];
    int fd = open(launch->errors, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? pread(fd, text, sizeof text, launch->errors_from) : -1;
    if (fd >= 0)
        (void)close(fd);
    for (ssize_t at = 0; at < got;) {
        const char *lf = memchr(text + at, '\n', (size_t)(got - at));
        ssize_t len = lf != NULL ? lf - (text + at) : got - at;
        ctl_complain(CTL_REFUSED, "  %.*s", (int)len, text + at);
        at += len + 1;
    }
}

/* A process closes its descriptors a moment before it can be waited for. Whoever closes
 * its standard output and lives on is no herd. */
static bool wait_end(struct launch *launch, int *how)
{
    enum { LOOKS = 100, LOOK_EVERY_MS = 10 };
    for (int i = 0; i < LOOKS; i++) {
        pid_t pid = waitpid(launch->pid, how, WNOHANG);
        if (pid == launch->pid || (pid < 0 && errno != EINTR))
            return true;
        (void)poll(NULL, 0, LOOK_EVERY_MS);
    }
    (void)kill(launch->pid, SIGTERM);
    return false;
}

static void tell_end(struct launch *launch, const struct servers *servers)
{
    int how = 0;
    const char *name = name_of(launch, servers);
    if (!wait_end(launch, &how))
        ctl_complain(CTL_REFUSED,
                     "%s (pid %ld) is no herd program: it never said that it "
                     "is ready",
                     name, (long)launch->pid);
    else if (WIFSIGNALED(how))
        ctl_complain(CTL_REFUSED, "%s did not start, signal %d ended it", name,
                     WTERMSIG(how));
    else
        ctl_complain(CTL_REFUSED, "%s did not start, it ended with status %d", name,
                     WEXITSTATUS(how));
    show_errors(launch);
    end_launch(launch, CTL_REFUSED);
}

/* "ready NAME client ADDRESS peer ADDRESS": the word behind " client ". */
static void tell_ready(struct launch *launch, const struct servers *servers)
{
    static const char mark[] = " client ";
    const char *at = strstr(launch->said, mark);
    at = at != NULL ? at + strlen(mark) : "?";
    printf("%s is up (pid %ld): client %.*s\n", name_of(launch, servers), (long)launch->pid,
           (int)strcspn(at, " \n"), at);
    end_launch(launch, CTL_OK);
}

void spawn_hear(struct launch *launch, const struct servers *servers)
{
    char *room = launch->said + launch->said_len;
    size_t left = sizeof launch->said - 1 - launch->said_len;
    ssize_t got = read(launch->out, room, left);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (got <= 0) {
        tell_end(launch, servers);
        return;
    }
    launch->said_len += (size_t)got;
    launch->said[launch->said_len] = '\0';
    if (strchr(launch->said, '\n') != NULL)
        tell_ready(launch, servers);
}

void spawn_give_up(struct launch *launch, const struct servers *servers, int64_t timeout_ms)
{
    (void)kill(launch->pid, SIGTERM);
    ctl_complain(CTL_LATE, "%s was not ready within %g s, and was told to end",
                 name_of(launch, servers), (double)timeout_ms / 1000);
    show_errors(launch);
    end_launch(launch, CTL_LATE);
}
