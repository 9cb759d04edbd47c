/* SPDX-License-Identifier: ISC */
/* Asks fake-places as each provider is asked, and knows what its fixtures hold. */
#ifndef TESTS_IO_FAKE_ASK_H
#define TESTS_IO_FAKE_ASK_H

#include "fake.h"

enum fake_provider { ASK_LEGACY, ASK_NEW, ASK_OVERPASS, ASK_PHOTON, ASK_PROVIDERS };

#define ASK_MASK "*"

/* As the program calls them. */
extern const char *const ask_names[ASK_PROVIDERS];

/* A body of ours that a test bends, with `len` bytes of text. */
struct ask_text {
    char text[4096];
    size_t len;
};

/* The program with these arguments (NULL: none), and a connection to it. False, and a
 * failed check: nothing runs. */
bool ask_begin(struct fake *f, struct wire *w, const char *const *arguments);

/* The end of both; whatever was asked, the program ends as told. */
void ask_end(struct fake *f, struct wire *w);

/* The request for a location of decimal numbers and a radius in whole kilometres, with the
 * key "k". */
void ask_print(struct ask_text *out, enum fake_provider provider, const char *latitude,
               const char *longitude, unsigned km);

/* Sends it, and does no more. */
bool ask_place(struct wire *w, enum fake_provider provider, const char *latitude,
               const char *longitude, unsigned km);

/* "GET target" on this connection; *reply is whole. */
bool ask_get(struct wire *w, const char *target, struct wire_reply *reply);

/* A request with a body; the header lines are complete. */
bool ask_post(struct wire *w, const char *target, const char *lines, const char *body,
              struct wire_reply *reply);

/* The body that the fixture fixtures/places/NAME.http holds; lives until the next call.
 * Empty, and a failed check, when there is none. */
struct herd_slice ask_fixture(const char *name);

/* What a location is answered with: the fixture of that name in the provider's folder. */
struct ask_expected {
    const char *latitude, *longitude, *file;
    unsigned km;
    int status;
};

/* A program of its own answers each as expected, byte by byte. */
void ask_check_fixtures(enum fake_provider provider, const struct ask_expected *cases,
                        size_t count);

/* The number behind "name": in the counts of this server, asked on a new connection, or
 * -1. */
int64_t ask_count(const struct fake *f, const char *name);

/* Does the text occur? */
bool ask_contains(struct herd_slice s, const char *text);

#endif
