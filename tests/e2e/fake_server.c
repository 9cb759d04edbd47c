/* SPDX-License-Identifier: ISC */
#include "fake_server.h"

#include "guard.h"
#include "wait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIFE_S = 600, BACKLOG = 16 };

/* ---- the process ---- */

static bool lock(const char *path)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    return fd >= 0 && fcntl(fd, F_SETLK, &whole) == 0;
}

static bool read_line(int fd)
{
    char byte = 0;
    while (byte != '\n')
        if (read(fd, &byte, 1) != 1)
            return false;
    return true;
}

static void serve(int listener, const char *reply)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0 || reply == NULL)
            continue;
        if (read_line(fd))
            (void)!write(fd, reply, strlen(reply));
        (void)close(fd);
    }
}

/* No return. `ready` hears a byte as soon as herdctl may come. */
static void become(int listener, const char *pid_path, const char *reply, int ready)
{
    alarm(LIFE_S);
    if (pid_path != NULL && !lock(pid_path))
        _exit(1);
    if (write(ready, "r", 1) != 1)
        _exit(1);
    (void)close(ready);
    serve(listener, reply);
    _exit(0);
}

/* ---- starting it ---- */

static bool start(struct fake_server *fake, int listener, const char *pid_path,
                  const char *reply)
{
    int ends[2];
    char byte;
    fake->pid = 0;
    if (listener < 0 || pipe(ends) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        become(listener, pid_path, reply, ends[1]);
    }
    (void)close(ends[1]);
    (void)close(listener);
    if (pid > 0) {
        guard_pid(pid);
        fake->pid = pid;
    }
    bool ready =
        wait_fd(ends[0], POLLIN, now_ms() + WAIT_MS) && read(ends[0], &byte, 1) == 1;
    (void)close(ends[0]);
    if (!ready && pid > 0)
        fake_stop(fake);
    return ready;
}

static int listen_at(int fd, const struct sockaddr *sa, socklen_t len)
{
    int on = 1;
    if (fd < 0)
        return -1;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (sa->sa_family == AF_INET)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, sa, len) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

bool fake_control(struct fake_server *fake, const struct herd_proc *herd, uint32_t i,
                  const char *reply)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    char path[HERD_PROC_PATH];
    fake->pid = 0;
    (void)snprintf(path, sizeof path, "%s/run", herd->dir);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return false;
    herd_proc_path(herd, path, "run", i, ".sock");
    if (strlen(path) >= sizeof sa.sun_path)
        return false;
    memcpy(sa.sun_path, path, strlen(path) + 1);
    (void)unlink(path);
    int listener =
        listen_at(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&sa, sizeof sa);
    herd_proc_path(herd, path, "run", i, ".pid");
    return start(fake, listener, path, reply);
}

bool fake_clients(struct fake_server *fake, struct herd_proc *herd, uint32_t i,
                  const char *reply)
{
    struct sockaddr_in sa = {.sin_family = AF_INET,
                             .sin_port = htons(herd->client[i].number)};
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    port_lend(&herd->client[i]);
    return start(
        fake, listen_at(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&sa, sizeof sa),
        NULL, reply);
}

void fake_stop(struct fake_server *fake)
{
    if (fake->pid == 0)
        return;
    (void)kill(fake->pid, SIGKILL);
    while (waitpid(fake->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    guard_pid_gone(fake->pid);
    fake->pid = 0;
}
