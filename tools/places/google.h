/* Google Places Nearby Search (Legacy): GET with location, radius and key. */
#ifndef PLACES_GOOGLE_H
#define PLACES_GOOGLE_H

#include "fixtures.h"
#include "http.h"
#include "reply.h"

#define GOOGLE_METHOD "GET"
#define GOOGLE_PATH   "/maps/api/place/nearbysearch/json"

/* The reply of the best matching fixture, or Google's INVALID_REQUEST when location or
 * radius is missing or malformed. *out borrows from the set, which must be loaded. */
void google_answer(const struct fixtures *set, const struct http_request *request,
                   struct answer *out);

#endif
