/* SPDX-License-Identifier: ISC */
/* Files and bytes. */
#ifndef TESTS_E2E_FILES_H
#define TESTS_E2E_FILES_H

#include "herd/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* The bytes of a whole file, with a NUL after them that is not counted; data is NULL when
 * it cannot be read. The caller frees file_free(bytes). */
struct herd_slice file_read(const char *path);
void file_free(struct herd_slice bytes);

/* The same for a file of the fixtures folder. */
struct herd_slice fixture_file(const char *name);

bool file_write(const char *path, struct herd_slice bytes);

/* Removes a folder with all that is in it. */
void dir_remove(const char *path);

/* Where `needle` is first found, or NULL. */
const char *bytes_find(struct herd_slice bytes, struct herd_slice needle);
size_t bytes_count(struct herd_slice bytes, struct herd_slice needle);
bool bytes_have(struct herd_slice bytes, const char *needle);

#endif
