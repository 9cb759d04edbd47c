/* SPDX-License-Identifier: ISC */
#include "work.h"

#include "textbook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LINES = 8, NAME = 48, SAID = 96 };

struct line {
    char client[NAME];
    int number;      /* of a client that is watched, or -1 */
    char said[SAID]; /* location and time */
    struct oracle_text before;
};

void work_init(struct work *work, const struct plan *plan, struct sim *sim,
               struct oracle *oracle)
{
    *work = (struct work){.plan = plan, .sim = sim, .oracle = oracle};
}

const char *work_client(int client)
{
    static const char *const names[ORACLE_CLIENTS] = {
        "c0",  "c1",  "c2",  "c3",  "c4",  "c5",  "c6",  "c7",  "c8",  "c9",  "c10",
        "c11", "c12", "c13", "c14", "c15", "c16", "c17", "c18", "c19", "c20", "c21",
        "c22", "c23", "h0",  "h1",  "h2",  "h3",  "h4",  "h5",  "h6",  "h7"};
    return names[client];
}

/* ---- saying ---- */

static struct herd_slice next_reply(struct herd_slice *replies)
{
    const char *lf = replies->len > 0 ? memchr(replies->data, '\n', replies->len) : NULL;
    if (lf == NULL)
        return HERD_LIT("");
    struct herd_slice reply = herd_slice(replies->data, (size_t)(lf - replies->data));
    *replies = herd_slice_from(*replies, reply.len + 1);
    return reply;
}

static const char *hear(struct work *work, uint32_t server, const struct line *line,
                        struct herd_slice reply)
{
    struct herd_slice before = herd_slice(line->before.text, line->before.len);
    struct herd_slice after = sim_record(work->sim, server, line->client);
    if (reply.len > 3 && memcmp(reply.data, "AT ", 3) == 0)
        return oracle_on_reply(work->oracle, line->number, reply, before, after);
    return oracle_on_refusal(work->oracle, line->number, herd_slice_str(line->said), before,
                             after);
}

/* The clock of a server that hears something now. */
static int64_t receive(struct work *work, uint32_t server)
{
    int64_t receipt_ns = sim_wall_ns(work->sim, server);
    if (receipt_ns > work->latest_receipt_ns)
        work->latest_receipt_ns = receipt_ns;
    return receipt_ns;
}

/* Clients are different ones. A reply may be missing when there was no memory for it. */
static const char *say(struct work *work, uint32_t server, struct line *lines, int count)
{
    char text[LINES * (NAME + SAID)];
    size_t len = 0;
    const struct herd_stats *stats = herd_core_stats(work->sim->server[server].core);
    uint64_t without_memory = stats->out_of_memory;
    for (int i = 0; i < count; i++) {
        struct herd_slice held = sim_record(work->sim, server, lines[i].client);
        if (held.len > 0)
            memcpy(lines[i].before.text, held.data, held.len);
        lines[i].before.len = held.len;
        len += (size_t)snprintf(text + len, sizeof text - len, "IAMAT %s %s\n",
                                lines[i].client, lines[i].said);
        if (lines[i].number >= 0)
            work->used |= UINT64_C(1) << lines[i].number;
    }
    oracle_set_clock(work->oracle, receive(work, server));
    work->busy = true;
    work->lines += (uint64_t)count;
    struct herd_slice replies = sim_client_send(work->sim, server, herd_slice(text, len));
    const char *why = NULL;
    for (int i = 0; i < count && why == NULL; i++) {
        struct herd_slice reply = next_reply(&replies);
        if (reply.len == 0 && stats->out_of_memory == without_memory)
            return "a client got no reply";
        why = hear(work, server, &lines[i], reply);
    }
    work->busy = false;
    return why != NULL || replies.len == 0 ? why : "a client got more than one reply";
}

static void fill(struct line *line, const char *client, int number, uint64_t place,
                 const char *time)
{
    snprintf(line->client, NAME, "%s", client);
    line->number = number;
    snprintf(line->said, SAID, "+%" PRIu64 ".5-%" PRIu64 ".25 %s", place % 89, place % 179,
             time);
}

/* ---- operations ---- */

static void print_ns(int64_t ns, char *out, size_t size)
{
    snprintf(out, size, "%" PRId64 ".%09" PRId64, ns / HERD_NS_PER_S, ns % HERD_NS_PER_S);
}

/* What a clock shows that is that much ahead of the right one. */
static void print_clock(const struct work *work, int64_t ahead_ns, char *out, size_t size)
{
    print_ns(SIM_WALL_NS + work->sim->now_ns + ahead_ns, out, size);
}

static const char *report(struct work *work, const struct op *op)
{
    struct line line;
    char time[40];
    uint64_t place = (uint64_t)op->at_ms * 7 + op->a;
    plan_time(op->n, time, sizeof time);
    if (op->kind == OP_FUTURE)
        snprintf(time, sizeof time, "%" PRId64, 1621464828 + op->n * 31557600);
    if (op->kind == OP_AHEAD)
        print_clock(work, op->n * HERD_NS_PER_MS, time, sizeof time);
    work->ahead = work->ahead || op->kind != OP_REPORT;
    fill(&line, work_client((int)op->client), (int)op->client, place, time);
    return say(work, op->a, &line, 1);
}

const char *work_report_now(struct work *work, uint32_t server, int client)
{
    struct line line;
    char time[40];
    print_clock(work, -1, time, sizeof time); /* no other client's time is that odd */
    fill(&line, work_client(client), client, (uint64_t)client, time);
    return say(work, server, &line, 1);
}

static const char *bulk(struct work *work, const struct op *op, size_t number)
{
    const char *why = NULL;
    struct line lines[LINES];
    int count = 0;
    for (int64_t i = 0; i < op->n && why == NULL; i++) {
        char name[NAME];
        snprintf(name, sizeof name, "b%zu.%" PRId64, number, i);
        fill(&lines[count++], name, -1, (uint64_t)i, "5");
        if (count == LINES || i + 1 == op->n) {
            why = say(work, op->a, lines, count);
            count = 0;
        }
    }
    return why;
}

static const char *storm(struct work *work, const struct op *op)
{
    const char *why = NULL;
    int64_t left = op->n * WORK_STORM_MS / 1000;
    while (left > 0 && why == NULL) {
        struct line lines[LINES];
        int count = left < WORK_HOT ? (int)left : WORK_HOT;
        char time[32];
        work->ticks++;
        snprintf(time, sizeof time, "%" PRIu64, 1000 + work->ticks);
        for (int i = 0; i < count; i++)
            fill(&lines[i], work_client(PLAN_CLIENTS + i), PLAN_CLIENTS + i,
                 work->ticks + (uint64_t)i, time);
        why = say(work, op->a, lines, count);
        left -= count;
    }
    return why;
}

const char *work_forget(struct work *work, uint32_t server, int client)
{
    char line[NAME + 16], now[40], expected[TEXTBOOK_TEXT];
    const char *name = work_client(client);
    struct oracle_text before = {.len = 0};
    struct herd_slice held = sim_record(work->sim, server, name);
    const struct herd_stats *stats = herd_core_stats(work->sim->server[server].core);
    uint64_t without_memory = stats->out_of_memory;
    if (held.len > 0)
        memcpy(before.text, held.data, held.len);
    before.len = held.len;
    held = herd_slice(before.text, before.len);
    int64_t now_ns = receive(work, server);
    oracle_set_clock(work->oracle, now_ns);
    print_ns(now_ns, now, sizeof now);
    struct herd_slice want =
        textbook_forget(oracle_has_expired(work->oracle, held) ? HERD_LIT("") : held,
                        herd_slice_str(sim_name(work->sim, server)), herd_slice_str(name),
                        herd_slice_str(now), expected);
    int len = snprintf(line, sizeof line, "FORGET %s\n", name);
    work->used |= UINT64_C(1) << client;
    work->ahead = true;
    work->busy = true;
    struct herd_slice replies =
        sim_control_send(work->sim, server, herd_slice(line, (size_t)len));
    struct herd_slice reply = next_reply(&replies);
    work->busy = false;
    if (reply.len == 0 && stats->out_of_memory == without_memory)
        return "an operator got no reply";
    return oracle_on_forget(work->oracle, client, reply, want, held,
                            sim_record(work->sim, server, name));
}

/* Whether a client is known, as another one sees it. Places gives no answers here. */
static const char *query(struct work *work, const struct op *op)
{
    char line[NAME + 16];
    const char *name = work_client((int)op->client);
    const struct herd_stats *stats = herd_core_stats(work->sim->server[op->a].core);
    uint64_t without_memory = stats->out_of_memory;
    struct herd_slice held = sim_record(work->sim, op->a, name);
    oracle_set_clock(work->oracle, sim_wall_ns(work->sim, op->a));
    bool expired = oracle_has_expired(work->oracle, held);
    bool known = held.len > 0 && !textbook_is_tombstone(held) && !expired;
    work->expired_queries += expired;
    int len = snprintf(line, sizeof line, "WHATSAT %s 1 1\n", name);
    struct herd_slice reply =
        sim_client_send(work->sim, op->a, herd_slice(line, (size_t)len));
    bool refused = reply.len > 2 && memcmp(reply.data, "? ", 2) == 0;
    if (stats->out_of_memory != without_memory || refused == !known)
        return NULL;
    return known ? "a client that is known is not found"
                 : "a client is found that was forgotten or has expired";
}

const char *work_do(struct work *work, size_t number, bool first)
{
    const struct op *op = &work->plan->op[number];
    const struct sim_server *at = &work->sim->server[op->a];
    char text[128];
    if (at->core == NULL || at->stopping || at->frozen_until_ns > work->sim->now_ns)
        return NULL;
    if (first) {
        plan_print_op(op, text, sizeof text);
        sim_note(work->sim, "work: %s", text);
    }
    if (op->kind == OP_BULK)
        return bulk(work, op, number);
    if (op->kind == OP_QUERY)
        return query(work, op);
    if (op->kind == OP_FORGET)
        return work_forget(work, op->a, (int)op->client);
    return op->kind == OP_STORM ? storm(work, op) : report(work, op);
}
