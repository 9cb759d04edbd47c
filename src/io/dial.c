/* SPDX-License-Identifier: ISC */
#include "portable.h"

#include "dial.h"

#include "list.h"
#include "sock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum state {
    NEW,
    LOOKING_UP,
    FOUND, /* the addresses are known; the next tick dials the first */
    CONNECTING,
    FAILED, /* the next tick tells */
};

struct attempt {
    struct io_dial *dial;
    struct io_watch watch; /* fd -1: none */
    size_t index;          /* of the address */
};

struct io_dial {
    struct io_dialler *dialler;
    struct herd_list_node node; /* among all of the dialler */
    struct io_dial_order order;
    enum state state;
    struct io_lookup lookup;
    struct io_addrs addrs;
    size_t next; /* address to be dialled */
    struct attempt attempts[IO_DIAL_ATTEMPTS];
    struct herd_mono next_at; /* when the next address is dialled at the latest */
    struct herd_mono until;   /* of the lookup, then of all attempts */
    unsigned to_self;
    struct herd_error_text error;
};

struct io_dialler {
    struct io_dialler_setup setup;
    struct io_resolver *resolver;
    struct herd_list dials;
};

/* Before any other: at once. */
static const struct herd_mono NOW = {0};

/* ---- the end of a dial ---- */

static void attempt_close(struct attempt *attempt)
{
    if (attempt->watch.fd < 0)
        return;
    io_loop_remove(attempt->dial->dialler->setup.loop, &attempt->watch);
    (void)close(attempt->watch.fd);
    attempt->watch.fd = -1;
}

static void dial_free(struct io_dial *dial)
{
    struct io_dialler *dialler = dial->dialler;
    io_resolver_cancel(dialler->resolver, &dial->lookup);
    for (size_t i = 0; i < IO_DIAL_ATTEMPTS; i++)
        attempt_close(&dial->attempts[i]);
    herd_list_remove(&dial->node);
    herd_mem_free(dialler->setup.mem, dial, sizeof *dial);
}

/* Frees the dial first: `done` may start the next one. `index` is that of the address. */
static void finish(struct io_dial *dial, int fd, size_t index)
{
    struct io_dial_order order = dial->order;
    struct herd_error_text error = dial->error;
    struct io_dial_result result = {
        .fd = fd, .error = error.text, .to_self = dial->to_self};
    if (dial->addrs.count > 0)
        result.addr = dial->addrs.list[index];
    dial_free(dial);
    order.done(order.arg, &result);
}

static void fail(struct io_dial *dial)
{
    finish(dial, -1, dial->next > 0 ? dial->next - 1 : 0);
}

/* Of several addresses each reason is told, as far as there is room. */
static void add_reason(struct io_dial *dial, size_t index, const char *reason)
{
    char *text = dial->error.text, where[IO_ADDR_TEXT_SIZE];
    size_t used = strlen(text), room = sizeof dial->error.text - used;
    io_addr_text(&dial->addrs.list[index], where);
    bool plain = dial->addrs.count == 1 || strstr(reason, where) != NULL;
    (void)snprintf(text + used, room, "%s%s%s%s", used > 0 ? "; " : "", plain ? "" : where,
                   plain ? "" : ": ", reason);
}

/* ---- attempts ---- */

static size_t pending(const struct io_dial *dial)
{
    size_t count = 0;
    for (size_t i = 0; i < IO_DIAL_ATTEMPTS; i++)
        count += dial->attempts[i].watch.fd >= 0;
    return count;
}

static bool is_more(const struct io_dial *dial)
{
    return dial->next < dial->addrs.count && pending(dial) < IO_DIAL_ATTEMPTS;
}

/* The next address takes its turn in the tick that follows. */
static void attempt_failed(struct attempt *attempt, const char *reason)
{
    struct io_dial *dial = attempt->dial;
    add_reason(dial, attempt->index, reason);
    attempt_close(attempt);
    dial->next_at = NOW;
}

static void attempt_ended(struct io_watch *watch, unsigned bits)
{
    struct attempt *attempt = watch->arg;
    struct io_dial *dial = attempt->dial;
    int fd = watch->fd, err = io_sock_error(fd);
    (void)bits;
    if (err != 0) {
        attempt_failed(attempt, strerror(err));
        return;
    }
    io_loop_remove(dial->dialler->setup.loop, watch);
    watch->fd = -1;
    if (!io_sock_is_self(fd)) {
        finish(dial, fd, attempt->index);
        return;
    }
    io_sock_close_now(fd);
    dial->to_self++;
    attempt_failed(attempt, "nobody listens there: it was connected to itself");
}

static struct attempt *idle_attempt(struct io_dial *dial)
{
    struct attempt *attempt = dial->attempts;
    while (attempt->watch.fd >= 0)
        attempt++;
    return attempt;
}

static void try_next(struct io_dial *dial)
{
    struct io_loop *loop = dial->dialler->setup.loop;
    struct herd_error_text error;
    struct attempt *attempt = idle_attempt(dial);
    size_t index = dial->next++;
    int fd = io_sock_dial(&dial->addrs.list[index], &error);
    if (fd < 0) {
        add_reason(dial, index, error.text);
        return;
    }
    attempt->index = index;
    attempt->watch = (struct io_watch){.fd = fd, .ready = attempt_ended, .arg = attempt};
    if (io_loop_add(loop, &attempt->watch, IO_WRITE) == HERD_OK) {
        io_loop_pin(loop, &attempt->watch);
        return;
    }
    attempt->watch.fd = -1;
    (void)close(fd);
    add_reason(dial, index, herd_strerror(HERD_ENOMEM));
}

static int64_t delay_ms(const struct io_dial *dial)
{
    int64_t share = dial->dialler->setup.connect_ms / (2 * (int64_t)dial->addrs.count);
    return share < IO_DIAL_DELAY_MS ? share : IO_DIAL_DELAY_MS;
}

/* ---- the steps of a dial: each in a tick, which knows the time ---- */

static void found(struct io_dial *dial)
{
    const struct io_dial_order *order = &dial->order;
    io_addrs_set_port(&dial->addrs, order->port);
    dial->state = FOUND;
    if (order->found != NULL &&
        order->found(order->arg, &dial->addrs, &dial->error) != HERD_OK)
        dial->state = FAILED;
}

static void looked_up(void *arg, const struct io_addrs *addrs, const char *error)
{
    struct io_dial *dial = arg;
    if (addrs == NULL) {
        herd_error_set(&dial->error, "%s", error);
        dial->state = FAILED;
        return;
    }
    dial->addrs = *addrs;
    found(dial);
}

static void begin(struct io_dial *dial, struct herd_mono now)
{
    const struct io_dial_order *order = &dial->order;
    int rc = io_addrs_read(&dial->addrs, order->host, order->port, &dial->error);
    if (rc == HERD_OK) {
        found(dial);
        return;
    }
    dial->state = FAILED;
    if (rc != HERD_EUNKNOWN)
        return;
    dial->lookup = (struct io_lookup){.host = order->host, .done = looked_up, .arg = dial};
    if (io_resolver_start(dial->dialler->resolver, &dial->lookup, &dial->error) != HERD_OK)
        return;
    dial->state = LOOKING_UP;
    dial->until = herd_mono_add_ms(now, IO_DIAL_LOOKUP_MS);
}

/* False: the dial has ended. */
static bool go_on_connecting(struct io_dial *dial, struct herd_mono now)
{
    while (is_more(dial) && herd_mono_reached(now, dial->next_at)) {
        try_next(dial);
        dial->next_at = pending(dial) > 0 ? herd_mono_add_ms(now, delay_ms(dial)) : NOW;
    }
    if (pending(dial) > 0 && !herd_mono_reached(now, dial->until))
        return true;
    for (size_t i = 0; i < IO_DIAL_ATTEMPTS; i++)
        if (dial->attempts[i].watch.fd >= 0)
            add_reason(dial, dial->attempts[i].index,
                       "no answer to the attempt to connect");
    fail(dial);
    return false;
}

static void dial_tick(struct io_dial *dial, struct herd_mono now)
{
    if (dial->state == NEW)
        begin(dial, now);
    if (dial->state == LOOKING_UP && herd_mono_reached(now, dial->until)) {
        herd_error_set(&dial->error, "look up %.128s: no answer of the resolver in %d s",
                       dial->order.host, IO_DIAL_LOOKUP_MS / 1000);
        dial->state = FAILED;
    }
    if (dial->state == FOUND) {
        dial->state = CONNECTING;
        dial->next_at = NOW;
        dial->until = herd_mono_add_ms(now, dial->dialler->setup.connect_ms);
    }
    if (dial->state == FAILED)
        fail(dial);
    else if (dial->state == CONNECTING)
        (void)go_on_connecting(dial, now);
}

/* ---- the dialler ---- */

static struct io_dial *of_node(struct herd_list_node *node)
{
    return herd_list_item(node, offsetof(struct io_dial, node));
}

struct io_dialler *io_dialler_new(const struct io_dialler_setup *setup)
{
    struct io_dialler *dialler = herd_mem_zalloc(setup->mem, sizeof *dialler);
    if (dialler == NULL)
        return NULL;
    dialler->setup = *setup;
    herd_list_init(&dialler->dials);
    dialler->resolver = io_resolver_new(setup->mem, setup->loop, setup->run);
    if (dialler->resolver != NULL)
        return dialler;
    herd_mem_free(setup->mem, dialler, sizeof *dialler);
    return NULL;
}

void io_dialler_cancel_all(struct io_dialler *dialler)
{
    struct herd_list_node *node;
    while ((node = herd_list_first(&dialler->dials)) != NULL)
        dial_free(of_node(node));
}

void io_dialler_free(struct io_dialler *dialler)
{
    if (dialler == NULL)
        return;
    io_dialler_cancel_all(dialler);
    io_resolver_free(dialler->resolver);
    herd_mem_free(dialler->setup.mem, dialler, sizeof *dialler);
}

int io_dialler_dial(struct io_dialler *dialler, const struct io_dial_order *order)
{
    struct io_dial *dial = herd_mem_zalloc(dialler->setup.mem, sizeof *dial);
    if (dial == NULL)
        return HERD_ENOMEM;
    dial->dialler = dialler;
    dial->order = *order;
    for (size_t i = 0; i < IO_DIAL_ATTEMPTS; i++) {
        dial->attempts[i].dial = dial;
        dial->attempts[i].watch.fd = -1;
    }
    herd_list_push_back(&dialler->dials, &dial->node);
    return HERD_OK;
}

static struct herd_mono deadline_of(const struct io_dial *dial)
{
    switch (dial->state) {
    case LOOKING_UP: return dial->until;
    case CONNECTING:
        if (pending(dial) == 0 || is_more(dial))
            return herd_mono_min(dial->next_at, dial->until);
        return dial->until;
    case NEW:
    case FOUND:
    case FAILED: break;
    }
    return NOW;
}

struct herd_mono io_dialler_deadline(const struct io_dialler *dialler)
{
    struct herd_mono at = HERD_NEVER;
    const struct herd_list *dials = &dialler->dials;
    for (struct herd_list_node *n = herd_list_first(dials); n != NULL;
         n = herd_list_next(dials, n))
        at = herd_mono_min(at, deadline_of(of_node(n)));
    return at;
}

/* `done` may start dials, which come last in the list, and ends only its own. */
void io_dialler_tick(struct io_dialler *dialler, struct herd_mono now)
{
    struct herd_list *dials = &dialler->dials;
    struct herd_list_node *last = herd_list_last(dials), *next;
    for (struct herd_list_node *n = herd_list_first(dials); n != NULL; n = next) {
        next = n == last ? NULL : herd_list_next(dials, n);
        dial_tick(of_node(n), now);
    }
}
