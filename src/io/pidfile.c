/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "pidfile.h"

#include "file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct flock whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

static int failed(int fd, const char *path, struct herd_error_text *error)
{
    pid_t holder = io_pidfile_holder(path);
    if (holder > 0)
        herd_error_set(error, "%s: already running as process %ld", path, (long)holder);
    else
        herd_error_set(error, "%s: %s", path, strerror(errno));
    close(fd);
    return -1;
}

int io_pidfile_take(const char *path, struct herd_error_text *error)
{
    char text[32];
    struct flock lock = whole_file();
    int fd = io_file_open(path, O_RDWR, 0644, error);
    if (fd < 0)
        return -1;
    if (fcntl(fd, F_SETLK, &lock) != 0)
        return failed(fd, path, error);
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)len) != len)
        return failed(fd, path, error);
    return fd;
}

void io_pidfile_release(const char *path, int fd)
{
    unlink(path);
    close(fd);
}

pid_t io_pidfile_holder(const char *path)
{
    struct flock lock = whole_file();
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
    if (fd < 0)
        return 0;
    /* A read-only descriptor may test for a read lock only; the server's write lock
     * conflicts with that, too. */
    lock.l_type = F_RDLCK;
    int rc = fcntl(fd, F_GETLK, &lock);
    close(fd);
    return rc == 0 && lock.l_type != F_UNLCK ? lock.l_pid : 0;
}
