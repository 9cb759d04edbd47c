/* SPDX-License-Identifier: ISC */
#include "request_queue.h"

#include "herd/err.h"

#include <assert.h>

int herd_request_queue_init(struct herd_request_queue *queue, const struct herd_mem *mem,
                            size_t max)
{
    queue->count = 0;
    return herd_shares_init(&queue->shares, mem, max);
}

void herd_request_queue_free(struct herd_request_queue *queue)
{
    assert(queue->count == 0);
    herd_shares_free(&queue->shares);
}

static int take_share(struct herd_request_queue *queue, struct herd_places_request *request,
                      uint64_t address_key)
{
    request->share = herd_shares_take(&queue->shares, address_key);
    if (request->share == NULL)
        return HERD_ENOMEM;
    herd_list_push_back(&request->share->things[0], &request->in_share);
    return HERD_OK;
}

int herd_request_queue_add(struct herd_request_queue *queue,
                           struct herd_places_request *request, uint64_t address_key)
{
    int rc = take_share(queue, request, address_key);
    if (rc == HERD_OK)
        queue->count++;
    return rc;
}

void herd_request_queue_share(struct herd_request_queue *queue,
                              struct herd_places_request *request, uint64_t address_key)
{
    struct herd_share *share = request->share;
    if (herd_shares_count(&queue->shares, address_key) + 1 >= share->count)
        return;
    herd_list_remove(&request->in_share);
    if (take_share(queue, request, address_key) == HERD_OK) {
        herd_shares_give_back(&queue->shares, share);
        return;
    }
    request->share = share;
    herd_list_push_back(&share->things[0], &request->in_share);
}

struct herd_places_request *herd_request_queue_next(const struct herd_request_queue *queue)
{
    const struct herd_share *share = herd_shares_next(&queue->shares);
    return share != NULL ? herd_list_item(herd_list_first(&share->things[0]),
                                          offsetof(struct herd_places_request, in_share))
                         : NULL;
}

void herd_request_queue_end_turn(struct herd_request_queue *queue,
                                 struct herd_places_request *request)
{
    herd_shares_end_turn(&queue->shares, request->share);
}

void herd_request_queue_remove(struct herd_request_queue *queue,
                               struct herd_places_request *request)
{
    herd_list_remove(&request->in_share);
    herd_shares_give_back(&queue->shares, request->share);
    request->share = NULL;
    queue->count--;
}
