/* SPDX-License-Identifier: ISC */
/* How much may stand in a configuration, and which numbers. */
#include "check.h"
#include "conf_rig.h"

#include <stdio.h>
#include <stdlib.h>

/* Reads a line with a word of `len` bytes between the texts. */
static uint32_t count_errors(const char *before, int len, const char *after)
{
    static struct conf_outcome o;
    static char text[8192], word[2000];
    memset(word, 'x', sizeof word);
    size_t at = (size_t)snprintf(text, sizeof text, "server Aa client a:1 peer a:2\n");
    at += (size_t)snprintf(text + at, sizeof text - at, "%s%.*s%s\n", before, len, word,
                           after);
    CHECK(at < sizeof text);
    conf_rig_read(&o, herd_slice(text, at));
    conf_rig_drop(&o);
    return o.errors.count;
}

static void bounds_lengths(void)
{
    CHECK_INT(count_errors("server ", 64, " client b:1 peer b:2"), 0);
    CHECK_INT(count_errors("server ", 65, " client b:1 peer b:2"), 1);
    CHECK_INT(count_errors("server Bb client ", 255, ":1 peer b:2"), 0);
    CHECK_INT(count_errors("server Bb client ", 256, ":1 peer b:2"), 1);
    CHECK_INT(count_errors("log-dir ", 1024, ""), 0);
    CHECK_INT(count_errors("log-dir ", 1025, ""), 1);
    CHECK_INT(count_errors("log-dir \"", 1024, "\""), 0);
    CHECK_INT(count_errors("log-dir \"", 1025, "\""), 1);
    CHECK_INT(count_errors("log-dir \"\\\"", 1023, "\""), 0);
    CHECK_INT(count_errors("log-dir \"\\\"", 1024, "\""), 1);
    CHECK_INT(count_errors("log-dir \"\\\"", 1999, "\\\\\""), 1);
    CHECK_INT(count_errors("herd-name ", 64, ""), 0);
    CHECK_INT(count_errors("herd-name ", 65, ""), 1);
    CHECK_INT(count_errors("places-provider photon\nplaces-url ", 1024, ""), 0);
    CHECK_INT(count_errors("places-provider photon\nplaces-url ", 1025, ""), 1);
    CHECK_INT(count_errors("", 64, ""), 1);
    CHECK_INT(count_errors("", 65, ""), 1);
}

/* Each number's own bounds, from the table. */
static void bounds_numbers(void)
{
    static const struct {
        const char *name;
        int64_t least, most;
    } rows[] = {
#define ROW_INT(name, least, most) {name, least, most},
#define ROW_BOOL(name, least, most)
#define ROW_TEXT(name, least, most)
#define ROW(field, name, type, def, least, most, unit, what) ROW_##type(name, least, most)
        HERD_CONF_OPTIONS(ROW)};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct conf_outcome o;
        char text[512];
        for (int way = -1; way <= 2; way++) {
            int64_t value = way < 1 ? rows[i].least + way : rows[i].most + way - 1;
            snprintf(text, sizeof text,
                     "server Aa client a:1 peer a:2\n"
                     "output-high 4096\noutput-max 1073741824\n"
                     "link-retry-min-ms 10\nlink-retry-max-ms 3600000\n"
                     "link-ping-ms 100\nlink-timeout-ms 3600000\n"
                     "places-provider overpass\nstate-dir state\n"
                     "%s %lld\n",
                     rows[i].name, (long long)value);
            CHECK_LABEL("%s", text);
            conf_rig_read(&o, herd_slice_str(text));
            bool order = strstr(rows[i].name, "output-") == rows[i].name ||
                         strstr(rows[i].name, "link-retry") == rows[i].name ||
                         strcmp(rows[i].name, "link-ping-ms") == 0 ||
                         strcmp(rows[i].name, "link-timeout-ms") == 0;
            bool twice = order && strstr(rows[i].name, "stall") == NULL;
            CHECK_INT(o.errors.count, twice || way == -1 || way == 2);
            conf_rig_drop(&o);
        }
    }
}

/* Between two options, whichever of them is in the file. */
static void orders_options(void)
{
    static const struct {
        const char *lines;
        const char *error; /* has this, or there is none */
    } cases[] = {
        {"output-high 65536\noutput-max 65536\n", NULL},
        {"output-high 65537\noutput-max 65536\n", "output-max: 65536 is below output-high"},
        {"output-high 1048577\n", "output-max: 1048576 is below output-high"},
        {"link-retry-max-ms 199\n", "link-retry-max-ms: 199 is below link-retry-min-ms"},
        {"link-retry-max-ms 200\n", NULL},
        {"link-ping-ms 14999\n", NULL},
        {"link-ping-ms 15000\n", "link-timeout-ms: 15000 is not above link-ping-ms"},
        {"link-timeout-ms 5000\n", "which is 5000: set it to about three times that"},
        {"link-timeout-ms 4999\n", "link-timeout-ms: 4999 is not above link-ping-ms"},
        {"link-timeout-ms 5001\n", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct conf_outcome o;
        char text[256];
        snprintf(text, sizeof text, "server Aa client a:1 peer a:2\n%s", cases[i].lines);
        CHECK_LABEL("%s", cases[i].lines);
        conf_rig_read(&o, herd_slice_str(text));
        CHECK_INT(o.errors.count, cases[i].error != NULL);
        CHECK(cases[i].error == NULL || strstr(o.errors.text, cases[i].error) != NULL);
        conf_rig_drop(&o);
    }
}

/* Text of `count` lines, "server s0 client h:1 peer h:2" with ports counted up. */
static char *many_servers(size_t count, size_t *len)
{
    size_t size = count * 80 + 1;
    char *text = malloc(size);
    *len = 0;
    for (size_t i = 0; text != NULL && i < count; i++)
        *len += (size_t)snprintf(text + *len, size - *len,
                                 "server s%zu client h:%zu peer h:%zu\nlink s0 s%zu\n", i,
                                 2 * i + 1, 2 * i + 2, i > 0 ? i : i + 1);
    return text;
}

static void bounds_servers(void)
{
    static struct conf_outcome o;
    for (size_t extra = 0; extra < 2; extra++) {
        size_t len;
        char *text = many_servers(HERD_CONF_SERVERS_MAX + extra, &len);
        REQUIRE(text != NULL);
        conf_rig_read(&o, herd_slice(text, len));
        if (extra == 0)
            CHECK_STR(o.errors.text, "");
        else
            CHECK_STR(o.errors.text,
                      "2049: server: there are already 1024 "
                      "servers, which is the maximum\n2050: link: there is no server "
                      "\"s1024\": did you mean s102?\n");
        conf_rig_drop(&o);
        free(text);
    }
}

static void bounds_errors(void)
{
    static struct conf_outcome o;
    char text[4 * (HERD_CONF_ERRORS_MAX + 2) + 64];
    for (int extra = 0; extra <= 2; extra++) {
        size_t len = (size_t)snprintf(text, sizeof text, "server Aa client a:1 peer a:2\n");
        for (int i = 0; i < HERD_CONF_ERRORS_MAX + extra; i++)
            len += (size_t)snprintf(text + len, sizeof text - len, "xx\n");
        conf_rig_read(&o, herd_slice(text, len));
        CHECK_INT(o.errors.count, HERD_CONF_ERRORS_MAX + (extra > 0));
        const char *last = extra == 0
                               ? "\"xx\" is not an option: herd.conf(5) lists them all\n"
                           : extra == 1 ? "0: 1 more error\n"
                                        : "0: 2 more errors\n";
        CHECK(strlen(last) <= o.errors.len);
        CHECK_STR(o.errors.text + o.errors.len - strlen(last), last);
        conf_rig_drop(&o);
    }
}

const struct check_test test_conf_limits[] = {
    {"bounds lengths", bounds_lengths}, {"bounds numbers", bounds_numbers},
    {"orders options", orders_options}, {"bounds servers", bounds_servers},
    {"bounds errors", bounds_errors},   {NULL, NULL},
};
