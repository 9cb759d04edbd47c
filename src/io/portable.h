/* SPDX-License-Identifier: ISC */
/* Where systems differ: every #ifdef of the adapters is here, but for those about versions
 * of libcurl. What the headers of a system show is asked for in base/feature_macros.h. */
#ifndef IO_PORTABLE_H
#define IO_PORTABLE_H

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* For send(): no SIGPIPE. Systems without this flag have SO_NOSIGPIPE. */
#ifdef MSG_NOSIGNAL
enum { IO_SEND_FLAGS = MSG_NOSIGNAL };
#else
enum { IO_SEND_FLAGS = 0 };
#endif

/* Likewise, for a socket. */
static inline void io_portable_no_sigpipe(int fd)
{
#ifdef SO_NOSIGPIPE
    const int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#else
    (void)fd;
#endif
}

/* Makes poll() report a TCP socket writable only while fewer than `bytes` are unsent. False
 * when the system cannot. */
static inline bool io_portable_unsent_low_water(int fd, int bytes)
{
#ifdef TCP_NOTSENT_LOWAT
    return setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes) == 0;
#else
    (void)fd;
    (void)bytes;
    return false;
#endif
}

/* Bytes of a TCP socket that the other side has not acknowledged; -1: unknown. */
static inline int io_portable_unacknowledged(int fd)
{
    int bytes = -1;
#if defined(SO_NWRITE)
    socklen_t len = sizeof bytes;
    return getsockopt(fd, SOL_SOCKET, SO_NWRITE, &bytes, &len) == 0 ? bytes : -1;
#elif defined(FIONWRITE)
    return ioctl(fd, FIONWRITE, &bytes) == 0 ? bytes : -1;
#elif defined(__linux__) && defined(TIOCOUTQ)
    return ioctl(fd, TIOCOUTQ, &bytes) == 0 ? bytes : -1;
#else
    (void)fd;
    return bytes;
#endif
}

/* Whether an errno value says to try again later. EAGAIN and EWOULDBLOCK may be one number
 * or two. */
static inline bool io_portable_would_block(int err)
{
    return err == EAGAIN || err == EWOULDBLOCK || err == EINTR;
}

/* Makes a descriptor non-blocking and close-on-exec. accept4(), pipe2() and SOCK_CLOEXEC
 * would do that at its creation, but some systems lack them; since no adapter forks, a
 * moment without is harmless. False, with errno, when fcntl() fails. */
static inline bool io_portable_prepare(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags != -1 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) != -1 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) != -1;
}

#endif
