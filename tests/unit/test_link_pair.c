/* SPDX-License-Identifier: ISC */
/* Two link machines that talk with each other, in every order of events: in the end one
 * connection is left, and both mean the same one.
 *
 * Of the handshake only the frames that tell a boot id are sent, the dialler's AUTH and the
 * acceptor's UP: the others tell the machines nothing. An end of a
 * connection of which the other end has died without a word is found out by a heartbeat. */
#include "check.h"

#include "link/fsm.h"

enum { CONNS = 10, MESSAGES = 4, SMALLER = 0, GREATER = 1 };

enum kind { BOOT, CLOSE };

struct message {
    enum kind kind;
    uint64_t boot; /* of the sender */
};

/* What is on its way to one side of a connection. */
struct way {
    struct message message[MESSAGES];
    int count;
};

struct connection {
    int dialler;
    bool open[2]; /* at that side */
    struct way to[2];
};

struct world {
    struct herd_link_fsm link[2];
    uint64_t boot[2];
    int dials_left[2], failures_left[2];
    bool second_wind;              /* a side without link in the end dials once more */
    struct connection conn[CONNS]; /* its number is its index + 1 */
    int conn_count;
    int now_ms;
};

static struct herd_mono now(const struct world *w)
{
    return (struct herd_mono){w->now_ms * HERD_NS_PER_MS};
}

static void send(struct world *w, int from, int conn, enum kind kind)
{
    struct way *way = &w->conn[conn].to[!from];
    REQUIRE(way->count < MESSAGES);
    way->message[way->count++] = (struct message){kind, w->boot[from]};
}

static void close_here(struct world *w, int side, int conn)
{
    w->conn[conn].open[side] = false;
    send(w, side, conn, CLOSE);
    CHECK(!herd_link_fsm_on_lost(&w->link[side], (uint64_t)conn + 1, false, now(w), 0));
}

/* The dialler proves itself first; the acceptor does so when it has accepted the dialler.
 * Of two connections the old one is closed by the dialler of the new one. */
static void take_boot(struct world *w, int side, int conn, uint64_t boot)
{
    struct connection *c = &w->conn[conn];
    bool ours = c->dialler == side;
    uint64_t id = (uint64_t)conn + 1, old;
    switch (herd_link_fsm_on_handshake_done(&w->link[side], id, ours, boot, now(w), &old)) {
    case HERD_LINK_NAME_IN_USE:
    case HERD_LINK_REFUSE: close_here(w, side, conn); return;
    case HERD_LINK_REPLACE:
        if (ours)
            close_here(w, side, (int)old - 1);
        break;
    case HERD_LINK_ACCEPT: break;
    }
    if (!ours)
        send(w, side, conn, BOOT);
}

/* ---- what can happen next ---- */

static bool dial(struct world *w, int side)
{
    struct herd_mono due = herd_link_fsm_deadline(&w->link[side]);
    if (w->dials_left[side] == 0 || herd_mono_is_never(due) ||
        !CHECK(herd_link_fsm_should_dial(&w->link[side], due)))
        return false;
    w->dials_left[side]--;
    return true;
}

static bool answer(struct world *w, int side)
{
    if (w->link[side].dial != HERD_DIAL_CONNECTING || !CHECK(w->conn_count < CONNS))
        return false;
    int conn = w->conn_count++;
    w->conn[conn] = (struct connection){.dialler = side, .open = {true, true}};
    herd_link_fsm_on_dialled(&w->link[side], (uint64_t)conn + 1);
    send(w, side, conn, BOOT);
    return true;
}

static bool fail(struct world *w, int side)
{
    if (w->link[side].dial != HERD_DIAL_CONNECTING || w->failures_left[side] == 0)
        return false;
    w->failures_left[side]--;
    herd_link_fsm_on_dial_failed(&w->link[side], now(w), 0);
    return true;
}

static bool deliver(struct world *w, int side, int conn)
{
    struct connection *c = &w->conn[conn];
    struct way *way = &c->to[side];
    if (way->count == 0)
        return false;
    struct message first = way->message[0];
    way->count--;
    memmove(way->message, way->message + 1, sizeof first * (size_t)way->count);
    if (!c->open[side])
        return true;
    if (first.kind == BOOT) {
        take_boot(w, side, conn, first.boot);
    } else {
        c->open[side] = false;
        (void)herd_link_fsm_on_lost(&w->link[side], (uint64_t)conn + 1, false, now(w), 0);
    }
    return true;
}

/* The other end is gone, and no word of that is on its way. */
static bool expire(struct world *w, int side, int conn)
{
    struct connection *c = &w->conn[conn];
    if (!c->open[side] || c->open[!side] || c->to[side].count > 0)
        return false;
    c->open[side] = false;
    (void)herd_link_fsm_on_lost(&w->link[side], (uint64_t)conn + 1, false, now(w), 0);
    return true;
}

enum { MOVES = 6 + 4 * CONNS };

static bool move(struct world *w, int n)
{
    w->now_ms++;
    if (n < 2)
        return dial(w, n);
    if (n < 4)
        return answer(w, n - 2);
    if (n < 6)
        return fail(w, n - 4);
    int conn = (n - 6) / 4;
    if (conn >= w->conn_count)
        return false;
    return n / 2 % 2 == 1 ? deliver(w, n % 2, conn) : expire(w, n % 2, conn);
}

/* ---- all orders ---- */

struct tally {
    long ends;
    bool wrong;        /* one such end is enough */
    bool smaller_wins; /* where it has dialled at all */
};

static void check_end(const struct world *w, struct tally *tally)
{
    int open = 0, left = -1;
    bool smaller_dialled = false;
    tally->ends++;
    for (int i = 0; i < w->conn_count; i++) {
        smaller_dialled = smaller_dialled || w->conn[i].dialler == SMALLER;
        CHECK_INT(w->conn[i].open[0], w->conn[i].open[1]);
        if (w->conn[i].open[0]) {
            open++;
            left = i;
        }
    }
    tally->wrong = !CHECK_INT(open, 1);
    if (tally->smaller_wins && smaller_dialled && left >= 0)
        CHECK_INT(w->conn[left].dialler, SMALLER);
    for (int side = 0; side < 2; side++) {
        tally->wrong |= !CHECK_INT((int64_t)w->link[side].link_conn, left + 1);
        CHECK_INT(w->link[side].dial, HERD_DIAL_IDLE);
        CHECK_INT((int64_t)w->link[side].boot_id, (int64_t)w->boot[!side]);
        CHECK(w->link[side].dialled == (left >= 0 && w->conn[left].dialler == side));
    }
}

static void explore(const struct world *w, struct tally *tally)
{
    bool moved = false;
    for (int n = 0; n < MOVES && !tally->wrong; n++) {
        struct world next = *w;
        if (move(&next, n)) {
            moved = true;
            explore(&next, tally);
        }
    }
    if (moved || tally->wrong)
        return;
    if (!w->second_wind || herd_link_fsm_is_up(&w->link[0]) ||
        herd_link_fsm_is_up(&w->link[1])) {
        check_end(w, tally);
        return;
    }
    struct world next = *w;
    next.second_wind = false;
    next.dials_left[0] = 1;
    next.dials_left[1] = 1;
    explore(&next, tally);
}

static struct world fresh(int smaller_dials, int greater_dials)
{
    struct world w = {.boot = {11, 22}, .dials_left = {smaller_dials, greater_dials}};
    for (int side = 0; side < 2; side++) {
        struct herd_link_fsm_setup setup = {100, 1000, side == SMALLER};
        herd_link_fsm_init(&w.link[side], &setup, now(&w));
    }
    return w;
}

static void one_of_two_survives(void)
{
    static const struct {
        int dials[2], failures[2];
        long least_ends; /* so that it is seen when nothing is explored any more */
    } cases[] = {
        {{1, 0}, {0, 0}, 1},   {{0, 1}, {0, 0}, 1},   {{1, 1}, {0, 0}, 100},
        {{2, 1}, {1, 0}, 400}, {{1, 2}, {0, 1}, 400}, {{3, 3}, {1, 1}, 2000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w = fresh(cases[i].dials[0], cases[i].dials[1]);
        struct tally tally = {.smaller_wins = true};
        w.failures_left[0] = cases[i].failures[0];
        w.failures_left[1] = cases[i].failures[1];
        CHECK_LABEL("case %zu", i);
        explore(&w, &tally);
        CHECK(tally.ends >= cases[i].least_ends);
    }
}

/* Brings the link up with one connection dialled by `dialler`. */
static struct world linked(int dialler)
{
    struct world w = fresh(dialler == 0, dialler == 1);
    CHECK(dial(&w, dialler) && answer(&w, dialler));
    CHECK(deliver(&w, !dialler, 0) && deliver(&w, dialler, 0));
    struct tally tally = {0};
    check_end(&w, &tally);
    return w;
}

/* One side restarts; the other learns it from the end of the old connection, or much
 * later. Until then it lets nobody in; either may dial. */
static void restarted_server_comes_back(void)
{
    for (int bits = 0; bits < 16; bits++) {
        int self = bits & 1, dialler = bits >> 1 & 1, silent = bits >> 2 & 1;
        struct tally tally = {0};
        struct world w = linked(dialler);
        struct herd_link_fsm_setup setup = w.link[self].setup;
        CHECK_LABEL("side %d restarts, %d had dialled, silent %d, both dial %d", self,
                    dialler, silent, bits >> 3);
        herd_link_fsm_init(&w.link[self], &setup, now(&w));
        w.boot[self]++;
        w.conn[0].open[self] = false;
        if (!silent)
            send(&w, self, 0, CLOSE);
        w.dials_left[self] = 1;
        w.dials_left[!self] = bits >> 3;
        w.second_wind = true;
        explore(&w, &tally);
        CHECK(tally.ends >= 1);
    }
}

/* One side alone loses the connection: the same server comes again, or the other one. */
static void lost_connection_is_replaced(void)
{
    for (int bits = 0; bits < 8; bits++) {
        int self = bits & 1, dialler = bits >> 1 & 1;
        struct tally tally = {0};
        struct world w = linked(dialler);
        CHECK_LABEL("side %d loses it, %d had dialled, both dial %d", self, dialler,
                    bits >> 2);
        w.conn[0].open[self] = false;
        CHECK(herd_link_fsm_on_lost(&w.link[self], 1, false, now(&w), 0));
        w.dials_left[self] = 1;
        w.dials_left[!self] = bits >> 2;
        w.second_wind = true;
        explore(&w, &tally);
        CHECK(tally.ends >= 1);
    }
}

/* A server with the name and another boot id comes while the first one lives. */
static void second_of_a_name_stays_out(void)
{
    for (int bits = 0; bits < 8; bits++) {
        int self = bits & 1, dialler = bits >> 1 & 1, conn = 1;
        bool dialled_by_it = bits >> 2 & 1;
        struct world w = linked(dialler);
        uint64_t old;
        CHECK_LABEL("a second one of side %d, %d had dialled, it dials %d", self, dialler,
                    dialled_by_it);
        struct herd_link_fsm before = w.link[!self];
        CHECK_INT(herd_link_fsm_on_handshake_done(&w.link[!self], (uint64_t)conn + 1,
                                                  !dialled_by_it, w.boot[self] + 1, now(&w),
                                                  &old),
                  HERD_LINK_NAME_IN_USE);
        CHECK_INT((int64_t)w.link[!self].link_conn, (int64_t)before.link_conn);
        CHECK_INT((int64_t)w.link[!self].boot_id, (int64_t)w.boot[self]);
        struct tally tally = {0};
        explore(&w, &tally);
        CHECK_INT(tally.ends, 1);
    }
}

const struct check_test test_link_pair[] = {
    {"one_of_two_connections_survives", one_of_two_survives},
    {"a_restarted_server_comes_back", restarted_server_comes_back},
    {"a_lost_connection_is_replaced", lost_connection_is_replaced},
    {"a_second_server_of_a_name_stays_out", second_of_a_name_stays_out},
    {NULL, NULL},
};
