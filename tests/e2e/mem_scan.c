/* SPDX-License-Identifier: ISC */
#include "mem_scan.h"

#include "wait.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PIECE = 1 << 20, AROUND = 24 };

/* What is larger is the shadow of a sanitizer, which holds no bytes of the program. */
#define MAP_MAX (UINT64_C(1) << 32)

static void tell(const char *map, uint64_t at, const char *bytes, size_t before,
                 size_t size)
{
    char text[160];
    size_t len = 0;
    for (size_t i = 0; i < size && len + 2 < sizeof text; i++) {
        char c = bytes[i - before];
        text[len++] = c >= ' ' && c <= '~' ? c : '.';
    }
    text[len] = '\0';
    note("%" PRIx64 " [%s] %s\n", at, text, map);
}

static int64_t scan_bytes(const char *map, uint64_t at, const char *bytes, size_t size,
                          struct herd_slice needle)
{
    int64_t found = 0;
    for (size_t i = 0; i + needle.len <= size; i++) {
        if (bytes[i] != needle.data[0] || memcmp(bytes + i, needle.data, needle.len) != 0)
            continue;
        size_t before = i < AROUND ? i : AROUND;
        size_t left = size - i;
        found++;
        tell(map, at + i, bytes + i, before,
             before + (left < 2 * AROUND ? left : 2 * AROUND));
    }
    return found;
}

/* Pieces overlap, so that nothing is missed between them. */
static int64_t scan_map(int fd, const char *map, uint64_t from, uint64_t to,
                        struct herd_slice needle, char *piece)
{
    int64_t found = 0;
    for (uint64_t at = from; at < to; at += PIECE - needle.len + 1) {
        size_t size = to - at < PIECE ? (size_t)(to - at) : PIECE;
        ssize_t got = pread(fd, piece, size, (off_t)at);
        if (got > 0)
            found += scan_bytes(map, at, piece, (size_t)got, needle);
    }
    return found;
}

int64_t mem_scan(pid_t pid, struct herd_slice needle)
{
    char path[64], line[512], flags[8];
    uint64_t from, to;
    int64_t found = 0;
    snprintf(path, sizeof path, "/proc/%ld/mem", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%ld/maps", (long)pid);
    FILE *maps = fopen(path, "r");
    char *piece = malloc(PIECE);
    if (fd < 0 || maps == NULL || piece == NULL)
        found = -1;
    while (found >= 0 && fgets(line, sizeof line, maps) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &from, &to, flags) == 3 &&
            flags[1] == 'w' && to - from < MAP_MAX)
            found += scan_map(fd, line, from, to, needle, piece);
    }
    free(piece);
    if (maps != NULL)
        (void)fclose(maps);
    if (fd >= 0)
        (void)close(fd);
    return found;
}
