/* SPDX-License-Identifier: ISC */
/* Looking into a core from a script: what is shown is added to the transcript. */
#ifndef TESTS_RIG_SHOW_H
#define TESTS_RIG_SHOW_H

#include "rig.h"

/* A line for each of the words: connections, links, clients, deadline, or a counter.
 * Returns false when there is none of that name. */
bool show_words(struct rig *rig, char *words);

/* The lines of the answer to STATUS that begin with `prefix`. The number of bytes in
 * records, which is not the same on every machine, is shown as *, and the digest by its
 * name. */
void show_status(struct rig *rig, const char *prefix);

/* The record about a client. */
void show_record(struct rig *rig, const char *client);

/* Whether the answer to STATUS has this line. */
bool show_status_has(struct rig *rig, const char *line);

#endif
