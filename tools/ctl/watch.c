/* SPDX-License-Identifier: ISC */
/* herdctl watch: prints each record that a server stores, as it comes. */
#include "herd/conf.h"
#include "io/random.h"
#include "records.h"
#include "seen.h"

struct watching {
    const char *pattern;
    bool json, synced, failed;
    struct seen seen;
    char server[HERD_CONF_NAME_MAX + 1];
};

static void put(struct watching *watching, const struct herd_record *record)
{
    if (watching->json) {
        if (!records_print_json(record))
            watching->failed = true;
        return;
    }
    ctl_print(record->text);
    ctl_print(HERD_LIT("\n"));
}

/* What the server holds at the beginning is no change. Later a record may be sent again:
 * after a new start of the server all of them are. */
static void on_record(void *ctx, const struct herd_record *record)
{
    struct watching *watching = ctx;
    if (!records_match(watching->pattern, record))
        return;
    int rc = seen_note(&watching->seen, record->client, record->text);
    if (rc < 0)
        watching->failed = true;
    if (rc != 0 && watching->synced)
        put(watching, record);
}

static void on_synced(void *ctx)
{
    struct watching *watching = ctx;
    watching->synced = true;
    ctl_error(CTL_OK, "watching %s", watching->server);
}

int ctl_watch(const struct ctl *ctl, int count, char **words)
{
    uint8_t key[HERD_SIPHASH_KEY];
    struct herd_error_text error;
    struct watching watching = {.json = ctl->json};
    const struct records_order order = {
        .ctx = &watching, .record = on_record, .stays = true, .synced = on_synced};
    if (records_operands("watch", count, words, NULL, &watching.pattern) != CTL_OK)
        return CTL_USAGE;
    if (io_random(key, sizeof key, &error) != HERD_OK)
        return ctl_error(CTL_FAILED, "%s", error.text);
    seen_init(&watching.seen, key);
    int status = records_exchange(ctl, "watch", &order, watching.server);
    if (status == CTL_OK && watching.failed)
        status = ctl_error(CTL_FAILED, "%s: some changes were not printed, or twice",
                           herd_strerror(HERD_ENOMEM));
    seen_free(&watching.seen);
    return status;
}
