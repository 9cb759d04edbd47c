/* SPDX-License-Identifier: ISC */
/* WHATSAT: the places near a client, from the command to the reply. */
#include "client.h"
#include "herd/err.h"
#include "protocol/client_id.h"
#include "protocol/query.h"

#include <assert.h>
#include <stddef.h>

_Static_assert((int)HERD_BOUND_MAX <= (int)HERD_PLACES_RESULTS_MAX,
               "a client may ask for no more results than Places can cut to");

/* One WHATSAT that has no reply yet, or whose reply is held. */
struct whatsat {
    struct herd_held_reply reply; /* the first member */
    struct herd_places_query query;
    struct herd_clients *clients; /* borrowed */
    struct herd_client *client;   /* borrowed: it sent the command */
    uint32_t bound;               /* results that it wants at most */
    struct herd_share *share;     /* of the client's address, until there is an answer */
    struct herd_list_node in_share;
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
    clients->queries_waiting++;
    memcpy(whatsat->head, record.data, record.len);
    whatsat->head[record.len] = '\n';
    return whatsat;
}

static void give_share_back(struct whatsat *whatsat)
{
    if (whatsat->share == NULL)
        return;
    herd_list_remove(&whatsat->in_share);
    herd_shares_give_back(&whatsat->clients->waiting, whatsat->share);
    whatsat->share = NULL;
}

static void free_whatsat(struct herd_held_reply *reply)
{
    struct whatsat *whatsat = (struct whatsat *)reply;
    struct herd_clients *clients = whatsat->clients;
    clients->queries_waiting--;
    give_share_back(whatsat);
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
    give_share_back(whatsat);
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

static bool too_many_wait(const struct herd_clients *clients)
{
    const struct herd_conf *conf = clients->context->setup.conf;
    return clients->queries_waiting >=
           (size_t)conf->lookups_max + (size_t)conf->lookups_waiting_max;
}

/* When too many wait, the newest query of the address that has most makes place for one of
 * an address that has at least two fewer. Its own reply may stay for a while, if its client
 * does not read: so there may be twice as many replies as queries may wait, not more. */
static bool make_place(struct herd_clients *clients, uint64_t address_key)
{
    const struct herd_share *most = herd_shares_most(&clients->waiting);
    if (most == NULL || most->count < herd_shares_count(&clients->waiting, address_key) + 2)
        return false;
    struct whatsat *newest = herd_list_item(herd_list_last(&most->things[0]),
                                            offsetof(struct whatsat, in_share));
    give_share_back(newest);
    /* One that is finished leaves at the end of this step anyway. */
    if (!newest->query.finished)
        herd_places_refuse_query(clients->places, &newest->query, clients->context->mono);
    return true;
}

/* Errors: HERD_ENOMEM. */
static int take_share(struct whatsat *whatsat)
{
    struct herd_shares *waiting = &whatsat->clients->waiting;
    whatsat->share = herd_shares_take(waiting, whatsat->client->address_key);
    if (whatsat->share == NULL)
        return HERD_ENOMEM;
    herd_list_push_back(&whatsat->share->things[0], &whatsat->in_share);
    return HERD_OK;
}

/* The reply has no results and is known at once, so it takes no more memory than any other
 * refusal. Returns whether it was made. */
static bool reply_now(struct herd_clients *clients, struct herd_client *client,
                      struct herd_slice record, struct herd_slice status,
                      struct herd_slice message)
{
    struct herd_slice json[2];
    struct herd_places_result *result =
        herd_places_result_error(clients->context->setup.mem, status, message);
    if (result == NULL) {
        herd_session_end_out_of_memory(&client->session);
        return false;
    }
    herd_places_result_cut(result, 0, json);
    size_t size = record.len + json[0].len + json[1].len + 3, len = 0;
    char *room = herd_replies_room(&client->replies, size);
    if (room != NULL) {
        len += herd_slice_put(record, room + len);
        room[len++] = '\n';
        len += herd_slice_put(json[0], room + len);
        len += herd_slice_put(json[1], room + len);
        len += herd_slice_put(HERD_LIT("\n\n"), room + len);
        herd_replies_commit(&client->replies, len);
    }
    herd_places_result_release(result);
    return room != NULL;
}

static void refuse(struct herd_clients *clients, struct herd_client *client,
                   struct herd_slice record)
{
    struct herd_stats *stats = &clients->context->stats;
    if (!reply_now(clients, client, record, HERD_LIT("OVER_QUERY_LIMIT"),
                   HERD_LIT("This server has too many lookups waiting; try again later.")))
        return;
    stats->queries_refused++;
    stats->queries_failed++;
}

/* No results are wanted, so nothing is asked of Places, whatever its state is. */
static void reply_empty(struct herd_clients *clients, struct herd_client *client,
                        struct herd_slice record)
{
    if (reply_now(clients, client, record, HERD_LIT("ZERO_RESULTS"), HERD_LIT("")))
        clients->context->stats.queries_empty++;
}

static int parse(const struct herd_clients *clients, const struct herd_call *call,
                 struct herd_query *query)
{
    int rc = herd_client_id_check(call->words.word[1],
                                  (size_t)clients->context->setup.conf->client_id_max);
    return rc == HERD_OK ? herd_query_parse(&call->words.word[1], query) : rc;
}

int herd_client_check_whatsat(const struct herd_clients *clients,
                              const struct herd_call *call)
{
    struct herd_query query;
    return parse(clients, call, &query);
}

int herd_client_on_whatsat(struct herd_clients *clients, struct herd_client *client,
                           const struct herd_call *call)
{
    const struct herd_context *context = clients->context;
    struct herd_query query;
    int rc = parse(clients, call, &query);
    if (rc != HERD_OK)
        return rc;
    struct herd_store_slot slot = herd_store_lookup(clients->store, query.client);
    if (slot.stored == NULL || slot.stored->tombstone ||
        !herd_stored_is_visible(clients->store, slot.stored))
        return HERD_EUNKNOWN;
    struct herd_slice record = herd_stored_text(slot.stored);
    clients->context->stats.queries++;
    if (query.bound == 0) {
        reply_empty(clients, client, record);
        return HERD_OK;
    }
    if (too_many_wait(clients) && !make_place(clients, client->address_key)) {
        refuse(clients, client, record);
        return HERD_OK;
    }
    struct whatsat *whatsat = new_whatsat(clients, client, query.bound, record);
    if (whatsat == NULL) {
        herd_session_end_out_of_memory(&client->session);
        return HERD_OK;
    }
    herd_replies_hold(&client->replies, &whatsat->reply, free_whatsat);
    if (take_share(whatsat) != HERD_OK)
        herd_session_end_out_of_memory(&client->session);
    else if (herd_places_query(clients->places, &whatsat->query, herd_record_point(record),
                               query.radius_km, client->address_key, context->mono,
                               context->wall))
        complete(whatsat);
    return HERD_OK;
}
