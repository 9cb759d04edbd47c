/* SPDX-License-Identifier: ISC */
/* Herds of a given shape, and checks of all their servers. */
#ifndef TESTS_SIM_SHAPE_H
#define TESTS_SIM_SHAPE_H

#include "sim.h"

/* SHAPE_CHORDS is a ring in which each server is also linked to the opposite one. */
enum shape { SHAPE_RING, SHAPE_LINE, SHAPE_MESH, SHAPE_STAR, SHAPE_CHORDS, SHAPE_COUNT };

enum { SHAPE_CONF = 16384, SHAPE_SERVERS = 32 };

/* The configuration of `servers` servers (2 to 32) called A, B, C ...; `out` has
 * SHAPE_CONF bytes. The longest pause between dials is a second. */
void shape_conf(enum shape shape, uint32_t servers, char *out);

/* Whether a < b are linked. */
bool shape_linked(enum shape shape, uint32_t servers, uint32_t a, uint32_t b);

/* The name of the server with that number: one letter. */
char shape_server(uint32_t server);

const char *shape_name(enum shape shape);

/* Links between the two servers that are furthest from each other. */
uint32_t shape_diameter(enum shape shape, uint32_t servers);

/* Checks that all living servers hold the very same record about the client. */
bool shape_agrees(const struct sim *sim, const char *client);

#endif
