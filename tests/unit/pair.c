/* SPDX-License-Identifier: ISC */
#include "pair.h"

#include "check.h"
#include "core_internal.h"
#include "link/neighbour.h"

#include <stdio.h>
#include <stdlib.h>

static const char conf[] = "server Bona client 127.0.0.1:2 peer 127.0.0.1:12\n"
                           "server Clark client 127.0.0.1:3 peer 127.0.0.1:13\n"
                           "link Bona Clark\n"
                           "log-traffic no\n";

/* On both sides; 0 is none, and 1 is the rig's own. */
static herd_conn_id id_of(int conn)
{
    return (herd_conn_id)conn + 2;
}

static void carry(struct pair *pair, int side, const struct herd_action *action)
{
    if (action->kind != HERD_DO_SEND && action->kind != HERD_DO_CLOSE)
        return;
    struct pair_tip *near = &pair->end[action->conn - 2][side];
    struct pair_tip *far = &pair->end[action->conn - 2][!side];
    if (action->kind == HERD_DO_CLOSE) {
        near->gone = true;
        far->hung_up = true;
    } else if (!far->gone) {
        if (far->count == PAIR_QUEUE)
            abort();
        struct rig_text *message = &far->queue[(far->first + far->count++) % PAIR_QUEUE];
        rig_text_clear(message);
        rig_text_add(message, action->bytes);
    }
}

static void watch_bona(void *ctx, const struct herd_action *action)
{
    carry(ctx, 0, action);
}

static void watch_clark(void *ctx, const struct herd_action *action)
{
    carry(ctx, 1, action);
}

/* The end of a turn: the clock advances, and the kernel has taken what was sent. */
static void turn(struct pair *pair, int side)
{
    struct rig *rig = &pair->rig[side];
    rig_tick(rig);
    for (int conn = 0; conn < PAIR_CONNS; conn++)
        rig_drained(rig, id_of(conn));
}

/* Two records that only this side holds. */
static void report(struct rig *rig, const char *name)
{
    char lines[64];
    snprintf(lines, sizeof lines, "IAMAT %s-1 +0+0 1\nIAMAT %s-2 +0+0 1\n", name, name);
    rig_open(rig, 1, HERD_ROLE_CLIENT, -1);
    rig_data(rig, 1, herd_slice_str(lines));
    rig_closed(rig, 1, HERD_LIT(""));
}

void pair_start(struct pair *pair, bool busy)
{
    static const char *const names[] = {"Bona", "Clark"};
    memset(pair->end, 0, sizeof pair->end);
    pair->busy = busy;
    for (int side = 0; side < 2; side++) {
        struct rig *rig = &pair->rig[side];
        struct herd_core_setup setup;
        rig_prepare(rig, conf, names[side], &setup);
        setup.boot_id += (uint64_t)side;
        setup.feed_id[0] += (uint8_t)side;
        setup.nonce_key[0] += (uint8_t)side;
        rig_build(rig, &setup);
        report(rig, names[side]);
        rig->watch = side == 0 ? watch_bona : watch_clark;
        rig->watcher = pair;
        rig_tick(rig);
    }
}

void pair_end(struct pair *pair)
{
    for (int conn = 0; conn < PAIR_CONNS; conn++)
        for (int side = 0; side < 2; side++)
            for (int i = 0; i < PAIR_QUEUE; i++)
                rig_text_free(&pair->end[conn][side].queue[i]);
    rig_end(&pair->rig[0]);
    rig_end(&pair->rig[1]);
}

int pair_event(int conn, int side, enum pair_kind kind)
{
    return (conn * 2 + side) * 3 + (int)kind;
}

int pair_side_of(int event)
{
    return event / 3 % 2;
}

uint32_t pair_events(const struct pair *pair)
{
    uint32_t events = 0;
    for (int conn = 0; conn < PAIR_CONNS; conn++) {
        for (int side = 0; side < 2; side++) {
            const struct pair_tip *end = &pair->end[conn][side];
            if (end->gone)
                continue;
            /* The side that accepts gets it when the dialler has connected. */
            if (!end->opened)
                events |= (uint32_t)(side == conn || pair->end[conn][!side].opened)
                          << pair_event(conn, side, PAIR_OPENED);
            else if (end->count > 0)
                events |= UINT32_C(1) << pair_event(conn, side, PAIR_DATA);
            else if (end->hung_up)
                events |= UINT32_C(1) << pair_event(conn, side, PAIR_CLOSED);
        }
    }
    return events;
}

void pair_happen(struct pair *pair, int event)
{
    int conn = event / 6, side = pair_side_of(event);
    struct pair_tip *end = &pair->end[conn][side];
    struct rig *rig = &pair->rig[side];
    switch ((enum pair_kind)(event % 3)) {
    case PAIR_OPENED:
        end->opened = true;
        rig_open(rig, id_of(conn), HERD_ROLE_PEER, side == conn ? !side : -1);
        break;
    case PAIR_DATA: {
        const struct rig_text *message = &end->queue[end->first];
        end->first = (end->first + 1) % PAIR_QUEUE;
        end->count--;
        rig_data(rig, id_of(conn), herd_slice(message->data, message->len));
        break;
    }
    case PAIR_CLOSED:
        end->gone = true;
        pair->end[conn][!side].hung_up = true;
        rig_closed(rig, id_of(conn), HERD_LIT("gone"));
        break;
    }
    if (pair->busy)
        turn(pair, side);
}

void pair_settle(struct pair *pair)
{
    uint32_t events;
    pair->busy = true;
    turn(pair, 0);
    turn(pair, 1);
    while ((events = pair_events(pair)) != 0)
        for (int event = 0; event < 12; event++)
            if (events >> event & pair_events(pair) >> event & 1)
                pair_happen(pair, event);
}

int pair_link(const struct pair *pair, int side)
{
    const struct herd_peer *peer = pair->rig[side].core->links.neighbours[0].partner.peer;
    return peer != NULL ? (int)peer->session.id - 2 : -1;
}
