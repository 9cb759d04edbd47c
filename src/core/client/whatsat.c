/* WHATSAT: from a client's question to a lookup, and from its answer to the reply. */
#include "herd/err.h"
#include "places/trim.h"
#include "state.h"

/* The reply begins with the record as it is now; the JSON follows when it is here. */
static struct herd_lookup *new_lookup(struct herd_core *core, struct herd_conn *conn,
                                      const struct herd_query *query,
                                      struct herd_slice record)
{
    size_t max = (size_t)core->setup.conf->output_max;
    struct herd_lookup *lookup = herd_mem_zalloc(core->setup.mem, sizeof *lookup);
    if (lookup == NULL)
        return NULL;
    herd_buf_init(&lookup->reply, core->setup.mem, max);
    herd_buf_init(&lookup->after, core->setup.mem, max);
    lookup->conn = conn->id;
    lookup->bound = query->bound;
    char *room = herd_buf_reserve(&lookup->reply, record.len + 1);
    if (room == NULL) {
        herd_whatsat_drop(core, lookup);
        return NULL;
    }
    memcpy(room, record.data, record.len);
    room[record.len] = '\n';
    herd_buf_commit(&lookup->reply, record.len + 1);
    return lookup;
}

void herd_whatsat_drop(struct herd_core *core, struct herd_lookup *lookup)
{
    herd_upstream_leave(core, lookup);
    herd_buf_free(&lookup->reply);
    herd_buf_free(&lookup->after);
    herd_mem_free(core->setup.mem, lookup, sizeof *lookup);
}

/* ---- the end of a lookup ---- */

static void no_memory(struct herd_core *core, struct herd_conn *conn)
{
    core->stats.out_of_memory++;
    herd_conn_end(core, conn);
}

/* The JSON is in the reply (rc == HERD_OK), or cannot be. */
static void complete(struct herd_core *core, struct herd_lookup *lookup, int rc)
{
    struct herd_conn *conn = herd_conn_find(core, lookup->conn);
    struct herd_slice end = HERD_LIT("\n\n");
    /* A reply that just fits must not fail for want of its end. */
    lookup->reply.max += end.len;
    if (rc == HERD_OK)
        rc = herd_buf_append(&lookup->reply, end);
    if (rc != HERD_OK)
        no_memory(core, conn);
    lookup->done = true;
    conn->client.held += lookup->reply.len;
    if (conn->client.ready)
        return;
    conn->client.ready = true;
    conn->client.next_ready = NULL;
    *(core->ready != NULL ? &core->last_ready->client.next_ready : &core->ready) = conn;
    core->last_ready = conn;
}

void herd_whatsat_fail(struct herd_core *core, struct herd_lookup *lookup,
                       struct herd_slice status, struct herd_slice why)
{
    core->stats.lookups_failed++;
    complete(core, lookup, herd_places_error(status, why, &lookup->reply));
}

void herd_whatsat_answer(struct herd_core *core, struct herd_lookup *lookup,
                         struct herd_slice text)
{
    int rc = herd_places_trim(text, lookup->bound, &lookup->reply, NULL);
    if (rc != HERD_OK && rc != HERD_ENOMEM) {
        struct herd_slice why =
            rc == HERD_EFULL
                ? HERD_LIT("The reply of the Places server is too large to pass on.")
                : HERD_LIT(
                      "The reply of the Places server is not the JSON that was expected.");
        herd_whatsat_fail(core, lookup, HERD_LIT("UNKNOWN_ERROR"), why);
        return;
    }
    core->stats.lookups_ok += rc == HERD_OK;
    complete(core, lookup, rc);
}

/* ---- its beginning ---- */

static void start(struct herd_core *core, struct herd_conn *conn,
                  struct herd_lookup *lookup, const struct herd_places_key *key)
{
    struct herd_slice text;
    struct herd_refusal_text refusal;
    if (!core->setup.places_ready) {
        herd_whatsat_fail(core, lookup, HERD_LIT("REQUEST_DENIED"),
                          herd_slice_str(core->setup.places_why));
    } else if (herd_cache_get(&core->cache, key, core->mono, &text)) {
        core->stats.lookups_cached++;
        herd_whatsat_answer(core, lookup, text);
    } else if (herd_lookups_join(&core->lookups, lookup, key, core->mono)) {
        core->stats.lookups_joined++;
    } else {
        int rc = herd_upstream_ask(core, lookup, key, conn->client.who, &refusal);
        if (rc == HERD_EFULL)
            herd_whatsat_fail(core, lookup, refusal.status, herd_slice_str(refusal.why));
        else if (rc != HERD_OK)
            no_memory(core, conn);
    }
}

int herd_client_whatsat(struct herd_core *core, struct herd_conn *conn,
                        const struct herd_call *call)
{
    struct herd_client *client = &conn->client;
    struct herd_query query;
    int rc = herd_query_parse(&call->words.word[1], &query);
    if (rc != HERD_OK)
        return rc;
    struct herd_store_spot spot = herd_store_look(&core->store, query.client);
    if (spot.at == NULL)
        return HERD_EUNKNOWN;
    struct herd_slice record = herd_stored_text(spot.at);
    struct herd_lookup *lookup = new_lookup(core, conn, &query, record);
    if (lookup == NULL) {
        no_memory(core, conn);
        return HERD_OK;
    }
    core->stats.queries++;
    *(client->last != NULL ? &client->last->later : &client->first) = lookup;
    client->last = lookup;
    client->lookup_count++;
    struct herd_places_key key = {
        .point = herd_record_point(record),
        .radius_km = query.radius_km,
        .enterprise = strcmp(core->setup.conf->places_fields, "enterprise") == 0};
    start(core, conn, lookup, &key);
    return HERD_OK;
}
