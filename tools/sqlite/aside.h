/* SPDX-License-Identifier: ISC */
/* Sets a damaged file aside, so that a new one can take its place. */
#ifndef SQLITE_ASIDE_H
#define SQLITE_ASIDE_H

#include "herd/err.h"

enum { ASIDE_MOST = 9 };

/* Renames the database and its WAL to PATH.damaged-N, N being the first free number up to
 * ASIDE_MOST, or that number, whose file is then replaced. `name` gets the new name.
 * Errors: HERD_ESYS, with `error`. */
int aside_move(const char *path, char name[HERD_ERROR_TEXT_MAX],
               struct herd_error_text *error);

#endif
