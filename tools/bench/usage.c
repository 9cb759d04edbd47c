/* SPDX-License-Identifier: ISC */
#include "usage.h"

#include "herd/instant.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

enum { TEXT = 8192, KB = 1024 };

static bool read_text(pid_t pid, const char *file, char *text)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, file);
    FILE *stream = fopen(path, "r");
    if (stream == NULL)
        return false;
    size_t len = fread(text, 1, TEXT - 1, stream);
    text[len] = '\0';
    (void)fclose(stream);
    return len > 0;
}

/* The program's name, in parentheses, may contain any bytes; the user time is the twelfth
 * word after it, the system time the thirteenth. */
static int64_t cpu_ticks(const char *text)
{
    const char *at = strrchr(text, ')');
    char *end;
    for (int word = 0; at != NULL && word < 12; word++)
        at = strchr(at + 1, ' ');
    if (at == NULL)
        return -1;
    int64_t user = strtoll(at, &end, 10);
    return user + strtoll(end, NULL, 10);
}

static int64_t bytes_of(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at != NULL ? strtoll(at + strlen(name), NULL, 10) * KB : -1;
}

static bool add_process(struct usage *usage, pid_t pid)
{
    char text[TEXT];
    long ticks_per_second = sysconf(_SC_CLK_TCK);
    if (pid <= 0 || ticks_per_second <= 0 || !read_text(pid, "stat", text))
        return false;
    int64_t ticks = cpu_ticks(text);
    if (ticks < 0)
        return false;
    usage->cpu_ns += ticks * (HERD_NS_PER_S / ticks_per_second);
    bool told = usage->memory >= 0 && read_text(pid, "status", text);
    int64_t memory = told ? bytes_of(text, "\nVmRSS:") : -1;
    usage->memory = memory < 0 ? -1 : usage->memory + memory;
    usage->memory_most += memory < 0 ? 0 : bytes_of(text, "\nVmHWM:");
    return true;
}

void usage_read(struct usage *usage, const pid_t *pids, int most)
{
    *usage = (struct usage){.known = most > 0 && pids[0] > 0};
    for (int i = 0; i < most && pids[i] != 0; i++)
        usage->known = add_process(usage, pids[i]) && usage->known;
}

static int64_t ns_of(struct timeval time)
{
    return (int64_t)time.tv_sec * HERD_NS_PER_S + (int64_t)time.tv_usec * 1000;
}

void usage_read_own(struct usage *usage)
{
    struct rusage own;
    const pid_t own_pid = getpid();
    usage_read(usage, &own_pid, 1);
    if (getrusage(RUSAGE_SELF, &own) != 0)
        return;
    usage->known = true;
    usage->cpu_ns = ns_of(own.ru_utime) + ns_of(own.ru_stime);
}
