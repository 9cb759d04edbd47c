/* Lookups, and the flights that answer them.
 *
 * A lookup is one client's question. A flight is one request upstream, with all lookups of
 * the same key that wait for its answer: those that come while it is there join it. A
 * bounded number of flights flies at once, a bounded number waits in order of arrival,
 * further ones are refused. Every lookup has one deadline from its arrival on, waiting
 * included, whatever becomes of the others of its flight. */
#ifndef HERD_CORE_PLACES_LOOKUP_H
#define HERD_CORE_PLACES_LOOKUP_H

#include "herd/buf.h"
#include "herd/instant.h"
#include "herd/mem.h"
#include "places_key.h"
#include "timerq.h"

#include <stdbool.h>
#include <stdint.h>

struct herd_flight;

/* One lookup, and the replies of its connection that must not overtake it. Owned by the
 * client session that made it; its flight only borrows it. */
struct herd_lookup {
    struct herd_flight *flight;      /* that it waits for; NULL: for none */
    struct herd_lookup *prev, *next; /* of the same flight */
    struct herd_timer timer;         /* armed while it waits for a flight */

    /* The session's own. */
    uint64_t conn; /* who asked */
    uint32_t bound;
    bool done;                 /* `reply` is complete */
    struct herd_buf reply;     /* AT line and LF, then the JSON */
    struct herd_buf after;     /* replies to later commands of the same client */
    struct herd_lookup *later; /* next of the same client */
};

/* Owned by the struct below. The fields behind `key` are for whoever asks upstream. */
struct herd_flight {
    uint64_t id;                      /* of its request, while it flies; 0: it waits */
    struct herd_lookup *first, *last; /* in order of arrival */
    struct herd_flight *prev, *next;  /* waiting */
    struct herd_flight *same_hash;
    uint64_t hash;
    struct herd_places_key key;
    struct herd_mono since; /* the last request began */
    bool probe;             /* the last request decides whether others may follow */
    bool retried;
};

/* The names of requests: a slot's generation makes them differ. */
struct herd_flight_slot {
    struct herd_flight *flight; /* NULL: free */
    uint32_t generation;
    uint32_t next_free; /* slot's number from 1 on; 0: none */
};

struct herd_lookup_limits {
    uint32_t flying_max;  /* > 0 */
    uint32_t waiting_max; /* may be 0 */
    int64_t timeout_ms;   /* > 0 */
};

struct herd_lookups {
    const struct herd_mem *mem;
    struct herd_lookup_limits limits;
    uint8_t hash_key[HERD_SIPHASH_KEY];
    struct herd_flight_slot *slots; /* flying_max of them */
    uint32_t free_slot;             /* as next_free */
    struct herd_flight **table;     /* all flights, by hash */
    size_t table_size;              /* a power of two */
    uint32_t flying_count, waiting_count;
    struct herd_flight *first_waiting, *last_waiting;
    struct herd_timerq timers; /* owners are lookups */
};

/* Errors: HERD_ENOMEM. Must stay where it is in memory. */
int herd_lookups_init(struct herd_lookups *lookups, const struct herd_mem *mem,
                      const struct herd_lookup_limits *limits,
                      const uint8_t hash_key[HERD_SIPHASH_KEY]);

/* No lookup may be left. Accepts one that failed to init. */
void herd_lookups_free(struct herd_lookups *lookups);

/* ---- arrival: a lookup that waits for no flight ---- */

/* Joins the flight of that key. Returns false when there is none. */
bool herd_lookups_join(struct herd_lookups *lookups, struct herd_lookup *lookup,
                       const struct herd_places_key *key, struct herd_mono now);

/* A new flight for it, of a key that no other flight has. It waits: herd_lookups_next
 * tells when it may fly. Errors, and then nothing has changed: HERD_EFULL, HERD_ENOMEM. */
int herd_lookups_add(struct herd_lookups *lookups, struct herd_lookup *lookup,
                     const struct herd_places_key *key, struct herd_mono now);

/* ---- flights ---- */

/* The first flight that waits, when there is room for one more to fly; else NULL. */
struct herd_flight *herd_lookups_next(const struct herd_lookups *lookups);

/* Lets a flight fly that waits, when there is room; one that flies already does so anew,
 * under another id. */
void herd_lookups_fly(struct herd_lookups *lookups, struct herd_flight *flight,
                      struct herd_mono now);

/* The flight of that request, or NULL when it is not there any more. */
struct herd_flight *herd_lookups_find(const struct herd_lookups *lookups, uint64_t id);

/* Ends and frees a flight that no lookup waits for any more. */
void herd_lookups_end(struct herd_lookups *lookups, struct herd_flight *flight);

/* ---- departure ---- */

/* Takes a lookup out of its flight, if it is in one. Returns the flight when nobody waits
 * for it any more: herd_lookups_end is then due. */
struct herd_flight *herd_lookups_leave(struct herd_lookup *lookup);

#endif
