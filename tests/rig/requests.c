/* SPDX-License-Identifier: ISC */
#include "requests.h"

#include "must.h"

#include <stdio.h>
#include <stdlib.h>

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

void rig_places_after(struct rig *rig, size_t number, int status, int64_t retry_after_ms,
                      struct herd_slice body)
{
    bool known = number > 0 && number <= rig->request_count;
    if (known)
        rig->fetching[number] = false;
    rig_step(rig,
             (struct herd_event){.kind = HERD_EV_PLACES,
                                 .request_id = known ? rig->request_id[number] : UINT64_MAX,
                                 .status = status,
                                 .retry_after_ms = retry_after_ms,
                                 .bytes = body});
}

void rig_places(struct rig *rig, size_t number, int status, struct herd_slice body)
{
    rig_places_after(rig, number, status, 0, body);
}

size_t rig_oldest_request(const struct rig *rig)
{
    for (size_t number = 1; number <= rig->request_count; number++)
        if (rig->fetching[number])
            return number;
    return 0;
}

void rig_places_sized(struct rig *rig, size_t number, size_t size)
{
    static const char head[] = "{\"results\":[],\"status\":\"OK\",\"x\":\"", tail[] = "\"}";
    char *body = malloc(size);
    if (!MUST(body != NULL && size >= sizeof head + sizeof tail))
        abort();
    memset(body, 'x', size);
    memcpy(body, head, sizeof head - 1);
    memcpy(body + size - 2, tail, 2);
    rig_places(rig, number, 200, herd_slice(body, size));
    free(body);
}

void rig_large_step(struct rig *rig, herd_conn_id conn, const char *client)
{
    char line[128];
    size_t head = herd_core_record(rig->core, herd_slice_str(client)).len + 1;
    int len = snprintf(line, sizeof line, "WHATSAT %s 50 1\n", client);
    rig_data(rig, conn, herd_slice(line, (size_t)len));
    rig_places_sized(rig, rig_oldest_request(rig), (size_t)rig->conf.output_max - head);
    rig_drained(rig, conn);
}
