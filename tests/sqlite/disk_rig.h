/* SPDX-License-Identifier: ISC */
/* A real herd-sqlite, and the test as its server on a unix socket. Every call waits ten
 * seconds at most, and a failure is reported. */
#ifndef TESTS_SQLITE_DISK_RIG_H
#define TESTS_SQLITE_DISK_RIG_H

#include "store_rig.h"

#include <sys/types.h>

#define DISK_FEED     "51f20000000000000000000000000000"
#define DISK_FOLLOWED "FOLLOWED Goloman 1 " DISK_FEED " 2e0f8650da6e5812\nHAVE 0 - 0\n"

enum { DISK_HEARD = 1 << 16, DISK_OPTIONS = 4 };

struct disk_rig {
    struct store_rig store;
    char sock[RIG_PATH], err[RIG_PATH];
    const char *options[DISK_OPTIONS]; /* more of them, up to a NULL */
    long file_size_max;                /* a limit for the program, in bytes; 0: none */
    int listener, fd, input;           /* -1: none */
    pid_t pid;                         /* 0: does not run */
    char heard[DISK_HEARD];
    size_t heard_len;
};

bool disk_up(struct disk_rig *rig);
void disk_down(struct disk_rig *rig);

/* Runs it. */
bool disk_start(struct disk_rig *rig);
/* Waits for its end: the exit status, or minus the signal. */
int disk_wait(struct disk_rig *rig);
int disk_kill(struct disk_rig *rig, int number);

/* It connects and says FOLLOW; answers, and takes what it gives until HAVE. */
bool disk_accept(struct disk_rig *rig);
bool disk_says(struct disk_rig *rig, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Forgets what was heard before. */
bool disk_hears(struct disk_rig *rig, const char *words);
/* The position in its HAVE; 0: `- 0`. */
unsigned disk_position(const struct disk_rig *rig);
/* The number of the last ACK that was heard, or `before`. */
unsigned disk_acked(const struct disk_rig *rig, unsigned before);
void disk_hang_up(struct disk_rig *rig);

/* Its standard error has these words, soon. */
bool disk_complains(struct disk_rig *rig, const char *words);

/* The first value of a SELECT in its file, as text; borrowed until the next call. */
const char *disk_select(struct disk_rig *rig, const char *sql);

#endif
