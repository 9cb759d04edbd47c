/* SPDX-License-Identifier: ISC */
/* HERD_CONF_OPTIONS as data, so that parsing, checking and printing need no code for single
 * options. */
#ifndef HERD_CONF_TABLE_H
#define HERD_CONF_TABLE_H

#include "herd/conf.h"

enum conf_type { CONF_INT, CONF_BOOL, CONF_TEXT };

struct conf_option {
    const char *name;
    enum conf_type type;
    size_t offset;    /* of the field in struct herd_conf */
    int64_t number;   /* the default of INT and BOOL */
    const char *text; /* the default of TEXT */
    int64_t min, max; /* of INT: the value; of TEXT: its length in bytes */
    const char *unit;
    const char *description; /* lower case, without a full stop */
};

#define CONF_INDEX(field, name, type, def, min, max, unit, description) CONF_INDEX_##field,
enum { HERD_CONF_OPTIONS(CONF_INDEX) CONF_OPTION_COUNT };
#undef CONF_INDEX

extern const struct conf_option herd_conf_options[CONF_OPTION_COUNT];

/* A rule between two options of type INT, which are given as offsets: the value at `high`
 * must not be below the one at `low`, and must be above it if `advice` is not NULL, which
 * tells people how to choose it. */
struct conf_order {
    size_t low, high;
    const char *advice;
};

enum { CONF_ORDER_COUNT = 3 };

extern const struct conf_order herd_conf_orders[CONF_ORDER_COUNT];

/* Whether an option of type TEXT is a name, which follows the rule of server names. */
bool herd_conf_is_name_option(const struct conf_option *option);

/* The option whose field is at `offset` of struct herd_conf; there must be one. */
const struct conf_option *herd_conf_option_at(size_t offset);

/* The value of an INT, or of a BOOL as 0 or 1; 0 for a TEXT. */
int64_t herd_conf_number(const struct herd_conf *conf, const struct conf_option *option);

/* The value of a TEXT, owned by `conf`; NULL for the other types. */
char *herd_conf_text(const struct herd_conf *conf, const struct conf_option *option);

/* Sets an INT, or a BOOL to whether `number` is not 0. */
void herd_conf_set_number(struct herd_conf *conf, const struct conf_option *option,
                          int64_t number);

/* Sets a TEXT: `conf` owns `text` afterwards; what the field held is not freed. */
void herd_conf_set_text(struct herd_conf *conf, const struct conf_option *option,
                        char *text);

#endif
