/* free-ports N: prints N TCP ports of the loopback address that were free a moment ago,
 * one a line. All N are held at once before any is given back, so they differ. For demos
 * and scripts; whoever must not lose a race keeps the port bound instead. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST = 256 };

/* A bound socket, its port in *port, or -1. */
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
    if (argc != 2 || *end != '\0' || count < 1 || count > MOST) {
        fprintf(stderr, "usage: free-ports N (1 to %d)\n", MOST);
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
