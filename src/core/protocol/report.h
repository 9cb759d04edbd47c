/* SPDX-License-Identifier: ISC */
/* A report: the operands of IAMAT. */
#ifndef HERD_CORE_PROTOCOL_REPORT_H
#define HERD_CORE_PROTOCOL_REPORT_H

#include "geo.h"
#include "herd/instant.h"
#include "herd/slice.h"

/* IAMAT client location time. The slices point into the line that was parsed. */
struct herd_report {
    struct herd_slice client;
    struct herd_slice location; /* as the client wrote it */
    struct herd_slice time_text;
    struct herd_wall time; /* the client's */
    struct herd_point point;
};

/* From the three operands. Errors: HERD_EBAD, HERD_ERANGE. */
int herd_report_parse(const struct herd_slice word[3], struct herd_report *report);

#endif
