/* SPDX-License-Identifier: ISC */
/* WHATSAT: the places near a client, from the command to the reply. */
#include "client.h"
#include "herd/err.h"
#include "protocol/client_id.h"
#include "protocol/query.h"

#include <assert.h>

_Static_assert((int)HERD_BOUND_MAX <= (int)HERD_PLACES_RESULTS_MAX,
               "a client may ask for no more results than Places can cut to");

/* One WHATSAT that has no reply yet, or whose reply is held. */
struct whatsat {
    struct herd_held_reply reply; /* the first member */
    struct herd_places_query query;
    struct herd_clients *clients; /* borrowed */
    struct herd_client *client;   /* borrowed: it sent the command */
    uint32_t bound;               /* results that it wants at most */
    size_t head_len;
    char head[]; /* the record as it was when the command came, and LF */
};

static struct whatsat *new_whatsat(struct herd_clients *clients, struct herd_client *client,
                                   uint32_t bound, struct herd_slice record)
{
    size_t size = sizeof(struct whatsat) + record.len + 1;
    struct whatsat *whatsat = herd_mem_alloc(clients->context->setup.mem, size);
    if (whatsat == NULL)
        return NULL;
    *whatsat = (struct whatsat){
        .clients = clients, .client = client, .bound = bound, .head_len = record.len + 1};
    whatsat->query.owner = whatsat;
    memcpy(whatsat->head, record.data, record.len);
    whatsat->head[record.len] = '\n';
    return whatsat;
}

static void free_whatsat(struct herd_held_reply *reply)
{
    struct whatsat *whatsat = (struct whatsat *)reply;
    const struct herd_clients *clients = whatsat->clients;
    herd_places_cancel(clients->places, &whatsat->query, clients->context->mono);
    herd_places_result_release(whatsat->query.result);
    herd_mem_free(clients->context->setup.mem, whatsat,
                  sizeof *whatsat + whatsat->head_len);
}

/* ---- the reply ---- */

/* The parts of the reply; returns whether they are within the limit. */
static bool make_parts(const struct whatsat *whatsat,
                       struct herd_slice part[HERD_REPLY_PARTS])
{
    part[0] = herd_slice(whatsat->head, whatsat->head_len);
    herd_places_result_cut(whatsat->query.result, whatsat->bound, &part[1]);
    part[3] = HERD_LIT("\n\n");
    return part[0].len + part[1].len + part[2].len <=
           (size_t)whatsat->clients->context->setup.conf->output_max;
}

/* An answer that is too large is replaced by an error. */
static void refuse_large(struct whatsat *whatsat)
{
    herd_places_result_release(whatsat->query.result);
    whatsat->query.result = herd_places_result_error(
        whatsat->clients->context->setup.mem, HERD_LIT("UNKNOWN_ERROR"),
        HERD_LIT("The reply of the Places server is too large to pass on."));
}

/* The query is finished. */
static void complete(struct whatsat *whatsat)
{
    struct herd_stats *stats = &whatsat->clients->context->stats;
    struct herd_slice part[HERD_REPLY_PARTS];
    bool fits = whatsat->query.result != NULL && make_parts(whatsat, part);
    if (whatsat->query.result != NULL && !fits) {
        refuse_large(whatsat);
        fits = whatsat->query.result != NULL && make_parts(whatsat, part);
    }
    if (!fits) {
        herd_session_end_out_of_memory(&whatsat->client->session);
        return;
    }
    if (herd_places_result_is_answer(whatsat->query.result))
        stats->queries_answered++;
    else
        stats->queries_failed++;
    herd_replies_complete(&whatsat->client->replies, &whatsat->reply, part);
}

struct herd_client *herd_client_complete_query(struct herd_places_query *query)
{
    struct whatsat *whatsat = query->owner;
    complete(whatsat);
    return whatsat->client;
}

/* ---- the command ---- */

int herd_client_on_whatsat(struct herd_clients *clients, struct herd_client *client,
                           const struct herd_call *call)
{
    const struct herd_context *context = clients->context;
    struct herd_query query;
    int rc = herd_client_id_check(call->words.word[1],
                                  (size_t)context->setup.conf->client_id_max);
    if (rc == HERD_OK)
        rc = herd_query_parse(&call->words.word[1], &query);
    if (rc != HERD_OK)
        return rc;
    struct herd_store_slot slot = herd_store_lookup(clients->store, query.client);
    if (slot.stored == NULL)
        return HERD_EUNKNOWN;
    struct herd_slice record = herd_stored_text(slot.stored);
    struct whatsat *whatsat = new_whatsat(clients, client, query.bound, record);
    if (whatsat == NULL) {
        herd_session_end_out_of_memory(&client->session);
        return HERD_OK;
    }
    clients->context->stats.queries++;
    herd_replies_hold(&client->replies, &whatsat->reply, free_whatsat);
    if (herd_places_query(clients->places, &whatsat->query, herd_record_point(record),
                          query.radius_km, client->address_key, context->mono,
                          context->wall))
        complete(whatsat);
    return HERD_OK;
}
