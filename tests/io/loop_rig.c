/* SPDX-License-Identifier: ISC */
#include "loop_rig.h"

#include "check.h"
#include "herd/err.h"
#include "io/clock.h"
#include "io/mem.h"
#include "pair.h"

#include <unistd.h>

struct loop_rig loop_rig;

struct herd_mono loop_rig_in_ms(int64_t ms)
{
    return herd_mono_add_ms(io_clock_mono(), ms);
}

static void ready(struct io_watch *watch, unsigned bits)
{
    struct loop_end *end = watch->arg;
    CHECK(end->added);
    end->calls++;
    end->ready = bits;
    if (end->then != NULL)
        end->then(end);
}

void loop_rig_add(struct loop_end *end, unsigned want)
{
    end->added = io_loop_add(loop_rig.loop, &end->watch, want) == HERD_OK;
    CHECK(end->added);
}

void loop_rig_remove(struct loop_end *end)
{
    if (end->added)
        io_loop_remove(loop_rig.loop, &end->watch);
    end->added = false;
}

bool loop_rig_up(int count, unsigned want)
{
    loop_rig.loop = io_loop_new(&io_mem);
    bool ok = loop_rig.loop != NULL;
    for (int i = 0; ok && i < count; i++) {
        int fds[2];
        ok = pair_local(fds);
        loop_rig.ends[i] = (struct loop_end){
            .watch = {.fd = fds[0], .ready = ready, .arg = &loop_rig.ends[i]},
            .other = fds[1]};
        if (ok && want != IO_NONE)
            loop_rig_add(&loop_rig.ends[i], want);
    }
    return CHECK(ok);
}

void loop_rig_down(int count)
{
    for (int i = 0; i < count; i++) {
        loop_rig_remove(&loop_rig.ends[i]);
        (void)close(loop_rig.ends[i].watch.fd);
        (void)close(loop_rig.ends[i].other);
    }
    io_loop_free(loop_rig.loop);
}

void loop_rig_poke(const struct loop_end *end)
{
    CHECK_INT(write(end->other, "x", 1), 1);
}

int loop_rig_turn(int64_t ms)
{
    return io_loop_turn(loop_rig.loop, loop_rig_in_ms(ms));
}
