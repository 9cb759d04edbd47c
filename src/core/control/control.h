/* Control connections: what an operator asks a server. */
#ifndef HERD_CORE_CONTROL_CONTROL_H
#define HERD_CORE_CONTROL_CONTROL_H

#include "link/links.h"
#include "places/places.h"
#include "sessions.h"
#include "store/store.h"
#include "timerq.h"

/* What STATUS tells of; all borrowed. */
struct herd_control_setup {
    struct herd_context *context;
    const struct herd_sessions *sessions;
    const struct herd_store *store;
    const struct herd_places *places;
    const struct herd_links *links;
};

struct herd_controls {
    struct herd_control_setup on;
    struct herd_timerq idle;
};

/* Takes no memory. Must stay where it is in memory. */
void herd_controls_init(struct herd_controls *controls,
                        const struct herd_control_setup *setup);

/* The sessions of HERD_ROLE_CONTROL; the service is a struct herd_controls. */
extern const struct herd_session_ops herd_control_session_ops;

/* TICK: closes idle connections. */
void herd_controls_tick(struct herd_controls *controls);

/* When herd_controls_tick has something to do. */
struct herd_mono herd_controls_deadline(const struct herd_controls *controls);

#endif
