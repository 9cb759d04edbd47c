/* SPDX-License-Identifier: ISC */
/* Two networks of this process's own, joined by one wire that can lose everything without
 * a word: Linux network namespaces, where the system lets us make them. A socket, and a
 * program that is started, belongs to the network that was entered before.
 *
 * The addresses are NETNS_HERE and NETNS_THERE; each network has a loopback of its own. */
#ifndef TESTS_E2E_NETNS_H
#define TESTS_E2E_NETNS_H

#include <stdbool.h>

#define NETNS_HERE  "10.77.0.1"
#define NETNS_THERE "10.77.0.2"

struct netns {
    int home, side[2]; /* descriptors of networks; -1: none */
};

/* Makes the two. False: *why tells what is missing, nothing is left behind, and this
 * process is where it was. */
bool netns_open(struct netns *netns, const char **why);

/* Back home; the two networks vanish with their last sockets. */
void netns_close(struct netns *netns);

/* Enters the network of NETNS_HERE (0), of NETNS_THERE (1), or goes home (-1). */
bool netns_enter(const struct netns *netns, int side);

/* What is sent towards the other side by `side` is lost, or arrives again. */
bool netns_lose(const struct netns *netns, int side, bool lost);

#endif
