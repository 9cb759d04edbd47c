/* SPDX-License-Identifier: ISC */
/* free-ports N: prints N different TCP ports of the loopback address that are free, one per
 * line. All N are bound at the same time and released when the program exits, so another
 * process may take one before it is used. For demos and scripts. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORTS_MAX = 256 };

/* Returns a bound socket and sets *port, or returns -1 with errno. It stays open until the
 * program exits. */
static int hold_port(unsigned *port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET};
    socklen_t len = sizeof sa;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof sa) != 0 ||
        getsockname(fd, (struct sockaddr *)&sa, &len) != 0)
        return -1;
    *port = ntohs(sa.sin_port);
    return fd;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    long count = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (argc != 2 || *end != '\0' || count < 1 || count > PORTS_MAX) {
        fprintf(stderr, "usage: free-ports N (1 to %d)\n", PORTS_MAX);
        return 2;
    }
    for (long i = 0; i < count; i++) {
        unsigned port;
        if (hold_port(&port) < 0) {
            perror("free-ports");
            return 1;
        }
        printf("%u\n", port);
    }
    return 0;
}
