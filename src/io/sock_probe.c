/* SPDX-License-Identifier: ISC */
#include "sock_probe.h"

#include "sock.h"

#include <errno.h>
#include <unistd.h>

int io_sock_probe(const struct io_addr *addr)
{
    struct herd_error_text error;
    errno = 0;
    int fd = io_sock_listen(addr, NULL, &error);
    int err = errno;
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0 ? 0 : err != 0 ? err : EINVAL;
}
