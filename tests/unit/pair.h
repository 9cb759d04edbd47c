/* SPDX-License-Identifier: ISC */
/* Two cores, Bona and Clark, and the wires between them: each has dialled the other, and
 * what is under way on the two connections arrives in the order that the test chooses. Each
 * holds two records of its own when this begins. */
#ifndef TESTS_UNIT_PAIR_H
#define TESTS_UNIT_PAIR_H

#include "rig/rig.h"

enum { PAIR_CONNS = 2, PAIR_QUEUE = 16 };

enum pair_kind { PAIR_OPENED, PAIR_DATA, PAIR_CLOSED };

/* Messages towards one end of a connection, and what became of that end. */
struct pair_tip {
    struct rig_text queue[PAIR_QUEUE];
    size_t first, count;
    bool opened, gone;
    bool hung_up; /* the other end has closed */
};

struct pair {
    struct rig rig[2];                  /* Bona, whose name is the smaller one; Clark */
    struct pair_tip end[PAIR_CONNS][2]; /* connection 0 is dialled by Bona, 1 by Clark */
    bool busy;
};

/* Both have dialled, and neither dial has been answered. `busy`: each event is a turn of
 * its own, in which records are sent; otherwise only pair_settle sends any. */
void pair_start(struct pair *pair, bool busy);
void pair_end(struct pair *pair);

/* What can happen now, as a set of bits: pair_event() of it. */
uint32_t pair_events(const struct pair *pair);

/* An event's number: 0 to 11. */
int pair_event(int conn, int side, enum pair_kind kind);
int pair_side_of(int event);
void pair_happen(struct pair *pair, int event);

/* All that can happen does, until nothing is left. */
void pair_settle(struct pair *pair);

/* The connection that carries the link on this side, or -1. */
int pair_link(const struct pair *pair, int side);

#endif
