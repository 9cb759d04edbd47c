/* SPDX-License-Identifier: ISC */
/* The poll loop: a listener, its connections, the request log, and the way from a
 * request to the provider that answers it. */
#ifndef PLACES_SERVE_H
#define PLACES_SERVE_H

#include "faults.h"
#include "fixtures.h"
#include "provider.h"

#include <stdio.h>

enum { SERVE_CONNS_MAX = 1024 };

/* All borrowed for serve(). The descriptors do not block. */
struct serve_setup {
    int listener;
    int stop;                        /* readable: the loop ends */
    FILE *log;                       /* one line for each request; NULL: none */
    const struct fixtures *fixtures; /* PROVIDERS of them; without any file: not served */
    struct faults faults;            /* for every reply whose fixture has none of its own */
    bool instant;                    /* no reply is delayed, whatever its fixture says */
    const char *key;                 /* the only one that is right; NULL: any, or none */
    long down_ms;                    /* how long to be dead at first */
    unsigned short port;             /* where we listen */
};

/* Runs until told to stop; all connections are then closed. Returns an exit status: 1
 * when poll() fails. */
int serve(const struct serve_setup *setup);

#endif
