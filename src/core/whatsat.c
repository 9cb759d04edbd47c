/* WHATSAT: from a client's question to a Places lookup and back. */
#include "herd/decimal.h"
#include "herd/err.h"
#include "herd/places.h"
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
    lookup->point = herd_record_point(record);
    lookup->radius_km = query->radius_km;
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

static void cancel(struct herd_core *core, struct herd_lookup *lookup)
{
    struct herd_action action = {.kind = HERD_DO_CANCEL, .lookup = lookup->id};
    if (lookup->id != 0)
        (void)herd_out_add(&core->out, &action);
}

/* Without memory for the action the lookup just runs into its deadline. */
static void fetch(struct herd_core *core, struct herd_lookup *lookup)
{
    char query[HERD_PLACES_QUERY];
    size_t len = herd_places_query(lookup->point, lookup->radius_km, query);
    struct herd_action action = {.kind = HERD_DO_FETCH, .lookup = lookup->id};
    core->stats.lookups_started++;
    if (core->setup.conf->log_traffic)
        herd_log_copy(core, HERD_TOPIC_PLACES, 0, '>', herd_slice(query, len));
    (void)herd_out_add_copy(&core->out, &action, herd_slice(query, len));
}

/* What has waited too long is not asked any more: the next tick answers it. Lookups wait
 * in the order of their deadlines, so none behind it is overlooked. */
static void let_next_fly(struct herd_core *core)
{
    struct herd_lookup *lookup = core->lookups.first_waiting;
    while (lookup != NULL && !herd_mono_reached(core->mono, lookup->timer.due) &&
           herd_lookups_next(&core->lookups) != NULL) {
        fetch(core, lookup);
        lookup = core->lookups.first_waiting;
    }
}

void herd_whatsat_drop(struct herd_core *core, struct herd_lookup *lookup)
{
    cancel(core, lookup);
    herd_lookups_remove(&core->lookups, lookup);
    herd_buf_free(&lookup->reply);
    herd_buf_free(&lookup->after);
    herd_mem_free(core->setup.mem, lookup, sizeof *lookup);
    let_next_fly(core);
}

/* The lookup has ended with JSON (rc == HERD_OK) or without: completes its reply. */
static void complete(struct herd_core *core, struct herd_conn *conn,
                     struct herd_lookup *lookup, int rc)
{
    struct herd_slice end = HERD_LIT("\n\n");
    herd_lookups_remove(&core->lookups, lookup);
    /* A reply that just fits must not fail for want of its end. */
    lookup->reply.max += end.len;
    if (rc == HERD_OK)
        rc = herd_buf_append(&lookup->reply, end);
    if (rc != HERD_OK) {
        core->stats.out_of_memory++;
        herd_conn_end(core, conn);
    }
    lookup->done = true;
    conn->client.held += lookup->reply.len;
    let_next_fly(core);
}

static void complete_with_error(struct herd_core *core, struct herd_conn *conn,
                                struct herd_lookup *lookup, struct herd_slice status,
                                const char *why)
{
    core->stats.lookups_failed++;
    int rc = herd_places_error(status, herd_slice_str(why), &lookup->reply);
    complete(core, conn, lookup, rc);
}

static void start(struct herd_core *core, struct herd_conn *conn,
                  struct herd_lookup *lookup)
{
    if (!core->setup.places_ready) {
        complete_with_error(core, conn, lookup, HERD_LIT("REQUEST_DENIED"),
                            core->setup.places_why);
        return;
    }
    int rc = herd_lookups_add(&core->lookups, lookup, core->mono);
    if (rc == HERD_EFULL) {
        core->stats.lookups_refused++;
        complete_with_error(core, conn, lookup, HERD_LIT("OVER_QUERY_LIMIT"),
                            "This server has too many lookups waiting; try again later.");
    } else if (rc == 1) {
        fetch(core, lookup);
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
    struct herd_lookup *lookup = new_lookup(core, conn, &query, herd_stored_text(spot.at));
    if (lookup == NULL) {
        core->stats.out_of_memory++;
        herd_conn_end(core, conn);
        return HERD_OK;
    }
    core->stats.queries++;
    *(client->last != NULL ? &client->last->later : &client->first) = lookup;
    client->last = lookup;
    client->lookup_count++;
    start(core, conn, lookup);
    herd_client_flush(core, conn);
    return HERD_OK;
}

static void log_answer(struct herd_core *core, const struct herd_event *event)
{
    char text[64];
    if (!core->setup.conf->log_traffic)
        return;
    if (event->status == 0) {
        herd_log(core, HERD_TOPIC_PLACES, 0, '<', event->bytes);
        return;
    }
    memcpy(text, "HTTP ", 5);
    size_t len = 5 + herd_uint_print((uint64_t)event->status, text + 5);
    memcpy(text + len, ", ", 2);
    len += 2;
    len += herd_uint_print(event->bytes.len, text + len);
    memcpy(text + len, " bytes", 6);
    herd_log_copy(core, HERD_TOPIC_PLACES, 0, '<', herd_slice(text, len + 6));
}

static const char *why_unusable(int rc)
{
    switch (rc) {
    case HERD_EFULL: return "The reply of the Places server is too large to pass on.";
    case HERD_ERANGE:
        return "The reply of the Places server is nested too deeply or too long.";
    default: return "The reply of the Places server is not the JSON that was expected.";
    }
}

/* Trims the body into the reply. Whatever the HTTP status, a body in Google's own shape
 * is passed on. */
static void use_answer(struct herd_core *core, struct herd_conn *conn,
                       struct herd_lookup *lookup, const struct herd_event *event)
{
    int rc = herd_places_trim(event->bytes, lookup->bound, &lookup->reply, NULL);
    if (rc == HERD_ENOMEM) {
        complete(core, conn, lookup, rc);
    } else if (rc != HERD_OK) {
        struct herd_slice kind =
            event->status == 429 ? HERD_LIT("OVER_QUERY_LIMIT") : HERD_LIT("UNKNOWN_ERROR");
        complete_with_error(core, conn, lookup, kind,
                            event->status == 200
                                ? why_unusable(rc)
                                : "The Places server answered with an HTTP error.");
    } else {
        core->stats.lookups_ok++;
        complete(core, conn, lookup, HERD_OK);
    }
}

void herd_whatsat_answer(struct herd_core *core, const struct herd_event *event)
{
    struct herd_lookup *lookup = herd_lookups_find(&core->lookups, event->lookup);
    log_answer(core, event);
    if (lookup == NULL)
        return;
    struct herd_conn *conn = herd_conn_find(core, lookup->conn);
    if (event->status == 0)
        complete_with_error(core, conn, lookup, HERD_LIT("UNKNOWN_ERROR"),
                            "The Places server cannot be reached.");
    else
        use_answer(core, conn, lookup, event);
    herd_client_deliver(core, conn);
}

void herd_whatsat_timers(struct herd_core *core)
{
    struct herd_lookup *lookup;
    while ((lookup = herd_timerq_expired(&core->lookups.timers, core->mono)) != NULL) {
        struct herd_conn *conn = herd_conn_find(core, lookup->conn);
        core->stats.lookups_timed_out++;
        cancel(core, lookup);
        complete_with_error(core, conn, lookup, HERD_LIT("UNKNOWN_ERROR"),
                            "The Places server did not answer in time.");
        herd_client_deliver(core, conn);
    }
}
