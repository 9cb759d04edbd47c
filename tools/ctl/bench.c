/* SPDX-License-Identifier: ISC */
/* herdctl bench: herdbench with the options of herdctl. */
#include "ctl.h"

#include "io/conf_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Runs the herdbench in the folder of herdctl, or else the one in PATH; returns only if
 * that fails. */
static void exec_herdbench(const char *self, char **words)
{
    char path[IO_PATH_MAX];
    const char *slash = strrchr(self, '/');
    int folder = slash != NULL ? (int)(slash - self) + 1 : 0;
    int len = snprintf(path, sizeof path, "%.*sherdbench", folder, self);
    if (folder > 0 && len < (int)sizeof path)
        (void)execv(path, words);
    (void)execvp("herdbench", words);
}

int ctl_bench(const struct ctl *ctl, int count, char **words)
{
    enum { OWN_WORDS = 8 }; /* the name, three options with values, --json, NULL */
    char seconds[32], name[] = "herdbench", conf[] = "-c", server[] = "-s", time[] = "-t",
                      json[] = "--json";
    char **all = calloc((size_t)count + OWN_WORDS, sizeof *all);
    int used = 0;
    if (all == NULL)
        return ctl_error(CTL_FAILED, "out of memory");
    all[used++] = name;
    if (ctl->conf_path != NULL) {
        all[used++] = conf;
        all[used++] = (char *)(uintptr_t)ctl->conf_path;
    }
    if (ctl->server != NULL) {
        all[used++] = server;
        all[used++] = (char *)(uintptr_t)ctl->server;
    }
    if (ctl->timeout_ms > 0) {
        (void)snprintf(seconds, sizeof seconds, "%.3f", (double)ctl->timeout_ms / 1000);
        all[used++] = time;
        all[used++] = seconds;
    }
    if (ctl->json)
        all[used++] = json;
    memcpy(all + used, words, (size_t)count * sizeof *all);
    ctl_flush();
    exec_herdbench(ctl->self, all);
    int err = errno;
    free(all);
    return ctl_error(CTL_FAILED, "cannot run herdbench: %s", strerror(err));
}
