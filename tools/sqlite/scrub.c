/* SPDX-License-Identifier: ISC */
#include "scrub.h"

#include <sqlite3.h>

#include <stdbool.h>
#include <string.h>

static sqlite3_vfs layer;          /* a copy of the VFS below, with an xOpen of its own */
static sqlite3_vfs *base;          /* that VFS */
static sqlite3_io_methods patched; /* a copy of the methods below, with our xWrite */
static const sqlite3_io_methods *methods; /* those methods */

static size_t number2(const unsigned char *at)
{
    return (size_t)at[0] << 8 | at[1];
}

/* A page of pointers of auto_vacuum: the second one of the file, and then one before as
 * many pages as it has room for. Other pages that are not of a B-tree begin with a page
 * number; the first byte of one is that of a B-tree from page 2^25 on, where scrubbing
 * ends. */
static bool may_be_tree(long long number)
{
    enum { POINTER_BYTES = 5, GROUP = SCRUB_PAGE / POINTER_BYTES + 1 };
    const long long most = 1LL << 25;
    const long long lock_page = 0x40000000 / SCRUB_PAGE + 1;
    if (number == 1)
        return true;
    long long pointers = (number - 2) / GROUP * GROUP + 2;
    return number < most && number != pointers + (pointers == lock_page);
}

void scrub_page(unsigned char page[SCRUB_PAGE], long long offset)
{
    enum { FILE_HEADER = 100, LEAF_BIT = 8, LEAF_HEADER = 8, INNER_HEADER = 12 };
    size_t start = offset == 0 ? FILE_HEADER : 0;
    unsigned char type = page[start];
    if (!may_be_tree(offset / SCRUB_PAGE + 1) ||
        (type != 2 && type != 5 && type != 10 && type != 13))
        return;
    size_t header = (type & LEAF_BIT) != 0 ? LEAF_HEADER : INNER_HEADER;
    size_t from = start + header + 2 * number2(page + start + 3);
    size_t to = number2(page + start + 5);
    if (to <= SCRUB_PAGE && from < to)
        memset(page + from, 0, to - from);
}

static int write_scrubbed(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    unsigned char page[SCRUB_PAGE];
    if (size != SCRUB_PAGE || at % SCRUB_PAGE != 0)
        return methods->xWrite(file, bytes, size, at);
    memcpy(page, bytes, sizeof page);
    scrub_page(page, at);
    return methods->xWrite(file, page, size, at);
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *out_flags)
{
    (void)vfs;
    int rc = base->xOpen(base, name, file, flags, out_flags);
    if (rc != SQLITE_OK || (flags & SQLITE_OPEN_MAIN_DB) == 0)
        return rc;
    methods = file->pMethods;
    patched = *methods;
    patched.xWrite = write_scrubbed;
    file->pMethods = &patched;
    return rc;
}

const char *scrub_vfs(const char *below)
{
    sqlite3_vfs *found = sqlite3_vfs_find(below);
    if (found == NULL)
        return NULL;
    if (base != NULL)
        sqlite3_vfs_unregister(&layer);
    base = found;
    layer = *found;
    layer.zName = "herd-scrub";
    layer.pNext = NULL;
    layer.xOpen = open_file;
    return sqlite3_vfs_register(&layer, 0) == SQLITE_OK ? layer.zName : NULL;
}
