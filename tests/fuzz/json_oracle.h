/* SPDX-License-Identifier: ISC */
/* A second opinion on JSON: cJSON's, which is laxer than ours. Aborts when it differs. */
#ifndef TESTS_FUZZ_JSON_ORACLE_H
#define TESTS_FUZZ_JSON_ORACLE_H

#include "herd/slice.h"

/* Text that our strict reader accepts must be JSON. Returns how many values it holds; or 0
 * for halves of surrogate pairs and endless numbers, which RFC 8259 allows and cJSON does
 * not. */
size_t json_oracle_accepts(struct herd_slice text);

/* Text in the shape of Google's Nearby Search (legacy): an object with an array
 * html_attributions, an array results of at most `most` objects, a string status. */
void json_oracle_legacy(struct herd_slice text, int most);

#endif
