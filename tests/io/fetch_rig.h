/* SPDX-License-Identifier: ISC */
/* A fetch in a loop, with counted memory and the results of its transfers. One at a time:
 * `run`. */
#ifndef TESTS_IO_FETCH_RIG_H
#define TESTS_IO_FETCH_RIG_H

#include "check.h"
#include "fail_mem.h"
#include "fake.h"
#include "herd/err.h"
#include "io/clock.h"
#include "io/fetch.h"
#include "stub.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RESULTS = 64, BODY = 1 << 20, TIMEOUT_MS = 5000 };

#define PATH     "/maps/api/place/nearbysearch/json"
#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

struct result {
    uint64_t id;
    int status;
    int64_t retry_after_ms;
    char error[HERD_ERROR_TEXT_MAX];
    size_t len;
    char body[2048]; /* the first bytes */
};

struct run {
    struct fail_mem fail;
    struct herd_mem mem; /* that of `fail`, unless a test wants another */
    struct io_loop *loop;
    struct io_fetch *fetch;
    struct herd_error_text error;
    char note[HERD_ERROR_TEXT_MAX]; /* the last one */
    int notes;
    int total; /* transfers that have ended */
    int done;  /* likewise, but results[] has no room for more than RESULTS */
    int turns;
    bool starting;
    uint64_t cancel_in_done; /* 0: none */
    uint64_t start_in_done;  /* 0: none */
    struct result results[RESULTS];
};
extern struct run run;

/* The setup of most tests; without URL and key. */
extern const struct io_fetch_setup usual;

/* A loop without a fetch. */
bool open_loop(void);

/* `http://host:port` PATH; all texts of the setup are overwritten afterwards. False with
 * run.error. */
bool open_fetch(const struct io_fetch_setup *setup, const char *host, unsigned port);

/* Loop, stub and fetch at once; close_stub ends all three, whatever was opened. */
bool open_stub(struct stub *stub, const struct io_fetch_setup *setup, const char *reply);
void close_stub(struct stub *stub);

/* Checks that no memory is left. */
void close_all(void);

int start(uint64_t id, const char *ask);
void turn(struct herd_mono limit);

/* Turns until `done` transfers have ended and, with a stub, it has seen `requests`. */
bool turn_until(int done, const struct stub *stub, int requests);

/* Turns for so long that all pending events have had their effect. */
void turn_for_ms(int64_t ms);

const struct result *fetch_one(const char *ask);

int lines_of(const char *path);
bool file_has(const char *path, const char *word);

/* Counts `word` in `text`. */
int count_of(const char *text, const char *word);

#endif
