/* SPDX-License-Identifier: ISC */
#include "greet.h"

#include "script.h"

#include <stdio.h>

enum { LINKS_MAX = 4, TURNS_MAX = 64 };

struct greeter {
    unsigned conn;
    char name[32];
    char start[3];
    size_t said_from; /* where its part of the transcript begins */
};

/* One event a line. */
static void act(struct rig *rig, const char *script)
{
    while (*script != '\0') {
        size_t len = strcspn(script, "\n");
        (void)script_event(rig, herd_slice(script, len));
        script += len + (script[len] == '\n');
    }
}

static const char *start_of(const char *name)
{
    return strcmp(name, "Bona") == 0 ? "b0" : "f0";
}

static size_t parse(const char *line, struct greeter list[LINKS_MAX])
{
    size_t count = 0;
    int used;
    for (; count < LINKS_MAX; line += used) {
        struct greeter *g = &list[count];
        if (sscanf(line, "%u %31[^/ ]%n", &g->conn, g->name, &used) != 2)
            break;
        snprintf(g->start, sizeof g->start, "%s", start_of(g->name));
        if (line[used] == '/' && line[used + 1] != '\0' && line[used + 2] != '\0') {
            memcpy(g->start, line + used + 1, 2);
            used += 3;
        }
        count++;
    }
    return count;
}

static void print_feed(const char *start, char feed[33])
{
    for (int i = 0; i < 16; i++)
        memcpy(feed + 2 * i, start, 2);
    feed[32] = '\0';
}

/* What the core has of this start's feed: the answer to its HAVE. */
static void answer_have(struct rig *rig, const struct greeter *g)
{
    char feed[33], script[256], knows[33];
    unsigned long long seq;
    const char *have = strstr(rig->said.data + g->said_from, "HAVE 0 ");
    print_feed(g->start, feed);
    if (have == NULL || sscanf(have, "HAVE 0 %32s %llu", knows, &seq) != 2)
        return;
    if (strcmp(knows, feed) == 0)
        snprintf(script, sizeof script, "%u< RESUME 0 %s %llu\n", g->conn, feed, seq);
    else
        snprintf(script, sizeof script, "%u< SYNC 0 %s 0\\nSYNCED 0 %s 0\n", g->conn, feed,
                 feed);
    act(rig, script);
}

static void greet(struct rig *rig, struct greeter *g, bool dialled)
{
    char script[512];
    g->said_from = rig->said.len;
    if (dialled)
        snprintf(script, sizeof script, "open %u dialled %s\n", g->conn, g->name);
    else
        snprintf(script, sizeof script, "open %u peer\n", g->conn);
    act(rig, script);
    snprintf(script, sizeof script,
             "%u< HELLO 0 2 2 herd %s Clark 0000000000000000 RULES CLOCK NONCE\n"
             "%u< AUTH 0 none%s 00000000000000%s\\nHAVE 0 - 0\n",
             g->conn, g->name, g->conn, dialled ? "\\nUP 0 none" : "", g->start);
    act(rig, script);
    answer_have(rig, g);
}

/* The walks of both sides come to their end. */
static void settle(struct rig *rig)
{
    for (int i = 0; i < TURNS_MAX && herd_deadline(rig->core).ns == 0; i++) {
        rig_tick(rig);
        for (unsigned conn = 1; conn < RIG_CONNS; conn++)
            if (rig->open[conn])
                rig_drained(rig, conn);
    }
}

void greet_links(struct rig *rig, const char *line, bool dialled)
{
    struct greeter list[LINKS_MAX];
    size_t said = rig->said.len, sent = rig->sent.len, sends = rig->sends;
    size_t count = parse(line, list);
    for (size_t i = 0; i < count; i++)
        greet(rig, &list[i], dialled);
    settle(rig);
    rig_text_cut(&rig->said, said);
    rig_text_cut(&rig->sent, sent);
    rig->sends = sends;
}
