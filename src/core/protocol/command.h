/* SPDX-License-Identifier: ISC */
/* A command of a client or an operator, or a frame of a neighbour, as its handler gets it,
 * and the part that all tables of commands have in common. Each role has a table of its own
 * beside its session (client/lines.c, link/session.c, control/control.c), so that one role
 * can never reach the commands of another. */
#ifndef HERD_CORE_PROTOCOL_COMMAND_H
#define HERD_CORE_PROTOCOL_COMMAND_H

#include "words.h"

#include <stdbool.h>
#include <stddef.h>

/* One command or frame. Its slices live until its handler returns. */
struct herd_call {
    struct herd_slice line;    /* of a command, whole; of a frame, its arguments */
    struct herd_words words;   /* the first is the command's name or the frame's verb */
    struct herd_slice payload; /* of a frame; otherwise empty */
};

enum { HERD_ANY_OPERANDS = HERD_WORDS_MAX + 1 };

/* The name of a command and how many operands it takes. */
struct herd_command {
    struct herd_slice name;
    size_t operands_min, operands_max;
};

/* An initialiser, for tables. */
#define HERD_COMMAND(name, operands_min, operands_max)                                     \
    {                                                                                      \
        {"" name, sizeof(name) - 1}, (operands_min), (operands_max)                        \
    }

/* The row of a table that the call names; NULL: none, or the call has no words. A table has
 * `size` bytes, and each of its rows `row_size`; a row begins with a struct herd_command.
 * Inline, because each report comes this way. */
static inline const void *herd_command_find(const void *table, size_t size, size_t row_size,
                                            const struct herd_call *call)
{
    const char *row = table, *end = row + size;
    for (; call->words.count > 0 && row < end; row += row_size)
        if (herd_slice_eq(((const struct herd_command *)(const void *)row)->name,
                          call->words.word[0]))
            return row;
    return NULL;
}

/* Whether the call has as many operands as the command takes. Only for a call with at least
 * one word. */
bool herd_command_fits(const struct herd_command *command, const struct herd_call *call);

#endif
