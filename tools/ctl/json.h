/* SPDX-License-Identifier: ISC */
/* JSON that herdctl prints. */
#ifndef CTL_JSON_H
#define CTL_JSON_H

#include "ctl.h"

#include <cjson/cJSON.h>

/* Adds a string. JSON must be UTF-8, but clients and neighbours may send any bytes: others
 * are escaped as in the log. False: out of memory. */
bool json_add_text(cJSON *object, const char *key, struct herd_slice value);

/* Prints the object and LF, on several lines if `lines`. False: out of memory. */
bool json_print(const cJSON *object, bool lines);

#endif
