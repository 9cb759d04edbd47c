/* SPDX-License-Identifier: ISC */
/* Reads configurations and keeps what came of them. */
#ifndef TESTS_UNIT_CONF_RIG_H
#define TESTS_UNIT_CONF_RIG_H

#include "fail_mem.h"
#include "herd/conf.h"

enum { CONF_RIG_ROOM = 1 << 22 }; /* bytes that any normal form fits in */

/* Errors as text, `line: text` each. */
struct conf_errors {
    char text[1 << 14];
    size_t len;
    uint32_t count;
};

/* Checks that what comes back is as herd_conf_parse promises. */
int conf_rig_parse(struct herd_conf *conf, const struct herd_mem *mem,
                   struct herd_slice text, struct conf_errors *m);

/* What a file gives: its normal form, or its errors. */
struct conf_outcome {
    struct fail_mem mem;
    struct conf_errors errors;
    struct herd_buf printed;
    int rc;
};

/* Reads the text at the edge of what may be read; conf_rig_drop frees what came of it. */
void conf_rig_read(struct conf_outcome *o, struct herd_slice text);
void conf_rig_drop(struct conf_outcome *o);

#endif
