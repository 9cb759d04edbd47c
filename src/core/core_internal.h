/* SPDX-License-Identifier: ISC */
/* One server: its parts, put together. Only core.c and step.c see all of it. */
#ifndef HERD_CORE_CORE_INTERNAL_H
#define HERD_CORE_CORE_INTERNAL_H

#include "client/clients.h"
#include "control/control.h"
#include "disk/disk.h"
#include "link/links.h"
#include "ratelimit.h"
#include "sessions.h"
#include "store/store.h"
#include "places/places.h"

struct herd_core {
    struct herd_context context;
    struct herd_store store;
    struct herd_sessions sessions;
    struct herd_places *places;
    struct herd_clients clients;
    struct herd_links links;
    struct herd_disk disk;
    struct herd_controls controls;
    bool forgot; /* a location was forgotten, and buffers may still hold it */
    struct herd_ratelimit full_logged; /* lines about connections that wait */
};

#endif
