/* SPDX-License-Identifier: ISC */
/* What tests of links wait for. Every wait ends after WAIT_MS. */
#ifndef TESTS_E2E_LINKS_H
#define TESTS_E2E_LINKS_H

#include "herd_proc.h"

#include <stdbool.h>
#include <stdint.h>

/* A number of server i's status is at least so high. */
bool links_wait_count(const struct herd_proc *herd, uint32_t i, const char *name,
                      int64_t least);

/* A number of server i's status is just that. */
bool links_wait_exactly(const struct herd_proc *herd, uint32_t i, const char *name,
                        int64_t value);

/* All servers know so many clients, and have forgotten so many. */
bool links_wait_clients(const struct herd_proc *herd, int64_t known, int64_t forgotten);

/* A line of server i's status begins with `head`, and the rest of it has `words`. */
bool links_wait_status(const struct herd_proc *herd, uint32_t i, const char *head,
                       const char *words);

/* The log of server i has this. */
bool links_wait_log(const struct herd_proc *herd, uint32_t i, const char *words);

/* The sum of a number over all servers that run. */
int64_t links_sum(const struct herd_proc *herd, const char *name);

/* Writes a key where "herd-key-file FILE" finds it. */
bool links_write_key(const struct herd_proc *herd, const char *file, const char *key);

#endif
