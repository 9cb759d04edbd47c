/* SPDX-License-Identifier: ISC */
/* Text of strangers, made harmless for people who read it on a terminal or in a log.
 *
 * Each of these becomes one \xNN for each of its bytes:
 *   - control characters: below U+0020, DEL, U+0080 to U+009F (C1);
 *   - what changes the direction of text: U+061C, U+200E, U+200F, U+202A to U+202E,
 *     U+2066 to U+2069;
 *   - what ends a line or paragraph: U+2028, U+2029;
 *   - bytes that are not part of valid UTF-8, so also C1 controls that are single bytes.
 *   - with HERD_ESCAPE_VISIBLE, what invisible.h lists.
 * All other UTF-8 is copied. */
#ifndef HERD_BASE_ESCAPE_H
#define HERD_BASE_ESCAPE_H

#include "herd/slice.h"

enum herd_escape_style {
    HERD_ESCAPE_LINE,    /* also the backslash: the bytes can be told from the output */
    HERD_ESCAPE_TEXT,    /* copies backslashes, and the layout: LF and tab */
    HERD_ESCAPE_VISIBLE, /* copies backslashes; what cannot be seen is escaped, for a
                            message that is about it */
};

enum {
    HERD_ESCAPE_GROWTH = 4
}; /* the output has at most this many bytes for one of input */

/* Copies *text to `out`, at most `room` bytes, and removes the copied bytes from *text.
 * Stops before a character or an escape that would not fit whole. Returns the number of
 * bytes written; no NUL is added. */
size_t herd_escape(char *out, size_t room, struct herd_slice *text,
                   enum herd_escape_style style);

#endif
