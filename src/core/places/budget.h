/* SPDX-License-Identifier: ISC */
/* The request budgets: upstream requests of this server in a UTC day, and queries of each
 * client address in a minute that cause an upstream request.
 *
 * Days are those of herd_wall, which may be set: a clock that is set back gives no second
 * budget for the same day, and two days begin at least an hour apart by herd_mono. Minutes
 * are those of herd_mono.
 *
 * Addresses are counted in a table of fixed size, in sets that a keyed hash chooses. When
 * a set is full, the address with the lowest count is forgotten: clients can neither make
 * the table grow, nor use up the budget of others, nor choose which count is forgotten. */
#ifndef HERD_CORE_PLACES_BUDGET_H
#define HERD_CORE_PLACES_BUDGET_H

#ifndef HERD_IN_places
#error "private to src/core/places: include places/places.h"
#endif

#include "herd/instant.h"
#include "herd/mem.h"
#include "siphash.h"
#include "herd/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { HERD_BUDGET_SETS = 1024, HERD_BUDGET_WAYS = 4 };

struct herd_budget_row {
    uint64_t address_key;
    uint32_t minute; /* that the count is of */
    uint32_t count;  /* 0: free */
};

struct herd_budget_setup {
    const struct herd_mem *mem; /* borrowed, outlives the budget */
    uint8_t hash_key[HERD_SIPHASH_KEY];
    int64_t day_max;    /* 0: no limit */
    int64_t minute_max; /* 0: no limit, and takes no memory */
};

struct herd_budget {
    struct herd_budget_setup setup;
    bool day_known;
    int64_t day;                  /* since 1970 */
    int64_t day_count;            /* requests of this day */
    struct herd_mono next_day_at; /* another one does not begin before */
    struct herd_budget_row *rows; /* HERD_BUDGET_SETS sets of HERD_BUDGET_WAYS */
};

/* Errors: HERD_ENOMEM. */
int herd_budget_init(struct herd_budget *budget, const struct herd_budget_setup *setup);

/* Accepts one that failed to init. */
void herd_budget_free(struct herd_budget *budget);

/* ---- the day ---- */

/* Whether one more request may be made. */
bool herd_budget_day_left(struct herd_budget *budget, struct herd_mono now,
                          struct herd_wall wall);

/* Counts one that is made. */
void herd_budget_day_take(struct herd_budget *budget);

/* ---- the minute ---- */

/* The key of a client's address, given as text without its port. All addresses of an IPv6
 * network of 64 bits have one key, since one user usually has all of them; an IPv4-mapped
 * IPv6 address is treated as IPv4. */
uint64_t herd_budget_address_key(const struct herd_budget *budget,
                                 struct herd_slice address);

/* Whether that address may cause one more request in this minute. */
bool herd_budget_minute_left(const struct herd_budget *budget, uint64_t address_key,
                             struct herd_mono now);

/* Counts one query that causes a request. */
void herd_budget_minute_take(struct herd_budget *budget, uint64_t address_key,
                             struct herd_mono now);

#endif
