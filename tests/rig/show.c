/* SPDX-License-Identifier: ISC */
#include "show.h"

#include "frames.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

enum { LINE_MAX_LEN = 256 };

/* ---- numbers ---- */

struct counter {
    const char *name;
    size_t at; /* in struct herd_stats */
};

static const struct counter counters[] = {
#define COUNTER(field, what) {#field, offsetof(struct herd_stats, field)},
    HERD_STATS(COUNTER)
#undef COUNTER
        {NULL, 0},
};

static void show_deadline(struct rig *rig)
{
    struct herd_mono deadline = herd_deadline(rig->core);
    int64_t ns = deadline.ns - rig->mono.ns;
    if (herd_mono_is_never(deadline))
        rig_text_add(&rig->said, HERD_LIT("  deadline never\n"));
    else if (deadline.ns == 0)
        rig_text_add(&rig->said, HERD_LIT("  deadline now\n"));
    else
        rig_text_printf(&rig->said, "  deadline in %" PRId64 ".%06" PRId64 " ms\n",
                        ns / HERD_NS_PER_MS, ns % HERD_NS_PER_MS);
}

static bool show_counter(struct rig *rig, const char *name)
{
    const struct counter *c = counters;
    while (c->name != NULL && strcmp(c->name, name) != 0)
        c++;
    if (c->name == NULL)
        return false;
    uint64_t count;
    memcpy(&count, (const char *)herd_core_stats(rig->core) + c->at, sizeof count);
    rig_text_printf(&rig->said, "  %s %" PRIu64 "\n", name, count);
    return true;
}

static bool show_word(struct rig *rig, const char *word)
{
    const struct herd_core *core = rig->core;
    if (strcmp(word, "deadline") == 0)
        show_deadline(rig);
    else if (strcmp(word, "connections") == 0)
        rig_text_printf(&rig->said, "  connections %zu\n", herd_core_conn_count(core));
    else if (strcmp(word, "links") == 0)
        rig_text_printf(&rig->said, "  links %zu\n", herd_core_links_up(core));
    else if (strcmp(word, "clients") == 0)
        rig_text_printf(&rig->said, "  clients %zu\n", herd_core_client_count(core));
    else
        return show_counter(rig, word);
    return true;
}

bool show_words(struct rig *rig, char *words)
{
    bool known = *words != '\0';
    while (*words != '\0') {
        size_t len = strcspn(words, " ");
        char *next = words + len + (words[len] == ' ');
        words[len] = '\0';
        known = show_word(rig, words) && known;
        words = next;
    }
    return known;
}

/* ---- text ---- */

void show_record(struct rig *rig, const char *client)
{
    struct herd_slice record = herd_core_record(rig->core, herd_slice_str(client));
    rig_text_add(&rig->said, HERD_LIT("  "));
    rig_text_add(&rig->said, record.len > 0 ? record : HERD_LIT("no record"));
    rig_text_add(&rig->said, HERD_LIT("\n"));
}

struct answer {
    herd_conn_id conn;
    struct rig_text text;
};

static void hear(void *ctx, const struct herd_action *action)
{
    struct answer *answer = ctx;
    if (action->kind == HERD_DO_SEND && (uint32_t)action->conn == answer->conn)
        rig_text_add(&answer->text, action->bytes);
}

/* Asks on a connection of its own, and leaves no trace in the transcript. */
static void ask(struct rig *rig, struct answer *answer)
{
    rig_watch *watch = rig->watch;
    void *watcher = rig->watcher;
    size_t said = rig->said.len, sends = rig->sends;
    *answer = (struct answer){.conn = RIG_CONNS - 1};
    while (rig->open[answer->conn] && answer->conn > 1)
        answer->conn--;
    rig_text_clear(&answer->text);
    rig->watch = hear;
    rig->watcher = answer;
    rig_open(rig, answer->conn, HERD_ROLE_CONTROL, -1);
    rig_data(rig, answer->conn, HERD_LIT("STATUS\n"));
    rig_closed(rig, answer->conn, HERD_LIT("done"));
    rig->watch = watch;
    rig->watcher = watcher;
    rig_text_cut(&rig->said, said);
    rig->sends = sends;
}

static void show_line(struct rig *rig, struct herd_slice line)
{
    char digest[LINE_MAX_LEN];
    snprintf(digest, sizeof digest, "digest ");
    frames_digest(rig, digest + 7);
    rig_text_add(&rig->said, HERD_LIT("  "));
    if (herd_slice_eq(line, herd_slice_str(digest)))
        rig_text_add(&rig->said, HERD_LIT("digest DIGEST"));
    else if (line.len > 14 && memcmp(line.data, "records_bytes ", 14) == 0)
        rig_text_add(&rig->said, HERD_LIT("records_bytes *"));
    else if (line.len > 12 && memcmp(line.data, "store_bytes ", 12) == 0)
        rig_text_add(&rig->said, HERD_LIT("store_bytes *"));
    else
        rig_text_add(&rig->said, line);
    rig_text_add(&rig->said, HERD_LIT("\n"));
}

void show_status(struct rig *rig, const char *prefix)
{
    struct answer answer;
    ask(rig, &answer);
    for (const char *line = answer.text.data; *line != '\0' && *line != '\n';) {
        size_t len = strcspn(line, "\n");
        if (strncmp(line, prefix, strlen(prefix)) == 0)
            show_line(rig, herd_slice(line, len));
        line += len + (line[len] == '\n');
    }
    rig_text_free(&answer.text);
}

bool show_status_has(struct rig *rig, const char *line)
{
    char want[LINE_MAX_LEN];
    struct answer answer;
    snprintf(want, sizeof want, "\n%s\n", line);
    ask(rig, &answer);
    bool has = strstr(answer.text.data, want) != NULL;
    if (!has)
        fprintf(stderr, "      not in the status: %s\n", line);
    rig_text_free(&answer.text);
    return has;
}
