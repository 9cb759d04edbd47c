/* SPDX-License-Identifier: ISC */
/* UTF-8 (RFC 3629), read from bytes that may be hostile. */
#ifndef HERD_BASE_UTF8_H
#define HERD_BASE_UTF8_H

#include "herd/slice.h"

#include <stdint.h>

enum { HERD_UTF8_REPLACEMENT = 0xfffd }; /* U+FFFD */

/* The length in bytes of the character at the start of `text`, which is not empty; 0 when
 * it is not valid UTF-8: stray or missing continuation bytes, an overlong form, a
 * surrogate, above U+10FFFF. */
size_t herd_utf8_len(struct herd_slice text);

/* Removes one character from the front of *text, which is not empty, and returns it. A byte
 * that begins no valid character is removed alone and becomes HERD_UTF8_REPLACEMENT. */
uint32_t herd_utf8_take(struct herd_slice *text);

#endif
