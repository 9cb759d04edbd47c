/* SPDX-License-Identifier: ISC */
#include "cut.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Some whole pages to write to, and after them one that nobody may touch. */
static struct {
    char *data;
    size_t size;
    size_t mapped;
} room;

static void must(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        abort();
    }
}

/* An unlinked file is mapped because anonymous memory is not in POSIX.1-2008. */
static void make_room(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t pages = size / page + 1;
    if (room.data != NULL)
        munmap(room.data, room.mapped);
    FILE *file = tmpfile();
    must(file != NULL, "tmpfile");
    room.size = pages * page;
    room.mapped = room.size + page;
    must(ftruncate(fileno(file), (off_t)room.mapped) == 0, "ftruncate");
    void *data =
        mmap(NULL, room.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE, fileno(file), 0);
    must(data != MAP_FAILED, "mmap");
    room.data = data;
    must(mprotect(room.data + room.size, page, PROT_NONE) == 0, "mprotect");
    fclose(file);
}

struct herd_slice cut_guarded(struct herd_slice text)
{
    if (room.data == NULL || text.len > room.size)
        make_room(text.len);
    char *data = room.data + room.size - text.len;
    if (text.len > 0)
        memcpy(data, text.data, text.len);
    return herd_slice(data, text.len);
}

void cut_whole(struct herd_slice text, cut_feed *feed, void *ctx)
{
    feed(ctx, cut_guarded(text));
}

void cut_bytes(struct herd_slice text, cut_feed *feed, void *ctx)
{
    for (size_t i = 0; i < text.len; i++)
        feed(ctx, cut_guarded(herd_slice(text.data + i, 1)));
}

void cut_at(struct herd_slice text, size_t at, cut_feed *feed, void *ctx)
{
    feed(ctx, cut_guarded(herd_slice(text.data, at)));
    feed(ctx, cut_guarded(herd_slice_from(text, at)));
}

void cut_prefixes(struct herd_slice text, cut_feed *feed, void *ctx)
{
    for (size_t len = 0; len <= text.len; len++)
        feed(ctx, cut_guarded(herd_slice(text.data, len)));
}
