/* SPDX-License-Identifier: ISC */
/* Takes the key out of what a provider sent: it may quote the request that it refuses. For
 * the files of the fetch and their tests only. */
#ifndef IO_FETCH_REDACT_H
#define IO_FETCH_REDACT_H

#include <stddef.h>

/* A shorter key is not looked for: it would be found in texts that do not quote it. */
enum { IO_FETCH_REDACT_MIN = 8 };

/* What stands in the place of the key. Needs no escaping in JSON or in a URL, and is not
 * longer than any key that is looked for. */
#define IO_FETCH_REDACTED "(key)"

/* Replaces each occurrence of `key` in the `len` bytes, in place, and returns how many
 * bytes are left. Any byte of an occurrence may be percent-encoded (%2F, %2f) or escaped as
 * in JSON (\/, \u002F). */
size_t io_fetch_redact(const char *key, char *bytes, size_t len);

#endif
