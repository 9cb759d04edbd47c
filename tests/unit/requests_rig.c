/* SPDX-License-Identifier: ISC */
#include "requests_rig.h"

#include "herd/err.h"

#include <string.h>

struct herd_mono requests_rig_ms(int64_t ms)
{
    return (struct herd_mono){ms * HERD_NS_PER_MS};
}

struct herd_places_key requests_rig_key(int i)
{
    return (struct herd_places_key){.point = {1, 2}, .radius_km = (uint32_t)i};
}

struct herd_requests_setup requests_rig_setup(struct requests_rig *f, uint32_t running_max,
                                              int64_t keep_ms)
{
    return (struct herd_requests_setup){.mem = &f->mem.mem,
                                        .hash_key = {7},
                                        .running_max = running_max,
                                        .waiting_max = 4,
                                        .timeout_ms = REQUESTS_TIMEOUT_MS,
                                        .keep_ms = keep_ms,
                                        .kept_max = REQUESTS_KEPT,
                                        .kept_bytes_max = REQUESTS_KEPT_BYTES};
}

void requests_rig_open_kept(struct requests_rig *f, uint32_t running_max, int64_t keep_ms)
{
    fail_mem_init(&f->mem);
    memset(f->query, 0, sizeof f->query);
    struct herd_requests_setup setup = requests_rig_setup(f, running_max, keep_ms);
    CHECK_INT(herd_requests_init(&f->requests, &setup), HERD_OK);
}

void requests_rig_open(struct requests_rig *f, uint32_t running_max)
{
    requests_rig_open_kept(f, running_max, 0);
}

void requests_rig_leave(struct requests_rig *f, int i)
{
    struct herd_places_request *request = herd_requests_detach(&f->query[i]);
    CHECK(f->query[i].request == NULL);
    CHECK(!herd_timer_armed(&f->query[i].timer));
    if (request != NULL)
        herd_requests_end(&f->requests, request);
}

void requests_rig_close(struct requests_rig *f)
{
    for (int i = 0; i < REQUESTS_QUERIES; i++)
        requests_rig_leave(f, i);
    CHECK_INT(f->requests.running.count, 0);
    CHECK_INT(f->requests.waiting.count, 0);
    CHECK(herd_mono_is_never(herd_timerq_deadline(&f->requests.timers)));
    herd_requests_free(&f->requests);
    CHECK_INT((int64_t)f->mem.blocks, 0);
    herd_requests_free(&f->requests);
}

int requests_rig_add_key(struct requests_rig *f, struct herd_places_query *query,
                         const struct herd_places_key *key, int64_t now_ms)
{
    struct herd_places_request *request;
    int rc = herd_requests_add(&f->requests, key, 0, &request);
    if (rc == HERD_OK)
        herd_requests_attach(&f->requests, request, query, requests_rig_ms(now_ms));
    return rc;
}

int requests_rig_add(struct requests_rig *f, int i, int64_t now_ms)
{
    struct herd_places_key key = requests_rig_key(i);
    return requests_rig_add_key(f, &f->query[i], &key, now_ms);
}

bool requests_rig_join_key(struct requests_rig *f, int i, const struct herd_places_key *key,
                           int64_t now_ms)
{
    struct herd_places_request *request =
        herd_requests_find(&f->requests, key, requests_rig_ms(now_ms));
    if (request != NULL)
        herd_requests_attach(&f->requests, request, &f->query[i], requests_rig_ms(now_ms));
    return request != NULL;
}

bool requests_rig_join(struct requests_rig *f, int i, int other, int64_t now_ms)
{
    struct herd_places_key key = requests_rig_key(other);
    return requests_rig_join_key(f, i, &key, now_ms);
}

int requests_rig_start(struct requests_rig *f)
{
    int count = 0;
    struct herd_places_request *request;
    for (; (request = herd_requests_ready(&f->requests)) != NULL; count++)
        herd_requests_start(&f->requests, request, requests_rig_ms(0));
    return count;
}

uint64_t requests_rig_id(const struct requests_rig *f, int i)
{
    return f->query[i].request->id;
}

struct herd_places_request *requests_rig_running(struct requests_rig *f, uint64_t id)
{
    return herd_requests_running(&f->requests, id);
}
