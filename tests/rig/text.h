/* SPDX-License-Identifier: ISC */
/* Text that grows, for transcripts. */
#ifndef TESTS_RIG_TEXT_H
#define TESTS_RIG_TEXT_H

#include "herd/slice.h"

struct rig_text {
    char *data; /* ends with NUL; NULL: empty, and nothing to free */
    size_t len, size;
};

void rig_text_add(struct rig_text *text, struct herd_slice bytes);

/* At most 511 bytes at once. */
void rig_text_printf(struct rig_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Afterwards it is empty, and `data` is a string. */
void rig_text_clear(struct rig_text *text);

/* Takes off everything after the first `len` bytes. */
void rig_text_cut(struct rig_text *text, size_t len);

struct herd_slice rig_text_bytes(const struct rig_text *text);

/* Tells the first line in which the two differ, which says more than all of both, to stderr
 * as NAME:LINE. */
void rig_text_show_difference(const char *name, const struct rig_text *got,
                              struct herd_slice want);

void rig_text_free(struct rig_text *text);

#endif
