/* SPDX-License-Identifier: ISC */
/* herdctl clients: lists the clients that a server knows. */
#include "herd/conf.h"
#include "records.h"

#include <stdio.h>

struct listing {
    const char *pattern;
    bool all, json, failed;
};

/* CLIENT LOCATION TIME SERVER */
static void put_line(const struct herd_record *record)
{
    struct records_words words;
    records_split(record, &words);
    ctl_print(record->client);
    ctl_print(HERD_LIT(" "));
    ctl_print(record->tombstone ? HERD_LIT("-") : words.location);
    ctl_print(HERD_LIT(" "));
    ctl_print(words.time);
    ctl_print(HERD_LIT(" "));
    ctl_print(words.server);
    ctl_print(HERD_LIT("\n"));
}

static void on_record(void *ctx, const struct herd_record *record)
{
    struct listing *listing = ctx;
    if ((record->tombstone && !listing->all) || !records_match(listing->pattern, record))
        return;
    if (!listing->json)
        put_line(record);
    else if (!records_print_json(record))
        listing->failed = true;
}

int ctl_clients(const struct ctl *ctl, int count, char **words)
{
    char server[HERD_CONF_NAME_MAX + 1];
    struct listing listing = {.json = ctl->json};
    const struct records_order order = {.ctx = &listing, .record = on_record};
    if (records_operands("clients", count, words, &listing.all, &listing.pattern) != CTL_OK)
        return CTL_USAGE;
    int status = records_exchange(ctl, "clients", &order, server);
    if (status == CTL_OK && listing.failed)
        status = ctl_error(CTL_FAILED, "%s", herd_strerror(HERD_ENOMEM));
    return status;
}
