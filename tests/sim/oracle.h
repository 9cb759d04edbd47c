/* SPDX-License-Identifier: ISC */
/* The oracle: the records that the herd must hold, by an independent implementation: for
 * each client the greatest of all records that a server has replied with, unless a
 * tombstone hides it. It uses no code of the cores; the rules for records are those of
 * textbook.h.
 *
 * It is given the replies to clients and operators and the records that servers hold. Texts
 * are copied. Functions that check return NULL, or the error as a text. */
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

struct oracle_list {
    struct oracle_text *text;
    size_t count, capacity;
    size_t tombstones; /* among them */
};

struct oracle {
    struct oracle_text seen[ORACLE_SERVERS][ORACLE_CLIENTS]; /* in this life */
    uint64_t life[ORACLE_SERVERS];
    struct oracle_text least[ORACLE_GROUPS][ORACLE_CLIENTS]; /* of servers, in the end */
    struct oracle_text most[ORACLE_CLIENTS]; /* nothing that was said is greater */
    /* Of all tombstones that servers held in the end, and that were answered: the one that
     * was received last. */
    struct oracle_text buried[ORACLE_GROUPS][ORACLE_CLIENTS], forgot[ORACLE_CLIENTS];
    struct oracle_list said[ORACLE_CLIENTS]; /* all that servers have stored of their own */
    struct oracle_text sample[ORACLE_SAMPLES];
    size_t samples;
    uint64_t *reported; /* hashes of all records that may be stored; open addressing */
    size_t reported_count, reported_capacity;
    uint64_t ahead;    /* records stored whose clients' times do not count */
    uint64_t hidden;   /* reports not stored since such a record was held */
    uint64_t repeated; /* reports not stored since the time was that of the record held */
    uint64_t ties; /* times that a record was replaced by another one of the same instant */
    /* Expiry: seconds, 0: none; how long records are kept at least after it; the clock of
     * the server that the next call is about; and whether some client's record could expire
     * before one that is less. */
    int64_t expire_s, grace_s;
    struct oracle_text now;
    bool discordant;
    uint64_t replaced;  /* reports stored in the place of an expired one that is greater */
    uint64_t forgets;   /* tombstones stored by FORGET */
    uint64_t raised;    /* times that a server came to hold one that nobody was told of */
    uint64_t forgotten; /* times that a tombstone took the place of a report ... */
    uint64_t back;      /* ... and a report that of a tombstone */
    uint64_t refused;   /* greater reports not stored: received before the tombstone */
    uint64_t gaps;      /* reports that came back as doc/design.md admits */
};

void oracle_init(struct oracle *oracle);
void oracle_free(struct oracle *oracle);

/* The clock of the server that the next calls are about. */
void oracle_set_clock(struct oracle *oracle, int64_t ns);

/* Whether that server has to treat this record as one that has expired. */
bool oracle_has_expired(const struct oracle *oracle, struct herd_slice record);

/* A client got `reply` (without LF); the server held `before` about it, and holds `after`
 * now. `client` is the number of a watched client, or -1. */
const char *oracle_on_reply(struct oracle *oracle, int client, struct herd_slice reply,
                            struct herd_slice before, struct herd_slice after);

/* A client reported this (location and time, one space between) and got no AT; the report
 * may have been stored all the same. */
const char *oracle_on_refusal(struct oracle *oracle, int client, struct herd_slice said,
                              struct herd_slice before, struct herd_slice after);

/* A server was told to forget a client and replied (empty: there was no memory for it). It
 * held `before` and holds `after`; `expected` is textbook_forget. */
const char *oracle_on_forget(struct oracle *oracle, int client, struct herd_slice reply,
                             struct herd_slice expected, struct herd_slice before,
                             struct herd_slice after);

/* The server, since this start, holds `text` about a watched client. */
const char *oracle_observe(struct oracle *oracle, uint32_t server, uint64_t life,
                           int client, struct herd_slice text);

/* True when some client got this reply. */
bool oracle_was_reported(const struct oracle *oracle, struct herd_slice text);

/* A server of that group holds it now: finally all of them must, or a greater one. */
void oracle_expect(struct oracle *oracle, uint32_t group, int client,
                   struct herd_slice text);

/* The final check. `exactly`: no record can have been lost or added. */
const char *oracle_check_final(struct oracle *oracle, uint32_t group, int client,
                               struct herd_slice text, bool exactly);

/* Checks that `cmp` is an order, and the same as textbook_cmp, on records that were
 * reported; counts the triples that were checked. */
const char *oracle_order_laws(const struct oracle *oracle,
                              int (*cmp)(struct herd_slice a, struct herd_slice b),
                              uint64_t *triples);

/* Checks that `choose` keeps the same one of two different records as textbook_choose, in
 * either order, on what was said about clients that were forgotten; counts the pairs. */
typedef struct herd_slice oracle_choose(struct herd_slice a, struct herd_slice b,
                                        char *out);
const char *oracle_choice_laws(const struct oracle *oracle, oracle_choose *choose,
                               uint64_t *pairs);

#endif
