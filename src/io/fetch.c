/* SPDX-License-Identifier: ISC */
#include "fetch.h"

#include "herd/err.h"
#include "fetch_options.h"
#include "fetch_sockets.h"
#include "fetch_transfer.h"

#include <assert.h>
#include <stdio.h>

struct io_fetch {
    const struct herd_mem *mem;
    struct io_fetch_plan plan;
    struct io_fetch_sockets sockets;
    struct io_fetch_tally tally;
    uint64_t restarts;
    io_fetch_done_fn done;
    void *arg;
    struct io_fetch_transfer *running;
    struct io_fetch_transfer *ended; /* `done` is still to be called, in this order */
    struct io_fetch_transfer **ended_tail;
    struct herd_mono check_at; /* when the speed of replies is checked; HERD_NEVER: none */
    uint64_t begun_seen;
    bool spin_noted, restart_noted;
    bool delivering;
};

/* ---- how transfers end ------------------------------------------------------------- */

/* Takes the transfer from libcurl; `done` is called at the next tick. */
static void end(struct io_fetch *fetch, struct io_fetch_transfer *t, CURLcode code)
{
    struct io_fetch_transfer **link = &fetch->running;
    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    t->next = NULL;
    *fetch->ended_tail = t;
    fetch->ended_tail = &t->next;
    curl_multi_remove_handle(fetch->sockets.multi, t->easy);
    io_fetch_transfer_end(t, code);
}

static void collect_ended(void *arg)
{
    struct io_fetch *fetch = arg;
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(fetch->sockets.multi, &left)) != NULL) {
        struct io_fetch_transfer *t = NULL;
        CURLcode code = message->data.result; /* the message dies with the handle */
        if (message->msg == CURLMSG_DONE &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t) == CURLE_OK)
            end(fetch, t, code);
    }
}

/* Ends a transfer whose reply has begun and brought less than slow_bytes in slow_ms. The
 * clock is that of the last tick, so a server gets a little more time, never less. */
static void check_speed(struct io_fetch *fetch, struct io_fetch_transfer *t)
{
    const struct io_fetch_setup *setup = &fetch->plan.setup;
    struct herd_mono now = fetch->sockets.now;
    bool first = herd_mono_is_never(t->check_at);
    if (!first && !herd_mono_reached(now, t->check_at)) {
        fetch->check_at = herd_mono_min(fetch->check_at, t->check_at);
    } else if (first || t->arrived >= setup->slow_bytes) {
        t->arrived = 0;
        t->check_at = herd_mono_add_ms(now, setup->slow_ms);
        fetch->check_at = herd_mono_min(fetch->check_at, t->check_at);
    } else {
        t->refusal = IO_FETCH_SLOW;
        end(fetch, t, CURLE_OPERATION_TIMEDOUT);
    }
}

static void end_slow(struct io_fetch *fetch)
{
    if (fetch->plan.setup.slow_bytes == 0 ||
        (fetch->tally.begun == fetch->begun_seen &&
         !herd_mono_reached(fetch->sockets.now, fetch->check_at)))
        return;
    fetch->begun_seen = fetch->tally.begun;
    fetch->check_at = HERD_NEVER;
    for (struct io_fetch_transfer *t = fetch->running, *next; t != NULL; t = next) {
        next = t->next;
        if (t->begun)
            check_speed(fetch, t);
    }
    io_fetch_sockets_sweep(&fetch->sockets);
}

/* ---- notes for operators ----------------------------------------------------------- */

static void note(struct io_fetch *fetch, bool *noted, const char *what)
{
    struct herd_error_text text;
    if (*noted)
        return;
    *noted = true;
    if (fetch->plan.setup.note == NULL)
        return;
    herd_error_set(&text, "libcurl %s: %s", curl_version_info(CURLVERSION_NOW)->version,
                   what);
    fetch->plan.setup.note(fetch->arg, text.text);
}

struct io_fetch_counts io_fetch_count(const struct io_fetch *fetch)
{
    return (struct io_fetch_counts){.connects = fetch->tally.connects,
                                    .spin_pauses = fetch->sockets.spin_pauses,
                                    .restarts = fetch->restarts};
}

/* ---- turns ------------------------------------------------------------------------- */

/* After an error of the multi handle the state of every transfer is unknown: all fail, and
 * a new handle serves later ones. When that cannot be opened, io_fetch_start tries again.
 */
static void restart(struct io_fetch *fetch)
{
    CURLMcode why = fetch->sockets.error;
    CURLcode code = why == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_FAILED_INIT;
    while (fetch->running != NULL) {
        struct io_fetch_transfer *t = fetch->running;
        (void)snprintf(t->libcurl_error, sizeof t->libcurl_error, "libcurl: %s",
                       curl_multi_strerror(why));
        end(fetch, t, code);
    }
    io_fetch_sockets_close(&fetch->sockets);
    (void)io_fetch_sockets_open(&fetch->sockets);
    fetch->restarts++;
    note(fetch, &fetch->restart_noted, curl_multi_strerror(why));
}

/* `done` may start and cancel transfers, ended ones included. */
static void deliver(struct io_fetch *fetch)
{
    fetch->delivering = true;
    while (fetch->ended != NULL) {
        struct io_fetch_transfer *t = fetch->ended;
        fetch->ended = t->next;
        if (fetch->ended == NULL)
            fetch->ended_tail = &fetch->ended;
        struct io_fetch_result result = {.status = t->status,
                                         .retry_after_ms = t->retry_after_ms};
        result.body = t->status != 0 ? herd_buf_bytes(&t->body) : HERD_LIT("");
        result.error = t->status != 0 ? NULL : t->error.text;
        fetch->done(fetch->arg, t->id, &result);
        io_fetch_transfer_free(t);
    }
    fetch->delivering = false;
}

void io_fetch_tick(struct io_fetch *fetch, struct herd_mono now)
{
    io_fetch_sockets_tick(&fetch->sockets, now);
    if (fetch->sockets.broken)
        restart(fetch);
    end_slow(fetch);
    if (fetch->sockets.spin_pauses > 0)
        note(fetch, &fetch->spin_noted,
             "a descriptor is ready again and again without progress: it is not polled for "
             "50 ms at a time");
    deliver(fetch);
}

/* With ended transfers, the next tick is overdue. */
struct herd_mono io_fetch_deadline(const struct io_fetch *fetch)
{
    if (fetch->ended != NULL)
        return fetch->sockets.now;
    return herd_mono_min(fetch->check_at, io_fetch_sockets_deadline(&fetch->sockets));
}

/* ---- starting and cancelling ------------------------------------------------------- */

int io_fetch_start(struct io_fetch *fetch, uint64_t id, struct herd_slice request)
{
    assert(request.len == 0 || memchr(request.data, '\0', request.len) == NULL);
    if (fetch->sockets.broken)
        return HERD_ESYS;
    if (fetch->sockets.multi == NULL && io_fetch_sockets_open(&fetch->sockets) != HERD_OK)
        return HERD_ENOMEM;
    struct io_fetch_transfer *t = io_fetch_transfer_new(&fetch->plan, id, request);
    if (t == NULL)
        return HERD_ENOMEM;
    CURLMcode rc = curl_multi_add_handle(fetch->sockets.multi, t->easy);
    if (rc != CURLM_OK) {
        io_fetch_transfer_free(t);
        return rc == CURLM_OUT_OF_MEMORY ? HERD_ENOMEM : HERD_ESYS;
    }
    t->next = fetch->running;
    fetch->running = t;
    return HERD_OK;
}

static struct io_fetch_transfer **find(struct io_fetch_transfer **link, uint64_t id)
{
    while (*link != NULL && (*link)->id != id)
        link = &(*link)->next;
    return link;
}

void io_fetch_cancel(struct io_fetch *fetch, uint64_t id)
{
    struct io_fetch_transfer **link = find(&fetch->running, id);
    if (*link == NULL)
        link = find(&fetch->ended, id);
    struct io_fetch_transfer *t = *link;
    if (t == NULL)
        return;
    if (fetch->ended_tail == &t->next)
        fetch->ended_tail = link;
    *link = t->next;
    if (t->easy != NULL)
        curl_multi_remove_handle(fetch->sockets.multi, t->easy);
    io_fetch_transfer_free(t);
    io_fetch_sockets_sweep(&fetch->sockets);
}

/* ---- beginning and end of the module
 * ---------------------------------------------------------- */

static bool prepare(struct io_fetch *fetch, const struct io_fetch_setup *setup,
                    struct herd_error_text *error)
{
    if (!io_fetch_options_start(error) ||
        io_fetch_plan_make(&fetch->plan, fetch->mem, setup, error) != HERD_OK ||
        !io_fetch_options_check(&fetch->plan, error))
        return false;
    if (io_fetch_sockets_open(&fetch->sockets) == HERD_OK)
        return true;
    herd_error_set(error, "%s", herd_strerror(HERD_ENOMEM));
    return false;
}

struct io_fetch *io_fetch_new(const struct herd_mem *mem, struct io_loop *loop,
                              const struct io_fetch_setup *setup, io_fetch_done_fn done,
                              void *arg, struct herd_error_text *error)
{
    assert(setup->body_max > 0 && setup->timeout_ms > 0 && setup->connect_ms > 0 &&
           (setup->slow_bytes == 0 || setup->slow_ms > 0));
    struct io_fetch *fetch = herd_mem_zalloc(mem, sizeof *fetch);
    if (fetch == NULL) {
        herd_error_set(error, "%s", herd_strerror(HERD_ENOMEM));
        return NULL;
    }
    fetch->mem = mem;
    fetch->plan.mem = mem;
    fetch->plan.tally = &fetch->tally;
    fetch->check_at = HERD_NEVER;
    fetch->done = done;
    fetch->arg = arg;
    fetch->ended_tail = &fetch->ended;
    fetch->sockets = (struct io_fetch_sockets){.mem = mem,
                                               .loop = loop,
                                               .connects_max = setup->connects_max,
                                               .progress = &fetch->tally.progress,
                                               .acted = collect_ended,
                                               .owner = fetch,
                                               .due = HERD_NEVER};
    if (prepare(fetch, setup, error))
        return fetch;
    io_fetch_free(fetch);
    return NULL;
}

static void free_list(struct io_fetch *fetch, struct io_fetch_transfer *t)
{
    while (t != NULL) {
        struct io_fetch_transfer *next = t->next;
        if (t->easy != NULL)
            curl_multi_remove_handle(fetch->sockets.multi, t->easy);
        io_fetch_transfer_free(t);
        t = next;
    }
}

void io_fetch_free(struct io_fetch *fetch)
{
    if (fetch == NULL)
        return;
    assert(!fetch->delivering);
    const struct herd_mem *mem = fetch->mem;
    free_list(fetch, fetch->running);
    free_list(fetch, fetch->ended);
    io_fetch_sockets_close(&fetch->sockets);
    io_fetch_plan_free(&fetch->plan);
    herd_mem_free(mem, fetch, sizeof *fetch);
}
