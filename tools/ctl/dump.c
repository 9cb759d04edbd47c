/* SPDX-License-Identifier: ISC */
/* herdctl dump: all records of a server as text, one a line; the last line, "END COUNT",
 * says that they are complete. */
#include "herd/conf.h"
#include "records.h"

#include <inttypes.h>
#include <stdio.h>

static void on_record(void *ctx, const struct herd_record *record)
{
    uint64_t *records = ctx;
    ctl_print(record->text);
    ctl_print(HERD_LIT("\n"));
    (*records)++;
}

int ctl_dump(const struct ctl *ctl, int count, char **words)
{
    char server[HERD_CONF_NAME_MAX + 1], line[32];
    uint64_t records = 0;
    const struct records_order order = {.ctx = &records, .record = on_record};
    if (count > 0)
        return ctl_error(CTL_USAGE,
                         "dump takes no operand such as \"%s\"; it writes all "
                         "records to standard output",
                         words[0]);
    int status = records_exchange(ctl, "dump", &order, server);
    if (status != CTL_OK)
        return status;
    int len = snprintf(line, sizeof line, "END %" PRIu64 "\n", records);
    ctl_print(herd_slice(line, (size_t)len));
    return CTL_OK;
}
