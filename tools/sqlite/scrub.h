/* SPDX-License-Identifier: ISC */
/* A layer between SQLite and the file (a VFS) that writes zeros where a page of the
 * database has no content.
 *
 * With secure_delete SQLite overwrites what is deleted, but not the copies that stay behind
 * in the unallocated space of a page when the balancing of a B-tree moves its cells to
 * another one: a location that was forgotten could still be read there. That space has no
 * meaning, so it may be written as zeros. */
#ifndef SQLITE_SCRUB_H
#define SQLITE_SCRUB_H

#include <stddef.h>

enum { SCRUB_PAGE = 4096 }; /* the size of the pages that are looked at */

/* The name of the layer above the VFS `below` (NULL: the default one), for
 * sqlite3_open_v2. Replaces the layer above another one, whose files must be closed. NULL:
 * there is no such VFS. */
const char *scrub_vfs(const char *below);

/* Zeros the unallocated space of the page that begins at `offset` in its file. */
void scrub_page(unsigned char page[SCRUB_PAGE], long long offset);

#endif
