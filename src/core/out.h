/* What a step wants done: a list of actions and the bytes that they speak of.
 *
 * Bytes are collected in one buffer that may move while a step goes on, so actions keep
 * offsets into it until herd_out_seal. Everything is used again by the next step. */
#ifndef HERD_CORE_OUT_H
#define HERD_CORE_OUT_H

#include "herd/buf.h"
#include "herd/core.h"

struct herd_out {
    const struct herd_mem *mem;
    struct herd_action *list;
    size_t count, size;
    struct herd_buf bytes;
    size_t open_send; /* index of the SEND that may grow; SIZE_MAX: none */
};

/* Errors: HERD_ENOMEM, and then only `mem` is set, which herd_out_free takes. */
int herd_out_init(struct herd_out *out, const struct herd_mem *mem);
void herd_out_free(struct herd_out *out);

/* Forgets everything, and gives back memory that only an unusual step needed. */
void herd_out_reset(struct herd_out *out);

/* Turns offsets into pointers: the list may now be handed out. */
void herd_out_seal(struct herd_out *out);

/* Each of these returns false when out of memory, and then nothing was added. */

/* An action without bytes of its own; `action->bytes` must outlive the step. */
bool herd_out_add(struct herd_out *out, const struct herd_action *action);

/* A CLOSE. The first of a step always finds room: the list keeps a place for it. */
bool herd_out_close(struct herd_out *out, herd_conn_id conn);

/* Likewise, with a copy of the bytes. */
bool herd_out_add_copy(struct herd_out *out, const struct herd_action *action,
                       struct herd_slice bytes);

/* Bytes to a connection; those sent in a row to the same one leave as one SEND. */
bool herd_out_send(struct herd_out *out, herd_conn_id conn, struct herd_slice bytes);

/* The same in two steps, to write in place: room for `size` bytes (NULL: out of memory),
 * then how many of them were used. Nothing may be added in between. */
char *herd_out_room(struct herd_out *out, size_t size);
bool herd_out_sent(struct herd_out *out, herd_conn_id conn, size_t used);

/* Logs `text`, which must outlive the step. */
bool herd_out_log(struct herd_out *out, enum herd_topic topic, herd_conn_id conn,
                  char direction, struct herd_slice text);

/* Logs, without a copy, `len` of the bytes that were sent last, beginning `back` bytes
 * before their end. */
bool herd_out_log_sent(struct herd_out *out, enum herd_topic topic, herd_conn_id conn,
                       size_t back, size_t len);

#endif
