/* SPDX-License-Identifier: ISC */
/* The providers that this server stands in for: where each is asked, and how it reads a
 * request and chooses the reply. One file for each; the table is in provider.c. */
#ifndef PLACES_PROVIDER_H
#define PLACES_PROVIDER_H

#include "fixtures.h"
#include "http.h"
#include "reply.h"

/* All borrowed for the call. */
struct provider_call {
    const struct fixtures *set;    /* of this provider, loaded */
    const struct fixtures *shared; /* of the first one, whose faults hold for all */
    const struct http_request *request;
    const char *key;       /* the only one that is right; NULL: any, or none */
    struct bytes *scratch; /* empty; for a body that is made for this request */
};

struct provider {
    const char *name;
    const char
        *folder; /* of its fixtures, below that of all; "": the folder of all itself */
    const char *method;
    const char *path;
    const char *huge_before; /* the text of a huge reply up to where the padding goes */
    const char *huge_after;
    /* *out borrows from the call and from all that the call points to. */
    void (*answer)(const struct provider_call *call, struct answer *out);
};

enum { PROVIDERS = 4 };

extern const struct provider google_legacy;
extern const struct provider google_new;
extern const struct provider overpass;
extern const struct provider photon;

/* The first is the one whose faults the others share. */
extern const struct provider *const providers[PROVIDERS];

/* *out becomes the reply of the best matching fixture. When this fixture has no fault of
 * its own and does not name its location, the faults of the shared fixture of that very
 * location hold. */
void provider_choose(const struct provider_call *call, double latitude, double longitude,
                     double metres, struct answer *out);

/* *out becomes a reply of our own. `headers` are complete lines. */
void provider_say(struct answer *out, int status, const char *headers,
                  struct herd_slice body);

/* Degrees that exist. */
bool provider_on_globe(double latitude, double longitude);

#endif
