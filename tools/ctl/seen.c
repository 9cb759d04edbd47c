/* SPDX-License-Identifier: ISC */
#include "seen.h"

#include "herd/err.h"
#include "io/mem.h"

#include <string.h>

enum { FIRST_SIZE = 1024 };

void seen_init(struct seen *seen, const uint8_t key[HERD_SIPHASH_KEY])
{
    *seen = (struct seen){.entries = NULL};
    memcpy(seen->key, key, HERD_SIPHASH_KEY);
}

void seen_free(struct seen *seen)
{
    herd_mem_free(&io_mem, seen->entries, seen->size * sizeof *seen->entries);
    seen->entries = NULL;
    seen->size = seen->count = 0;
}

/* The client's entry, or the free one where it would be. */
static struct seen_entry *find(const struct seen *seen, uint64_t client)
{
    size_t at = (size_t)client & (seen->size - 1);
    while (seen->entries[at].client != 0 && seen->entries[at].client != client)
        at = (at + 1) & (seen->size - 1);
    return &seen->entries[at];
}

static int grow(struct seen *seen)
{
    struct seen larger = *seen;
    larger.size = seen->size == 0 ? FIRST_SIZE : seen->size * 2;
    if (larger.size > SIZE_MAX / 2 / sizeof *larger.entries)
        return HERD_ENOMEM;
    larger.entries = herd_mem_zalloc(&io_mem, larger.size * sizeof *larger.entries);
    if (larger.entries == NULL)
        return HERD_ENOMEM;
    for (size_t i = 0; i < seen->size; i++)
        if (seen->entries[i].client != 0)
            *find(&larger, seen->entries[i].client) = seen->entries[i];
    herd_mem_free(&io_mem, seen->entries, seen->size * sizeof *seen->entries);
    *seen = larger;
    return HERD_OK;
}

int seen_note(struct seen *seen, struct herd_slice client, struct herd_slice text)
{
    if (seen->count >= seen->size / 4 * 3 && grow(seen) != HERD_OK)
        return HERD_ENOMEM;
    uint64_t name = herd_siphash(client, seen->key);
    uint64_t hash = herd_siphash(text, seen->key);
    struct seen_entry *entry = find(seen, name == 0 ? 1 : name);
    if (entry->client != 0 && entry->text == hash)
        return 0;
    seen->count += entry->client == 0;
    *entry = (struct seen_entry){.client = name == 0 ? 1 : name, .text = hash};
    return 1;
}
