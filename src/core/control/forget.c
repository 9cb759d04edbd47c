/* SPDX-License-Identifier: ISC */
#include "forget.h"

#include "herd/err.h"
#include "protocol/tombstone.h"

/* Later than all that this server has received about the client, even if the clock of the
 * server that has was ahead of this one's. */
static struct herd_wall forgotten_at(const struct herd_context *context,
                                     const struct herd_stored *stored)
{
    struct herd_wall received =
        stored != NULL ? herd_stored_received(stored) : (struct herd_wall){0};
    return received.ns > context->wall.ns ? received : context->wall;
}

static void reply(struct herd_session *session, struct herd_slice tombstone)
{
    herd_session_send(session, tombstone);
    herd_session_send(session, HERD_LIT("\n"));
}

int herd_control_on_forget(struct herd_controls *controls, struct herd_session *session,
                           const struct herd_call *call)
{
    struct herd_context *context = controls->parts.context;
    struct herd_store *store = controls->parts.store;
    struct herd_slice client = call->words.word[1];
    char text[HERD_RECORD_MAX];
    struct herd_record tombstone;
    if (herd_tombstone_bound(context->name, client) > sizeof text)
        return HERD_ETOOLONG;
    struct herd_store_slot slot = herd_store_lookup(store, client);
    herd_tombstone_make(context->name, client, forgotten_at(context, slot.stored), text,
                        &tombstone);
    if (herd_store_merge(store, slot, &tombstone, 0) < 0) {
        herd_session_end_out_of_memory(session);
        return HERD_OK;
    }
    context->stats.forgets++;
    herd_logf(context, session->id, "forgot %.*s: FORGET on the control socket",
              (int)(client.len < 255 ? client.len : 255), client.data);
    reply(session, herd_stored_text(herd_store_lookup(store, client).stored));
    return HERD_OK;
}
