/* SPDX-License-Identifier: ISC */
#include "links.h"

#include "files.h"
#include "wait.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool links_wait_count(const struct herd_proc *herd, uint32_t i, const char *name,
                      int64_t least)
{
    int64_t until = now_ms() + WAIT_MS;
    while (herd_proc_count(herd, i, name) < least) {
        if (now_ms() > until)
            return false;
        nap();
    }
    return true;
}

bool links_wait_exactly(const struct herd_proc *herd, uint32_t i, const char *name,
                        int64_t value)
{
    int64_t until = now_ms() + WAIT_MS;
    while (herd_proc_count(herd, i, name) != value) {
        if (now_ms() > until)
            return false;
        nap();
    }
    return true;
}

bool links_wait_clients(const struct herd_proc *herd, int64_t known, int64_t forgotten)
{
    int64_t until = now_ms() + WAIT_MS;
    for (uint32_t i = 0; i < herd->conf.server_count;) {
        if (herd_proc_count(herd, i, "clients_known") == known &&
            herd_proc_count(herd, i, "clients_forgotten") == forgotten)
            i++;
        else if (now_ms() > until)
            return false;
        else
            nap();
    }
    return true;
}

static bool has_line(struct herd_slice text, const char *head, const char *words)
{
    const char *at;
    while ((at = bytes_find(text, herd_slice_str(head))) != NULL) {
        bool begins = at == text.data || at[-1] == '\n';
        text = herd_slice_from(text, (size_t)(at - text.data) + strlen(head));
        const char *end = memchr(text.data, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        if (begins && (words[0] == '\0' || bytes_have(herd_slice(text.data, len), words)))
            return true;
    }
    return false;
}

bool links_wait_status(const struct herd_proc *herd, uint32_t i, const char *head,
                       const char *words)
{
    int64_t until = now_ms() + WAIT_MS;
    for (;;) {
        struct client client;
        struct herd_slice text;
        bool ok = herd_proc_status(herd, i, &client, &text) && has_line(text, head, words);
        client_close(&client);
        if (ok || now_ms() > until)
            return ok;
        nap();
    }
}

bool links_wait_log(const struct herd_proc *herd, uint32_t i, const char *words)
{
    char path[HERD_PROC_PATH];
    int64_t until = now_ms() + WAIT_MS;
    herd_proc_path(herd, path, "log", i, ".log");
    for (;;) {
        struct herd_slice text = file_read(path);
        bool ok = bytes_have(text, words);
        file_free(text);
        if (ok || now_ms() > until)
            return ok;
        nap();
    }
}

int64_t links_sum(const struct herd_proc *herd, const char *name)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < herd->conf.server_count; i++)
        sum += herd_proc_runs(herd, i) ? herd_proc_count(herd, i, name) : 0;
    return sum;
}

bool links_write_key(const struct herd_proc *herd, const char *file, const char *key)
{
    char path[HERD_PROC_PATH];
    snprintf(path, sizeof path, "%s/%s", herd->dir, file);
    return file_write(path, herd_slice_str(key)) && chmod(path, 0600) == 0;
}
