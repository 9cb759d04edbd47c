/* SPDX-License-Identifier: ISC */
/* setns() and unshare() are not POSIX: base/feature_macros.h shows them to this file. Other
 * systems take its second half. */
#include "netns.h"

#ifdef __linux__

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const addresses[2] = {NETNS_HERE, NETNS_THERE};
static const char *const macs[2] = {"02:00:00:00:00:01", "02:00:00:00:00:02"};
#define NOBODY "02:00:00:00:00:99"

static bool run(const char *command)
{
    char quiet[512];
    snprintf(quiet, sizeof quiet, "%s >/dev/null 2>&1", command);
    return system(quiet) == 0;
}

static int current(void)
{
    return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static bool fresh(int *fd)
{
    *fd = unshare(CLONE_NEWNET) == 0 ? current() : -1;
    return *fd >= 0;
}

/* Without a word: frames to this address are delivered, and belong to nobody. */
bool netns_lose(const struct netns *netns, int side, bool lost)
{
    char command[160];
    snprintf(command, sizeof command,
             "ip neigh replace %s lladdr %s dev wire%d nud permanent", addresses[!side],
             lost ? NOBODY : macs[!side], side);
    bool ok = netns_enter(netns, side) && run(command);
    return netns_enter(netns, -1) && ok;
}

static bool configure(const struct netns *netns, int side)
{
    char command[256];
    snprintf(command, sizeof command,
             "ip link set lo up && ip link set wire%d address %s && "
             "ip addr add %s/24 dev wire%d && ip link set wire%d up",
             side, macs[side], addresses[side], side, side);
    return netns_enter(netns, side) && run(command) && netns_lose(netns, side, false);
}

static bool connect_them(const struct netns *netns)
{
    char command[160];
    snprintf(command, sizeof command,
             "ip link add wire0 type veth peer name wire1 netns /proc/%ld/fd/%d",
             (long)getpid(), netns->side[1]);
    return netns_enter(netns, 0) && run(command) && configure(netns, 0) &&
           configure(netns, 1);
}

bool netns_open(struct netns *netns, const char **why)
{
    *netns = (struct netns){current(), {-1, -1}};
    *why = "this system has no network namespaces";
    if (netns->home < 0)
        return false;
    *why = "making a network namespace needs more rights";
    if (fresh(&netns->side[0]) && fresh(&netns->side[1])) {
        *why = "ip (iproute2) is missing, or can make no veth";
        if (connect_them(netns) && netns_enter(netns, -1))
            return true;
    }
    netns_close(netns);
    return false;
}

void netns_close(struct netns *netns)
{
    int *fds[] = {&netns->side[0], &netns->side[1], &netns->home};
    (void)netns_enter(netns, -1);
    for (int i = 0; i < 3; i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
}

bool netns_enter(const struct netns *netns, int side)
{
    return setns(side < 0 ? netns->home : netns->side[side], CLONE_NEWNET) == 0;
}

#else

bool netns_open(struct netns *netns, const char **why)
{
    *netns = (struct netns){-1, {-1, -1}};
    *why = "network namespaces are Linux's";
    return false;
}

void netns_close(struct netns *netns)
{
    (void)netns;
}

bool netns_enter(const struct netns *netns, int side)
{
    (void)netns;
    return side < 0;
}

bool netns_lose(const struct netns *netns, int side, bool lost)
{
    (void)netns;
    (void)side;
    return !lost;
}

#endif
