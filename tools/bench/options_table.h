/* SPDX-License-Identifier: ISC */
/* The options of herdbench as data, so that parsing and help need no code for single ones.
 */
#ifndef BENCH_OPTIONS_TABLE_H
#define BENCH_OPTIONS_TABLE_H

#include "options.h"

#include <stddef.h>

enum option_type {
    OPTION_INT,
    OPTION_SECONDS, /* with decimals; stored in ns */
    OPTION_TEXT,
    OPTION_FLAG, /* takes no value */
    OPTION_WORD, /* one of `words`; stored as its index */
    OPTION_MIX,  /* KIND=WEIGHT,... */
    OPTION_PIDS, /* PID,... */
};

struct option_row {
    const char *name;  /* without the dashes */
    char letter;       /* 0: it has no short form */
    const char *value; /* the name of the value in the help; NULL: none */
    enum option_type type;
    size_t offset;            /* of the field in struct bench_options */
    int64_t min, max;         /* of OPTION_INT and OPTION_PIDS; of OPTION_SECONDS in ms */
    const char *const *words; /* of OPTION_WORD; ends with NULL */
    const char *description;  /* of one or more lines, with the default */
};

enum { OPTION_ROWS = 25 };

extern const struct option_row option_rows[OPTION_ROWS];

/* Print to standard output; return BENCH_OK. */
int options_show_help(void);
int options_show_version(void);

/* Prints the usage lines to standard error; returns BENCH_USAGE. */
int options_show_usage(void);

#endif
