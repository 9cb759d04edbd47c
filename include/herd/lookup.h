/* Pending lookups: which WHATSATs are being asked upstream, and which wait their turn.
 *
 * A bounded number flies at once, a bounded number waits in order of arrival, further ones
 * are refused. Every lookup has one deadline from its arrival on, waiting included. */
#ifndef HERD_LOOKUP_H
#define HERD_LOOKUP_H

#include "herd/buf.h"
#include "herd/geo.h"
#include "herd/instant.h"
#include "herd/mem.h"
#include "herd/timerq.h"

#include <stdbool.h>
#include <stdint.h>

/* One lookup, and the replies of its connection that must not overtake it. Owned by the
 * client session that made it; the lists below only borrow it. */
struct herd_lookup {
    uint64_t id;   /* while it flies; 0 otherwise */
    uint64_t conn; /* who asked */
    struct herd_point point;
    uint32_t radius_km, bound;
    bool done;                 /* `reply` is complete */
    struct herd_buf reply;     /* AT line and LF, then the JSON */
    struct herd_buf after;     /* replies to later commands of the same client */
    struct herd_lookup *later; /* next of the same client */
    struct herd_lookup *prev_waiting, *next_waiting;
    bool waiting;
    struct herd_timer timer;
};

struct herd_lookups {
    const struct herd_mem *mem;
    struct herd_lookup **flying; /* by slot; NULL: free */
    uint32_t *generation;        /* of the slot's ids */
    uint32_t flying_max, flying_count;
    uint32_t waiting_max, waiting_count;
    struct herd_lookup *first_waiting, *last_waiting;
    struct herd_timerq timers; /* owners are lookups */
};

struct herd_lookup_limits {
    uint32_t flying_max;  /* > 0 */
    uint32_t waiting_max; /* may be 0 */
    int64_t timeout_ms;   /* > 0 */
};

/* Errors: HERD_ENOMEM. Must stay where it is in memory. */
int herd_lookups_init(struct herd_lookups *lookups, const struct herd_mem *mem,
                      const struct herd_lookup_limits *limits);

/* No lookup may be left. Accepts one that failed to init. */
void herd_lookups_free(struct herd_lookups *lookups);

/* Takes in a new lookup. Returns 1: it flies, and lookup->id names it; 0: it waits;
 * HERD_EFULL: neither, it was not taken in. */
int herd_lookups_add(struct herd_lookups *lookups, struct herd_lookup *lookup,
                     struct herd_mono now);

/* The flying lookup of that id, or NULL when it is not there any more. */
struct herd_lookup *herd_lookups_find(const struct herd_lookups *lookups, uint64_t id);

/* Ends a lookup, flying or waiting or neither. */
void herd_lookups_remove(struct herd_lookups *lookups, struct herd_lookup *lookup);

/* If there is room and one waits: lets it fly and returns it; else NULL. */
struct herd_lookup *herd_lookups_next(struct herd_lookups *lookups);

#endif
