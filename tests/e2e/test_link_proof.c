/* SPDX-License-Identifier: ISC */
/* Who is not let in: those that cannot prove that they belong to the herd, those that are
 * configured otherwise, and a second server of a name. */
#include "check.h"
#include "files.h"
#include "io/mac.h"
#include "links.h"
#include "load.h"
#include "peer_talk.h"
#include "relay.h"
#include "wait.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { GOLOMAN = 0, HANDS = 1, WILKES = 4 };

#define KEY         "0123456789abcdef0123456789abcdef"
#define OTHER_KEY   "fedcba9876543210fedcba9876543210"
#define KEYED       "herd-key-file key\n"
#define WRONG_KEY   "wrong key: the herd keys differ"
#define RETRY       "link-retry-min-ms 10\nlink-retry-max-ms 100\n"
#define RETRY_NEVER "link-retry-min-ms 600000\nlink-retry-max-ms 600000\n"

static const uint32_t pair = 1u << GOLOMAN | 1u << HANDS;

/* ---- a link that passes through the relay ---- */

struct wire {
    struct herd_proc herd;
    struct relay relay;
    struct io_mac key;
    struct herd_mac mac; /* the same, for the test */
};

static bool wire_open(struct wire *wire)
{
    struct herd_proc *herd = &wire->herd;
    wire->mac = (struct herd_mac){io_mac_sign, &wire->key};
    if (!herd_proc_open(herd, "ucla-2018", KEYED))
        return false;
    if (links_write_key(herd, "key", KEY "\n") &&
        io_mac_init(&wire->key, herd_slice_str(KEY)) == 0 &&
        relay_open(&wire->relay, herd, GOLOMAN, HANDS))
        return true;
    herd_proc_close(herd);
    return false;
}

static void wire_close(struct wire *wire)
{
    relay_close(&wire->relay);
    herd_proc_close(&wire->herd);
    io_mac_wipe(&wire->key);
}

/* Number and digest of the records that a server holds, as it tells Wilkes, a neighbour of
 * both. */
struct holding {
    char clients[32], digest[32];
};

static bool ask_holding(struct wire *wire, uint32_t i, struct holding *holding)
{
    const struct peer_self self = {.from = "Wilkes",
                                   .to = wire->herd.conf.servers[i].name,
                                   .boot = 0x3117,
                                   .mac = &wire->mac};
    struct peer_talk talk;
    struct peer_frame frame;
    if (!peer_talk_join(&talk, wire->herd.peer[i].number, &self))
        return false;
    bool ok = peer_talk_await(&talk, "PING", &frame);
    struct herd_slice clients = peer_frame_word(&frame, 2);
    struct herd_slice digest = peer_frame_word(&frame, 3);
    snprintf(holding->clients, sizeof holding->clients, "%.*s", (int)clients.len,
             clients.data);
    snprintf(holding->digest, sizeof holding->digest, "%.*s", (int)digest.len, digest.data);
    peer_talk_close(&talk);
    return ok && digest.len == 16;
}

static void check_holding(struct wire *wire, uint32_t i, const struct holding *want)
{
    struct holding got;
    CHECK(ask_holding(wire, i, &got));
    CHECK_STR(got.clients, want->clients);
    CHECK_STR(got.digest, want->digest);
}

/* ---- replays ---- */

/* Says the dialler's part of a recorded conversation to Hands. */
static void replay_dialler(struct wire *wire, struct herd_slice recorded)
{
    struct holding before;
    struct client client;
    struct herd_slice got;
    int64_t unproven = herd_proc_count(&wire->herd, HANDS, "peers_auth_failed");
    CHECK(ask_holding(wire, HANDS, &before));
    CHECK(client_open(&client, wire->herd.peer[HANDS].number));
    (void)client_send(&client, recorded);
    CHECK(client_rest(&client, &got));
    CHECK(bytes_have(got, "HELLO 0 ") && bytes_have(got, "\nBYE 0 refused " WRONG_KEY));
    CHECK(!bytes_have(got, "UP ") && !bytes_have(got, "AT "));
    CHECK_INT(herd_proc_count(&wire->herd, HANDS, "peers_auth_failed"), unproven + 1);
    client_close(&client);
    check_holding(wire, HANDS, &before);
}

/* Says the acceptor's part to Goloman, in the place of Hands, which is gone. */
static void replay_acceptor(struct wire *wire, struct herd_slice recorded)
{
    struct holding before;
    struct peer_talk talk;
    struct herd_slice got;
    const struct peer_self self = {.from = "Hands", .to = "Goloman"};
    int door = peer_talk_listen(wire->herd.peer[HANDS].number);
    int64_t unproven = herd_proc_count(&wire->herd, GOLOMAN, "peers_auth_failed");
    REQUIRE(door >= 0);
    CHECK(ask_holding(wire, GOLOMAN, &before));
    CHECK(peer_talk_accept(&talk, door, &self));
    close(door);
    (void)client_send(&talk.conn, recorded);
    CHECK(client_rest(&talk.conn, &got));
    CHECK(bytes_have(got, "HELLO 0 ") && bytes_have(got, "\nBYE 0 refused " WRONG_KEY));
    CHECK(!bytes_have(got, "AUTH") && !bytes_have(got, "AT "));
    CHECK_INT(herd_proc_count(&wire->herd, GOLOMAN, "peers_auth_failed"), unproven + 1);
    peer_talk_close(&talk);
    check_holding(wire, GOLOMAN, &before);
}

/* Hands dials only at its start, when Goloman is not there: there is one conversation, in
 * which Goloman is the dialler. */
static bool record(struct wire *wire, struct herd_slice *dialler,
                   struct herd_slice *acceptor)
{
    static struct load load;
    struct records want;
    int64_t conns, bytes;
    bool ok = herd_proc_edit(&wire->herd, HANDS, RETRY, RETRY_NEVER) &&
              herd_proc_start(&wire->herd, HANDS) &&
              herd_proc_start(&wire->herd, GOLOMAN) && herd_proc_wait_links(&wire->herd) &&
              load_open(&load, &wire->herd);
    for (unsigned k = 0; ok && k < REPORTS_CLIENTS; k++)
        ok = load_send(&load, k % 2, k, 1);
    ok = ok && load_collect_all(&load);
    load_best(&load, pair, &want);
    ok = ok && records_settle(load.conn, pair, &want, NULL);
    load_close(&load);
    ok = ok && relay_count(&wire->relay, &conns, &bytes) && conns == 1;
    *dialler = relay_copy(&wire->relay, 0, true);
    *acceptor = relay_copy(&wire->relay, 0, false);
    return ok && bytes_have(*dialler, "AT Goloman ") && bytes_have(*acceptor, "AT Hands ");
}

static void a_replay(void)
{
    static struct wire wire;
    struct herd_slice dialler, acceptor;
    REQUIRE(wire_open(&wire));
    CHECK(record(&wire, &dialler, &acceptor));
    CHECK_LABEL("while the link is up");
    replay_dialler(&wire, dialler);
    CHECK(herd_proc_wait_links(&wire.herd));
    CHECK_INT(herd_proc_count(&wire.herd, HANDS, "links_down"), 2); /* of Wilkes */
    CHECK_LABEL("when the dialler is gone");
    CHECK_INT(herd_proc_stop(&wire.herd, GOLOMAN, SIGKILL), -SIGKILL);
    CHECK(links_wait_count(&wire.herd, HANDS, "links_down", 3));
    replay_dialler(&wire, dialler);
    CHECK_LABEL("when the acceptor is gone");
    CHECK(herd_proc_start(&wire.herd, GOLOMAN) && herd_proc_wait_links(&wire.herd));
    CHECK_INT(herd_proc_stop(&wire.herd, HANDS, SIGKILL), -SIGKILL);
    replay_acceptor(&wire, acceptor);
    file_free(dialler);
    file_free(acceptor);
    wire_close(&wire);
}

/* One digit of each proof is changed on the way: nothing gets through. Then it stops. */
static void a_forged_proof(void)
{
    static struct wire wire;
    struct client client;
    struct herd_slice got;
    REQUIRE(wire_open(&wire));
    CHECK(relay_forge(&wire.relay, true));
    CHECK(herd_proc_start(&wire.herd, GOLOMAN) && herd_proc_start(&wire.herd, HANDS));
    CHECK(herd_proc_connect(&wire.herd, GOLOMAN, &client));
    CHECK(client_ask(&client, "IAMAT x +1+1 1\n", &got) && bytes_have(got, "AT Goloman "));
    client_close(&client);
    CHECK(links_wait_count(&wire.herd, GOLOMAN, "peers_auth_failed", 2));
    CHECK(links_wait_count(&wire.herd, HANDS, "peers_auth_failed", 2));
    CHECK(links_wait_status(&wire.herd, GOLOMAN, "refusal Hands ", WRONG_KEY));
    CHECK(links_wait_status(&wire.herd, HANDS, "refusal Goloman ", WRONG_KEY));
    CHECK_INT(links_sum(&wire.herd, "links_up"), 0);
    CHECK_INT(herd_proc_count(&wire.herd, HANDS, "clients_known"), 0);
    CHECK(relay_forge(&wire.relay, false));
    CHECK(herd_proc_wait_links(&wire.herd));
    CHECK(links_wait_count(&wire.herd, HANDS, "clients_known", 1));
    wire_close(&wire);
}

/* ---- configurations that differ ---- */

/* Hands reads `from` as `to`; what Goloman and Hands then say of each other. */
struct difference {
    const char *name, *from, *to;
    const char *goloman, *hands; /* the reasons; NULL: it does not know the other one */
};

static const struct difference differences[] = {
    {"another key", "herd-key-file key\n", "herd-key-file other\n", WRONG_KEY, WRONG_KEY},
    {"the key of the run-dir", "herd-key-file key\n", "", WRONG_KEY, WRONG_KEY},
    {"another herd", "herd-name here\n", "herd-name there\n", "another herd: herd-name",
     "another herd: herd-name"},
    {"no link", "link Goloman Hands\n", "",
     "not a neighbour: this server's configuration has no link to it", NULL},
};

static bool open_pair(struct herd_proc *herd, const char *more)
{
    if (!herd_proc_open(herd, "ucla-2018", more))
        return false;
    if (links_write_key(herd, "key", KEY "\n") &&
        links_write_key(herd, "other", OTHER_KEY "\n"))
        return true;
    herd_proc_close(herd);
    return false;
}

static void check_told(const struct herd_proc *herd, const struct difference *difference)
{
    CHECK(links_wait_status(herd, GOLOMAN, "link Hands down - 0 ", difference->goloman));
    CHECK(links_wait_log(herd, GOLOMAN, difference->goloman));
    if (difference->hands != NULL) {
        CHECK(links_wait_status(herd, GOLOMAN, "refusal Hands ", difference->goloman));
        CHECK(links_wait_status(herd, HANDS, "link Goloman down - 0 ", ""));
        CHECK(links_wait_log(herd, GOLOMAN, "refused Hands: "));
    }
    const char *reason =
        difference->hands != NULL ? difference->hands : difference->goloman;
    CHECK(links_wait_status(herd, HANDS, "refusal Goloman ", reason));
    CHECK(links_wait_log(herd, HANDS, "refused Goloman: "));
    CHECK(links_wait_log(herd, HANDS, reason));
}

static void configurations_that_differ(void)
{
    for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++) {
        struct herd_proc herd;
        struct client client;
        struct herd_slice got;
        CHECK_LABEL("%s", differences[i].name);
        REQUIRE(open_pair(&herd, KEYED "herd-name here\n"));
        CHECK(herd_proc_edit(&herd, HANDS, differences[i].from, differences[i].to));
        CHECK(herd_proc_start(&herd, GOLOMAN) && herd_proc_start(&herd, HANDS));
        CHECK(herd_proc_connect(&herd, GOLOMAN, &client));
        CHECK(client_ask(&client, "IAMAT x +1+1 1\n", &got));
        client_close(&client);
        check_told(&herd, &differences[i]);
        CHECK_INT(links_sum(&herd, "links_up"), 0);
        CHECK_INT(herd_proc_count(&herd, HANDS, "clients_known"), 0);
        herd_proc_close(&herd);
    }
}

/* The clocks of real servers cannot be set; the test's can. */
static void clocks_that_differ(void)
{
    static const struct {
        int64_t ahead_ms;
        bool let_in;
    } cases[] = {{600000, false}, {-600000, false}, {120000, true}, {-120000, true}};
    struct herd_proc herd;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct peer_self self = {.from = "Hands",
                                       .to = "Goloman",
                                       .boot = 0xc0 + i,
                                       .mac = herd_proc_mac(&herd),
                                       .clock_ahead_ms = cases[i].ahead_ms};
        struct peer_talk talk;
        CHECK_LABEL("%d ms ahead", (int)cases[i].ahead_ms);
        REQUIRE(peer_talk_dial(&talk, herd.peer[GOLOMAN].number, &self));
        if (cases[i].let_in)
            CHECK(peer_talk_up(&talk));
        else
            CHECK(peer_talk_hello(&talk) && peer_talk_is_sent_away(&talk, "refused"));
        peer_talk_close(&talk);
        if (cases[i].let_in)
            CHECK(links_wait_status(&herd, GOLOMAN, "link Hands down ", ""));
    }
    CHECK_LABEL("afterwards");
    CHECK(links_wait_status(&herd, GOLOMAN, "refusal Hands 2 ", "clocks differ by more"));
    CHECK(links_wait_log(&herd, GOLOMAN, "refused Hands: clocks differ"));
    CHECK(links_wait_log(&herd, GOLOMAN,
                         "the clock of Hands differs from this server's by 1"));
    CHECK(links_wait_log(&herd, GOLOMAN,
                         "the clock of Hands differs from this server's by -1"));
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "peers_skewed"), 2);
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "links_up"), 2);
    herd_proc_close(&herd);
}

/* ---- a second server of a name ---- */

enum entry { IN, TAKEN, NEITHER };

/* Tries to join Goloman as Hands; IN leaves the connection open. */
static enum entry try_as_hands(struct herd_proc *herd, struct peer_talk *talk)
{
    const struct peer_self self = {
        .from = "Hands", .to = "Goloman", .boot = 0x2222, .mac = herd_proc_mac(herd)};
    struct peer_frame frame;
    enum entry entry = NEITHER;
    if (!peer_talk_dial(talk, herd->peer[GOLOMAN].number, &self))
        return NEITHER;
    if (peer_talk_hello(talk) && peer_talk_hear_hello(talk) && peer_talk_hear_auth(talk) &&
        peer_talk_auth(talk) && peer_talk_next(talk, &frame)) {
        if (herd_slice_eq(frame.verb, HERD_LIT("UP")))
            entry = IN;
        else if (herd_slice_eq(peer_frame_word(&frame, 0), HERD_LIT("taken")))
            entry = TAKEN;
    }
    if (entry != IN)
        peer_talk_close(talk);
    return entry;
}

/* While the first one lives, its link stays. When it hangs, the second one has to wait
 * until that is certain, which does not take as long as link-timeout-ms. */
static void a_second_of_a_name(void)
{
    enum { PAUSE_MS = 20, CERTAIN_MS = 4000 };
    struct herd_proc herd;
    struct peer_talk talk;
    enum entry entry = TAKEN;
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "link-timeout-ms 60000\n"));
    CHECK(herd_proc_start(&herd, GOLOMAN) && herd_proc_start(&herd, HANDS));
    CHECK(herd_proc_wait_links(&herd));
    CHECK_INT(try_as_hands(&herd, &talk), TAKEN);
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "peers_name_in_use"), 1);
    CHECK(links_wait_status(&herd, GOLOMAN, "refusal Hands 1 ", "another server of this"));
    CHECK(kill(herd.server[HANDS].pid, SIGSTOP) == 0);
    int64_t start = now_ms();
    int tries = 0;
    for (; entry == TAKEN && now_ms() < start + WAIT_MS; tries++) {
        entry = try_as_hands(&herd, &talk);
        CHECK(tries > 0 || entry == TAKEN);
        if (entry == TAKEN)
            (void)poll(NULL, 0, PAUSE_MS);
    }
    int64_t took = now_ms() - start;
    note("a second server of a name: let in %d ms after the first began to hang, %d tries",
         (int)took, tries);
    CHECK_INT(entry, IN);
    CHECK(took < CERTAIN_MS);
    CHECK(links_wait_log(&herd, GOLOMAN, "it gave no sign of life"));
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "links_timed_out"), 1);
    peer_talk_close(&talk);
    CHECK(kill(herd.server[HANDS].pid, SIGCONT) == 0);
    CHECK(herd_proc_wait_links(&herd));
    herd_proc_close(&herd);
}

extern const struct check_test test_link_proof[];
const struct check_test test_link_proof[] = {
    {"a_replay", a_replay},
    {"a_forged_proof", a_forged_proof},
    {"configurations_that_differ", configurations_that_differ},
    {"clocks_that_differ", clocks_that_differ},
    {"a_second_of_a_name", a_second_of_a_name},
    {NULL, NULL},
};
