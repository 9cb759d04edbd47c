/* SPDX-License-Identifier: ISC */
#include "conf_file.h"

#include "herd/err.h"
#include "file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CONF_SIZE_MAX = 1 << 20 }; /* bytes */

const char *io_conf_file_default(void)
{
    static const char here[] = "herd.conf", system_wide[] = HERD_SYSCONFDIR "/herd.conf";
    return access(here, F_OK) == 0 || access(system_wide, F_OK) != 0 ? here : system_wide;
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
    int rc = io_file_read(path, false, &text, &error);
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
