/* SPDX-License-Identifier: ISC */
/* A herd of real processes on this machine, with ports and a folder of its own. */
#ifndef TESTS_E2E_HERD_PROC_H
#define TESTS_E2E_HERD_PROC_H

#include "child.h"
#include "client.h"
#include "herd/conf.h"
#include "herd/core.h"
#include "io/mac.h"
#include "port.h"

#include <stdbool.h>
#include <stdint.h>

enum { HERD_PROC_MAX = 8, HERD_PROC_PATH = 128 };

struct herd_proc {
    char dir[CHILD_DIR];
    char conf_path[HERD_PROC_PATH];
    struct herd_conf conf; /* as the servers read it */
    const char *key;       /* HERD_PLACES_KEY of servers that are started; NULL: none */
    bool own_conf[HERD_PROC_MAX]; /* see herd_proc_edit */
    struct child server[HERD_PROC_MAX];
    struct port client[HERD_PROC_MAX], peer[HERD_PROC_MAX];
    struct io_mac herd_key; /* see herd_proc_mac */
    struct herd_mac mac;
};

/* Reads servers and links from a configuration of the fixtures ("ucla-2018") and writes
 * one with other ports, short pauses between dials, and the lines of `more` (may be "").
 * Nothing runs yet. False: nothing is left behind. */
bool herd_proc_open(struct herd_proc *herd, const char *topology, const char *more);

/* From its next start on server i reads a configuration of its own: what it has read so
 * far, with `from` replaced by `to` wherever it stands; `from` must stand there. */
bool herd_proc_edit(struct herd_proc *herd, uint32_t i, const char *from, const char *to);

/* Starts one server and waits until it is ready. */
bool herd_proc_start(struct herd_proc *herd, uint32_t i);

/* Starts all that do not run, waits until they are ready and all links are up. */
bool herd_proc_start_all(struct herd_proc *herd);

/* herd_proc_open and herd_proc_start_all. */
bool herd_proc_run(struct herd_proc *herd, const char *topology, const char *more);

/* Waits until every link between two servers that run is up, on both sides. */
bool herd_proc_wait_links(struct herd_proc *herd);

bool herd_proc_runs(const struct herd_proc *herd, uint32_t i);

/* Sends the signal and waits for the end; as child_end. */
int herd_proc_stop(struct herd_proc *herd, uint32_t i, int signal);

/* Ends what runs, checks that all of it leaves in peace and has said nothing on standard
 * error, and removes the folder. Close clients before, else servers wait for them. */
void herd_proc_close(struct herd_proc *herd);

/* A client of server i. */
bool herd_proc_connect(const struct herd_proc *herd, uint32_t i, struct client *client);

/* One line of a client of server i: whether the reply is a record. */
bool herd_proc_report(const struct herd_proc *herd, uint32_t i, const char *line);

/* The server's answer to STATUS; lives until `client` is closed. */
bool herd_proc_status(const struct herd_proc *herd, uint32_t i, struct client *client,
                      struct herd_slice *text);

/* A number of the server's status, or -1. */
int64_t herd_proc_count(const struct herd_proc *herd, uint32_t i, const char *name);

/* The key in the run-dir, which servers without a herd-key-file share: for a test that
 * talks as one of them. One of them must have been started. Lives as long as the herd. */
const struct herd_mac *herd_proc_mac(struct herd_proc *herd);

/* A file of server i: herd_proc_path(herd, path, "log", i, ".log"). `path` has
 * HERD_PROC_PATH bytes. */
void herd_proc_path(const struct herd_proc *herd, char *path, const char *folder,
                    uint32_t i, const char *suffix);

/* Kilobytes of memory that the server's process has in use; -1 where /proc does not
 * tell. */
int64_t herd_proc_memory_kb(const struct herd_proc *herd, uint32_t i);

/* Likewise, the most that it has had in use. */
int64_t herd_proc_peak_kb(const struct herd_proc *herd, uint32_t i);

#endif
