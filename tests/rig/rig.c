/* SPDX-License-Identifier: ISC */
#include "rig.h"

#include "herd/err.h"
#include "requests.h"
#include "must.h"
#include "protocol/record.h"
#include "transcript.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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
    rig_hush(rig);
    int rc =
        herd_conf_parse(&rig->conf, &rig->conf_mem.mem, herd_slice_str(conf), &mistakes);
    int64_t server = rc == HERD_OK ? herd_conf_find(&rig->conf, herd_slice_str(self)) : -1;
    if (server < 0 || rig->conf.server_count > RIG_SERVERS)
        abort();
    *setup = (struct herd_core_setup){.mem = &rig->mem.mem,
                                      .conf = &rig->conf,
                                      .self = (uint32_t)server,
                                      .boot_id = 0xc1a4c,
                                      .nonce_key = {4, 5, 6},
                                      .random_seed = 1,
                                      .hash_key = {1, 2, 3},
                                      .version = "1.2.3"};
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
    if (!MUST(rig->core != NULL))
        abort();
}

void rig_start_with(struct rig *rig, const char *conf, const char *options)
{
    char whole[2048];
    int len = snprintf(whole, sizeof whole, "%s%s", conf, options);
    MUST(len >= 0 && len < (int)sizeof whole);
    rig_start(rig, whole, "Clark");
}

void rig_end(struct rig *rig)
{
    herd_core_free(rig->core);
    rig->core = NULL;
    MUST(rig->mem.blocks == 0);
    MUST(rig->mem.live == 0);
    herd_conf_free(&rig->conf);
    rig_text_free(&rig->said);
    rig_text_free(&rig->sent);
}

void rig_hush(struct rig *rig)
{
    rig_text_clear(&rig->said);
    rig_text_clear(&rig->sent);
}

/* ---- actions ---- */

static herd_conn_id id_of(const struct rig *rig, herd_conn_id conn)
{
    return (herd_conn_id)rig->generation[conn] << 32 | conn;
}

/* The connection of an action, which must be open. */
static uint32_t conn_of(const struct rig *rig, const struct herd_action *action)
{
    uint32_t conn = (uint32_t)action->conn;
    if (!MUST(conn < RIG_CONNS))
        abort();
    MUST(rig->open[conn] && action->conn == id_of(rig, conn));
    return conn;
}

static void forget_conn(struct rig *rig, uint32_t conn)
{
    rig->open[conn] = rig->ended[conn] = rig->paused[conn] = rig->owes[conn] = false;
}

static void send(struct rig *rig, uint32_t conn, struct herd_slice bytes)
{
    MUST(bytes.len > 0);
    rig->owes[conn] = true;
    rig->sends++;
    if (!rig->quiet && conn == 1)
        rig_text_add(&rig->sent, bytes);
}

static void carry_out(struct rig *rig, const struct herd_action *action)
{
    if (rig->watch != NULL)
        rig->watch(rig->watcher, action);
    switch (action->kind) {
    case HERD_DO_SEND: send(rig, conn_of(rig, action), action->bytes); break;
    case HERD_DO_DRAIN: rig->owes[conn_of(rig, action)] = true; break;
    case HERD_DO_CLOSE: forget_conn(rig, conn_of(rig, action)); break;
    case HERD_DO_PAUSE: rig->paused[conn_of(rig, action)] = true; break;
    case HERD_DO_RESUME: rig->paused[conn_of(rig, action)] = false; break;
    case HERD_DO_DIAL:
        if (!MUST(action->server < rig->conf.server_count))
            abort();
        MUST(!rig->dialling[action->server]);
        rig->dialling[action->server] = true;
        break;
    case HERD_DO_FETCH: requests_start(rig, action->request_id); break;
    case HERD_DO_CANCEL: requests_end(rig, action->request_id); break;
    case HERD_DO_DISK_START:
    case HERD_DO_DISK_STOP:
    case HERD_DO_LISTEN:
    case HERD_DO_LOG:
    case HERD_DO_WIPE: break;
    }
    if (!rig->quiet)
        transcript_note(rig, action);
}

/* ---- events ---- */

void rig_step(struct rig *rig, struct herd_event event)
{
    struct herd_actions actions;
    /* Exactly the bytes, so that a sanitizer sees a read beyond them. */
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
    if (!MUST(event.conn < RIG_CONNS))
        abort();
    size_t conn = (size_t)event.conn;
    rig->generation[conn] += rig->fresh;
    forget_conn(rig, (uint32_t)conn);
    rig->open[conn] = true;
    event.kind = HERD_EV_OPENED;
    event.conn = id_of(rig, conn);
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

static bool tell(struct rig *rig, herd_conn_id conn, enum herd_event_kind kind,
                 struct herd_slice bytes)
{
    bool speaks = kind == HERD_EV_DATA || kind == HERD_EV_EOF;
    if (!rig->open[conn] || (speaks && rig->ended[conn]))
        return false;
    rig->ended[conn] = rig->ended[conn] || kind == HERD_EV_EOF;
    herd_conn_id id = id_of(rig, conn);
    if (kind == HERD_EV_CLOSED)
        forget_conn(rig, (uint32_t)conn);
    if (kind == HERD_EV_DRAINED)
        rig->owes[conn] = false;
    rig_step(rig, (struct herd_event){.kind = kind, .conn = id, .bytes = bytes});
    return true;
}

bool rig_data(struct rig *rig, herd_conn_id conn, struct herd_slice bytes)
{
    return tell(rig, conn, HERD_EV_DATA, bytes);
}

bool rig_eof(struct rig *rig, herd_conn_id conn)
{
    return tell(rig, conn, HERD_EV_EOF, HERD_LIT(""));
}

bool rig_drained(struct rig *rig, herd_conn_id conn)
{
    return tell(rig, conn, HERD_EV_DRAINED, HERD_LIT(""));
}

bool rig_evicted(struct rig *rig, herd_conn_id conn, struct herd_slice address)
{
    if (!rig->open[conn])
        return false;
    struct herd_event event = {
        .kind = HERD_EV_EVICTED, .conn = id_of(rig, conn), .address = address};
    forget_conn(rig, (uint32_t)conn);
    rig_step(rig, event);
    return true;
}

bool rig_closed(struct rig *rig, herd_conn_id conn, struct herd_slice why)
{
    return tell(rig, conn, HERD_EV_CLOSED, why);
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

void rig_drain(struct rig *rig)
{
    for (herd_conn_id conn = 1; conn < RIG_CONNS; conn++)
        if (rig->owes[conn])
            rig_drained(rig, conn);
}

/* ---- looking in ---- */

static bool check_record(void *ctx, struct herd_slice text)
{
    struct herd_record record;
    const struct herd_core *core = ctx;
    MUST(herd_record_parse(text, &record) == HERD_OK &&
         herd_slice_eq(herd_core_record(core, record.client), text));
    return true;
}

void rig_check_records(const struct rig *rig)
{
    herd_core_for_each_record(rig->core, check_record, rig->core);
}
