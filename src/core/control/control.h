/* SPDX-License-Identifier: ISC */
/* Control connections: commands of operators, STATUS, FORGET and RECORD, and FOLLOW, with
 * which a connection becomes that of a follower; doc/protocol.md, sections 3 and 4. */
#ifndef HERD_CORE_CONTROL_CONTROL_H
#define HERD_CORE_CONTROL_CONTROL_H

#include "client/clients.h"
#include "disk/disk.h"
#include "link/links.h"
#include "places/places.h"
#include "sessions.h"
#include "store/store.h"
#include "timerq.h"

/* The parts that commands are about; borrowed, and must outlive the controls. */
struct herd_control_setup {
    struct herd_context *context;
    const struct herd_sessions *sessions;
    struct herd_store *store;
    const struct herd_places *places;
    const struct herd_clients *clients;
    struct herd_links *links;
    const struct herd_disk *disk;
};

struct herd_controls {
    struct herd_control_setup parts;
    struct herd_timerq idle;
};

/* Takes no memory. `controls` must stay where it is in memory. */
void herd_controls_init(struct herd_controls *controls,
                        const struct herd_control_setup *setup);

/* The sessions of HERD_ROLE_CONTROL; the service is a struct herd_controls. */
extern const struct herd_session_ops herd_control_session_ops;

/* TICK: closes connections that sent no command for ten seconds. */
void herd_controls_tick(struct herd_controls *controls);

/* When herd_controls_tick has something to do. */
struct herd_mono herd_controls_deadline(const struct herd_controls *controls);

#endif
