/* SPDX-License-Identifier: ISC */
#include "copy.h"

#include "textbook.h"

#include <stdlib.h>
#include <string.h>

enum { CLIENT = 3 }; /* the word of a record that names it */

struct kept {
    struct kept *next;
    size_t len;
    uint64_t feed; /* that it came from */
    char text[];
};

static struct herd_slice text_of(const struct kept *kept)
{
    return herd_slice(kept->text, kept->len);
}

/* FNV-1a. */
static size_t bucket_of(struct herd_slice client)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < client.len; i++)
        hash = (hash ^ (unsigned char)client.data[i]) * 16777619U;
    return hash % COPY_BUCKETS;
}

static struct kept *find(const struct copy *copy, struct herd_slice client)
{
    struct kept *at = copy->bucket[bucket_of(client)];
    while (at != NULL && !herd_slice_eq(textbook_word(text_of(at), CLIENT), client))
        at = at->next;
    return at;
}

static void take_out(struct copy *copy, struct kept *kept)
{
    struct kept **at = &copy->bucket[bucket_of(textbook_word(text_of(kept), CLIENT))];
    while (*at != kept)
        at = &(*at)->next;
    *at = kept->next;
    copy->count--;
    free(kept);
}

bool copy_keep(struct copy *copy, struct herd_slice record, uint64_t feed)
{
    struct herd_slice client = textbook_word(record, CLIENT);
    struct kept *held = find(copy, client), *fresh = malloc(sizeof *fresh + record.len);
    struct kept **bucket = &copy->bucket[bucket_of(client)];
    if (fresh == NULL)
        abort();
    bool newer =
        held == NULL || held->feed != feed || textbook_cmp(text_of(held), record) <= 0;
    if (held != NULL)
        take_out(copy, held);
    *fresh = (struct kept){*bucket, record.len, feed};
    memcpy(fresh->text, record.data, record.len);
    *bucket = fresh;
    copy->count++;
    return newer;
}

bool copy_has(const struct copy *copy, struct herd_slice record)
{
    const struct kept *held = find(copy, textbook_word(record, CLIENT));
    return held != NULL && herd_slice_eq(text_of(held), record);
}

void copy_for_each(const struct copy *copy,
                   void (*visit)(void *ctx, struct herd_slice record), void *ctx)
{
    for (size_t i = 0; i < COPY_BUCKETS; i++)
        for (const struct kept *at = copy->bucket[i]; at != NULL; at = at->next)
            visit(ctx, text_of(at));
}

void copy_clear(struct copy *copy)
{
    for (size_t i = 0; i < COPY_BUCKETS; i++)
        while (copy->bucket[i] != NULL)
            take_out(copy, copy->bucket[i]);
}
