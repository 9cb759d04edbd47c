#include "bench.h"

#include "forge.h"
#include "herd/err.h"
#include "protocol/record.h"

#include <stdio.h>

/* ---- life ---- */

static void complain(void *ctx, uint32_t line, struct herd_slice text)
{
    (void)ctx;
    fprintf(stderr, "configuration, line %u: %.*s\n", (unsigned)line, (int)text.len,
            text.data);
}

const struct herd_conf *bench_conf(struct herd_conf *conf, const char *text)
{
    static struct fuzz_mem mem;
    struct herd_conf_errors mistakes = {complain, NULL};
    if (conf->server_count > 0)
        return conf;
    if (mem.mem.resize == NULL)
        fuzz_mem_init(&mem);
    FUZZ_CHECK(herd_conf_parse(conf, &mem.mem, herd_slice_str(text), &mistakes) == HERD_OK);
    return conf;
}

void bench_start(struct bench *bench, const struct herd_conf *conf, const char *self,
                 uint8_t *key, uint8_t n)
{
    int64_t server = herd_conf_find(conf, herd_slice_str(self));
    FUZZ_CHECK(server >= 0 && conf->server_count <= BENCH_SERVERS);
    *bench = (struct bench){.conf = conf,
                            .mono = {HERD_NS_PER_S},
                            .wall = {INT64_C(1621464828) * HERD_NS_PER_S}};
    fuzz_mem_init(&bench->mem);
    struct herd_core_setup setup = {.mem = &bench->mem.mem,
                                    .conf = conf,
                                    .self = (uint32_t)server,
                                    .boot_id = 0xb0 + (uint64_t)n,
                                    .nonce_key = {n, 1},
                                    .random_seed = n,
                                    .hash_key = {n, 2},
                                    .version = "1",
                                    .places_ready = true};
    if (key != NULL)
        setup.mac = (struct herd_mac){forge_sign, key};
    memset(setup.feed_id, 0xb0 + n, sizeof setup.feed_id);
    FUZZ_CHECK(herd_core_new(&bench->core, &setup, bench->mono) == HERD_OK);
}

void bench_end(struct bench *bench)
{
    herd_core_free(bench->core);
    FUZZ_CHECK(bench->mem.live == 0);
}

/* ---- actions ---- */

static void forget_lookup(struct bench *bench, uint64_t lookup)
{
    size_t i = 0;
    while (i < bench->lookup_count && bench->lookup[i] != lookup)
        i++;
    FUZZ_CHECK(i < bench->lookup_count);
    bench->lookup_count--;
    for (; i < bench->lookup_count; i++)
        bench->lookup[i] = bench->lookup[i + 1];
}

static herd_conn_id id_of(const struct bench *bench, uint32_t conn)
{
    return (herd_conn_id)bench->conn[conn].generation << 32 | conn;
}

static struct bench_conn *find(struct bench *bench, herd_conn_id id)
{
    uint32_t conn = (uint32_t)id;
    FUZZ_CHECK(conn < BENCH_CONNS && id == id_of(bench, conn) && bench->conn[conn].open);
    return &bench->conn[conn];
}

static void carry_out(struct bench *bench, const struct herd_action *action)
{
    const struct bench_ears *ears = &bench->ears;
    switch (action->kind) {
    case HERD_DO_SEND:
        FUZZ_CHECK(action->bytes.len > 0);
        find(bench, action->conn)->owes = true;
        if (ears->sent != NULL)
            ears->sent(ears->ctx, (uint32_t)action->conn, action->bytes);
        break;
    case HERD_DO_DRAIN: find(bench, action->conn)->owes = true; break;
    case HERD_DO_CLOSE:
        *find(bench, action->conn) =
            (struct bench_conn){.generation = (uint32_t)(action->conn >> 32)};
        if (ears->closed != NULL)
            ears->closed(ears->ctx, (uint32_t)action->conn);
        break;
    case HERD_DO_PAUSE: find(bench, action->conn)->paused = true; break;
    case HERD_DO_RESUME: find(bench, action->conn)->paused = false; break;
    case HERD_DO_DIAL:
        FUZZ_CHECK(action->server < bench->conf->server_count);
        FUZZ_CHECK(!bench->dialling[action->server]);
        bench->dialling[action->server] = true;
        if (ears->dialled != NULL)
            ears->dialled(ears->ctx, action->server);
        break;
    case HERD_DO_FETCH:
        FUZZ_CHECK(bench->lookup_count < BENCH_LOOKUPS &&
                   bench->lookup_count < (size_t)bench->conf->lookups_max);
        bench->lookup[bench->lookup_count++] = action->lookup;
        break;
    case HERD_DO_CANCEL: forget_lookup(bench, action->lookup); break;
    case HERD_DO_LOG: break;
    }
}

/* ---- events ---- */

void bench_step(struct bench *bench, struct herd_event event)
{
    struct herd_actions actions;
    struct herd_slice copy = fuzz_copy(event.bytes);
    event.bytes = copy;
    event.mono = bench->mono;
    event.wall = bench->wall;
    herd_step(bench->core, &event, &actions);
    for (size_t i = 0; i < actions.count; i++)
        carry_out(bench, &actions.list[i]);
    fuzz_drop(copy);
}

void bench_open(struct bench *bench, uint32_t conn, enum herd_role role, int64_t server)
{
    FUZZ_CHECK(conn < BENCH_CONNS);
    bench->conn[conn] =
        (struct bench_conn){.open = true, .generation = bench->conn[conn].generation + 1};
    if (server >= 0)
        bench->dialling[server] = false;
    bench_step(bench, (struct herd_event){.kind = HERD_EV_OPENED,
                                          .conn = id_of(bench, conn),
                                          .role = role,
                                          .server = server,
                                          .address = HERD_LIT("127.0.0.1")});
}

bool bench_data(struct bench *bench, uint32_t conn, struct herd_slice bytes)
{
    struct herd_event event = {
        .kind = HERD_EV_DATA, .conn = id_of(bench, conn), .bytes = bytes};
    if (!bench->conn[conn].open || bench->conn[conn].paused || bytes.len == 0)
        return false;
    bench_step(bench, event);
    return true;
}

static void tell(struct bench *bench, uint32_t conn, enum herd_event_kind kind)
{
    if (bench->conn[conn].open)
        bench_step(bench, (struct herd_event){.kind = kind,
                                              .conn = id_of(bench, conn),
                                              .bytes = HERD_LIT("gone")});
}

void bench_eof(struct bench *bench, uint32_t conn)
{
    tell(bench, conn, HERD_EV_EOF);
}

void bench_close(struct bench *bench, uint32_t conn)
{
    bool open = bench->conn[conn].open;
    bench->conn[conn].open = bench->conn[conn].owes = false;
    if (open)
        bench_step(bench, (struct herd_event){.kind = HERD_EV_CLOSED,
                                              .conn = id_of(bench, conn),
                                              .bytes = HERD_LIT("gone")});
}

void bench_turn(struct bench *bench, int64_t ms, bool drain)
{
    bench->mono.ns += ms * HERD_NS_PER_MS;
    bench->wall.ns += ms * HERD_NS_PER_MS;
    for (uint32_t conn = 1; drain && conn < BENCH_CONNS; conn++) {
        if (!bench->conn[conn].open || !bench->conn[conn].owes)
            continue;
        bench->conn[conn].owes = false;
        tell(bench, conn, HERD_EV_DRAINED);
    }
    bench_step(bench, (struct herd_event){.kind = HERD_EV_TICK});
}

void bench_answer(struct bench *bench, int status, struct herd_slice body)
{
    if (bench->lookup_count == 0)
        return;
    uint64_t lookup = bench->lookup[0];
    forget_lookup(bench, lookup);
    bench_step(bench, (struct herd_event){.kind = HERD_EV_PLACES,
                                          .lookup = lookup,
                                          .status = status,
                                          .bytes = body});
}

/* ---- looking in ---- */

static bool check_record(void *ctx, struct herd_slice text)
{
    struct herd_record record;
    const struct herd_core *core = ctx;
    FUZZ_CHECK(herd_record_parse(text, &record) == HERD_OK);
    FUZZ_CHECK(herd_slice_eq(herd_core_record(core, record.client), text));
    return true;
}

void bench_check_records(const struct bench *bench)
{
    herd_core_for_each_record(bench->core, check_record, bench->core);
}
