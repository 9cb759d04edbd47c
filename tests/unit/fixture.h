/* SPDX-License-Identifier: ISC */
/* The files of fixtures/: read whole, listed, and rewritten on demand. */
#ifndef TESTS_UNIT_FIXTURE_H
#define TESTS_UNIT_FIXTURE_H

#include "herd/slice.h"

#include <stdbool.h>

enum { FIXTURE_PATH = 1024 };

/* Reads the file `name`, a path below fixtures/. It lives until the next call but three.
 * A file that cannot be read is an empty slice with data NULL. */
struct herd_slice fixture_read(const char *name);

/* Calls `visit` for each file of the folder whose name ends with `end`, in the order of
 * their names. `name` is the path below fixtures/. Returns how many there were. */
size_t fixture_each(const char *folder, const char *end,
                    void (*visit)(void *ctx, const char *name), void *ctx);

/* Whether HERD_TEST_REWRITE=1 is in the environment. */
bool fixture_is_rewritten(void);

/* Checks that the file holds `got`. With HERD_TEST_REWRITE=1 in the environment the file
 * is written instead: read the difference before it is kept. */
void fixture_check(const char *name, struct herd_slice got);

/* Writes `name` with its end replaced by `end` to `out` (FIXTURE_PATH bytes). */
void fixture_sibling(const char *name, const char *end, char *out);

#endif
