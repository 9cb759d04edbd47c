/* SPDX-License-Identifier: ISC */
#include "table.h"

#define DEFAULT_INT(def)  (def), NULL
#define DEFAULT_BOOL(def) (def), NULL
#define DEFAULT_TEXT(def) 0, (def)
#define OPTION(field, name, type, def, min, max, unit, description)                        \
    {name, CONF_##type, offsetof(struct herd_conf, field), DEFAULT_##type(def), min, max,  \
     unit, description},

const struct conf_option herd_conf_options[CONF_OPTION_COUNT] = {HERD_CONF_OPTIONS(OPTION)};

#undef OPTION

const struct conf_order herd_conf_orders[CONF_ORDER_COUNT] = {
    {offsetof(struct herd_conf, output_high), offsetof(struct herd_conf, output_max), NULL},
    {offsetof(struct herd_conf, link_retry_min_ms),
     offsetof(struct herd_conf, link_retry_max_ms), NULL},
    {offsetof(struct herd_conf, link_ping_ms), offsetof(struct herd_conf, link_timeout_ms),
     "set it to about three times that"},
};

bool herd_conf_is_name_option(const struct conf_option *option)
{
    return option->offset == offsetof(struct herd_conf, herd_name);
}

const struct conf_option *herd_conf_option_at(size_t offset)
{
    const struct conf_option *option = herd_conf_options;
    while (option->offset != offset)
        option++;
    return option;
}

int64_t herd_conf_number(const struct herd_conf *conf, const struct conf_option *option)
{
    const char *field = (const char *)conf + option->offset;
    int64_t number = 0;
    bool flag = false;
    if (option->type == CONF_INT) {
        memcpy(&number, field, sizeof number);
    } else if (option->type == CONF_BOOL) {
        memcpy(&flag, field, sizeof flag);
        number = flag;
    }
    return number;
}

char *herd_conf_text(const struct herd_conf *conf, const struct conf_option *option)
{
    char *text = NULL;
    if (option->type == CONF_TEXT)
        memcpy(&text, (const char *)conf + option->offset, sizeof text);
    return text;
}

void herd_conf_set_number(struct herd_conf *conf, const struct conf_option *option,
                          int64_t number)
{
    char *field = (char *)conf + option->offset;
    bool flag = number != 0;
    if (option->type == CONF_BOOL)
        memcpy(field, &flag, sizeof flag);
    else
        memcpy(field, &number, sizeof number);
}

void herd_conf_set_text(struct herd_conf *conf, const struct conf_option *option,
                        char *text)
{
    memcpy((char *)conf + option->offset, &text, sizeof text);
}
