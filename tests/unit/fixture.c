/* SPDX-License-Identifier: ISC */
#include "fixture.h"

#include "check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEPT = 4, FILES_MAX = 256 };

static void path_of(const char *name, char *out)
{
    const char *folder = getenv("HERD_TEST_FIXTURES");
    snprintf(out, FIXTURE_PATH, "%s/%s", folder != NULL ? folder : "fixtures", name);
}

struct herd_slice fixture_read(const char *name)
{
    static char *kept[KEPT];
    static size_t turn;
    char path[FIXTURE_PATH];
    path_of(name, path);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return herd_slice(NULL, 0);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    turn = (turn + 1) % KEPT;
    free(kept[turn]);
    kept[turn] = malloc(size + 1);
    size_t len = kept[turn] != NULL ? fread(kept[turn], 1, size, file) : 0;
    fclose(file);
    return herd_slice(kept[turn], len);
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), tail = strlen(end);
    return len >= tail && strcmp(name + len - tail, end) == 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

size_t fixture_each(const char *folder, const char *end,
                    void (*visit)(void *ctx, const char *name), void *ctx)
{
    static char names[FILES_MAX][FIXTURE_PATH];
    char path[FIXTURE_PATH];
    size_t count = 0;
    path_of(folder, path);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL && count < FILES_MAX;) {
        if (ends_with(entry->d_name, end))
            snprintf(names[count++], FIXTURE_PATH, "%s/%s", folder, entry->d_name);
    }
    closedir(dir);
    qsort(names, count, sizeof names[0], compare);
    for (size_t i = 0; i < count; i++)
        visit(ctx, names[i]);
    return count;
}

bool fixture_is_rewritten(void)
{
    const char *rewrite = getenv("HERD_TEST_REWRITE");
    return rewrite != NULL && strcmp(rewrite, "1") == 0;
}

void fixture_check(const char *name, struct herd_slice got)
{
    char path[FIXTURE_PATH];
    if (fixture_is_rewritten()) {
        path_of(name, path);
        FILE *file = fopen(path, "wb");
        if (CHECK(file != NULL)) {
            CHECK(fwrite(got.data, 1, got.len, file) == got.len);
            fclose(file);
        }
        return;
    }
    struct herd_slice want = fixture_read(name);
    if (CHECK(want.data != NULL))
        CHECK_SLICE(got, want);
}

void fixture_sibling(const char *name, const char *end, char *out)
{
    const char *dot = strrchr(name, '.');
    snprintf(out, FIXTURE_PATH, "%.*s%s", dot != NULL ? (int)(dot - name) : 0, name, end);
}
