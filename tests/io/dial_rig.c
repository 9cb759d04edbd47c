/* SPDX-License-Identifier: ISC */
#include "dial_rig.h"

#include "io/sock.h"
#include "pair.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000, SLEEP_MS = 20 };

struct dial_rig dial_rig = {.lock = PTHREAD_MUTEX_INITIALIZER,
                            .changed = PTHREAD_COND_INITIALIZER};

/* ---- the resolver: runs in threads ---- */

static void hang(void)
{
    (void)pthread_mutex_lock(&dial_rig.lock);
    dial_rig.running++;
    if (dial_rig.running > dial_rig.most_running)
        dial_rig.most_running = dial_rig.running;
    (void)pthread_cond_broadcast(&dial_rig.changed);
    while (dial_rig.hold)
        (void)pthread_cond_wait(&dial_rig.changed, &dial_rig.lock);
    dial_rig.running--;
    (void)pthread_cond_broadcast(&dial_rig.changed);
    (void)pthread_mutex_unlock(&dial_rig.lock);
}

static void add(struct io_addrs *addrs, const char *host)
{
    struct herd_error_text error;
    struct io_addrs one;
    if (io_addrs_read(&one, host, 0, &error) == HERD_OK)
        addrs->list[addrs->count++] = one.list[0];
}

static int look_up(struct io_addrs *addrs, const char *host, struct herd_error_text *error)
{
    (void)pthread_mutex_lock(&dial_rig.lock);
    dial_rig.asked++;
    (void)pthread_mutex_unlock(&dial_rig.lock);
    addrs->count = 0;
    if (strcmp(host, "six") == 0)
        add(addrs, "::1");
    if (strcmp(host, "both") == 0)
        add(addrs, "127.0.0.2");
    for (int i = 2; strcmp(host, "many") == 0 && i < 2 + IO_DIAL_ATTEMPTS; i++) {
        char text[24];
        (void)snprintf(text, sizeof text, "127.0.0.%d", i);
        add(addrs, text);
    }
    if (strncmp(host, "slow", 4) == 0)
        hang();
    else if (strcmp(host, "here") != 0 && addrs->count == 0) {
        herd_error_set(error, "look up %s: nobody knows it", host);
        return HERD_EBAD;
    }
    add(addrs, "127.0.0.1");
    return HERD_OK;
}

/* ---- the rig ---- */

bool dial_rig_up(void)
{
    dial_rig.open_before = pair_open_count();
    dial_rig.later_ms = 0;
    dial_rig.running = dial_rig.most_running = dial_rig.asked = 0;
    dial_rig.hold = true;
    fail_mem_init(&dial_rig.fail);
    dial_rig.loop = io_loop_new(&dial_rig.fail.mem);
    const struct io_dialler_setup setup = {.mem = &dial_rig.fail.mem,
                                           .loop = dial_rig.loop,
                                           .connect_ms = DIAL_CONNECT_MS,
                                           .run = look_up};
    dial_rig.dialler = io_dialler_new(&setup);
    return CHECK(dial_rig.loop != NULL && dial_rig.dialler != NULL);
}

void dial_rig_wait_closed(int open_before)
{
    struct herd_mono end = herd_mono_add_ms(io_clock_mono(), PATIENCE_MS);
    while (pair_open_count() != open_before && !herd_mono_reached(io_clock_mono(), end)) {
        const struct timespec moment = {.tv_nsec = HERD_NS_PER_MS};
        (void)nanosleep(&moment, NULL);
    }
    CHECK_INT(pair_open_count(), open_before);
}

void dial_rig_down(void)
{
    fail_mem_arm(&dial_rig.fail, 0, false);
    io_dialler_free(dial_rig.dialler);
    io_loop_free(dial_rig.loop);
    dial_rig_hold(false);
    CHECK(dial_rig_wait_running(0));
    CHECK_INT((int64_t)dial_rig.fail.live, 0);
    dial_rig_wait_closed(dial_rig.open_before);
}

static void done(void *arg, const struct io_dial_result *result)
{
    struct dialled *dialled = arg;
    dialled->ended++;
    dialled->fd = result->fd;
    dialled->addr = result->addr;
    dialled->to_self = result->to_self;
    (void)snprintf(dialled->error, sizeof dialled->error, "%s", result->error);
    if (dialled->again) {
        dialled->again = false;
        CHECK_INT(io_dialler_dial(dial_rig.dialler, &dialled->order), HERD_OK);
    }
}

bool dial_rig_dial(struct dialled *dialled, const char *host, unsigned port)
{
    dialled->ended = 0;
    dialled->fd = -1;
    dialled->order.host = host;
    dialled->order.port = port;
    dialled->order.done = done;
    dialled->order.arg = dialled;
    int rc = io_dialler_dial(dial_rig.dialler, &dialled->order);
    CHECK_INT(dialled->ended, 0);
    return rc == HERD_OK;
}

void dial_rig_turn(void)
{
    struct herd_mono soon = herd_mono_add_ms(io_clock_mono(), SLEEP_MS);
    struct herd_mono at = io_dialler_deadline(dial_rig.dialler);
    (void)io_loop_turn(dial_rig.loop, herd_mono_min(at, soon));
    io_dialler_tick(dial_rig.dialler, herd_mono_add_ms(io_clock_mono(), dial_rig.later_ms));
}

bool dial_rig_until_ended(const struct dialled *dialled)
{
    struct herd_mono end = herd_mono_add_ms(io_clock_mono(), PATIENCE_MS);
    while (dialled->ended == 0 && !herd_mono_reached(io_clock_mono(), end))
        dial_rig_turn();
    return dialled->ended == 1;
}

void dial_rig_hold(bool hold)
{
    (void)pthread_mutex_lock(&dial_rig.lock);
    dial_rig.hold = hold;
    (void)pthread_cond_broadcast(&dial_rig.changed);
    (void)pthread_mutex_unlock(&dial_rig.lock);
}

bool dial_rig_wait_running(int count)
{
    struct timespec end;
    int rc = 0;
    (void)clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_MS / 1000;
    (void)pthread_mutex_lock(&dial_rig.lock);
    while (dial_rig.running != count && rc == 0)
        rc = pthread_cond_timedwait(&dial_rig.changed, &dial_rig.lock, &end);
    bool reached = dial_rig.running == count;
    (void)pthread_mutex_unlock(&dial_rig.lock);
    return reached;
}

int dial_rig_listen(const char *host, unsigned *port)
{
    struct herd_error_text error;
    struct io_addr addr, bound;
    if (io_addr_lookup(&addr, host, *port, &error) != HERD_OK)
        return -1;
    int fd = io_sock_listen(&addr, &bound, &error);
    if (fd >= 0)
        *port = io_addr_port(&bound);
    return fd;
}
