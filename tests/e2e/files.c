/* SPDX-License-Identifier: ISC */
#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP = 65536, PATH_SIZE = 512 };

/* Files of /proc do not tell their size, so it is found by reading. */
struct herd_slice file_read(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *data = NULL;
    size_t len = 0;
    ssize_t got = fd >= 0 ? 1 : 0;
    while (got > 0) {
        char *more = realloc(data, len + STEP + 1);
        if (more == NULL)
            break;
        data = more;
        got = read(fd, data + len, STEP);
        len += got > 0 ? (size_t)got : 0;
    }
    if (fd >= 0)
        close(fd);
    if (got < 0 || data == NULL) {
        free(data);
        return herd_slice(NULL, 0);
    }
    data[len] = '\0';
    return herd_slice(data, len);
}

void file_free(struct herd_slice bytes)
{
    free((char *)(uintptr_t)bytes.data);
}

struct herd_slice fixture_file(const char *name)
{
    char path[PATH_SIZE];
    const char *folder = getenv("HERD_TEST_FIXTURES");
    snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "fixtures", name);
    return file_read(path);
}

bool file_write(const char *path, struct herd_slice bytes)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    bool ok = fwrite(bytes.data, 1, bytes.len, file) == bytes.len;
    return fclose(file) == 0 && ok;
}

static void remove_entries(const char *path, DIR *dir, int depth);

static void remove_depth(const char *path, int depth)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return;
    if (!S_ISDIR(st.st_mode)) {
        unlink(path);
        return;
    }
    DIR *dir = depth > 0 ? opendir(path) : NULL;
    if (dir != NULL)
        remove_entries(path, dir, depth);
    rmdir(path);
}

static void remove_entries(const char *path, DIR *dir, int depth)
{
    char entry_path[PATH_SIZE];
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        int len = snprintf(entry_path, sizeof entry_path, "%s/%s", path, entry->d_name);
        if (len > 0 && len < (int)sizeof entry_path)
            remove_depth(entry_path, depth - 1);
    }
    closedir(dir);
}

void dir_remove(const char *path)
{
    enum { DEEPEST = 4 };
    remove_depth(path, DEEPEST);
}

const char *bytes_find(struct herd_slice bytes, struct herd_slice needle)
{
    const char *at = bytes.data;
    while (bytes.len >= needle.len && needle.len > 0) {
        at = memchr(bytes.data, needle.data[0], bytes.len - needle.len + 1);
        if (at == NULL || memcmp(at, needle.data, needle.len) == 0)
            return at;
        bytes = herd_slice_from(bytes, (size_t)(at - bytes.data) + 1);
    }
    return NULL;
}

size_t bytes_count(struct herd_slice bytes, struct herd_slice needle)
{
    size_t count = 0;
    for (const char *at; (at = bytes_find(bytes, needle)) != NULL; count++)
        bytes = herd_slice_from(bytes, (size_t)(at - bytes.data) + needle.len);
    return count;
}

bool bytes_have(struct herd_slice bytes, const char *needle)
{
    return bytes_find(bytes, herd_slice_str(needle)) != NULL;
}
