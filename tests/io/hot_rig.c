/* SPDX-License-Identifier: ISC */
#include "hot_rig.h"

#include "check.h"
#include "descriptors.h"
#include "herd/err.h"
#include "io/mem.h"
#include "pair.h"

#include <stdlib.h>
#include <unistd.h>

struct hot_rig hot;

struct herd_mono hot_clock(void)
{
    hot.now.ns += STEP_US * INT64_C(1000);
    return hot.now;
}

static void ready(struct io_watch *watch, unsigned bits)
{
    struct end *end = watch->arg;
    (void)bits;
    CHECK(end->added);
    end->calls++;
    end->waits = 0;
    if (end->then != NULL)
        end->then(end);
}

void end_add(struct end *end)
{
    end->added = io_loop_add(hot.loop, &end->watch, IO_READ) == HERD_OK;
    end->waits = 0;
    CHECK(end->added);
}

void end_take_away(struct end *end)
{
    if (end->added)
        io_loop_remove(hot.loop, &end->watch);
    end->added = false;
}

bool hot_up(int count)
{
    hot.count = descriptors_for(count, 2);
    hot.ends = calloc((size_t)hot.count, sizeof *hot.ends);
    hot.loop = io_loop_new(&io_mem);
    bool ok = hot.count > IO_LOOP_FEW && hot.ends != NULL && hot.loop != NULL;
    if (ok)
        hot.loop->clock = hot_clock;
    hot.now = (struct herd_mono){HERD_NS_PER_S};
    for (int i = 0; ok && i < hot.count; i++) {
        int fds[2];
        ok = pair_local(fds);
        hot.ends[i] = (struct end){
            .watch = {.fd = fds[0], .ready = ready, .arg = &hot.ends[i]}, .other = fds[1]};
        if (ok)
            end_add(&hot.ends[i]);
    }
    return CHECK(ok);
}

void hot_down(void)
{
    for (int i = 0; i < hot.count; i++) {
        end_take_away(&hot.ends[i]);
        (void)close(hot.ends[i].watch.fd);
        (void)close(hot.ends[i].other);
    }
    io_loop_free(hot.loop);
    free(hot.ends);
}

void end_poke(struct end *end)
{
    if (!end->poked)
        CHECK_INT(write(end->other, "x", 1), 1);
    end->poked = true;
}

void end_drain(struct end *end)
{
    char byte;
    CHECK_INT(read(end->watch.fd, &byte, 1), 1);
    end->poked = false;
}

bool end_is_hot(const struct end *end)
{
    return end->added && end->watch.place < hot.loop->set.hot;
}

void hot_check_set(void)
{
    const struct io_loop_set *set = &hot.loop->set;
    size_t wrong = 0;
    for (size_t i = 0; i < set->len; i++)
        wrong += set->watches[i]->place != i || set->fds[i].fd != set->watches[i]->fd ||
                 set->fds[i].revents != 0 || set->watches[i]->queued;
    CHECK_INT((int64_t)wrong, 0);
    CHECK(set->hot <= set->len);
    CHECK(hot.loop->first == NULL);
}

int hot_turn(void)
{
    int calls = io_loop_turn(hot.loop, AT_ONCE);
    CHECK(calls >= 0);
    hot_check_set();
    return calls;
}

void hot_cool(void)
{
    for (int i = 0; i < 2 * 64 + 1; i++)
        (void)hot_turn();
}

bool hot_one_is_busy(int count)
{
    if (!hot_up(count))
        return false;
    end_poke(&hot.ends[0]);
    hot_cool();
    return CHECK(end_is_hot(&hot.ends[0])) && CHECK_INT((int64_t)hot.loop->set.hot, 1);
}
