/* SPDX-License-Identifier: ISC */
/* Reports of many clients, and what each server holds about them.
 *
 * Clients are called c0, c1, ...; a report is a client and a serial number, and its time
 * and its location follow from these, so that a record tells which report it came from
 * and can be checked as a whole. */
#ifndef TESTS_E2E_REPORTS_H
#define TESTS_E2E_REPORTS_H

#include "herd_proc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPORTS_CLIENTS = 100, REPORT_LINE = 128, RECORD_TEXT = 192 };

/* What is known about one client. */
struct record {
    int64_t serial; /* of the report; -1: nothing is known */
    char text[RECORD_TEXT];
};

struct records {
    struct record of[REPORTS_CLIENTS];
};

void records_clear(struct records *records);

/* Writes "IAMAT ...\n"; the number of bytes. */
size_t report_line(unsigned client, int64_t serial, char line[REPORT_LINE]);

/* Reads an AT line that must be about this client and one of its reports. */
bool record_read(unsigned client, struct herd_slice line, struct record *record);

/* The textbook's rule: keeps the later one; of two reports of one time the text that is
 * greater byte by byte. */
void record_keep_newer(struct record *held, const struct record *other);

/* Asks a server for all of them, in one go. */
bool records_read(struct client *client, struct records *records);

/* How many clients these differ about. */
unsigned records_differ(const struct records *a, const struct records *b);

/* Asks the servers of `members` (a bit each) until all hold the same, and *want if that is
 * not NULL. `clients` are connections by server. On success *found (may be NULL) is what
 * they hold. Checks nothing itself. */
bool records_settle(struct client *clients, uint32_t members, const struct records *want,
                    struct records *found);

#endif
