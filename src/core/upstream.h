/* SPDX-License-Identifier: ISC */
/* Joins Places to the steps of the core: its upstream requests become actions and lines of
 * the log, and PLACES events their replies. */
#ifndef HERD_CORE_UPSTREAM_H
#define HERD_CORE_UPSTREAM_H

#include "context.h"
#include "places/places.h"

/* Places as the configuration wants it; `context` outlives it. Errors: HERD_ENOMEM. */
int herd_upstream_new(struct herd_places **places, struct herd_context *context);

/* PLACES: an upstream request has ended. */
void herd_upstream_on_reply(struct herd_places *places, struct herd_context *context,
                            const struct herd_event *event);

#endif
