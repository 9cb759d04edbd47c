/* SPDX-License-Identifier: ISC */
#include "random.h"

#include "herd/err.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int read_all(int fd, char *at, size_t left)
{
    while (left > 0) {
        ssize_t n = read(fd, at, left);
        if (n == 0)
            errno = EIO;
        if (n == 0 || (n < 0 && errno != EINTR))
            return HERD_ESYS;
        if (n > 0) {
            at += n;
            left -= (size_t)n;
        }
    }
    return HERD_OK;
}

int io_random(void *bytes, size_t size)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return HERD_ESYS;
    int rc = read_all(fd, bytes, size);
    close(fd);
    return rc;
}
