/* What the files of the driver share.
 *
 * driver.c: life and the loop. doors.c: listeners. conns.c: the table of connections and
 * what they tell. carry.c: events into the core, actions out of it. places.c: how
 * the provider is asked. */
#ifndef DRIVER_DRIVER_INTERNAL_H
#define DRIVER_DRIVER_INTERNAL_H

#include "driver.h"
#include "herd/core.h"
#include "io/conn.h"
#include "io/fetch.h"
#include "io/loop.h"
#include "io/sock.h"

#include <stdbool.h>

/* A connection: its place in the table never moves while it lives. */
struct driver_conn {
    struct driver *driver;
    struct io_conn *conn;
    herd_conn_id id;
    enum herd_role role;
    int64_t server;              /* dialled; -1: accepted */
    bool from_neighbour_address; /* accepted from the address of a neighbour */
    bool opened;                 /* the core knows it */
    bool owed;                   /* is in driver->owed */
    bool draining;               /* the core wants a DRAINED */
    struct driver_conn *next_owed;
    char address[IO_SOCK_TEXT];
};

#define DRIVER_SLOT_NONE UINT32_MAX

/* A slot's generation makes the ids of its connections differ. */
struct driver_slot {
    struct driver_conn *conn; /* NULL: free */
    uint32_t generation;
    uint32_t next_free;
};

enum { DRIVER_LISTENERS = 3 };

/* Where connections of one role come in. Each role has places of its own, so that none can
 * keep another out. */
struct driver_listener {
    struct driver *driver;
    enum herd_role role;
    uint32_t max;   /* connections that may be open before newcomers have to wait ... */
    uint32_t count; /* ... and that are, those that were dialled included */
    int accepts;    /* most in one turn */
    bool full;      /* they do wait, until one has gone */
    struct io_conn_group *group; /* also has those that are only being closed */
    struct io_watch watch;       /* fd -1: not open */
    char address[IO_SOCK_TEXT];
};

/* An event that happened inside the carrying out of an action, for after it. */
struct driver_late {
    enum herd_event_kind kind; /* DIAL_FAILED or PLACES */
    int64_t server;
    uint64_t lookup;
    struct herd_error_text error;
};

struct driver {
    struct driver_setup setup;
    struct io_loop *loop;
    struct io_fetch *fetch; /* NULL: no lookups */
    struct herd_core *core;
    struct io_addr *peers; /* by server; only neighbours are filled in */

    /* this turn's clocks; read when first needed */
    bool clock_read;
    struct herd_mono mono;
    struct herd_wall wall;

    struct driver_listener doors[DRIVER_LISTENERS];
    bool accept_paused;                /* all of them: descriptors are short */
    struct herd_mono accept_resume_at; /* or when a connection has gone */

    struct driver_slot *slots; /* by the low half of a connection's id */
    uint32_t slots_size, slots_max;
    uint32_t free_slot; /* first of a list; DRIVER_SLOT_NONE: all are taken */

    struct driver_conn *owed; /* connections that are owed a DRAINED */
    struct driver_late *late; /* room for one a server and one a lookup */
    size_t late_count, late_max;

    bool signals_on;
    bool stopping, stop_now;
    struct herd_mono stop_by;
};

/* ---- carry.c ---- */

/* Reads the clocks if this turn has not yet. */
void driver_clock(struct driver *driver);

/* One event into the core, its actions out, and the events that these lead to. The clocks
 * are filled in here. */
void driver_step(struct driver *driver, struct herd_event event);

/* Lookups end here. */
void driver_places_done(void *arg, uint64_t id, const struct io_fetch_result *result);

/* ---- places.c ---- */

/* Opens the way to the provider of the configuration. Errors: HERD_EBAD, HERD_ESYS, with
 * `error`. */
int driver_places_start(struct driver *driver, struct herd_error_text *error);

/* Why the provider cannot be asked, for clients, or NULL; after driver_places_start. */
const char *driver_places_lacking(const struct driver *driver);

/* ---- conns.c ---- */

void driver_conns_free(struct driver *driver);

/* A new place in the table, or NULL when it is full or out of memory. */
struct driver_conn *driver_conn_new(struct driver *driver, enum herd_role role,
                                    int64_t server, const char *address);
void driver_conn_free(struct driver_conn *dc);
struct driver_conn *driver_conn_find(const struct driver *driver, herd_conn_id id);

/* Ends the dials that have no answer yet, without telling the core, which waits for none
 * when it stops. */
void driver_conns_drop_dials(struct driver *driver);

/* Takes over an accepted socket. */
void driver_conn_accept(struct driver *driver, int fd, enum herd_role role,
                        const struct io_addr *from);

/* Dials a neighbour; false with `error` when that failed at once. */
bool driver_conn_dial(struct driver *driver, uint32_t server,
                      struct herd_error_text *error);

/* ---- doors.c ---- */

/* Whether links may use this peer address of server `index`: without the herd's key only
 * those of this machine. Errors: HERD_EBAD with `error`. */
int driver_peer_allowed(const struct driver *driver, const struct io_addr *addr,
                        uint32_t index, struct herd_error_text *error);

/* How many places each role has. Errors: HERD_ENOMEM. */
int driver_listeners_init(struct driver *driver);
int driver_listeners_open(struct driver *driver, struct herd_error_text *error);
void driver_listeners_close(struct driver *driver);
void driver_listeners_free(struct driver *driver);
struct driver_listener *driver_listener(struct driver *driver, enum herd_role role);
/* Opens what was shut, when it is time, or when a connection of that role has gone. */
void driver_listeners_tick(struct driver *driver);
void driver_listeners_conn_gone(struct driver *driver, enum herd_role role);

#endif
