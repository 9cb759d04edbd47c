/* SPDX-License-Identifier: ISC */
/* The floor: an echo server, the least that a server can do with poll(), to compare with.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

/* Listens on the loopback address at `port` (0: any), prints "ready 127.0.0.1:PORT PID",
 * and echoes every byte until SIGINT or SIGTERM. Returns an exit code. */
int floor_run(unsigned port);

#endif
