/* SPDX-License-Identifier: ISC */
/* What oracle.c and oracle_forget.c share. */
#ifndef TESTS_SIM_ORACLE_INTERNAL_H
#define TESTS_SIM_ORACLE_INTERNAL_H

#include "oracle.h"

static inline struct herd_slice oracle_slice(const struct oracle_text *text)
{
    return herd_slice(text->text, text->len);
}

/* A server has stored that record of its own. */
void oracle_hear(struct oracle *oracle, int client, struct herd_slice record);

/* Whether this can be a tombstone that a server has raised above others' records: one with
 * its server and its time of receipt was answered, and a report that it covers has about
 * that time. */
bool oracle_may_be_raised(const struct oracle *oracle, int client, struct herd_slice text);

/* The gap that doc/design.md names: whether something that the tombstone covers may come
 * back, because a report was received after the tombstone, is greater than it, and is
 * dated before what comes back. */
bool oracle_may_come_back(const struct oracle *oracle, int client,
                          struct herd_slice tombstone, struct herd_slice text);

#endif
