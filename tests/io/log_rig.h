/* SPDX-License-Identifier: ISC */
/* A log in a folder of its own, whose lines are all of one second. One rig at a time. */
#ifndef TESTS_IO_LOG_RIG_H
#define TESTS_IO_LOG_RIG_H

#include "check.h"
#include "io/log.h"

enum { LOG_RIG_ROOM = 1 << 22 };

struct log_rig {
    char folder[64];
    char path[96];  /* for the log */
    char moved[96]; /* a path to rename it to */
    char content[LOG_RIG_ROOM + 1];
};

extern struct log_rig log_rig;

/* Makes the folder; the caller opens and closes the log. */
bool log_rig_up(void);

/* Removes the folder, and checks that it had at most these two files. */
void log_rig_down(void);

/* The bytes of the file, and a NUL; they live until the next call. Empty when there is no
 * file. */
struct herd_slice log_rig_read(const char *path);

size_t log_rig_lines(struct herd_slice s);

#define LOG_RIG_NOON INT64_C(1795262400) /* 2026-11-21T12:00:00Z */
struct herd_wall log_rig_at(int64_t second, int64_t ns);

/* Logs the text, at noon, without a connection; returns the line for a server named S. */
void log_rig_say(struct io_log *log, const char *text);
#define LOG_RIG_LINE(text) "2026-11-21T12:00:00.000000Z S herd - - " text "\n"

/* Standard error goes to `moved` meanwhile. */
bool log_rig_catch_stderr(void);
void log_rig_give_stderr_back(void);

#endif
