/* SPDX-License-Identifier: ISC */
#include "line_prefetch.h"

#include <string.h>

enum {
    WORTH_BYTES = 1024, /* about a dozen lines */
    TO_RECORD = 3,      /* lines between the steps of herd_store_prefetch */
    TO_MOVE = 6,
};

static uint64_t expect(const struct herd_store *store, struct herd_slice line)
{
    struct herd_slice verb = HERD_LIT("IAMAT ");
    if (line.len <= verb.len || memcmp(line.data, verb.data, verb.len) != 0)
        return 0;
    struct herd_slice client = herd_slice_from(line, verb.len);
    const char *blank = memchr(client.data, ' ', client.len);
    if (blank != NULL)
        client.len = (size_t)(blank - client.data);
    return herd_store_prefetch(store, client);
}

/* A step that is due for the line that was looked at `ago` lines before this one. */
static uint64_t of_line(const struct herd_line_prefetch *ahead, uint32_t ago)
{
    return ahead->hash[(ahead->looked - ago) % HERD_LINE_PREFETCH_LINES];
}

void herd_line_prefetch_next(struct herd_line_prefetch *ahead)
{
    if (ahead->rest.len == 0)
        return;
    const char *lf = memchr(ahead->rest.data, '\n', ahead->rest.len);
    size_t len = lf != NULL ? (size_t)(lf - ahead->rest.data) : ahead->rest.len;
    ahead->hash[ahead->looked % HERD_LINE_PREFETCH_LINES] =
        expect(ahead->store, herd_slice(ahead->rest.data, len));
    ahead->rest = herd_slice_from(ahead->rest, lf != NULL ? len + 1 : len);
    if (ahead->looked >= TO_RECORD)
        herd_store_prefetch_record(ahead->store, of_line(ahead, TO_RECORD));
    if (ahead->looked >= TO_MOVE)
        herd_store_prefetch_move(ahead->store, of_line(ahead, TO_MOVE));
    ahead->looked++;
}

void herd_line_prefetch_start(struct herd_line_prefetch *ahead,
                              const struct herd_store *store, struct herd_slice input)
{
    *ahead = (struct herd_line_prefetch){.store = store};
    if (input.len >= WORTH_BYTES)
        ahead->rest = input;
    for (int i = 0; i < HERD_LINE_PREFETCH_LINES; i++)
        herd_line_prefetch_next(ahead);
}
