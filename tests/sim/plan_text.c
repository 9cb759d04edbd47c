/* SPDX-License-Identifier: ISC */
/* Plans as texts: what a failing run prints, and what fixtures/sim holds. */
#include "plan.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const operands[] = {
#define OPERANDS(name, word, ops, what) ops,
    OPS(OPERANDS)
#undef OPERANDS
};

static bool has(enum op_kind kind, char operand)
{
    return strchr(operands[kind], operand) != NULL;
}

/* ---- printing ---- */

void plan_print_op(const struct op *op, char *out, size_t size)
{
    size_t len = (size_t)snprintf(out, size, "at %" PRId64 " %s %c", op->at_ms,
                                  op_word(op->kind), shape_server(op->a));
    if (has(op->kind, 'l') && len < size)
        len += (size_t)snprintf(out + len, size - len, " %c", shape_server(op->b));
    if (has(op->kind, 'c') && len < size)
        len += (size_t)snprintf(out + len, size - len, " c%" PRIu32, op->client);
    if (has(op->kind, 'n') && len < size)
        len += (size_t)snprintf(out + len, size - len, " %" PRId64, op->n);
    if (has(op->kind, '~') && len < size)
        (void)snprintf(out + len, size - len, " for %" PRId64, op->for_ms);
}

void plan_print(const struct plan *plan, FILE *out)
{
    fprintf(out, "seed %" PRIu64 "\nherd %s %" PRIu32 "%s\n", plan->seed,
            shape_name(plan->shape), plan->servers, plan->keyed ? " keyed" : "");
    fprintf(out, "ping-ms %" PRId64 "\ntimeout-ms %" PRId64 "\nretry-max-ms %" PRId64 "\n",
            plan->ping_ms, plan->timeout_ms, plan->retry_max_ms);
    fprintf(out,
            "handshake-ms %" PRId64 "\nconnect-ms %" PRId64 "\nskew-max-ms %" PRId64 "\n",
            plan->handshake_ms, plan->connect_ms, plan->skew_max_ms);
    if (plan->expire_s > 0)
        fprintf(out, "expire-s %" PRId64 "\n", plan->expire_s);
    fprintf(out, "latency-ms %" PRId64 "\nrate %" PRId64 "\nsegment %" PRIu32 "\n",
            plan->latency_ms, plan->rate, plan->segment);
    fprintf(out, "kernel %zu\n", plan->kernel);
    if (plan->followers != 0)
        fprintf(out, "followers %" PRId64 "\n", plan->followers);
    for (size_t i = 0; i < plan->op_count; i++) {
        char text[128];
        plan_print_op(&plan->op[i], text, sizeof text);
        fprintf(out, "%s\n", text);
    }
    fprintf(out, "end-ms %" PRId64 "\n", plan->end_ms);
    if (plan->dead != 0)
        fprintf(out, "dead %" PRIu32 "%s\n", plan->dead,
                plan->dead_silently ? " silently" : "");
    if (plan->dead_links != 0)
        fprintf(out, "dead-links %" PRIu64 "\n", plan->dead_links);
    fprintf(out, "idle-ms %" PRId64 "\n", plan->idle_ms);
}

/* ---- reading ---- */

enum { WORDS = 12, WORD = 32 };

struct words {
    char word[WORDS][WORD];
    int count;
};

static void split(const char *line, size_t len, struct words *words)
{
    words->count = 0;
    for (size_t i = 0; i < len;) {
        size_t n = 0;
        while (i < len && line[i] == ' ')
            i++;
        if (i == len || line[i] == '#' || words->count == WORDS)
            return;
        while (i < len && line[i] != ' ') {
            if (n + 1 < WORD)
                words->word[words->count][n++] = line[i];
            i++;
        }
        words->word[words->count++][n] = '\0';
    }
}

static bool is(const char *word, const char *want)
{
    return strcmp(word, want) == 0;
}

static bool number(const char *word, int64_t *value)
{
    char *end;
    *value = strtoll(word, &end, 10);
    return end != word && *end == '\0';
}

static bool server(const struct plan *plan, const char *word, uint32_t *value)
{
    for (*value = 0; *value < plan->servers; ++*value)
        if (word[0] == shape_server(*value) && word[1] == '\0')
            return true;
    return false;
}

static const char *read_operands(const struct plan *plan, const struct words *words,
                                 struct op *op)
{
    int at = 3;
    int64_t client = 0;
    if (at >= words->count || !server(plan, words->word[at++], &op->a))
        return "a server is missing";
    if (has(op->kind, 'l') &&
        (at >= words->count || !server(plan, words->word[at++], &op->b)))
        return "a second server is missing";
    if (has(op->kind, 'c') &&
        (at >= words->count || words->word[at][0] != 'c' ||
         !number(words->word[at++] + 1, &client) || client < 0 || client >= PLAN_CLIENTS))
        return "a client is missing: c0, c1, ...";
    if (has(op->kind, 'n') && (at >= words->count || !number(words->word[at++], &op->n)))
        return "a number is missing";
    if (has(op->kind, '~') && (at + 1 >= words->count || !is(words->word[at++], "for") ||
                               !number(words->word[at++], &op->for_ms)))
        return "\"for\" and a number of ms are missing";
    op->client = (uint32_t)client;
    return at == words->count ? NULL : "too many words";
}

static const char *read_op(struct plan *plan, const struct words *words)
{
    struct op op = {.kind = OP_REPORT};
    int kind = 0;
    if (words->count < 3 || !number(words->word[1], &op.at_ms))
        return "a number of ms is missing";
    while (kind < OP_KINDS && !is(words->word[2], op_word((enum op_kind)kind)))
        kind++;
    if (kind == OP_KINDS)
        return "no such operation";
    op.kind = (enum op_kind)kind;
    if (plan->op_count + 1 == PLAN_OPS)
        return "too many operations";
    const char *why = read_operands(plan, words, &op);
    if (why == NULL)
        plan->op[plan->op_count++] = op;
    return why;
}

static const char *read_herd(struct plan *plan, const struct words *words)
{
    int64_t servers;
    int shape = 0;
    while (words->count > 1 && shape < SHAPE_COUNT &&
           !is(words->word[1], shape_name((enum shape)shape)))
        shape++;
    if (words->count < 3 || shape == SHAPE_COUNT || !number(words->word[2], &servers) ||
        servers < 2 || servers > SHAPE_SERVERS)
        return "herd: a shape and a number of servers are wanted";
    plan->shape = (enum shape)shape;
    plan->servers = (uint32_t)servers;
    plan->keyed = words->count > 3 && is(words->word[3], "keyed");
    return NULL;
}

static const char *read_value(struct plan *plan, const struct words *words)
{
    const struct {
        const char *name;
        int64_t *value;
    } values[] = {
        {"ping-ms", &plan->ping_ms},
        {"timeout-ms", &plan->timeout_ms},
        {"retry-max-ms", &plan->retry_max_ms},
        {"handshake-ms", &plan->handshake_ms},
        {"connect-ms", &plan->connect_ms},
        {"skew-max-ms", &plan->skew_max_ms},
        {"expire-s", &plan->expire_s},
        {"latency-ms", &plan->latency_ms},
        {"rate", &plan->rate},
        {"end-ms", &plan->end_ms},
        {"idle-ms", &plan->idle_ms},
        {"followers", &plan->followers},
    };
    int64_t value;
    if (words->count < 2 || !number(words->word[1], &value))
        return "a number is missing";
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (is(words->word[0], values[i].name)) {
            *values[i].value = value;
            return NULL;
        }
    if (is(words->word[0], "seed"))
        plan->seed = strtoull(words->word[1], NULL, 10);
    else if (is(words->word[0], "segment"))
        plan->segment = (uint32_t)value;
    else if (is(words->word[0], "kernel"))
        plan->kernel = (size_t)value;
    else if (is(words->word[0], "dead"))
        plan->dead = (uint32_t)value;
    else if (is(words->word[0], "dead-links"))
        plan->dead_links = strtoull(words->word[1], NULL, 10);
    else
        return "no such word";
    plan->dead_silently = plan->dead_silently || is(words->word[2], "silently");
    return NULL;
}

const char *plan_read(struct plan *plan, const char *text, int *line)
{
    *plan = (struct plan){.seed = 1,
                          .servers = 2,
                          .shape = SHAPE_LINE,
                          .ping_ms = 5000,
                          .timeout_ms = 15000,
                          .retry_max_ms = 1000,
                          .handshake_ms = 5000,
                          .connect_ms = 3000,
                          .skew_max_ms = 300000,
                          .latency_ms = 10,
                          .kernel = 1 << 17,
                          .end_ms = 1000,
                          .idle_ms = 60000};
    for (*line = 1; *text != '\0' && strncmp(text, "--", 2) != 0; ++*line) {
        struct words words = {.count = 0};
        size_t len = strcspn(text, "\n");
        const char *why = NULL;
        split(text, len, &words);
        text += len + (text[len] == '\n');
        if (words.count == 0)
            continue;
        if (is(words.word[0], "at"))
            why = read_op(plan, &words);
        else if (is(words.word[0], "herd"))
            why = read_herd(plan, &words);
        else
            why = read_value(plan, &words);
        if (why != NULL)
            return why;
    }
    plan_clip(plan);
    plan_sort(plan);
    return NULL;
}
