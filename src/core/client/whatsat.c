/* WHATSAT: from a client's question to a lookup, and from its answer to the reply. */
#include "herd/err.h"
#include "places/trim.h"
#include "client.h"
#include "protocol/query.h"

/* The reply begins with the record as it is now; the JSON follows when it is here. */
static struct herd_lookup *new_lookup(struct herd_clients *clients,
                                      struct herd_client *client,
                                      const struct herd_query *query,
                                      struct herd_slice record)
{
    size_t max = (size_t)clients->context->setup.conf->output_max;
    struct herd_lookup *lookup =
        herd_mem_zalloc(clients->context->setup.mem, sizeof *lookup);
    if (lookup == NULL)
        return NULL;
    herd_buf_init(&lookup->reply, clients->context->setup.mem, max);
    herd_buf_init(&lookup->after, clients->context->setup.mem, max);
    lookup->conn = client->session.id;
    lookup->bound = query->bound;
    char *room = herd_buf_reserve(&lookup->reply, record.len + 1);
    if (room == NULL) {
        herd_whatsat_drop(clients, lookup);
        return NULL;
    }
    memcpy(room, record.data, record.len);
    room[record.len] = '\n';
    herd_buf_commit(&lookup->reply, record.len + 1);
    return lookup;
}

void herd_whatsat_drop(struct herd_clients *clients, struct herd_lookup *lookup)
{
    herd_upstream_leave(clients, lookup);
    herd_buf_free(&lookup->reply);
    herd_buf_free(&lookup->after);
    herd_mem_free(clients->context->setup.mem, lookup, sizeof *lookup);
}

/* ---- the end of a lookup ---- */

/* The JSON is in the reply (rc == HERD_OK), or cannot be. */
static void complete(struct herd_clients *clients, struct herd_lookup *lookup, int rc)
{
    struct herd_client *client =
        herd_client_of(herd_sessions_find(clients->sessions, lookup->conn));
    struct herd_slice end = HERD_LIT("\n\n");
    /* A reply that just fits must not fail for want of its end. */
    lookup->reply.max += end.len;
    if (rc == HERD_OK)
        rc = herd_buf_append(&lookup->reply, end);
    if (rc != HERD_OK)
        herd_session_end_out_of_memory(&client->session);
    lookup->done = true;
    client->held += lookup->reply.len;
    if (client->ready)
        return;
    client->ready = true;
    client->next_ready = NULL;
    *(clients->ready != NULL ? &clients->last_ready->next_ready : &clients->ready) = client;
    clients->last_ready = client;
}

void herd_whatsat_fail(struct herd_clients *clients, struct herd_lookup *lookup,
                       struct herd_slice status, struct herd_slice why)
{
    clients->context->stats.lookups_failed++;
    complete(clients, lookup, herd_places_error(status, why, &lookup->reply));
}

void herd_whatsat_answer(struct herd_clients *clients, struct herd_lookup *lookup,
                         struct herd_slice text)
{
    int rc = herd_places_trim(text, lookup->bound, &lookup->reply, NULL);
    if (rc != HERD_OK && rc != HERD_ENOMEM) {
        struct herd_slice why =
            rc == HERD_EFULL
                ? HERD_LIT("The reply of the Places server is too large to pass on.")
                : HERD_LIT(
                      "The reply of the Places server is not the JSON that was expected.");
        herd_whatsat_fail(clients, lookup, HERD_LIT("UNKNOWN_ERROR"), why);
        return;
    }
    clients->context->stats.lookups_ok += rc == HERD_OK;
    complete(clients, lookup, rc);
}

/* ---- its beginning ---- */

static void start(struct herd_clients *clients, struct herd_client *client,
                  struct herd_lookup *lookup, const struct herd_places_key *key)
{
    struct herd_slice text;
    struct herd_refusal_text refusal;
    if (!clients->context->setup.places_ready) {
        herd_whatsat_fail(clients, lookup, HERD_LIT("REQUEST_DENIED"),
                          herd_slice_str(clients->context->setup.places_why));
    } else if (herd_cache_get(&clients->cache, key, clients->context->mono, &text)) {
        clients->context->stats.lookups_cached++;
        herd_whatsat_answer(clients, lookup, text);
    } else if (herd_lookups_join(&clients->lookups, lookup, key, clients->context->mono)) {
        clients->context->stats.lookups_joined++;
    } else {
        int rc = herd_upstream_ask(clients, lookup, key, client->address_key, &refusal);
        if (rc == HERD_EFULL)
            herd_whatsat_fail(clients, lookup, refusal.status, herd_slice_str(refusal.why));
        else if (rc != HERD_OK)
            herd_session_end_out_of_memory(&client->session);
    }
}

int herd_client_on_whatsat(struct herd_clients *clients, struct herd_client *client,
                           const struct herd_call *call)
{
    struct herd_query query;
    int rc = herd_query_parse(&call->words.word[1], &query);
    if (rc != HERD_OK)
        return rc;
    struct herd_store_slot slot = herd_store_lookup(clients->store, query.client);
    if (slot.stored == NULL)
        return HERD_EUNKNOWN;
    struct herd_slice record = herd_stored_text(slot.stored);
    struct herd_lookup *lookup = new_lookup(clients, client, &query, record);
    if (lookup == NULL) {
        herd_session_end_out_of_memory(&client->session);
        return HERD_OK;
    }
    clients->context->stats.queries++;
    *(client->last != NULL ? &client->last->later : &client->first) = lookup;
    client->last = lookup;
    client->lookup_count++;
    struct herd_places_key key = {
        .point = herd_record_point(record),
        .radius_km = query.radius_km,
        .enterprise =
            strcmp(clients->context->setup.conf->places_fields, "enterprise") == 0};
    start(clients, client, lookup, &key);
    return HERD_OK;
}
