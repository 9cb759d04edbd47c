/* SPDX-License-Identifier: ISC */
/* What becomes of OpenStreetMap's places, whichever service they come from. */
#ifndef TESTS_UNIT_OSM_TEXT_H
#define TESTS_UNIT_OSM_TEXT_H

/* All of a text: its places are one OSM_PLACE or more, with ",\n" between them. */
#define OSM_TEXT(places)                                                                   \
    OSM_CREDIT "   \"results\" : [\n" places "\n   ],\n   \"status\" : \"OK\"\n}"
#define OSM_TEXT_NONE OSM_CREDIT "   \"results\" : [],\n   \"status\" : \"ZERO_RESULTS\"\n}"
#define OSM_CREDIT                                                                         \
    "{\n   \"html_attributions\" : [\n"                                                    \
    "      \"\\u003ca href=\\\"https://www.openstreetmap.org/copyright\\\"\\u003e"         \
    "\xc2\xa9 OpenStreetMap contributors\\u003c/a\\u003e\"\n   ],\n"

/* Each of `types` has ", " after it; `vicinity` is "" or an OSM_VICINITY. */
#define OSM_PLACE(lat, lng, name, id, types, vicinity)                                     \
    "      {\n         \"geometry\" : {\n            \"location\" : {\n"                   \
    "               \"lat\" : " lat ",\n               \"lng\" : " lng "\n"                \
    "            }\n         },\n         \"name\" : \"" name "\",\n"                      \
    "         \"place_id\" : \"osm:" id "\",\n         \"scope\" : \"OSM\",\n"             \
    "         \"types\" : [ " types "\"point_of_interest\" ]" vicinity "\n      }"
#define OSM_VICINITY(text) ",\n         \"vicinity\" : \"" text "\""

#endif
