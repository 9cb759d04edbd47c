/* SPDX-License-Identifier: ISC */
#include "replies.h"

#include "herd/err.h"

/* With more held replies than this, a client is not read for a while. */
enum { HELD_MAX = 64 };

static struct herd_context *context_of(const struct herd_replies *replies)
{
    return replies->session->sessions->context;
}

static const struct herd_conf *conf_of(const struct herd_replies *replies)
{
    return context_of(replies)->setup.conf;
}

/* ---- life ---- */

void herd_replies_init(struct herd_replies *replies, struct herd_session *session,
                       struct herd_reply_budget *budget, uint64_t address_key)
{
    *replies = (struct herd_replies){
        .session = session, .budget = budget, .address_key = address_key};
}

static void free_first(struct herd_replies *replies)
{
    struct herd_held_reply *reply = replies->first;
    replies->first = reply->next;
    if (replies->first == NULL)
        replies->last = NULL;
    replies->held_count--;
    replies->budget->after -= reply->after.len;
    herd_buf_free(&reply->after);
    reply->free(reply);
}

static void give_room(struct herd_replies *replies)
{
    if (replies->room > 0)
        herd_reply_budget_give(replies->budget, replies->address_key, replies->room);
    replies->room = 0;
}

void herd_replies_free(struct herd_replies *replies)
{
    herd_list_remove(&replies->waiting);
    give_room(replies);
    while (replies->first != NULL)
        free_first(replies);
}

/* ---- a reply that is known at once ---- */

char *herd_replies_room(struct herd_replies *replies, size_t size)
{
    char *room = replies->last != NULL
                     ? herd_buf_reserve(&replies->last->after, size)
                     : herd_out_reserve_send(&context_of(replies)->out, size);
    if (room == NULL)
        herd_session_end_out_of_memory(replies->session);
    return room;
}

/* Saturates instead of wrapping. */
static void count_unsent(struct herd_replies *replies, size_t size)
{
    replies->unsent_bytes += size < SIZE_MAX / 2 - replies->unsent_bytes ? size : 0;
}

/* Logs the last `len` bytes that were sent, without those after them. */
static void log_sent(struct herd_replies *replies, size_t back, size_t len)
{
    if (conf_of(replies)->log_traffic)
        (void)herd_out_log_sent(&context_of(replies)->out, HERD_TOPIC_CLIENT,
                                replies->session->id, back, len);
}

void herd_replies_commit(struct herd_replies *replies, size_t size)
{
    if (replies->last != NULL) {
        herd_buf_commit(&replies->last->after, size);
        replies->held_bytes += size;
        replies->budget->after += size;
    } else if (herd_out_commit_send(&context_of(replies)->out, replies->session->id,
                                    size)) {
        count_unsent(replies, size);
        log_sent(replies, size, size - 1);
    } else {
        herd_session_end_out_of_memory(replies->session);
    }
}

/* ---- a reply that is still to come ---- */

void herd_replies_hold(struct herd_replies *replies, struct herd_held_reply *reply,
                       void (*free)(struct herd_held_reply *reply))
{
    herd_buf_init(&reply->after, context_of(replies)->setup.mem,
                  (size_t)conf_of(replies)->output_max);
    reply->free = free;
    *(replies->last != NULL ? &replies->last->next : &replies->first) = reply;
    replies->last = reply;
    replies->held_count++;
}

void herd_replies_complete(struct herd_replies *replies, struct herd_held_reply *reply,
                           const struct herd_slice part[HERD_REPLY_PARTS])
{
    reply->complete = true;
    for (size_t i = 0; i < HERD_REPLY_PARTS; i++) {
        reply->part[i] = part[i];
        reply->size += part[i].len;
    }
    replies->held_bytes += reply->size;
}

/* ---- sending held replies ---- */

static void ask_drain(struct herd_replies *replies)
{
    struct herd_action drain = {.kind = HERD_DO_DRAIN, .conn = replies->session->id};
    if (!replies->draining && !herd_out_add(&context_of(replies)->out, &drain))
        herd_session_end_out_of_memory(replies->session);
    replies->draining = true;
}

static void wait_for_budget(struct herd_replies *replies)
{
    if (!herd_list_linked(&replies->waiting))
        herd_list_push_back(&replies->budget->waiting, &replies->waiting);
    replies->budget->stuck = false;
}

/* Whether `size` more bytes may leave now. If not, they wait until the kernel has taken all
 * earlier bytes, or for the budget. */
static bool may_send(struct herd_replies *replies, size_t size)
{
    if (replies->unsent_bytes > 0 &&
        replies->unsent_bytes + size > (size_t)conf_of(replies)->output_high) {
        ask_drain(replies);
        return false;
    }
    if (!herd_reply_budget_take(replies->budget, replies->address_key, size)) {
        wait_for_budget(replies);
        return false;
    }
    if (herd_reply_needs_room(size))
        replies->room += size;
    return true;
}

static void send_parts(struct herd_replies *replies, const struct herd_slice *part,
                       size_t count, size_t size)
{
    struct herd_out *out = &context_of(replies)->out;
    char *room = herd_out_reserve_send(out, size);
    replies->held_bytes -= size;
    if (room == NULL) {
        herd_session_end_out_of_memory(replies->session);
        return;
    }
    for (size_t i = 0, len = 0; i < count; i++)
        len += herd_slice_put(part[i], room + len);
    if (!herd_out_commit_send(out, replies->session->id, size)) {
        herd_session_end_out_of_memory(replies->session);
        return;
    }
    count_unsent(replies, size);
    log_sent(replies, size, size);
}

/* Returns false when a part of it has to wait. */
static bool send_held(struct herd_replies *replies, struct herd_held_reply *reply)
{
    struct herd_slice after = herd_buf_bytes(&reply->after);
    if (reply->size > 0 && !reply->sent) {
        if (!may_send(replies, reply->size))
            return false;
        send_parts(replies, reply->part, HERD_REPLY_PARTS, reply->size);
        reply->sent = true;
    }
    if (after.len > 0) {
        if (!may_send(replies, after.len))
            return false;
        send_parts(replies, &after, 1, after.len);
    }
    return true;
}

void herd_replies_send(struct herd_replies *replies)
{
    while (!replies->session->ending && replies->first != NULL &&
           replies->first->complete && send_held(replies, replies->first))
        free_first(replies);
    if (replies->room > 0 && !replies->session->ending)
        ask_drain(replies);
}

void herd_replies_drained(struct herd_replies *replies)
{
    replies->unsent_bytes = 0;
    replies->draining = false;
    give_room(replies);
}

/* ---- limits ---- */

bool herd_replies_are_held(const struct herd_replies *replies)
{
    return replies->first != NULL;
}

bool herd_replies_must_pause(const struct herd_replies *replies)
{
    return replies->held_count > 0 &&
           (replies->held_count >= HELD_MAX || herd_reply_budget_is_full(replies->budget) ||
            replies->held_bytes >= (size_t)conf_of(replies)->output_high);
}
