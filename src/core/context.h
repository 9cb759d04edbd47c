/* SPDX-License-Identifier: ISC */
/* The context that all parts of one server share: its setup, the clocks and the actions of
 * the present step, counters, random numbers, and the log.
 *
 * core.c owns the one context of a server; step.c sets the clocks. All other parts borrow
 * it, and it outlives them. */
#ifndef HERD_CORE_CONTEXT_H
#define HERD_CORE_CONTEXT_H

#include "herd/core.h"
#include "out.h"

#include <stdbool.h>
#include <stdint.h>

struct herd_context {
    struct herd_core_setup setup;
    struct herd_slice name;   /* of this server; borrowed from the configuration */
    struct herd_mono started; /* when the core was created */
    struct herd_mono mono;    /* the clocks of the present event */
    struct herd_wall wall;
    bool stopping;       /* HERD_EV_STOP has come */
    struct herd_out out; /* the actions of this step */
    struct herd_stats stats;
    uint64_t random_state;
    uint64_t nonce_count; /* blocks of nonces drawn so far */
};

/* `setup` is copied; what it points to must outlive the context. Errors: HERD_ENOMEM; the
 * context can then be given to herd_context_free. */
int herd_context_init(struct herd_context *context, const struct herd_core_setup *setup,
                      struct herd_mono now);
void herd_context_free(struct herd_context *context);

/* ---- random numbers ---- */

/* 64 random bits for jitter, from setup.random_seed. They can be predicted. */
uint64_t herd_random(struct herd_context *context);

/* HERD_NONCE bytes that cannot be predicted without setup.nonce_key. */
void herd_nonce(struct herd_context *context, uint8_t nonce[HERD_NONCE]);

/* ---- the log: without memory a line is lost, and nothing else happens ---- */

/* `conn` is 0 for a line about no connection; `direction` as in struct herd_action. `text`
 * must outlive the step: it is a constant, or part of the event's bytes. */
void herd_log(struct herd_context *context, enum herd_topic topic, herd_conn_id conn,
              char direction, struct herd_slice text);

/* Likewise; `text` is copied. */
void herd_log_copy(struct herd_context *context, enum herd_topic topic, herd_conn_id conn,
                   char direction, struct herd_slice text);

/* A line on HERD_TOPIC_HERD from a printf() format, at most 511 bytes. */
void herd_logf(struct herd_context *context, herd_conn_id conn, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
