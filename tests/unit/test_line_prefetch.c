/* SPDX-License-Identifier: ISC */
/* Prefetching changes no state; what a test can see is which lines it has looked at. */
#include "check.h"
#include "dice.h"
#include "store_rig.h"

#include "client/line_prefetch.h"
#include "siphash.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINES = 40 };

static uint64_t hash_of(const char *client)
{
    return herd_siphash(herd_slice_str(client), store_rig_key);
}

static void records_of_later_lines_are_prefetched(void)
{
    struct store_rig f;
    struct herd_line_prefetch prefetch = {.store = &f.store};
    char text[LINES * 64];
    size_t len = 0;
    store_rig_set_up(&f);
    store_rig_put(&f, "client-09", 1);
    for (int i = 0; i < LINES; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "IAMAT client-%02d +34.068930-118.445127 5\n", i);
    herd_line_prefetch_start(&prefetch, herd_slice(text, len));
    CHECK_INT(prefetch.looked, HERD_LINE_PREFETCH_LINES);
    for (uint32_t line = 0; line < LINES + 3; line++) {
        herd_line_prefetch_next(&prefetch);
        uint32_t looked = line + 1 + HERD_LINE_PREFETCH_LINES < LINES
                              ? line + 1 + HERD_LINE_PREFETCH_LINES
                              : LINES;
        char client[16];
        snprintf(client, sizeof client, "client-%02u", looked - 1);
        CHECK_LABEL("line %u", line);
        CHECK_INT(prefetch.looked, looked);
        CHECK(prefetch.line[(looked - 1) % HERD_LINE_PREFETCH_LINES].hash ==
              hash_of(client));
    }
    CHECK_INT((int64_t)f.store.count, 1);
    store_rig_tear_down(&f);
}

/* The hash of the word that was looked at, and no other one's. */
static void only_the_same_bytes_have_the_same_hash(void)
{
    struct store_rig f;
    struct herd_line_prefetch prefetch = {.store = &f.store};
    char text[LINES * 64];
    size_t len = 0;
    store_rig_set_up(&f);
    for (int i = 0; i < LINES; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "IAMAT client-%02d +34.068930-118.445127 5\n", i);
    herd_line_prefetch_start(&prefetch, herd_slice(text, len));
    for (int i = 0; i < LINES; i++) {
        struct herd_slice client = herd_slice(text + 6 + (size_t)i * (len / LINES), 9);
        char copy[24];
        snprintf(copy, sizeof copy, "client-%02d", i);
        herd_line_prefetch_next(&prefetch);
        CHECK_LABEL("line %d", i);
        CHECK_SLICE(prefetch.current.client, herd_slice_str(copy));
        const struct herd_slice ids[] = {client, herd_slice(client.data, 8),
                                         herd_slice(client.data + 1, 9),
                                         HERD_LIT("another")};
        for (size_t k = 0; k < sizeof ids / sizeof *ids; k++)
            CHECK(herd_line_prefetch_lookup(&prefetch, ids[k]).hash ==
                  herd_siphash(ids[k], store_rig_key));
    }
    herd_line_prefetch_next(&prefetch);
    CHECK_INT((int64_t)prefetch.current.client.len, 0);
    herd_line_prefetch_end(&prefetch);
    store_rig_tear_down(&f);
}

/* Memory is used again: what was looked at may be something else now. */
static void the_end_forgets(void)
{
    struct store_rig f;
    struct herd_line_prefetch prefetch = {.store = &f.store};
    char text[2048];
    store_rig_set_up(&f);
    memset(text, 'x', sizeof text);
    memcpy(text, "IAMAT kiwi +0+0 5\n", 18);
    herd_line_prefetch_start(&prefetch, herd_slice(text, sizeof text));
    herd_line_prefetch_next(&prefetch);
    herd_line_prefetch_end(&prefetch);
    memcpy(text + 6, "plum", 4);
    CHECK(herd_line_prefetch_lookup(&prefetch, herd_slice(text + 6, 4)).hash ==
          hash_of("plum"));
    CHECK_INT((int64_t)prefetch.rest.len, 0);
    store_rig_tear_down(&f);
}

static void few_lines_are_not_prefetched(void)
{
    struct store_rig f;
    struct herd_line_prefetch prefetch = {.store = &f.store};
    store_rig_set_up(&f);
    herd_line_prefetch_start(&prefetch, HERD_LIT("IAMAT a +0+0 5\nIAMAT b +0+0 5\n"));
    herd_line_prefetch_next(&prefetch);
    CHECK_INT(prefetch.looked, 0);
    herd_line_prefetch_start(&prefetch, HERD_LIT(""));
    CHECK_INT(prefetch.looked, 0);
    store_rig_tear_down(&f);
}

/* Any bytes, cut anywhere, in memory of just their size. */
static void any_bytes_are_accepted(void)
{
    static const char *const parts[] = {"IAMAT", " ",  "\n", "IAMAT a +0+0 1\n", "IAMAT ",
                                        "\t",    "\r", "x",  "IAMAT \n",         "WHATSAT"};
    struct dice dice = {1};
    struct store_rig f;
    store_rig_set_up(&f);
    for (int run = 0; run < 300; run++) {
        size_t size = 1000 + dice_roll(&dice, 3000), len = 0;
        char *text = malloc(size);
        REQUIRE(text != NULL);
        while (len < size) {
            const char *part = parts[dice_roll(&dice, sizeof parts / sizeof *parts)];
            size_t take = strlen(part) < size - len ? strlen(part) : size - len;
            memcpy(text + len, part, take);
            len += take;
            if (len < size && dice_roll(&dice, 20) == 0)
                text[len++] = (char)dice_roll(&dice, 256);
        }
        struct herd_line_prefetch prefetch = {.store = &f.store};
        herd_line_prefetch_start(&prefetch, herd_slice(text, size));
        while (prefetch.rest.len > 0)
            herd_line_prefetch_next(&prefetch);
        free(text);
    }
    CHECK_INT((int64_t)f.store.count, 0);
    store_rig_tear_down(&f);
}

const struct check_test test_line_prefetch[] = {
    {"records_of_later_lines_are_prefetched", records_of_later_lines_are_prefetched},
    {"only_the_same_bytes_have_the_same_hash", only_the_same_bytes_have_the_same_hash},
    {"the_end_forgets", the_end_forgets},
    {"few_lines_are_not_prefetched", few_lines_are_not_prefetched},
    {"any_bytes_are_accepted", any_bytes_are_accepted},
    {NULL, NULL},
};
