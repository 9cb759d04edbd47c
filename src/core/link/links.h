/* SPDX-License-Identifier: ISC */
/* All links of one server: the connections to its neighbours, and the records that they
 * carry. The rest of the core includes only this header of the folder.
 *
 * Each neighbour of the configuration has a link; it is up while one peer connection
 * carries it. */
#ifndef HERD_CORE_LINK_LINKS_H
#define HERD_CORE_LINK_LINKS_H

#include "herd/conf.h"
#include "herd/err.h"
#include "ratelimit.h"
#include "sessions.h"
#include "store/store.h"
#include "timerq.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct herd_neighbour;
struct herd_partner;

/* Connections that were refused and gave the same name. */
struct herd_refusal {
    char name[HERD_CONF_NAME_MAX + 1]; /* printable; "-": none was given */
    struct herd_error_text reason;     /* the last one */
    uint64_t count;                    /* 0: unused */
};

enum { HERD_REFUSALS = 8 };

enum {
    HERD_FOLLOWERS_MAX = 16,    /* at the same time */
    HERD_FOLLOWER_NAME_MAX = 63 /* bytes */
};

struct herd_links {
    struct herd_context *context; /* borrowed */
    struct herd_store *store;     /* borrowed */
    struct herd_neighbour *neighbours;
    uint32_t neighbour_count;
    /* The neighbours in the order of the configuration, then the followers that are
     * connected in that of their arrival. */
    struct herd_partner **partners;
    uint32_t partner_count, partners_capacity;
    struct herd_session_service followers;      /* their sessions */
    struct herd_timerq handshakes;              /* of struct herd_peer */
    struct herd_timerq pings, timeouts, probes; /* of struct herd_partner: heartbeat.h */
    struct herd_timerq acks;                    /* of struct herd_partner: receive.h */
    bool waits_for_disk;                        /* report-ack disk */
    uint64_t disk_seq;                          /* see herd_links_disk_seq */
    uint64_t rules;          /* hash of the rules by which this server merges */
    uint64_t last_source_id; /* given out so far: see struct herd_partner */
    struct herd_ratelimit unauthenticated_log_limit; /* such connections in the log */
    struct herd_refusal refusals[HERD_REFUSALS];     /* for STATUS */
};

/* `context` and `store` must outlive the links. Must stay where it is in memory. Errors:
 * HERD_ENOMEM; the links can then be given to herd_links_free. */
int herd_links_init(struct herd_links *links, struct herd_context *context,
                    struct herd_store *store);

/* After all sessions of peers are gone. */
void herd_links_free(struct herd_links *links);

/* The sessions of HERD_ROLE_PEER; the service is a struct herd_links. */
extern const struct herd_session_ops herd_peer_session_ops;

/* DIAL_FAILED of the neighbour with that index in the configuration: it is dialled again
 * after its back-off. `reason` is text for people. */
void herd_links_on_dial_failed(struct herd_links *links, int64_t server,
                               struct herd_slice reason);

/* TICK: timeouts, heartbeats, dials, and at most one batch to each partner. */
void herd_links_tick(struct herd_links *links);

/* When herd_links_tick has something to do: the instant 0 for "now". */
struct herd_mono herd_links_deadline(const struct herd_links *links);

/* The number of links that are up. */
size_t herd_links_up(const struct herd_links *links);

/* One link, for STATUS. */
struct herd_link_status {
    const char *name;   /* of the neighbour; lives as long as the configuration */
    bool up;            /* the fields below `reason` are set when it is */
    const char *reason; /* why it is down; lives until the next step */
    bool dialled;       /* by this server */
    uint64_t behind;    /* records left to be sent to the neighbour, at most */
    const char
        *mode;      /* of sending: "wait" (for a full sync), "sync" (a full sync), "feed" */
    int64_t rtt_us; /* round-trip time; 0: not known */
    int64_t skew_ms; /* the neighbour's clock minus this server's */
};

/* `i` is less than links->neighbour_count. */
struct herd_link_status herd_links_status(const struct herd_links *links, uint32_t i);

/* ---- followers ---- */

/* Whether a follower of that name, which is a NUL-terminated word of at most
 * HERD_FOLLOWER_NAME_MAX bytes, may connect now. If not, that is counted and logged. */
bool herd_links_can_follow(struct herd_links *links, const char *name);

/* The follower of that name, which herd_links_can_follow allows, takes over the connection
 * of `session`, which must not be used any more. It gets FOLLOWED; `rest` is what came
 * behind its FOLLOW. One of the same name is replaced. Without memory the session ends. For
 * an operation `data` only. `name` may belong to the session. */
void herd_links_follow(struct herd_links *links, struct herd_session *session,
                       const char *name, struct herd_slice rest);

/* The follower of this name keeps the records in state-dir. */
#define HERD_DISK_NAME "sqlite"

/* Its connection. */
struct herd_disk_link {
    bool connected;
    bool gave;          /* it has given back what it holds, or says that it has nothing */
    uint64_t acked_seq; /* position of its last ACK; 0: it is not connected */
};
struct herd_disk_link herd_links_disk(const struct herd_links *links);

/* With report-ack disk: the disk has, on stable storage, the record of every change up to
 * this one, or a newer record about the same client. Never decreases. */
uint64_t herd_links_disk_seq(struct herd_links *links);

/* The number of followers that are connected. */
uint32_t herd_links_follower_count(const struct herd_links *links);

/* One follower, for STATUS. */
struct herd_follower_status {
    const char *name;        /* lives until the next step */
    const char *mode;        /* as in struct herd_link_status */
    uint64_t behind;         /* records left to be sent to it, at most */
    uint64_t unacknowledged; /* changes after the position of its last ACK */
};

/* `i` is less than herd_links_follower_count(). */
struct herd_follower_status herd_links_follower_status(const struct herd_links *links,
                                                       uint32_t i);

#endif
