/* SPDX-License-Identifier: ISC */
/* Characters that people cannot see, or not tell from a space: editors, word processors and
 * web pages put them into text that is copied. */
#ifndef HERD_BASE_INVISIBLE_H
#define HERD_BASE_INVISIBLE_H

#include <stdint.h>

/* The name of such a character above U+007F, for people ("no-break space"); NULL for all
 * others. Static. */
const char *herd_invisible_name(uint32_t value);

#endif
