/* HERD_CONF_OPTIONS as data, so that reading, checking and printing need no code for any
 * single option. */
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
    int64_t least, most;
    const char *unit;
    const char *what;
};

#define CONF_INDEX(field, name, type, def, least, most, unit, what) CONF_INDEX_##field,
enum { HERD_CONF_OPTIONS(CONF_INDEX) CONF_OPTION_COUNT };
#undef CONF_INDEX

extern const struct conf_option herd_conf_options[CONF_OPTION_COUNT];

/* A rule between two options of type INT, given as offsets: the value at `high` must not
 * be below the one at `low`, nor equal it when there is `advice`, which says what to do. */
struct conf_order {
    size_t low, high;
    const char *advice;
};

enum { CONF_ORDER_COUNT = 3 };

extern const struct conf_order herd_conf_orders[CONF_ORDER_COUNT];

/* Whether an option of type TEXT is a name, made like those of servers. */
bool herd_conf_names_something(const struct conf_option *option);

/* The option whose field lies at `offset`, which is one. */
const struct conf_option *herd_conf_option_at(size_t offset);

/* The value of an INT, or of a BOOL as 0 or 1; 0 for a TEXT. */
int64_t herd_conf_number(const struct herd_conf *conf, const struct conf_option *option);

/* The value of a TEXT, owned by `conf`; NULL for the other types. */
char *herd_conf_text(const struct herd_conf *conf, const struct conf_option *option);

/* `option` is an INT or a BOOL. */
void herd_conf_set_number(struct herd_conf *conf, const struct conf_option *option,
                          int64_t number);

/* `option` is a TEXT; its field takes `text` over, without freeing what it held. */
void herd_conf_set_text(struct herd_conf *conf, const struct conf_option *option,
                        char *text);

#endif
