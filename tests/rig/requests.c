/* SPDX-License-Identifier: ISC */
#include "requests.h"

#include "must.h"

/* Takes those out of the list that are over: a fuzzer asks for ever. */
static void forget_old_requests(struct rig *rig)
{
    size_t kept = 0;
    for (size_t i = 1; i <= rig->request_count; i++) {
        if (!rig->fetching[i])
            continue;
        rig->request_id[++kept] = rig->request_id[i];
        rig->fetching[kept] = true;
    }
    rig->request_count = kept;
}

void requests_start(struct rig *rig, uint64_t request_id)
{
    size_t under_way = 0;
    MUST(request_id != 0);
    if (rig->quiet && rig->request_count + 1 == RIG_REQUESTS)
        forget_old_requests(rig);
    for (size_t i = 1; i <= rig->request_count; i++)
        under_way += rig->fetching[i];
    MUST(under_way < (size_t)rig->conf.lookups_max);
    if (!MUST(rig->request_count + 1 < RIG_REQUESTS))
        return;
    rig->request_id[++rig->request_count] = request_id;
    rig->fetching[rig->request_count] = true;
}

void requests_end(struct rig *rig, uint64_t request_id)
{
    size_t number = rig->request_count;
    while (number > 0 && rig->request_id[number] != request_id)
        number--;
    /* There was no FETCH if memory ran out. */
    MUST(number > 0 || rig->mem.failed > 0);
    rig->fetching[number] = false;
}

void rig_places(struct rig *rig, size_t number, int status, struct herd_slice body)
{
    bool known = number > 0 && number <= rig->request_count;
    if (known)
        rig->fetching[number] = false;
    rig_step(rig,
             (struct herd_event){.kind = HERD_EV_PLACES,
                                 .request_id = known ? rig->request_id[number] : UINT64_MAX,
                                 .status = status,
                                 .bytes = body});
}

size_t rig_oldest_request(const struct rig *rig)
{
    for (size_t number = 1; number <= rig->request_count; number++)
        if (rig->fetching[number])
            return number;
    return 0;
}
