/* SPDX-License-Identifier: ISC */
/* A client of the line protocol; also connects to control sockets and neighbours' ports.
 *
 * Every call waits at most WAIT_MS and then says false. Sending takes in what arrives
 * meanwhile, so that pipelining cannot lock up. */
#ifndef TESTS_E2E_CLIENT_H
#define TESTS_E2E_CLIENT_H

#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* data[at..len) has come and is not yet taken. */
struct client {
    int fd; /* -1: closed */
    char *data;
    size_t at, len, size;
    bool eof, broken;
};

bool client_open(struct client *client, uint16_t port);
/* From an address of this machine, such as "127.0.0.2", if it has that. */
bool client_open_from(struct client *client, const char *address, uint16_t port);
bool client_open_unix(struct client *client, const char *path);
void client_close(struct client *client);

bool client_send(struct client *client, struct herd_slice bytes);
bool client_say(struct client *client, const char *text);

/* Sends what is taken at once and during `patience_ms` after the last byte that was taken,
 * and reads nothing: the number of bytes taken. */
size_t client_push(struct client *client, struct herd_slice bytes, int patience_ms);

/* Sends no more. */
void client_half_close(struct client *client);

/* The next line without its LF. Slices that these hand out live until the next call. */
bool client_line(struct client *client, struct herd_slice *line);

/* Up to the next empty line, with the LF of both. */
bool client_reply(struct client *client, struct herd_slice *reply);

/* Exactly that many bytes. */
bool client_bytes(struct client *client, size_t len, struct herd_slice *bytes);

/* All that comes until the other side closes; false when it does not, or breaks off. */
bool client_rest(struct client *client, struct herd_slice *rest);

/* Whether the other side ends the connection, in whatever manner; input is dropped. */
bool client_is_closed(struct client *client);

/* What one single read brings. */
bool client_once(struct client *client, struct herd_slice *bytes);

/* client_say and then client_line. */
bool client_ask(struct client *client, const char *text, struct herd_slice *line);

#endif
