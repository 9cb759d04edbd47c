/* SPDX-License-Identifier: ISC */
#include "lookups.h"

#include "must.h"

/* Takes those out of the list that are over: a fuzzer asks for ever. */
static void forget_old_lookups(struct rig *rig)
{
    size_t kept = 0;
    for (size_t i = 1; i <= rig->lookup_count; i++) {
        if (!rig->fetching[i])
            continue;
        rig->lookup[++kept] = rig->lookup[i];
        rig->fetching[kept] = true;
    }
    rig->lookup_count = kept;
}

void lookups_start(struct rig *rig, uint64_t lookup)
{
    size_t under_way = 0;
    MUST(lookup != 0);
    if (rig->quiet && rig->lookup_count + 1 == RIG_LOOKUPS)
        forget_old_lookups(rig);
    for (size_t i = 1; i <= rig->lookup_count; i++)
        under_way += rig->fetching[i];
    MUST(under_way < (size_t)rig->conf.lookups_max);
    if (!MUST(rig->lookup_count + 1 < RIG_LOOKUPS))
        return;
    rig->lookup[++rig->lookup_count] = lookup;
    rig->fetching[rig->lookup_count] = true;
}

void lookups_end(struct rig *rig, uint64_t lookup)
{
    size_t number = rig->lookup_count;
    while (number > 0 && rig->lookup[number] != lookup)
        number--;
    /* One whose FETCH found no memory was never heard of. */
    MUST(number > 0 || rig->mem.failed > 0);
    rig->fetching[number] = false;
}

void rig_places(struct rig *rig, size_t number, int status, struct herd_slice body)
{
    bool known = number > 0 && number <= rig->lookup_count;
    if (known)
        rig->fetching[number] = false;
    rig_step(rig, (struct herd_event){.kind = HERD_EV_PLACES,
                                      .lookup = known ? rig->lookup[number] : UINT64_MAX,
                                      .status = status,
                                      .bytes = body});
}

size_t rig_oldest_lookup(const struct rig *rig)
{
    for (size_t number = 1; number <= rig->lookup_count; number++)
        if (rig->fetching[number])
            return number;
    return 0;
}
