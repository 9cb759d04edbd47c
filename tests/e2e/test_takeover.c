/* SPDX-License-Identifier: ISC */
/* A program on this machine that knows the protocol and the names, but not the key, tries
 * to take a live link over and to send records. The herd has no herd-key-file. */
#include "check.h"
#include "files.h"
#include "links.h"
#include "peer_talk.h"
#include "wait.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { GOLOMAN = 0, HANDS = 1, ATTACK_MS = 1000, PROOF = 160 };

/* What the attacker sends in the place of a proof. */
enum attack { NONE, REFLECTED, OF_UP, EARLIER, ATTACKS };

static const char zero_mac[] =
    "0000000000000000000000000000000000000000000000000000000000000000";

struct attacker {
    struct herd_proc *herd;
    char boot[17];    /* the neighbour's boot id, as far as it is told */
    char earlier[80]; /* a MAC of an earlier connection */
    int64_t tries, successes, told;
};

static struct peer_self self_of(const struct attacker *a, uint32_t from, uint32_t to)
{
    return (struct peer_self){.from = a->herd->conf.servers[from].name,
                              .to = a->herd->conf.servers[to].name};
}

/* Greets `to` as `from`; the server's AUTH is in *auth. */
static bool greet(struct attacker *a, struct peer_talk *talk, uint32_t from, uint32_t to,
                  struct peer_frame *auth)
{
    const struct peer_self self = self_of(a, from, to);
    if (!peer_talk_dial(talk, a->herd->peer[to].number, &self))
        return false;
    if (peer_talk_hello(talk) && peer_talk_hear_hello(talk) && peer_talk_next(talk, auth))
        return true;
    peer_talk_close(talk);
    return false;
}

/* The boot id of a neighbour was in its HELLO once, and with it one could pass for it. */
static void ask_for_boot_id(struct attacker *a)
{
    static const char zero[] = "0000000000000000";
    struct peer_talk talk;
    struct peer_frame auth, hello;
    if (!greet(a, &talk, GOLOMAN, HANDS, &auth))
        return;
    hello.args = herd_slice_str(talk.theirs);
    struct herd_slice word = peer_frame_word(&hello, 5);
    snprintf(a->boot, sizeof a->boot, "%.*s", (int)word.len, word.data);
    a->told += strcmp(a->boot, zero) != 0 || peer_frame_word(&auth, 1).len > 0;
    peer_talk_close(&talk);
}

static void attack(struct attacker *a, enum attack kind)
{
    struct peer_talk talk;
    struct peer_frame frame;
    char mac[80];
    a->tries++;
    if (!greet(a, &talk, HANDS, GOLOMAN, &frame))
        return;
    struct herd_slice told = peer_frame_word(&frame, 0);
    snprintf(mac, sizeof mac, "%.*s", (int)told.len, told.data);
    const char *sent = kind == NONE        ? "none"
                       : kind == REFLECTED ? mac
                       : kind == EARLIER   ? a->earlier
                                           : zero_mac;
    (void)peer_talk_say(&talk, "%s 0 %s %s\n", kind == OF_UP ? "UP" : "AUTH", sent,
                        a->boot);
    (void)peer_talk_say(&talk, "HAVE 0 - 0\nBATCH 38 0 0 1\n"
                               "AT Goloman +0.1 ghost +1+1 1800000000\n");
    snprintf(a->earlier, sizeof a->earlier, "%s", mac);
    while (peer_talk_next(&talk, &frame))
        a->successes += herd_slice_eq(frame.verb, HERD_LIT("UP")) ||
                        herd_slice_eq(frame.verb, HERD_LIT("SYNC"));
    peer_talk_close(&talk);
}

static void a_live_link_is_not_taken_over(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice got;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    struct attacker a = {.herd = &herd, .earlier = "none"};
    int64_t up = links_sum(&herd, "links_up");
    int64_t end = now_ms() + ATTACK_MS;
    ask_for_boot_id(&a);
    for (int i = 0; now_ms() < end; i++)
        attack(&a, (enum attack)(i % ATTACKS));
    note("%d attempts in %d ms: %d took the link over, %d boot ids told", (int)a.tries,
         ATTACK_MS, (int)a.successes, (int)a.told);
    CHECK(a.tries > 20);
    CHECK_INT(a.successes, 0);
    CHECK_INT(a.told, 0);
    CHECK_INT(links_sum(&herd, "links_up"), up);
    CHECK_INT(links_sum(&herd, "links_down"), 0);
    CHECK_INT(links_sum(&herd, "records_received"), 0);
    CHECK(herd_proc_wait_links(&herd));
    CHECK(herd_proc_connect(&herd, GOLOMAN, &client));
    CHECK(client_ask(&client, "WHATSAT ghost 1 1\n", &got));
    CHECK_SLICE(got, HERD_LIT("? WHATSAT ghost 1 1"));
    client_close(&client);
    herd_proc_close(&herd);
}

/* Somebody in the place of a neighbour that is down, at its address: the dialler says
 * HELLO and no proof, which could be used to guess a key. */
static void nothing_is_proved_to_a_listener(void)
{
    enum { DIALS = 5 };
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    int listener = peer_talk_listen(herd.peer[HANDS].number);
    REQUIRE(listener >= 0);
    CHECK(herd_proc_start(&herd, GOLOMAN));
    for (int i = 0; i < DIALS; i++) {
        const struct peer_self self = {.from = "Hands", .to = "Goloman"};
        struct peer_talk talk;
        struct peer_frame frame;
        CHECK_LABEL("dial %d", i);
        REQUIRE(peer_talk_accept(&talk, listener, &self));
        CHECK(peer_talk_hear_hello(&talk) && peer_talk_hello(&talk));
        CHECK(peer_talk_say(&talk, "AUTH 0 %s\n", i % 2 == 0 ? zero_mac : "none"));
        CHECK(peer_talk_next(&talk, &frame) && herd_slice_eq(frame.verb, HERD_LIT("BYE")));
        CHECK(client_is_closed(&talk.conn));
        peer_talk_close(&talk);
    }
    close(listener);
    herd_proc_close(&herd);
}

extern const struct check_test test_takeover[];
const struct check_test test_takeover[] = {
    {"a_live_link_is_not_taken_over", a_live_link_is_not_taken_over},
    {"nothing_is_proved_to_a_listener", nothing_is_proved_to_a_listener},
    {NULL, NULL},
};
