#include "rig.h"

#include "check.h"
#include "frames.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- text ---- */

void rig_text_add(struct rig_text *text, struct herd_slice bytes)
{
    while (text->size < text->len + bytes.len + 1) {
        text->size = text->size > 0 ? text->size * 2 : 1024;
        text->data = realloc(text->data, text->size);
        if (text->data == NULL)
            abort();
    }
    if (bytes.len > 0)
        memcpy(text->data + text->len, bytes.data, bytes.len);
    text->len += bytes.len;
    text->data[text->len] = '\0';
}

void rig_text_printf(struct rig_text *text, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    CHECK(len >= 0 && len < (int)sizeof line);
    rig_text_add(text, herd_slice_str(line));
}

void rig_text_clear(struct rig_text *text)
{
    text->len = 0;
    rig_text_add(text, HERD_LIT(""));
}

void rig_text_free(struct rig_text *text)
{
    free(text->data);
    *text = (struct rig_text){NULL, 0, 0};
}

/* ---- life ---- */

static void complain(void *ctx, uint32_t line, struct herd_slice text)
{
    (void)ctx;
    fprintf(stderr, "configuration, line %" PRIu32 ": %.*s\n", line, (int)text.len,
            text.data);
}

void rig_prepare(struct rig *rig, const char *conf, const char *self,
                 struct herd_core_setup *setup)
{
    struct herd_conf_errors mistakes = {complain, NULL};
    *rig = (struct rig){.mono = {HERD_NS_PER_S}, .wall = {RIG_WALL_NS}};
    fail_mem_init(&rig->mem);
    fail_mem_init(&rig->conf_mem);
    rig_text_clear(&rig->said);
    rig_text_clear(&rig->sent);
    int rc =
        herd_conf_parse(&rig->conf, &rig->conf_mem.mem, herd_slice_str(conf), &mistakes);
    int64_t server = rc == 0 ? herd_conf_find(&rig->conf, herd_slice_str(self)) : -1;
    if (server < 0 || rig->conf.server_count > RIG_SERVERS)
        abort();
    *setup = (struct herd_core_setup){.mem = &rig->mem.mem,
                                      .conf = &rig->conf,
                                      .self = (uint32_t)server,
                                      .boot_id = 0xc1a4c,
                                      .nonce_key = {4, 5, 6},
                                      .random_seed = 1,
                                      .hash_key = {1, 2, 3},
                                      .version = "1.2.3",
                                      .places_ready = true};
    memset(setup->feed_id, 0xc1, sizeof setup->feed_id);
}

void rig_build(struct rig *rig, const struct herd_core_setup *setup)
{
    (void)herd_core_new(&rig->core, setup, rig->mono);
}

void rig_start(struct rig *rig, const char *conf, const char *self)
{
    struct herd_core_setup setup;
    rig_prepare(rig, conf, self, &setup);
    rig_build(rig, &setup);
    if (!CHECK(rig->core != NULL))
        abort();
}

void rig_start_with(struct rig *rig, const char *conf, const char *options)
{
    char whole[1024];
    int len = snprintf(whole, sizeof whole, "%s%s", conf, options);
    CHECK(len >= 0 && len < (int)sizeof whole);
    rig_start(rig, whole, "Clark");
}

void rig_end(struct rig *rig)
{
    herd_core_free(rig->core);
    rig->core = NULL;
    CHECK_INT((int64_t)rig->mem.blocks, 0);
    CHECK_INT((int64_t)rig->mem.live, 0);
    herd_conf_free(&rig->conf);
    rig_text_free(&rig->said);
    rig_text_free(&rig->sent);
}

/* ---- actions ---- */

/* In a transcript a lookup is called by its number: ids are the core's own affair. */
static void note_lookup(struct rig *rig, const char *what, uint64_t lookup)
{
    size_t number = rig->lookup_count;
    while (number > 0 && rig->lookup[number] != lookup)
        number--;
    /* One whose FETCH found no memory was never heard of. */
    CHECK(number > 0 || rig->mem.failed > 0);
    rig_text_printf(&rig->said, "  %s #%zu", what, number);
}

static void note_fetch(struct rig *rig, const struct herd_action *action)
{
    CHECK(action->lookup != 0);
    if (rig->lookup_count + 1 < RIG_LOOKUPS)
        rig->lookup[++rig->lookup_count] = action->lookup;
    note_lookup(rig, "fetch", action->lookup);
    rig_text_printf(&rig->said, " %.*s\n", (int)action->bytes.len, action->bytes.data);
}

static void note_log(struct rig *rig, const struct herd_action *action)
{
    static const char *const topics[] = {"client", "peer", "places", "herd"};
    rig_text_printf(&rig->said, "  log %s %d %c ", topics[action->topic], (int)action->conn,
                    action->direction);
    frames_show(rig, &rig->said, action->bytes);
}

static void carry_out(struct rig *rig, const struct herd_action *action)
{
    int conn = (int)action->conn;
    if (rig->watch != NULL)
        rig->watch(rig->watcher, action);
    switch (action->kind) {
    case HERD_DO_SEND:
        CHECK(rig->open[conn]);
        CHECK(action->bytes.len > 0);
        rig->sends++;
        rig_text_printf(&rig->said, "  %d> ", conn);
        frames_show(rig, &rig->said, action->bytes);
        if (conn == 1)
            rig_text_add(&rig->sent, action->bytes);
        break;
    case HERD_DO_DRAIN:
        CHECK(rig->open[conn]);
        rig_text_printf(&rig->said, "  drain %d\n", conn);
        break;
    case HERD_DO_CLOSE:
        CHECK(rig->open[conn]);
        rig->open[conn] = false;
        rig_text_printf(&rig->said, "  close %d\n", conn);
        break;
    case HERD_DO_PAUSE: rig_text_printf(&rig->said, "  pause %d\n", conn); break;
    case HERD_DO_RESUME: rig_text_printf(&rig->said, "  resume %d\n", conn); break;
    case HERD_DO_DIAL:
        CHECK(!rig->dialling[action->server]);
        rig->dialling[action->server] = true;
        rig_text_printf(&rig->said, "  dial %s\n", rig->conf.servers[action->server].name);
        break;
    case HERD_DO_FETCH: note_fetch(rig, action); break;
    case HERD_DO_CANCEL:
        note_lookup(rig, "cancel", action->lookup);
        rig_text_add(&rig->said, HERD_LIT("\n"));
        break;
    case HERD_DO_LOG:
        if (rig->logs)
            note_log(rig, action);
        break;
    }
}

/* ---- events ---- */

void rig_step(struct rig *rig, struct herd_event event)
{
    struct herd_actions actions;
    /* Exactly the bytes, so that a sanitizer sees who reads beyond them. */
    char *copy = malloc(event.bytes.len > 0 ? event.bytes.len : 1);
    if (copy == NULL)
        abort();
    if (event.bytes.len > 0)
        memcpy(copy, event.bytes.data, event.bytes.len);
    event.bytes.data = copy;
    event.mono = rig->mono;
    event.wall = rig->wall;
    herd_step(rig->core, &event, &actions);
    for (size_t i = 0; i < actions.count; i++)
        carry_out(rig, &actions.list[i]);
    free(copy);
}

static void open_conn(struct rig *rig, struct herd_event event)
{
    event.kind = HERD_EV_OPENED;
    rig->open[event.conn] = true;
    rig_step(rig, event);
}

void rig_open(struct rig *rig, herd_conn_id conn, enum herd_role role, int64_t server)
{
    if (server >= 0)
        rig->dialling[server] = false;
    open_conn(rig, (struct herd_event){.conn = conn,
                                       .role = role,
                                       .server = server,
                                       .address = HERD_LIT("127.0.0.1")});
}

void rig_open_near(struct rig *rig, herd_conn_id conn)
{
    open_conn(rig, (struct herd_event){.conn = conn,
                                       .role = HERD_ROLE_PEER,
                                       .server = -1,
                                       .from_neighbour_address = true});
}

void rig_open_from(struct rig *rig, herd_conn_id conn, struct herd_slice address)
{
    open_conn(
        rig, (struct herd_event){
                 .conn = conn, .role = HERD_ROLE_CLIENT, .server = -1, .address = address});
}

void rig_data(struct rig *rig, herd_conn_id conn, struct herd_slice bytes)
{
    rig_step(rig, (struct herd_event){.kind = HERD_EV_DATA, .conn = conn, .bytes = bytes});
}

void rig_tick(struct rig *rig)
{
    rig_step(rig, (struct herd_event){.kind = HERD_EV_TICK});
}

void rig_pass_ms(struct rig *rig, int64_t ms)
{
    rig->mono.ns += ms * HERD_NS_PER_MS;
    rig->wall.ns += ms * HERD_NS_PER_MS;
}

void rig_hush(struct rig *rig)
{
    rig_text_clear(&rig->said);
    rig_text_clear(&rig->sent);
}
