/* SPDX-License-Identifier: ISC */
/* The poll() loop: it watches descriptors, calls back for the ready ones, and has one
 * deadline a turn.
 *
 * A caller embeds one struct io_watch per descriptor. The array given to poll() is dense
 * and private to the loop, which chooses its order and how much of it a turn polls.
 *
 * poll() takes 60 to 180 ns for each descriptor that it is given, ready or not, and several
 * times that on a machine that is busy with other programs. So the array begins with the
 * active descriptors, those with an event in the last 64 to 128 turns, and most turns poll
 * only these. A turn polls all descriptors
 *   - while there are no more than 64;
 *   - when 9 times the cost of a poll of all has passed since the last one, but not more
 *     than 25 ms: under full load a tenth of the time goes into these polls, or more when
 *     one costs more than 2.8 ms;
 *   - when that time has passed and the active ones are quiet: then the loop sleeps on all.
 * So a descriptor that becomes ready after a long silence waits at most for that time and a
 * turn: 6 ms with 10,000 descriptors of 60 ns, 25 ms and one poll of all with 20,000 of
 * 180 ns and with any more; when the active ones fall silent meanwhile, rounded up to whole
 * milliseconds; and not at all when they have been silent for that long. Descriptors that
 * must not wait are pinned. The clock is read once a turn, and before and after a poll of
 * all.
 *
 * Inside a callback any watch may be added, changed or removed, itself included. A watch
 * removed, or added for a reused descriptor, during a turn gets no callback from that
 * turn's poll(). */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include "herd/instant.h"
#include "herd/mem.h"

#include <stdbool.h>
#include <stddef.h>

/* The events that a watch waits for. An error or hang-up of the descriptor is reported as
 * the events that the watch waits for, so that the read or write that follows returns the
 * error; to a watch with IO_NONE as IO_READ. */
enum io_want { IO_NONE = 0, IO_READ = 1, IO_WRITE = 2 };

struct io_watch;

/* `ready` is a set of enum io_want bits, never empty. */
typedef void (*io_ready_fn)(struct io_watch *watch, unsigned ready);

struct io_watch {
    int fd;            /* borrowed; close it only after io_loop_remove */
    io_ready_fn ready; /* called when the descriptor is ready */
    void *arg;         /* for the caller's use */

    /* private to the loop */
    size_t place;                 /* index in the array */
    struct io_watch *prev, *next; /* in the queue of ready ones */
    bool queued;                  /* is in that queue */
    bool warm;                    /* had an event lately */
    bool pinned, last;            /* see io_loop_pin, io_loop_pin_last */
};

struct io_loop;

/* Errors: NULL when out of memory. `mem` is borrowed and outlives the loop. */
struct io_loop *io_loop_new(const struct herd_mem *mem);

/* Every watch must have been removed. Accepts NULL. */
void io_loop_free(struct io_loop *loop);

/* Starts to watch; fill fd, ready and arg first. `watch` is borrowed and must not move
 * until io_loop_remove. `want`: enum io_want bits. Errors: HERD_ENOMEM. */
int io_loop_add(struct io_loop *loop, struct io_watch *watch, unsigned want);

/* Changes the events that an added watch waits for. Cheap: no system call. */
void io_loop_want(struct io_loop *loop, struct io_watch *watch, unsigned want);

/* From now until it is removed, every turn polls this watch, however quiet it is: for the
 * few that must not wait (listeners, wake-up descriptors, links). Of the watches that are
 * ready in one turn, the pinned ones are called first. */
void io_loop_pin(struct io_loop *loop, struct io_watch *watch);

/* Likewise, but of the watches that are ready in one turn this one is called last: what the
 * others have to say came before. There is one of it. */
void io_loop_pin_last(struct io_loop *loop, struct io_watch *watch);

/* How many watches that are not pinned poll() found ready in this turn: those that share
 * what a turn may take. */
size_t io_loop_ready_count(const struct io_loop *loop);

/* Stops to watch: no callback of this watch follows. */
void io_loop_remove(struct io_loop *loop, struct io_watch *watch);

/* Work that is done only when the loop is idle (flushing the log): `idle` is called when no
 * descriptor is ready and the loop is about to sleep, if `pending` says that there is work.
 * The loop then polls once without waiting before it sleeps; a busy loop pays nothing. */
struct io_idle {
    int (*pending)(void *arg); /* non-zero: call idle before sleeping */
    void (*idle)(void *arg);
    void *arg;
};
/* Sets that work; there is one of it. `arg` is borrowed and outlives the loop's turns. */
void io_loop_on_idle(struct io_loop *loop, struct io_idle idle);

/* One turn: sleeps until a descriptor is ready or `deadline` is reached (HERD_NEVER:
 * without limit; in the past: does not sleep), then calls the ready watches. The sleep
 * is rounded up to whole milliseconds, so a reached deadline never makes the loop spin.
 * A signal ends the sleep early and is not an error. Errors: HERD_ESYS (errno is set)
 * when poll() itself fails for another reason. Returns the number of callbacks made. */
int io_loop_turn(struct io_loop *loop, struct herd_mono deadline);

#endif
