/* SPDX-License-Identifier: ISC */
/* The output of a step: its actions, and the bytes that they refer to.
 *
 * The bytes are collected in one buffer that may move during the step, so actions keep
 * offsets into it until herd_out_seal. The next step reuses all memory. */
#ifndef HERD_CORE_OUT_H
#define HERD_CORE_OUT_H

#include "herd/buf.h"
#include "herd/core.h"

struct herd_out {
    const struct herd_mem *mem;
    struct herd_action *list; /* owned */
    size_t count, capacity;   /* actions */
    struct herd_buf bytes;
    size_t last_send; /* index of the last SEND, which may grow; SIZE_MAX: none */
};

/* Errors: HERD_ENOMEM, and then only `mem` is set, which herd_out_free takes. */
int herd_out_init(struct herd_out *out, const struct herd_mem *mem);
void herd_out_free(struct herd_out *out);

/* Begins a new step: drops all actions, and frees memory that only a large step needed. */
void herd_out_reset(struct herd_out *out);

/* Ends the step: turns offsets into pointers. The list is then valid until the next
 * herd_out_reset. */
void herd_out_seal(struct herd_out *out);

/* Each of these returns false when out of memory, and then nothing was added. */

/* An action without bytes of its own; `action->bytes` must outlive the step. */
bool herd_out_add(struct herd_out *out, const struct herd_action *action);

/* A CLOSE. The first of a step always succeeds: the list keeps a slot for it. */
bool herd_out_close(struct herd_out *out, herd_conn_id conn);

/* Likewise, with a copy of the bytes. */
bool herd_out_add_copy(struct herd_out *out, const struct herd_action *action,
                       struct herd_slice bytes);

/* Bytes to a connection, which are copied; consecutive ones to the same connection become
 * one SEND. */
bool herd_out_send(struct herd_out *out, herd_conn_id conn, struct herd_slice bytes);

/* The same without a copy: reserves room for `size` bytes (NULL: out of memory), then
 * commits the `used` first of them as sent. Nothing may be added in between. */
char *herd_out_reserve_send(struct herd_out *out, size_t size);
bool herd_out_commit_send(struct herd_out *out, herd_conn_id conn, size_t used);

/* Logs `text`, which must outlive the step. */
bool herd_out_log(struct herd_out *out, enum herd_topic topic, herd_conn_id conn,
                  char direction, struct herd_slice text);

/* Logs, without a copy, `len` of the bytes that were sent last, starting `back` bytes
 * before their end. */
bool herd_out_log_sent(struct herd_out *out, enum herd_topic topic, herd_conn_id conn,
                       size_t back, size_t len);

#endif
