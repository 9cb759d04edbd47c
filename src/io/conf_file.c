/* SPDX-License-Identifier: ISC */
#include "conf_file.h"

#include "herd/err.h"
#include "file.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONF_SIZE_MAX = 1 << 20 }; /* bytes */

/* Whoever may write this folder decides what is in it. Root's own folders and its own
 * configuration are meant by one who is root; others are named. */
static bool is_here_trusted(void)
{
    struct stat st;
    return geteuid() != 0 || (stat(".", &st) == 0 && st.st_uid == 0 &&
                              (st.st_mode & (S_IWGRP | S_IWOTH)) == 0);
}

/* "." is not what people are in; and a folder that was removed has no path. */
static void print_missing(const char *program, const char *system_wide)
{
    char folder[IO_PATH_MAX];
    if (getcwd(folder, sizeof folder) == NULL)
        (void)snprintf(folder, sizeof folder, ".");
    fprintf(
        stderr,
        "%s: no configuration: there is neither %s/herd.conf nor %s; name the file with "
        "-c FILE\n",
        program, strcmp(folder, "/") == 0 ? "" : folder, system_wide);
}

const char *io_conf_file_find(const char *program, const char *given)
{
    static const char here[] = "herd.conf", system_wide[] = HERD_SYSCONFDIR "/herd.conf";
    if (given != NULL)
        return given;
    if (access(here, F_OK) != 0 && access(system_wide, F_OK) == 0)
        return system_wide;
    if (access(here, F_OK) != 0) {
        print_missing(program, system_wide);
        return NULL;
    }
    if (is_here_trusted())
        return here;
    fprintf(stderr,
            "%s: ./herd.conf is not taken by itself: others may write this folder, and "
            "this user is root; say which file is meant: -c ./herd.conf\n",
            program);
    return NULL;
}

struct source {
    const char *program, *path;
};

static void print_error(void *ctx, uint32_t line, struct herd_slice text)
{
    const struct source *source = ctx;
    fprintf(stderr, "%s: %s:", source->program, source->path);
    if (line > 0)
        fprintf(stderr, "%lu:", (unsigned long)line);
    fprintf(stderr, " %.*s\n", (int)text.len, text.data);
}

int io_conf_file_read(struct herd_conf *conf, const struct herd_mem *mem,
                      const char *program, const char *path)
{
    struct herd_buf text;
    struct source source = {program, path};
    struct herd_conf_errors errors = {print_error, &source};
    struct herd_error_text error;
    herd_buf_init(&text, mem, CONF_SIZE_MAX);
    int rc = io_file_read(path, IO_FILE_TRUSTED, &text, &error);
    if (rc == HERD_OK) {
        rc = herd_conf_parse(conf, mem, herd_buf_bytes(&text), &errors);
        if (rc == HERD_ENOMEM)
            print_error(&source, 0, herd_slice_str(herd_strerror(rc)));
    } else {
        fprintf(stderr, "%s: %s\n", program, error.text);
    }
    herd_buf_free(&text);
    return rc;
}

int io_conf_file_path(char *out, const char *conf_path, const char *folder,
                      const char *name, const char *suffix)
{
    const char *slash = strrchr(conf_path, '/');
    int base = slash != NULL && folder[0] != '/' ? (int)(slash - conf_path) + 1 : 0;
    int len = snprintf(out, IO_PATH_MAX, "%.*s%s%s%s%s", base, conf_path, folder,
                       name != NULL ? "/" : "", name != NULL ? name : "",
                       suffix != NULL ? suffix : "");
    return len >= 0 && len < IO_PATH_MAX ? HERD_OK : HERD_ETOOLONG;
}
