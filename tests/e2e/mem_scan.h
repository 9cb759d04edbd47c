/* SPDX-License-Identifier: ISC */
/* What a process has in its memory. Linux only: it reads /proc/PID/mem. */
#ifndef TESTS_E2E_MEM_SCAN_H
#define TESTS_E2E_MEM_SCAN_H

#include "herd/slice.h"

#include <stdint.h>
#include <sys/types.h>

/* How often these bytes stand in memory that the process can write; -1 where that cannot be
 * read. With HERD_TEST_NOTES in the environment it tells where, with what is around. */
int64_t mem_scan(pid_t pid, struct herd_slice needle);

#endif
