#include "io/fetch.h"

#include "herd/err.h"
#include "io/fetch_sockets.h"
#include "io/fetch_transfer.h"

#include <assert.h>
#include <stdio.h>

#if LIBCURL_VERSION_NUM < 0x075500
#error "libcurl 7.85 or newer is needed"
#endif

enum { LIBCURL_OLDEST = 0x075500 };

struct io_fetch {
    const struct herd_mem *mem;
    struct io_fetch_plan plan;
    struct io_fetch_sockets sockets;
    io_fetch_done_fn done;
    void *arg;
    struct io_fetch_transfer *running;
    struct io_fetch_transfer *ended; /* `done` is still to be called, in this order */
    struct io_fetch_transfer **ended_tail;
    bool delivering;
};

/* ---- how transfers end -------------------------------------------------------------- */

/* Takes the transfer from libcurl; `done` hears of it at the next tick. */
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

static void harvest(void *arg)
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

/* After an error nothing is known about any transfer: all fail, with a new start for
 * those to come. When even that fails, io_fetch_start tries again. */
static void start_anew(struct io_fetch *fetch)
{
    CURLMcode why = fetch->sockets.why;
    CURLcode code = why == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_FAILED_INIT;
    while (fetch->running != NULL) {
        struct io_fetch_transfer *t = fetch->running;
        (void)snprintf(t->error, sizeof t->error, "libcurl: %s", curl_multi_strerror(why));
        end(fetch, t, code);
    }
    io_fetch_sockets_close(&fetch->sockets);
    (void)io_fetch_sockets_open(&fetch->sockets);
}

/* Inside `done` transfers may start and be cancelled, also ended ones. */
static void deliver(struct io_fetch *fetch)
{
    fetch->delivering = true;
    while (fetch->ended != NULL) {
        struct io_fetch_transfer *t = fetch->ended;
        fetch->ended = t->next;
        if (fetch->ended == NULL)
            fetch->ended_tail = &fetch->ended;
        struct io_fetch_result result = {.status = t->status};
        result.body = t->status != 0 ? herd_buf_bytes(&t->body) : HERD_LIT("");
        result.why = t->status != 0 ? NULL : t->why;
        fetch->done(fetch->arg, t->id, &result);
        io_fetch_transfer_free(t);
    }
    fetch->delivering = false;
}

void io_fetch_tick(struct io_fetch *fetch, struct herd_mono now)
{
    io_fetch_sockets_tick(&fetch->sockets, now);
    if (fetch->sockets.broken)
        start_anew(fetch);
    deliver(fetch);
}

/* What has ended waits for the next tick, which is then overdue. */
struct herd_mono io_fetch_deadline(const struct io_fetch *fetch)
{
    if (fetch->ended != NULL)
        return fetch->sockets.now;
    return io_fetch_sockets_deadline(&fetch->sockets);
}

/* ---- starting and cancelling -------------------------------------------------------- */

int io_fetch_start(struct io_fetch *fetch, uint64_t id, struct herd_slice query)
{
    assert(query.len == 0 || memchr(query.data, '\0', query.len) == NULL);
    if (fetch->sockets.broken)
        return HERD_ESYS;
    if (fetch->sockets.multi == NULL && io_fetch_sockets_open(&fetch->sockets) != HERD_OK)
        return HERD_ENOMEM;
    struct io_fetch_transfer *t = io_fetch_transfer_new(&fetch->plan, id, query);
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

/* ---- the module's own life ---------------------------------------------------------- */

static bool refuse(char *why, const char *text)
{
    (void)snprintf(why, IO_FETCH_WHY, "%s", text);
    return false;
}

/* curl_global_init is not safe beside other threads in all versions: callers are one
 * thread. What it allocates lives as long as the process. */
static bool check_libcurl(const struct io_fetch_url *url, char *why)
{
    static bool started;
    if (!started && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return refuse(why, "libcurl does not start");
    started = true;
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    if (info->version_num < LIBCURL_OLDEST)
        return refuse(why, "libcurl is older than 7.85");
    if (url->resolves && !(info->features & CURL_VERSION_ASYNCHDNS))
        return refuse(why, "this libcurl would block on names: use an address in the URL");
    return true;
}

static bool prepare(struct io_fetch *fetch, const struct io_fetch_setup *setup, char *why)
{
    if (io_fetch_plan_make(&fetch->plan, fetch->mem, setup, why) != HERD_OK ||
        !check_libcurl(&fetch->plan.url, why))
        return false;
    if (!io_fetch_plan_works(&fetch->plan))
        return refuse(why, "this libcurl lacks https or an option that is needed");
    return io_fetch_sockets_open(&fetch->sockets) == HERD_OK ||
           refuse(why, "out of memory");
}

struct io_fetch *io_fetch_new(const struct herd_mem *mem, struct io_loop *loop,
                              const struct io_fetch_setup *setup, io_fetch_done_fn done,
                              void *arg, char *why)
{
    assert(setup->body_max > 0 && setup->timeout_ms > 0 && setup->connect_ms > 0);
    struct io_fetch *fetch = herd_mem_zalloc(mem, sizeof *fetch);
    if (fetch == NULL) {
        refuse(why, "out of memory");
        return NULL;
    }
    fetch->mem = mem;
    fetch->plan.mem = mem;
    fetch->plan.progress = &fetch->sockets.progress;
    fetch->done = done;
    fetch->arg = arg;
    fetch->ended_tail = &fetch->ended;
    fetch->sockets = (struct io_fetch_sockets){.mem = mem,
                                               .loop = loop,
                                               .connects_max = setup->connects_max,
                                               .acted = harvest,
                                               .owner = fetch,
                                               .due = HERD_NEVER};
    if (prepare(fetch, setup, why))
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
