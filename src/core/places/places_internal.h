/* The struct behind places.h, for its own files and for tests. */
#ifndef HERD_CORE_PLACES_PLACES_INTERNAL_H
#define HERD_CORE_PLACES_PLACES_INTERNAL_H

#ifndef HERD_IN_places
#error "private to src/core/places: include places/places.h"
#endif

#include "breaker.h"
#include "budget.h"
#include "providers.h"
#include "requests.h"

struct herd_places {
    struct herd_places_setup setup;
    const struct herd_places_provider *provider;
    struct herd_requests requests;
    struct herd_budget budget;
    struct herd_breaker breaker;
    struct herd_places_query *first_finished, *last_finished;
};

#endif
