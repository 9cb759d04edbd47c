/* SPDX-License-Identifier: ISC */
#include "random.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Why not all bytes were read, or NULL. */
static const char *read_all(int fd, char *at, size_t left)
{
    while (left > 0) {
        ssize_t n = read(fd, at, left);
        if (n == 0)
            return "it is at its end";
        if (n < 0 && errno != EINTR)
            return strerror(errno);
        if (n > 0) {
            at += n;
            left -= (size_t)n;
        }
    }
    return NULL;
}

/* Looks before it opens: open() of a FIFO would wait for a writer, and with O_NONBLOCK some
 * systems refuse to read before the device has been seeded. */
static int open_device(const char *path, const char **problem)
{
    struct stat st;
    int fd = -1;
    if (stat(path, &st) == 0 && !S_ISCHR(st.st_mode))
        *problem = "it is not a device";
    else if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) < 0)
        *problem = strerror(errno);
    return fd;
}

int io_random_from(const char *path, void *bytes, size_t size,
                   struct herd_error_text *error)
{
    const char *problem = NULL;
    int fd = open_device(path, &problem);
    if (fd >= 0) {
        problem = read_all(fd, bytes, size);
        (void)close(fd);
    }
    if (problem == NULL)
        return HERD_OK;
    herd_error_set(
        error,
        "no random bytes from %s: %s; give the chroot or container the device of "
        "that name",
        path, problem);
    return HERD_ESYS;
}

int io_random(void *bytes, size_t size, struct herd_error_text *error)
{
    return io_random_from("/dev/urandom", bytes, size, error);
}
