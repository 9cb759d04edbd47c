/* SPDX-License-Identifier: ISC */
#include "herd_proc.h"

#include "check.h"
#include "files.h"
#include "wait.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CONF_SIZE = 8192, LINE_SIZE = 256 };

/* ---- memory for the configuration ---- */

static void *resize(void *ctx, void *old, size_t old_size, size_t new_size)
{
    (void)ctx;
    (void)old_size;
    if (new_size > 0)
        return realloc(old, new_size);
    free(old);
    return NULL;
}

static const struct herd_mem heap = {resize, NULL};

static void print_mistake(void *ctx, uint32_t line, struct herd_slice text)
{
    (void)ctx;
    fprintf(stderr, "\n    configuration:%u: %.*s\n", (unsigned)line, (int)text.len,
            text.data);
}

static bool parse(struct herd_conf *conf, struct herd_slice text)
{
    const struct herd_conf_errors mistakes = {print_mistake, NULL};
    return text.data != NULL && herd_conf_parse(conf, &heap, text, &mistakes) == 0;
}

/* ---- the private configuration ---- */

static size_t write_servers(const struct herd_proc *herd, const struct herd_conf *model,
                            char *text)
{
    size_t len = 0;
    for (uint32_t i = 0; i < model->server_count; i++)
        len += (size_t)snprintf(text + len, CONF_SIZE - len,
                                "server %s client 127.0.0.1:%u peer 127.0.0.1:%u\n",
                                model->servers[i].name, herd->client[i].number,
                                herd->peer[i].number);
    for (uint32_t i = 0; i < model->link_count; i++)
        len += (size_t)snprintf(text + len, CONF_SIZE - len, "link %s %s\n",
                                model->servers[model->links[i].a].name,
                                model->servers[model->links[i].b].name);
    return len;
}

static bool write_conf(struct herd_proc *herd, const struct herd_conf *model,
                       const char *more)
{
    char text[CONF_SIZE];
    size_t len = write_servers(herd, model, text);
    int rest = snprintf(text + len, sizeof text - len,
                        "run-dir run\nlog-dir log\nlink-retry-min-ms 10\n"
                        "link-retry-max-ms 100\n%s",
                        more);
    struct herd_slice bytes = herd_slice(text, len + (size_t)rest);
    snprintf(herd->conf_path, sizeof herd->conf_path, "%s/herd.conf", herd->dir);
    return bytes.len < sizeof text && file_write(herd->conf_path, bytes) &&
           parse(&herd->conf, bytes);
}

static bool open_like(struct herd_proc *herd, const struct herd_conf *model,
                      const char *more)
{
    bool ok = model->server_count <= HERD_PROC_MAX && child_dir_make(herd->dir);
    for (uint32_t i = 0; ok && i < model->server_count; i++)
        ok = port_hold(&herd->client[i]) && port_hold(&herd->peer[i]);
    return ok && write_conf(herd, model, more);
}

static void let_go(struct herd_proc *herd)
{
    for (uint32_t i = 0; i < HERD_PROC_MAX; i++) {
        port_free(&herd->client[i]);
        port_free(&herd->peer[i]);
    }
    if (herd->conf.mem != NULL)
        herd_conf_free(&herd->conf);
    if (herd->dir[0] != '\0')
        child_dir_remove(herd->dir);
    herd->dir[0] = '\0';
}

bool herd_proc_open(struct herd_proc *herd, const char *topology, const char *more)
{
    struct herd_conf model;
    char name[LINE_SIZE];
    *herd = (struct herd_proc){.dir = ""};
    for (uint32_t i = 0; i < HERD_PROC_MAX; i++) {
        herd->client[i].fd = -1;
        herd->peer[i].fd = -1;
    }
    snprintf(name, sizeof name, "conf/%s.conf", topology);
    struct herd_slice text = fixture_file(name);
    bool ok = parse(&model, text);
    file_free(text);
    if (!ok)
        return false;
    ok = open_like(herd, &model, more);
    herd_conf_free(&model);
    if (!ok)
        let_go(herd);
    return ok;
}

/* ---- configurations that differ ---- */

static void conf_path_of(const struct herd_proc *herd, uint32_t i, char *path)
{
    if (herd->own_conf[i])
        herd_proc_path(herd, path, "", i, ".conf");
    else
        snprintf(path, HERD_PROC_PATH, "%s", herd->conf_path);
}

/* *out (CONF_SIZE bytes) becomes the text with every `from` replaced. */
static bool replace(struct herd_slice text, const char *from, const char *to, char *out,
                    size_t *len)
{
    const char *at;
    *len = 0;
    while ((at = bytes_find(text, herd_slice_str(from))) != NULL) {
        size_t before = (size_t)(at - text.data);
        if (*len + before + strlen(to) >= CONF_SIZE)
            return false;
        memcpy(out + *len, text.data, before);
        memcpy(out + *len + before, to, strlen(to));
        *len += before + strlen(to);
        text = herd_slice_from(text, before + strlen(from));
    }
    if (*len + text.len >= CONF_SIZE)
        return false;
    memcpy(out + *len, text.data, text.len);
    *len += text.len;
    return true;
}

bool herd_proc_edit(struct herd_proc *herd, uint32_t i, const char *from, const char *to)
{
    char path[HERD_PROC_PATH], edited[CONF_SIZE];
    size_t len;
    conf_path_of(herd, i, path);
    struct herd_slice text = file_read(path);
    bool ok = text.data != NULL && bytes_have(text, from) &&
              replace(text, from, to, edited, &len);
    file_free(text);
    herd->own_conf[i] = herd->own_conf[i] || ok;
    conf_path_of(herd, i, path);
    return ok && file_write(path, herd_slice(edited, len));
}

/* ---- running ---- */

bool herd_proc_runs(const struct herd_proc *herd, uint32_t i)
{
    return herd->server[i].pid != 0;
}

void herd_proc_path(const struct herd_proc *herd, char *path, const char *folder,
                    uint32_t i, const char *suffix)
{
    snprintf(path, HERD_PROC_PATH, "%s/%s%s%s%s", herd->dir, folder,
             folder[0] != '\0' ? "/" : "", herd->conf.servers[i].name, suffix);
}

const struct herd_mac *herd_proc_mac(struct herd_proc *herd)
{
    char path[HERD_PROC_PATH];
    snprintf(path, sizeof path, "%s/run/herd.key", herd->dir);
    struct herd_slice text = file_read(path), key = text;
    key.len -= key.len > 0 ? 1 : 0; /* the LF at its end */
    CHECK_INT(io_mac_init(&herd->herd_key, key), 0);
    file_free(text);
    herd->mac = (struct herd_mac){io_mac_sign, &herd->herd_key};
    return &herd->mac;
}

static void launch(struct herd_proc *herd, uint32_t i)
{
    char err_path[HERD_PROC_PATH], conf_path[HERD_PROC_PATH];
    const char *argv[] = {"herd", "-c", conf_path, herd->conf.servers[i].name, NULL};
    conf_path_of(herd, i, conf_path);
    herd_proc_path(herd, err_path, "", i, ".err");
    int err = open(err_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    port_lend(&herd->client[i]);
    port_lend(&herd->peer[i]);
    child_start(&herd->server[i], "HERD_TEST_BIN", argv, err, herd->key);
    if (err >= 0)
        close(err);
}

/* What a server says on standard error is a mistake of ours or a sanitizer's report. */
static bool was_silent(const struct herd_proc *herd, uint32_t i)
{
    char path[HERD_PROC_PATH];
    herd_proc_path(herd, path, "", i, ".err");
    struct herd_slice text = file_read(path);
    bool silent = text.len == 0;
    if (!silent)
        fprintf(stderr, "\n%.*s\n", (int)text.len, text.data);
    file_free(text);
    return silent;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* An own configuration may give it another peer address, at the same port. */
static bool is_ready(struct herd_proc *herd, uint32_t i)
{
    char line[LINE_SIZE], want[LINE_SIZE], port[16];
    const struct herd_conf_server *server = &herd->conf.servers[i];
    int len =
        snprintf(want, sizeof want, "ready %s client 127.0.0.1:%u peer %s", server->name,
                 (unsigned)server->client.port, herd->own_conf[i] ? "" : "127.0.0.1");
    snprintf(port, sizeof port, ":%u", (unsigned)server->peer.port);
    if (herd->server[i].pid != 0 && child_line(&herd->server[i], line, sizeof line) &&
        strncmp(line, want, (size_t)len) == 0 && ends_with(line, port))
        return true;
    was_silent(herd, i);
    if (herd->server[i].pid != 0)
        child_end(&herd->server[i], SIGKILL);
    return false;
}

bool herd_proc_start(struct herd_proc *herd, uint32_t i)
{
    launch(herd, i);
    return is_ready(herd, i);
}

bool herd_proc_start_all(struct herd_proc *herd)
{
    bool fresh[HERD_PROC_MAX] = {false}, ok = true;
    for (uint32_t i = 0; i < herd->conf.server_count; i++) {
        fresh[i] = !herd_proc_runs(herd, i);
        if (fresh[i])
            launch(herd, i);
    }
    for (uint32_t i = 0; i < herd->conf.server_count; i++)
        ok = (!fresh[i] || is_ready(herd, i)) && ok;
    return ok && herd_proc_wait_links(herd);
}

bool herd_proc_run(struct herd_proc *herd, const char *topology, const char *more)
{
    if (!herd_proc_open(herd, topology, more))
        return false;
    if (herd_proc_start_all(herd))
        return true;
    herd_proc_close(herd);
    return false;
}

int herd_proc_stop(struct herd_proc *herd, uint32_t i, int signal)
{
    return child_end(&herd->server[i], signal);
}

void herd_proc_close(struct herd_proc *herd)
{
    for (uint32_t i = 0; i < herd->conf.server_count; i++)
        if (herd_proc_runs(herd, i))
            kill(herd->server[i].pid, SIGTERM);
    for (uint32_t i = 0; i < herd->conf.server_count; i++) {
        if (herd_proc_runs(herd, i))
            CHECK_INT(child_end(&herd->server[i], 0), 0);
        CHECK(was_silent(herd, i));
    }
    let_go(herd);
}

/* ---- asking ---- */

bool herd_proc_connect(const struct herd_proc *herd, uint32_t i, struct client *client)
{
    return client_open(client, herd->client[i].number);
}

bool herd_proc_report(const struct herd_proc *herd, uint32_t i, const char *line)
{
    struct client client;
    struct herd_slice got;
    bool ok = herd_proc_connect(herd, i, &client) && client_ask(&client, line, &got) &&
              memcmp(got.data, "AT ", 3) == 0;
    client_close(&client);
    return ok;
}

bool herd_proc_status(const struct herd_proc *herd, uint32_t i, struct client *client,
                      struct herd_slice *text)
{
    char path[HERD_PROC_PATH];
    herd_proc_path(herd, path, "run", i, ".sock");
    *text = herd_slice(NULL, 0);
    return client_open_unix(client, path) && client_say(client, "STATUS\n") &&
           client_reply(client, text);
}

int64_t herd_proc_count(const struct herd_proc *herd, uint32_t i, const char *name)
{
    char line[LINE_SIZE];
    struct client client;
    struct herd_slice text;
    int len = snprintf(line, sizeof line, "\n%s ", name);
    const char *at = NULL;
    if (herd_proc_status(herd, i, &client, &text))
        at = bytes_find(text, herd_slice(line, (size_t)len));
    int64_t count = at != NULL ? (int64_t)strtoll(at + len, NULL, 10) : -1;
    client_close(&client);
    return count;
}

/* Whether server i says that all its links to servers that run are up. */
static bool links_are_up(const struct herd_proc *herd, uint32_t i)
{
    struct client client;
    struct herd_slice text;
    bool up = herd_proc_status(herd, i, &client, &text);
    for (uint32_t j = 0; up && j < herd->conf.server_count; j++) {
        char line[LINE_SIZE];
        if (!herd_conf_linked(&herd->conf, i, j) || !herd_proc_runs(herd, j))
            continue;
        snprintf(line, sizeof line, "\nlink %s up ", herd->conf.servers[j].name);
        up = bytes_have(text, line);
    }
    client_close(&client);
    return up;
}

bool herd_proc_wait_links(struct herd_proc *herd)
{
    int64_t until = now_ms() + WAIT_MS;
    for (uint32_t i = 0; i < herd->conf.server_count;) {
        if (!herd_proc_runs(herd, i) || links_are_up(herd, i)) {
            i++;
            continue;
        }
        if (now_ms() > until)
            return false;
        nap();
    }
    return true;
}

static int64_t proc_kb(const struct herd_proc *herd, uint32_t i, struct herd_slice what)
{
    char path[LINE_SIZE];
    snprintf(path, sizeof path, "/proc/%ld/status", (long)herd->server[i].pid);
    struct herd_slice text = file_read(path);
    const char *at = text.data != NULL ? bytes_find(text, what) : NULL;
    int64_t kb = at != NULL ? (int64_t)strtoll(at + what.len, NULL, 10) : -1;
    file_free(text);
    return kb;
}

int64_t herd_proc_memory_kb(const struct herd_proc *herd, uint32_t i)
{
    return proc_kb(herd, i, HERD_LIT("\nVmRSS:"));
}

int64_t herd_proc_peak_kb(const struct herd_proc *herd, uint32_t i)
{
    return proc_kb(herd, i, HERD_LIT("\nVmHWM:"));
}
