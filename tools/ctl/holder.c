/* SPDX-License-Identifier: ISC */
/* Linux lists sockets with their inodes in /proc/net, and the sockets of a process in
 * /proc/PID/fd. Where there is no /proc nothing is found, and "another program" is said. */
#include "holder.h"

#include "io/sock_probe.h"
#include "run_dir.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH_SIZE = 320, LINE_SIZE = 512, PROGRAM_NAME = 64 };

/* ---- the socket ---- */

/* A line of /proc/net/tcp: number, local address and port in hexadecimal, remote ones,
 * state (0A: listening), queues, timer, retransmissions, user, timeout, inode. */
static bool parse_listener(const char *line, char *host, unsigned *port, char *inode)
{
    char hex[5], state[3];
    if (sscanf(line,
               " %*d: %32[0-9A-F]:%4[0-9A-F] %*[0-9A-F]:%*[0-9A-F] %2[0-9A-F] %*s %*s %*s "
               "%*s %*s %20[0-9]",
               host, hex, state, inode) != 4)
        return false;
    *port = (unsigned)strtoul(hex, NULL, 16);
    return strcmp(state, "0A") == 0;
}

/* The kernel prints an IPv4 address as the number that it is in memory. */
static bool is_same_host(const char *host, const struct io_addr *addr)
{
    struct sockaddr_in in;
    char text[16];
    if (addr->sa.ss_family != AF_INET || strlen(host) != 8)
        return addr->sa.ss_family == AF_INET6 || strlen(host) > 8;
    memcpy(&in, &addr->sa, sizeof in);
    (void)snprintf(text, sizeof text, "%08lX", (unsigned long)in.sin_addr.s_addr);
    return in.sin_addr.s_addr == htonl(INADDR_ANY) || strcmp(host, "00000000") == 0 ||
           strcmp(host, text) == 0;
}

/* Writes "socket:[INODE]" to `socket` (LINE_SIZE bytes). */
static bool find_socket(const char *table, const struct io_addr *addr, unsigned port,
                        char *socket)
{
    char line[LINE_SIZE], host[33], inode[21];
    unsigned number = 0;
    bool found = false;
    FILE *in = fopen(table, "r");
    while (in != NULL && !found && fgets(line, sizeof line, in) != NULL)
        found = parse_listener(line, host, &number, inode) && number == port &&
                is_same_host(host, addr);
    if (in != NULL)
        (void)fclose(in);
    if (found)
        (void)snprintf(socket, LINE_SIZE, "socket:[%s]", inode);
    return found;
}

/* ---- its process ---- */

static bool has_socket(const char *pid, const char *socket)
{
    char path[PATH_SIZE], link[LINE_SIZE];
    const struct dirent *entry;
    (void)snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
    DIR *dir = opendir(path);
    bool found = false;
    while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
        (void)snprintf(path, sizeof path, "/proc/%.20s/fd/%.20s", pid, entry->d_name);
        ssize_t len = readlink(path, link, sizeof link - 1);
        link[len > 0 ? len : 0] = '\0';
        found = strcmp(link, socket) == 0;
    }
    if (dir != NULL)
        (void)closedir(dir);
    return found;
}

static pid_t find_process(const char *socket)
{
    const struct dirent *entry;
    DIR *dir = opendir("/proc");
    long pid = 0;
    while (dir != NULL && pid == 0 && (entry = readdir(dir)) != NULL)
        if (strspn(entry->d_name, "0123456789") == strlen(entry->d_name) &&
            has_socket(entry->d_name, socket))
            pid = strtol(entry->d_name, NULL, 10);
    if (dir != NULL)
        (void)closedir(dir);
    return (pid_t)pid;
}

static void read_program(pid_t pid, char *program)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "/proc/%ld/comm", (long)pid);
    FILE *in = fopen(path, "r");
    if (in == NULL || fgets(program, PROGRAM_NAME, in) == NULL)
        (void)snprintf(program, PROGRAM_NAME, "another program");
    program[strcspn(program, "\n")] = '\0';
    if (in != NULL)
        (void)fclose(in);
}

/* ---- its name ---- */

struct search {
    pid_t pid;
    char name[HERD_CONF_NAME_MAX + 1]; /* "": it is not a server of this run-dir */
};

static bool compare(void *arg, const char *name, pid_t pid)
{
    struct search *search = arg;
    if (pid != search->pid)
        return true;
    (void)snprintf(search->name, sizeof search->name, "%s", name);
    return false;
}

static void explain(const struct servers *servers, const char *server, const char *address,
                    pid_t pid)
{
    struct search search = {.pid = pid};
    char program[PROGRAM_NAME];
    if (pid > 0)
        run_dir_each(servers, compare, &search);
    if (pid == 0) {
        ctl_error(CTL_FAILED, "%s: %s is in use by another program", server, address);
    } else if (search.name[0] != '\0') {
        ctl_error(CTL_FAILED,
                  "%s: %s is in use by the server %s (pid %ld); `herdctl stop %s` stops it",
                  server, address, search.name, (long)pid, search.name);
    } else {
        read_program(pid, program);
        ctl_error(CTL_FAILED, "%s: %s is in use by another program: %s (pid %ld)", server,
                  address, program, (long)pid);
    }
}

static void explain_host(const struct servers *servers, const char *server,
                         const struct herd_conf_addr *at)
{
    struct herd_error_text error;
    struct io_addrs addrs;
    char text[IO_ADDR_TEXT_SIZE], socket[LINE_SIZE];
    if (at->port == 0 || io_addrs_lookup(&addrs, at->host, at->port, &error) != HERD_OK)
        return;
    for (size_t i = 0; i < addrs.count; i++) {
        if (io_sock_probe(&addrs.list[i]) != EADDRINUSE)
            continue;
        io_addr_text(&addrs.list[i], text);
        bool found = find_socket("/proc/net/tcp", &addrs.list[i], at->port, socket) ||
                     find_socket("/proc/net/tcp6", &addrs.list[i], at->port, socket);
        explain(servers, server, text, found ? find_process(socket) : 0);
    }
}

static void explain_role(const struct servers *servers, const char *server,
                         const struct herd_conf_addr *reached,
                         const struct herd_conf_listen *listen)
{
    if (listen->count == 0)
        explain_host(servers, server, reached);
    for (uint32_t i = 0; i < listen->count; i++)
        explain_host(servers, server, &listen->list[i]);
}

void holder_explain(const struct servers *servers, uint32_t i)
{
    const struct herd_conf_server *server = &servers->conf.servers[i];
    explain_role(servers, server->name, &server->client, &server->client_listen);
    explain_role(servers, server->name, &server->peer, &server->peer_listen);
}
