/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "conn_internal.h"

#include "herd/err.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* ---- the end of a connection ------------------------------------------------------- */

static const char *reason_text(int reason)
{
    switch (reason) {
    case END_UNSENT: return "does not read: too many bytes are unsent";
    case END_STALLED: return "does not read: took nothing for too long";
    case END_NO_MEMORY: return herd_strerror(HERD_ENOMEM);
    case END_HUNG_UP: return "hung up";
    case END_ALL_UNSENT: return "does not read: all together have too many unsent bytes";
    default: return strerror(reason);
    }
}

/* Frees the descriptor and all memory but the connection itself. */
static void close_socket(struct io_conn *conn)
{
    io_loop_remove(conn->group->loop, &conn->watch);
    (void)close(conn->watch.fd);
    conn->group->unsent -= conn->unsent.len;
    herd_buf_free(&conn->unsent);
    io_wait_end(&conn->wait);
}

void io_conn_release(struct io_conn *conn)
{
    struct io_conn_group *group = conn->group;
    if (conn->state == CONN_BROKEN)
        io_wait_end(&conn->wait);
    else
        close_socket(conn);
    conn->state = CONN_GONE;
    if (conn->prev != NULL)
        conn->prev->next = conn->next;
    else
        group->all = conn->next;
    if (conn->next != NULL)
        conn->next->prev = conn->prev;
    conn->next = group->gone;
    group->gone = conn;
    group->count--;
}

void io_conn_end(struct io_conn *conn, int reason)
{
    bool forgotten = conn->state == CONN_FINISHING;
    io_conn_release(conn);
    if (!forgotten)
        conn->handlers->closed(conn->arg, reason_text(reason));
}

void io_conn_end_later(struct io_conn *conn, int reason)
{
    close_socket(conn);
    conn->state = CONN_BROKEN;
    conn->end_reason = reason;
    io_wait_begin(&conn->group->broken, &conn->wait);
}

/* ---- the group --------------------------------------------------------------------- */

struct io_conn_group *io_conn_group_new(const struct herd_mem *mem, struct io_loop *loop,
                                        struct io_conn_limits limits)
{
    assert(limits.unsent_max > 0 && limits.unsent_max >= limits.high_water);
    assert(limits.linger_ms > 0);
    struct io_conn_group *group = herd_mem_zalloc(mem, sizeof *group);
    if (group == NULL)
        return NULL;
    group->mem = mem;
    group->loop = loop;
    group->limits = limits;
    group->stalled.wait_ms = limits.stall_ms;
    group->lingering.wait_ms = limits.linger_ms;
    return group;
}

static void free_gone(struct io_conn_group *group)
{
    while (group->gone != NULL) {
        struct io_conn *conn = group->gone;
        group->gone = conn->next;
        herd_mem_free(group->mem, conn, sizeof *conn);
    }
}

void io_conn_group_free(struct io_conn_group *group)
{
    if (group == NULL)
        return;
    while (group->all != NULL)
        io_conn_release(group->all);
    free_gone(group);
    herd_mem_free(group->mem, group, sizeof *group);
}

size_t io_conn_group_count(const struct io_conn_group *group)
{
    return group->count;
}

struct herd_mono io_conn_group_deadline(const struct io_conn_group *group)
{
    const struct io_wait_list *lists[] = {&group->stalled, &group->lingering,
                                          &group->broken};
    struct herd_mono first = HERD_NEVER;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        first = herd_mono_min(first, io_wait_deadline(lists[i], group->now));
    return first;
}

static struct io_conn *of_wait(struct io_wait *wait)
{
    return (struct io_conn *)(void *)((char *)wait - offsetof(struct io_conn, wait));
}

bool io_conn_group_close_oldest_lingering(struct io_conn_group *group)
{
    if (group->lingering.first == NULL)
        return false;
    io_conn_release(of_wait(group->lingering.first));
    return true;
}

/* Handlers may begin and end any wait, so the list is asked again each time. */
static void end_expired(struct io_conn_group *group, struct io_wait_list *list, int reason)
{
    struct io_wait *wait;
    while ((wait = io_wait_over(list, group->now)) != NULL) {
        struct io_conn *conn = of_wait(wait);
        io_conn_end(conn, conn->state == CONN_BROKEN ? conn->end_reason : reason);
    }
}

/* The kernel has accepted no byte since the stall began, so fewer unacknowledged ones mean
 * that the other side took some. */
static bool made_progress(struct io_conn *conn)
{
    int before = conn->unacknowledged;
    conn->unacknowledged = io_portable_unacknowledged(conn->watch.fd);
    return conn->unacknowledged >= 0 && conn->unacknowledged < before;
}

static void end_stalled(struct io_conn_group *group)
{
    struct io_wait *wait;
    while ((wait = io_wait_over(&group->stalled, group->now)) != NULL) {
        if (made_progress(of_wait(wait)))
            io_wait_begin(&group->stalled, wait);
        else
            io_conn_end(of_wait(wait), END_STALLED);
    }
}

/* Those that the owner has forgotten have linger_ms for the rest, and are the first to go:
 * nobody misses them. */
void io_conn_group_shed(struct io_conn_group *group)
{
    size_t most = group->limits.all_max;
    while (most > 0 && group->unsent > most) {
        if (io_conn_group_close_oldest_lingering(group))
            continue;
        if (group->stalled.first == NULL)
            return;
        io_conn_end_later(of_wait(group->stalled.first), END_ALL_UNSENT);
    }
}

void io_conn_group_wipe(struct io_conn_group *group)
{
    memset(group->input, 0, sizeof group->input);
    for (struct io_conn *conn = group->all; conn != NULL; conn = conn->next)
        herd_buf_wipe_spare(&conn->unsent);
}

void io_conn_group_tick(struct io_conn_group *group, struct herd_mono now)
{
    group->now = now;
    end_stalled(group);
    end_expired(group, &group->lingering, END_STALLED);
    end_expired(group, &group->broken, 0);
    free_gone(group);
}
