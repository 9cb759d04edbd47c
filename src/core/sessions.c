/* SPDX-License-Identifier: ISC */
#include "sessions.h"

#include "herd/err.h"

#include <assert.h>

enum { SLOTS_MIN = 16 };

/* ---- life ---- */

void herd_sessions_init(struct herd_sessions *sessions, struct herd_context *context)
{
    *sessions = (struct herd_sessions){.context = context};
    herd_list_init(&sessions->ended);
}

void herd_sessions_serve(struct herd_sessions *sessions, enum herd_role role,
                         const struct herd_session_ops *ops, void *state)
{
    assert(sessions->service_count < HERD_ROLES);
    sessions->services[sessions->service_count++] =
        (struct herd_session_service){.role = role, .ops = ops, .state = state};
}

static const struct herd_session_service *service_of(const struct herd_sessions *sessions,
                                                     enum herd_role role)
{
    const struct herd_session_service *service = sessions->services;
    while (service->role != role) {
        service++;
        assert(service < sessions->services + sessions->service_count);
    }
    return service;
}

static void free_session(struct herd_session *session, struct herd_slice reason)
{
    struct herd_sessions *sessions = session->sessions;
    const struct herd_session_service *service = session->service;
    herd_list_remove(&session->in_ended);
    service->ops->free(service->state, session, reason);
    sessions->by_slot[(uint32_t)session->id] = NULL;
    sessions->count--;
    herd_mem_free(sessions->context->setup.mem, session, service->ops->size);
}

void herd_sessions_free(struct herd_sessions *sessions)
{
    for (size_t i = 0; i < sessions->slot_count; i++)
        if (sessions->by_slot[i] != NULL)
            free_session(sessions->by_slot[i], HERD_LIT("the server has ended"));
    herd_mem_free(sessions->context->setup.mem, sessions->by_slot,
                  sessions->slot_count * sizeof *sessions->by_slot);
    sessions->by_slot = NULL;
    sessions->slot_count = 0;
}

/* ---- the table ---- */

struct herd_session *herd_sessions_find(const struct herd_sessions *sessions,
                                        herd_conn_id id)
{
    uint32_t slot = (uint32_t)id;
    struct herd_session *session =
        slot < sessions->slot_count ? sessions->by_slot[slot] : NULL;
    return session != NULL && session->id == id ? session : NULL;
}

static int make_slot(struct herd_sessions *sessions, uint32_t slot)
{
    size_t count = sessions->slot_count > 0 ? sessions->slot_count : SLOTS_MIN;
    if (slot < sessions->slot_count)
        return HERD_OK;
    while (count <= slot)
        count *= 2;
    struct herd_session **by_slot =
        herd_mem_resize(sessions->context->setup.mem, sessions->by_slot,
                        sessions->slot_count * sizeof *by_slot, count * sizeof *by_slot);
    if (by_slot == NULL)
        return HERD_ENOMEM;
    memset(by_slot + sessions->slot_count, 0,
           (count - sessions->slot_count) * sizeof *by_slot);
    sessions->by_slot = by_slot;
    sessions->slot_count = count;
    return HERD_OK;
}

/* The memory of a session, in the table; NULL: there is none. */
static struct herd_session *make_session(struct herd_sessions *sessions, herd_conn_id id,
                                         const struct herd_session_service *service)
{
    struct herd_session *session =
        herd_mem_zalloc(sessions->context->setup.mem, service->ops->size);
    if (session == NULL)
        return NULL;
    session->sessions = sessions;
    session->id = id;
    session->service = service;
    sessions->by_slot[(uint32_t)id] = session;
    sessions->count++;
    return session;
}

struct herd_session *herd_session_hand_over(struct herd_session *session,
                                            const struct herd_session_service *service)
{
    struct herd_sessions *sessions = session->sessions;
    uint32_t slot = (uint32_t)session->id;
    assert(!session->ending);
    struct herd_session *heir = make_session(sessions, session->id, service);
    if (heir == NULL)
        return NULL;
    heir->eof = session->eof;
    free_session(session, HERD_LIT("handed over"));
    sessions->by_slot[slot] = heir;
    return heir;
}

/* ---- events ---- */

static void on_opened(struct herd_sessions *sessions, const struct herd_event *event)
{
    struct herd_context *context = sessions->context;
    const struct herd_session_service *service = service_of(sessions, event->role);
    uint32_t slot = (uint32_t)event->conn;
    struct herd_session *session = NULL;
    if (make_slot(sessions, slot) == HERD_OK) {
        assert(sessions->by_slot[slot] == NULL);
        session = make_session(sessions, event->conn, service);
    }
    if (session == NULL) {
        service->ops->open_failed(service->state, event);
        context->stats.out_of_memory++;
        bool closed = herd_out_close(&context->out, event->conn);
        assert(closed); /* the first CLOSE of this step */
        (void)closed;
        return;
    }
    service->ops->open(service->state, session, event);
    if (context->stopping)
        herd_session_end(session);
}

void herd_sessions_on_event(struct herd_sessions *sessions, const struct herd_event *event)
{
    if (event->kind == HERD_EV_OPENED) {
        on_opened(sessions, event);
        return;
    }
    struct herd_session *session = herd_sessions_find(sessions, event->conn);
    if (session == NULL)
        return;
    if (event->kind == HERD_EV_CLOSED) {
        free_session(session, event->bytes); /* no CLOSE is due any more */
        return;
    }
    if (session->ending)
        return;
    const struct herd_session_ops *ops = session->service->ops;
    void *state = session->service->state;
    if (event->kind == HERD_EV_DATA) {
        ops->data(state, session, event->bytes);
    } else if (event->kind == HERD_EV_EOF) {
        session->eof = true;
        ops->eof(state, session);
    } else {
        assert(event->kind == HERD_EV_DRAINED);
        ops->drained(state, session);
    }
}

void herd_sessions_stop(struct herd_sessions *sessions)
{
    for (size_t i = 0; i < sessions->slot_count; i++) {
        struct herd_session *session = sessions->by_slot[i];
        if (session != NULL && !session->ending)
            session->service->ops->stop(session->service->state, session);
    }
}

void herd_sessions_wipe(struct herd_sessions *sessions)
{
    for (size_t i = 0; i < sessions->slot_count; i++) {
        struct herd_session *session = sessions->by_slot[i];
        if (session != NULL && session->service->ops->wipe != NULL)
            session->service->ops->wipe(session);
    }
}

/* ---- ending ---- */

/* The session that ended last, or NULL. */
static struct herd_session *last_ended(const struct herd_sessions *sessions)
{
    return herd_list_item(herd_list_first(&sessions->ended),
                          offsetof(struct herd_session, in_ended));
}

void herd_sessions_close_ended(struct herd_sessions *sessions)
{
    struct herd_out *out = &sessions->context->out;
    struct herd_session *session;
    while ((session = last_ended(sessions)) != NULL && herd_out_close(out, session->id))
        free_session(session, HERD_LIT("closed"));
}

void herd_session_end(struct herd_session *session)
{
    if (session->ending)
        return;
    session->ending = true;
    herd_list_push_front(&session->sessions->ended, &session->in_ended);
}

void herd_session_end_out_of_memory(struct herd_session *session)
{
    session->sessions->context->stats.out_of_memory++;
    herd_session_end(session);
}

void herd_session_send(struct herd_session *session, struct herd_slice bytes)
{
    if (!herd_out_send(&session->sessions->context->out, session->id, bytes))
        herd_session_end_out_of_memory(session);
}
