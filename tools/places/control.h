/* SPDX-License-Identifier: ISC */
/* The control interface of this server, below /_fake/: counts of requests,
 * and orders to be down or to fail for a while. Every answer is the counts, as JSON;
 * nothing of a request is in there. */
#ifndef PLACES_CONTROL_H
#define PLACES_CONTROL_H

#include "http.h"
#include "provider.h"

#include <stdint.h>

#define CONTROL_PREFIX   "/_fake/"
#define CONTROL_FOLLOWED "/_fake/followed"

struct control {
    uint64_t requests[PROVIDERS]; /* in the order of the table, with any answer */
    uint64_t followed;            /* requests that followed a redirect */
    uint64_t elsewhere;           /* no provider's path, or not its method */
    uint64_t refused;             /* malformed HTTP */
    int64_t down_until_ms;        /* of the monotonic clock; INT64_MAX: until told */
    uint64_t failures;            /* as many requests to come are answered by an error */
    int failure_status;
    uint64_t in_cycle[PROVIDERS]; /* of the fault flaky */
};

/* Whether the path is of this interface. */
bool control_takes(struct herd_slice path);

/* Does what it asks for and fills an empty reply. */
void control_answer(struct control *c, const struct http_request *request, int64_t now_ms,
                    struct reply *out);

bool control_is_down(const struct control *c, int64_t now_ms);

/* The status to fail the next request with, or 0 for none. */
int control_next_failure(struct control *c);

/* Is the next request of provider `i` one of the `bad` ones before a good one? */
bool control_next_flaky(struct control *c, size_t i, uint64_t bad);

#endif
