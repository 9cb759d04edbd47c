/* SPDX-License-Identifier: ISC */
#include "line_prefetch.h"

#include <string.h>

enum {
    WORTH_BYTES = 1024, /* about a dozen lines */
    TO_RECORD = 3,      /* lines between the steps of herd_store_prefetch */
    TO_MOVE = 6,
};

static struct herd_prefetched expect(const struct herd_store *store, struct herd_slice line)
{
    struct herd_slice verb = HERD_LIT("IAMAT ");
    if (line.len <= verb.len || memcmp(line.data, verb.data, verb.len) != 0)
        return (struct herd_prefetched){0};
    struct herd_slice client = herd_slice_from(line, verb.len);
    const char *blank = memchr(client.data, ' ', client.len);
    if (blank != NULL)
        client.len = (size_t)(blank - client.data);
    return (struct herd_prefetched){client, herd_store_prefetch(store, client)};
}

/* A step that is due for the line that was looked at `ago` lines before this one. */
static uint64_t hash_of(const struct herd_line_prefetch *ahead, uint32_t ago)
{
    return ahead->line[(ahead->looked - ago) % HERD_LINE_PREFETCH_LINES].hash;
}

static void look_at_one(struct herd_line_prefetch *ahead)
{
    if (ahead->rest.len == 0)
        return;
    const char *lf = memchr(ahead->rest.data, '\n', ahead->rest.len);
    size_t len = lf != NULL ? (size_t)(lf - ahead->rest.data) : ahead->rest.len;
    ahead->line[ahead->looked % HERD_LINE_PREFETCH_LINES] =
        expect(ahead->store, herd_slice(ahead->rest.data, len));
    ahead->rest = herd_slice_from(ahead->rest, lf != NULL ? len + 1 : len);
    if (ahead->looked >= TO_RECORD)
        herd_store_prefetch_record(ahead->store, hash_of(ahead, TO_RECORD));
    if (ahead->looked >= TO_MOVE)
        herd_store_prefetch_move(ahead->store, hash_of(ahead, TO_MOVE));
    ahead->looked++;
}

void herd_line_prefetch_next(struct herd_line_prefetch *ahead)
{
    if (ahead->looked == 0)
        return;
    ahead->current = ahead->obeyed < ahead->looked
                         ? ahead->line[ahead->obeyed % HERD_LINE_PREFETCH_LINES]
                         : (struct herd_prefetched){0};
    ahead->obeyed++;
    look_at_one(ahead);
}

void herd_line_prefetch_start(struct herd_line_prefetch *ahead, struct herd_slice input)
{
    if (input.len < WORTH_BYTES)
        return;
    ahead->rest = input;
    for (int i = 0; i < HERD_LINE_PREFETCH_LINES; i++)
        look_at_one(ahead);
}

struct herd_store_slot herd_line_prefetch_lookup(const struct herd_line_prefetch *ahead,
                                                 struct herd_slice client)
{
    const struct herd_prefetched *current = &ahead->current;
    if (current->client.data == client.data && current->client.len == client.len)
        return herd_store_lookup_hash(ahead->store, current->hash, client);
    return herd_store_lookup(ahead->store, client);
}

void herd_line_prefetch_end(struct herd_line_prefetch *ahead)
{
    ahead->rest = (struct herd_slice){0};
    ahead->current = (struct herd_prefetched){0};
    ahead->looked = 0;
    ahead->obeyed = 0;
}
