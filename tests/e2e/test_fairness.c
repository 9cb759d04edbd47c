/* SPDX-License-Identifier: ISC */
/* Clients of one address ask for more places than a slow provider can answer, and clients
 * of other addresses are served all the same. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"
#include "links.h"
#include "places_proc.h"
#include "wait.h"

#include <stdio.h>
#include <string.h>

extern const struct check_test test_fairness[];

enum {
    GREEDY = 70,    /* connections of one address ... */
    QUERIES = 64,   /* ... with as many held replies as a client may have */
    RADII = 50,     /* a radius has 1 to 50 km */
    WAITING = 4096, /* lookups-waiting-max */
    HONEST = 7,     /* each from an address of its own */
    LINE = 64,
};

static const char *const delayed[] = {"--delay-ms", "500", NULL};

struct rig {
    struct places_proc places;
    struct herd_proc herd;
    struct client greedy[GREEDY], honest[HONEST];
};

/* Each query is for another place, so that no two share a request. */
static bool ask_much(struct rig *rig, int i)
{
    char text[(QUERIES + 2) * LINE];
    int len =
        snprintf(text, sizeof text, "IAMAT a%d +1+%d 1\nIAMAT b%d +2+%d 1\n", i, i, i, i);
    for (int q = 0; q < QUERIES; q++)
        len += snprintf(text + len, sizeof text - (size_t)len, "WHATSAT %c%d %d 1\n",
                        q < RADII ? 'a' : 'b', i, q % RADII + 1);
    return herd_proc_connect(&rig->herd, 0, &rig->greedy[i]) &&
           client_say(&rig->greedy[i], text);
}

static bool rig_open(struct rig *rig)
{
    char text[PLACES_CONF + LINE];
    if (!places_proc_start_with(&rig->places, delayed))
        return false;
    snprintf(text, sizeof text, "%slog-traffic no\n", rig->places.conf_line);
    bool ok = herd_proc_open(&rig->herd, "ucla-2018", text);
    if (ok && herd_proc_start(&rig->herd, 0))
        return true;
    if (ok)
        herd_proc_close(&rig->herd);
    places_proc_stop(&rig->places);
    return false;
}

static bool honest_open(struct rig *rig, int i)
{
    char address[LINE];
    snprintf(address, sizeof address, "127.0.0.%d", i + 2);
    return client_open_from(&rig->honest[i], address, rig->herd.client[0].number);
}

static bool honest_ask(struct rig *rig, int i)
{
    char text[2 * LINE];
    struct herd_slice got;
    snprintf(text, sizeof text, "IAMAT h%d +3+%d 1\n", i, i);
    if (!client_ask(&rig->honest[i], text, &got))
        return false;
    snprintf(text, sizeof text, "WHATSAT h%d 1 1\n", i);
    return client_say(&rig->honest[i], text);
}

/* All ask while the queue is full; how many are refused. */
static int refused_of_honest(struct rig *rig)
{
    struct herd_slice reply;
    int refused = 0;
    for (int i = 0; i < HONEST; i++)
        CHECK(honest_open(rig, i) && honest_ask(rig, i));
    for (int i = 0; i < HONEST; i++) {
        CHECK(client_reply(&rig->honest[i], &reply));
        refused += bytes_have(reply, "OVER_QUERY_LIMIT");
        client_close(&rig->honest[i]);
    }
    return refused;
}

static void a_greedy_address_keeps_nobody_out(void)
{
    static struct rig rig;
    struct client probe;
    REQUIRE(rig_open(&rig));
    bool other = client_open_from(&probe, "127.0.0.2", rig.herd.client[0].number);
    if (other) {
        client_close(&probe);
        for (int i = 0; i < GREEDY; i++)
            CHECK(ask_much(&rig, i));
        CHECK(links_wait_count(&rig.herd, 0, "requests_waiting", WAITING));
        int64_t start = now_ms();
        int refused = refused_of_honest(&rig);
        note(
            "%d connections of one address ask %d times each: %d of %d others are refused, "
            "and all have their replies after %d ms",
            GREEDY, QUERIES, refused, HONEST, (int)(now_ms() - start));
        CHECK_INT(refused, 0);
        for (int i = 0; i < GREEDY; i++)
            client_close(&rig.greedy[i]);
    } else {
        note("not tried: 127.0.0.2 is no address of this machine");
    }
    herd_proc_close(&rig.herd);
    places_proc_stop(&rig.places);
}

const struct check_test test_fairness[] = {
    {"a_greedy_address_keeps_nobody_out", a_greedy_address_keeps_nobody_out},
    {NULL, NULL},
};
