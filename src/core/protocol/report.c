/* SPDX-License-Identifier: ISC */
#include "report.h"

#include "decimal.h"
#include "herd/err.h"

int herd_report_parse(const struct herd_slice word[3], struct herd_report *report)
{
    report->client = word[0];
    report->location = word[1];
    report->time_text = word[2];
    int rc = herd_point_parse(word[1], &report->point);
    if (rc != HERD_OK)
        return rc;
    return herd_time_parse(word[2], &report->time);
}
