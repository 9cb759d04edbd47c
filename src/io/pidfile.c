/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "pidfile.h"

#include "file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct flock whole_file(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

/* ---- for the server ---- */

/* Whether the path leads to the open file. */
static bool is_in_place(const char *path, int fd)
{
    struct stat ours, there;
    return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

static int close_failed(int fd, const char *path, struct herd_error_text *error)
{
    herd_error_set(error, "%s: %s", path, strerror(errno));
    (void)close(fd);
    return HERD_ESYS;
}

/* Says who holds it; closes the descriptor. */
static int lock_refused(int fd, const char *path, struct herd_error_text *error)
{
    int err = errno;
    struct io_pidfile_view view = io_pidfile_look_at(fd);
    (void)close(fd);
    if (view.state != IO_PIDFILE_LOCKED) {
        herd_error_set(error, "%s: %s", path, strerror(err));
        return HERD_ESYS;
    }
    if (view.pid > 0)
        herd_error_set(error, "%s: already running as process %ld", path, (long)view.pid);
    else
        herd_error_set(error,
                       "%s: already running, in another pid namespace or on another "
                       "machine that shares this folder",
                       path);
    return IO_PIDFILE_USURPED;
}

/* Opens, locks and fills it. A server that ends removes its file while others may have it
 * open; a lock on such a file is worth nothing, so another attempt is made. Returns
 * HERD_OK, HERD_ESYS, or IO_PIDFILE_USURPED. */
static int acquire(const char *path, int *taken, struct herd_error_text *error)
{
    enum { TRIES = 100 };
    for (int i = 0; i < TRIES; i++) {
        char text[32];
        struct flock lock = whole_file(F_WRLCK);
        int fd = io_file_open(path, O_RDWR, 0644, error);
        if (fd < 0)
            return HERD_ESYS;
        if (fcntl(fd, F_SETLK, &lock) != 0)
            return lock_refused(fd, path, error);
        if (!is_in_place(path, fd)) {
            (void)close(fd);
            continue;
        }
        int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
        if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)len) != len)
            return close_failed(fd, path, error);
        *taken = fd;
        return HERD_OK;
    }
    herd_error_set(error, "%s: it was removed again and again", path);
    return HERD_ESYS;
}

int io_pidfile_take(struct io_pidfile *file, const char *path,
                    struct herd_error_text *error)
{
    *file = (struct io_pidfile){.path = path, .fd = -1};
    return acquire(path, &file->fd, error) == HERD_OK ? HERD_OK : HERD_ESYS;
}

int io_pidfile_keep(struct io_pidfile *file, struct herd_error_text *error)
{
    int fd;
    if (is_in_place(file->path, file->fd))
        return IO_PIDFILE_KEPT;
    int rc = acquire(file->path, &fd, error);
    if (rc != HERD_OK)
        return rc;
    /* If it was our own file, moved away and back, closing the other descriptor of it has
     * given up the lock. */
    struct flock lock = whole_file(F_WRLCK);
    (void)close(file->fd);
    file->fd = fd;
    (void)fcntl(fd, F_SETLK, &lock);
    return IO_PIDFILE_REMADE;
}

void io_pidfile_release(struct io_pidfile *file)
{
    if (is_in_place(file->path, file->fd))
        (void)unlink(file->path);
    (void)close(file->fd);
    file->fd = -1;
}

/* ---- for everybody else ---- */

int io_pidfile_open(const char *path)
{
    return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
}

/* A read-only descriptor may test for a read lock only; the server's write lock conflicts
 * with that, too. Systems give 0 or -1 for a holder that they cannot name. */
struct io_pidfile_view io_pidfile_look_at(int fd)
{
    struct flock lock = whole_file(F_RDLCK);
    if (fcntl(fd, F_GETLK, &lock) != 0)
        return (struct io_pidfile_view){.state = IO_PIDFILE_UNKNOWN, .err = errno};
    if (lock.l_type == F_UNLCK)
        return (struct io_pidfile_view){.state = IO_PIDFILE_STALE};
    return (struct io_pidfile_view){.state = IO_PIDFILE_LOCKED,
                                    .pid = lock.l_pid > 0 ? lock.l_pid : 0};
}

struct io_pidfile_view io_pidfile_look(const char *path)
{
    int fd = io_pidfile_open(path);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return (struct io_pidfile_view){.state = IO_PIDFILE_MISSING};
    if (fd < 0)
        return (struct io_pidfile_view){.state = IO_PIDFILE_UNKNOWN, .err = errno};
    struct io_pidfile_view view = io_pidfile_look_at(fd);
    (void)close(fd);
    return view;
}

pid_t io_pidfile_holder(const char *path)
{
    struct io_pidfile_view view = io_pidfile_look(path);
    return view.state == IO_PIDFILE_LOCKED ? view.pid : 0;
}
