/* SPDX-License-Identifier: ISC */
/* Addresses as real machines have them: names that nobody knows, several addresses for one
 * server, and others than those that it can bind. What needs a network of its own is in
 * tests/net. */
#include "check.h"
#include "herd_proc.h"
#include "io/sock.h"
#include "links.h"
#include "relay.h"
#include "shell.h"

#include <stdio.h>
#include <unistd.h>

enum { GOLOMAN, HANDS, TEXT = 192 };

/* Server `on` reads another address of server `i`: `host`, with the same port, and up to
 * two hosts to listen on (NULL: none). */
static void edit(struct herd_proc *herd, uint32_t on, uint32_t i, const char *role,
                 const char *host, const char *const listen[2])
{
    char from[TEXT], to[TEXT];
    const struct herd_conf_server *server = &herd->conf.servers[i];
    unsigned port = role[0] == 'c' ? server->client.port : server->peer.port;
    snprintf(from, sizeof from, "%s 127.0.0.1:%u", role, port);
    int len = snprintf(to, sizeof to, "%s %s:%u", role, host, port);
    for (int k = 0; k < 2 && listen[k] != NULL; k++)
        len +=
            snprintf(to + len, sizeof to - (size_t)len, " listen %s:%u", listen[k], port);
    CHECK(herd_proc_edit(herd, on, from, to));
}

static const char *const nowhere[2] = {NULL, NULL};
static const char *const here[2] = {"127.0.0.1", NULL};
static const char *const both[2] = {"127.0.0.1", "[::1]"};

/* RFC 6761: no name below .invalid is ever known. */
static void an_unknown_neighbour_stops_nobody(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    edit(&herd, GOLOMAN, HANDS, "peer", "hands.invalid", nowhere);
    CHECK(herd_proc_start(&herd, GOLOMAN));
    CHECK(links_wait_log(&herd, GOLOMAN, "cannot reach Hands: look up hands.invalid: "));
    CHECK_LABEL("asked again, and the link comes up when Hands dials");
    CHECK(links_wait_count(&herd, GOLOMAN, "dials_failed", 4));
    CHECK(herd_proc_start_all(&herd));
    herd_proc_close(&herd);
}

/* The address that others dial leads to a relay, as that of a gateway leads to a container.
 * What Hands knows of it is nothing that it can bind. */
static void is_reached_elsewhere(void)
{
    struct herd_proc herd;
    struct relay relay;
    int64_t conns = 0, bytes = 0;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    if (CHECK(relay_open(&relay, &herd, GOLOMAN, HANDS))) {
        edit(&herd, HANDS, HANDS, "peer", "gateway.invalid", here);
        CHECK(herd_proc_start_all(&herd));
        CHECK(relay_count(&relay, &conns, &bytes) && conns > 0 && bytes > 0);
        relay_close(&relay);
    }
    herd_proc_close(&herd);
}

static bool has_ipv6(void)
{
    struct herd_error_text error;
    struct io_addr addr;
    int fd = io_addr_lookup(&addr, "::1", 0, &error) == HERD_OK
                 ? io_sock_listen(&addr, NULL, &error)
                 : -1;
    if (fd >= 0)
        (void)close(fd);
    else
        fprintf(stderr, "both families: skipped: no IPv6: %s\n", error.text);
    return fd >= 0;
}

static void both_families_are_served(void)
{
    struct herd_proc herd;
    if (!has_ipv6())
        return;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    unsigned port = herd.conf.servers[GOLOMAN].client.port;
    edit(&herd, GOLOMAN, GOLOMAN, "client", "localhost", both);
    CHECK(herd_proc_start(&herd, GOLOMAN));
    shell_expect(shell(herd.dir, "herdctl -s 127.0.0.1:%u iamat four +34.07-118.45", port),
                 0, "AT Goloman ", NULL);
    shell_expect(shell(herd.dir, "herdctl -s '[::1]:%u' iamat six +34.07-118.45", port), 0,
                 "AT Goloman ", NULL);
    herd_proc_close(&herd);
}

static void unknown_names_are_told_of(void)
{
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    edit(&herd, HANDS, HANDS, "peer", "hands.invalid", here);
    shell_expect(shell(herd.dir, "\"$HERD_BIN\" -c Hands.conf -t 2>&1 >/dev/null"), 0,
                 "peer address of Hands: look up hands.invalid: ", NULL);
    CHECK_LABEL("a server's own name has to be known");
    edit(&herd, GOLOMAN, GOLOMAN, "client", "goloman.invalid", nowhere);
    shell_expect(shell(herd.dir, "\"$HERD_BIN\" -c Goloman.conf Goloman"), 1, NULL,
                 "herd: Goloman: look up goloman.invalid: ");
    herd_proc_close(&herd);
}

const struct check_test test_names[] = {
    {"an_unknown_neighbour_stops_nobody", an_unknown_neighbour_stops_nobody},
    {"is_reached_elsewhere", is_reached_elsewhere},
    {"both_families_are_served", both_families_are_served},
    {"unknown_names_are_told_of", unknown_names_are_told_of},
    {NULL, NULL},
};
