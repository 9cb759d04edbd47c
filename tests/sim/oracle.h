/* What the herd should hold, by the textbook: for each client the greatest of all records
 * that a server has answered. Written apart from the cores, and with none of their code:
 * records are compared as strings of digits here.
 *
 * The oracle is told what clients were answered, and shown what servers hold. Texts are
 * copied. Functions that check return NULL, or what is wrong. */
#ifndef TESTS_SIM_ORACLE_H
#define TESTS_SIM_ORACLE_H

#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ORACLE_SERVERS = 40,
    ORACLE_GROUPS = 32,
    ORACLE_CLIENTS = 32,
    ORACLE_TEXT = 128,
    ORACLE_SAMPLES = 16
};

struct oracle_text {
    char text[ORACLE_TEXT];
    size_t len; /* 0: none */
};

struct oracle {
    struct oracle_text seen[ORACLE_SERVERS][ORACLE_CLIENTS]; /* in this life */
    uint64_t life[ORACLE_SERVERS];
    struct oracle_text least[ORACLE_GROUPS][ORACLE_CLIENTS]; /* of servers, in the end */
    struct oracle_text most[ORACLE_CLIENTS];                 /* nothing is greater */
    struct oracle_text sample[ORACLE_SAMPLES];
    size_t samples;
    uint64_t *said; /* hashes of all records that may be stored; open addressing */
    size_t said_count, said_size;
    uint64_t ties; /* times that a record gave way to another of the same instant */
};

void oracle_init(struct oracle *oracle);
void oracle_free(struct oracle *oracle);

/* The textbook order of two records about one client: <0, 0, >0. */
int oracle_cmp(struct herd_slice a, struct herd_slice b);

/* A client was answered `reply` (without LF); the server held `before` about it, and holds
 * `after` now. `client` is the number of one that is watched, or -1. */
const char *oracle_answered(struct oracle *oracle, int client, struct herd_slice reply,
                            struct herd_slice before, struct herd_slice after);

/* A client said this (location and time, one blank between) and got no AT; it may have
 * been stored all the same. */
const char *oracle_refused(struct oracle *oracle, int client, struct herd_slice said,
                           struct herd_slice before, struct herd_slice after);

/* The server, in this life of it, holds `text` about a client that is watched. */
const char *oracle_sees(struct oracle *oracle, uint32_t server, uint64_t life, int client,
                        struct herd_slice text);

/* True when some client has been answered so. */
bool oracle_was_said(const struct oracle *oracle, struct herd_slice text);

/* A server of that group holds it now: in the end they all must, if nothing greater. */
void oracle_demand(struct oracle *oracle, uint32_t group, int client,
                   struct herd_slice text);

/* The end. `exactly`: nothing can have been lost, and nothing else can have come. */
const char *oracle_judge(const struct oracle *oracle, uint32_t group, int client,
                         struct herd_slice text, bool exactly);

/* That `cmp` is an order, and the same as the textbook's, on records that were said;
 * counts the triples that were looked at. */
const char *oracle_order_laws(const struct oracle *oracle,
                              int (*cmp)(struct herd_slice a, struct herd_slice b),
                              uint64_t *triples);

#endif
