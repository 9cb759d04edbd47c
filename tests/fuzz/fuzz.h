/* SPDX-License-Identifier: ISC */
/* What all fuzzers stand on. Each fuzz_NAME.c defines LLVMFuzzerTestOneInput, and has seeds
 * in fixtures/fuzz/NAME. libFuzzer runs each as a program of its own; test-fuzz has all of
 * them, under names of their own, and needs no compiler that knows fuzzing.
 *
 * A fuzzer depends on nothing but its input. What it finds wrong aborts. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "herd/mem.h"
#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(cond) ((cond) ? (void)0 : fuzz_fail(#cond, __FILE__, __LINE__))

_Noreturn void fuzz_fail(const char *what, const char *file, int line);

/* The bytes, in memory of exactly their size, so that a sanitizer sees who reads beyond
 * them. Given back by fuzz_drop. */
struct herd_slice fuzz_copy(struct herd_slice bytes);
void fuzz_drop(struct herd_slice copy);

/* ---- taking an input apart ---- */

/* The next byte; 0 after the last. */
uint8_t fuzz_byte(struct herd_slice *input);

/* The next `len` bytes, or as many as there are. */
struct herd_slice fuzz_take(struct herd_slice *input, size_t len);

/* ---- memory that is counted ---- */

struct fuzz_mem {
    struct herd_mem mem; /* hand out a pointer to this */
    size_t live;         /* bytes in use */
    size_t peak;         /* most bytes ever in use */
    size_t until;        /* allocations until one fails; 0: none does */
};

/* The struct stays where it is as long as its memory is in use. */
void fuzz_mem_init(struct fuzz_mem *fuzz);

#endif
