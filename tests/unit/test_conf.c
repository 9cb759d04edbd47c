/* SPDX-License-Identifier: ISC */
#include "check.h"
#include "conf_rig.h"
#include "cut.h"
#include "fixture.h"

#include "herd/err.h"

#include <stdlib.h>

/* ---- golden files ---- */

static void check_fixed_point(struct herd_slice printed)
{
    static struct conf_outcome again;
    conf_rig_read(&again, printed);
    CHECK_STR(again.errors.text, "");
    CHECK_SLICE(herd_buf_bytes(&again.printed), printed);
    conf_rig_drop(&again);
}

static void check_pair(void *ctx, const char *name)
{
    static struct conf_outcome o;
    char want[FIXTURE_PATH];
    (void)ctx;
    CHECK_LABEL("%s", name);
    conf_rig_read(&o, fixture_read(name));
    if (o.rc == HERD_OK) {
        fixture_sibling(name, ".ok", want);
        fixture_check(want, herd_buf_bytes(&o.printed));
        check_fixed_point(herd_buf_bytes(&o.printed));
    } else {
        fixture_sibling(name, ".err", want);
        fixture_check(want, herd_slice(o.errors.text, o.errors.len));
    }
    conf_rig_drop(&o);
}

static void gives_what_pairs_say(void)
{
    CHECK(fixture_each("conf", ".in", check_pair, NULL) >= 10);
}

static void check_sample(void *ctx, const char *name)
{
    static struct conf_outcome o;
    (void)ctx;
    CHECK_LABEL("%s", name);
    conf_rig_read(&o, fixture_read(name));
    CHECK_STR(o.errors.text, "");
    if (CHECK_INT(o.rc, HERD_OK))
        check_fixed_point(herd_buf_bytes(&o.printed));
    conf_rig_drop(&o);
}

static void reads_samples(void)
{
    check_sample(NULL, "../herd.conf");
    CHECK_INT((int64_t)fixture_each("conf", ".conf", check_sample, NULL), 4);
}

/* The comments of herd.conf show the defaults, so that taking their `#` away changes
 * nothing. */
static void shows_defaults(void)
{
    static struct conf_outcome plain, all;
    struct herd_slice text = fixture_read("../herd.conf");
    REQUIRE(text.data != NULL);
    char *copy = malloc(text.len);
    REQUIRE(copy != NULL);
    for (size_t i = 0; i < text.len; i++) {
        bool option = text.data[i] == '#' && i + 1 < text.len && text.data[i + 1] >= 'a' &&
                      text.data[i + 1] <= 'z';
        copy[i] = option ? ' ' : text.data[i];
    }
    conf_rig_read(&plain, text);
    conf_rig_read(&all, herd_slice(copy, text.len));
    CHECK_STR(all.errors.text, "");
    CHECK_SLICE(herd_buf_bytes(&all.printed), herd_buf_bytes(&plain.printed));
    conf_rig_drop(&plain);
    conf_rig_drop(&all);
    free(copy);
}

/* ---- the struct ---- */

#define SMALL                                                                              \
    "server Aa client 127.0.0.1:11490 peer 127.0.0.1:0\n"                                  \
    "server Bb client [::1]:0 peer host-b.example:65535 # b\n"                             \
    "server Cc peer c:1 client c:2\n"                                                      \
    "link Cc Aa\n"                                                                         \
    "link Bb Cc Cc\n"                                                                      \
    "log-dir \"a \\\"b\\\\\"\n"                                                            \
    "log-traffic no\nlookups-max 4096\n"

static void fills_struct(void)
{
    static struct conf_errors m;
    struct fail_mem mem;
    struct herd_conf conf;
    fail_mem_init(&mem);
    REQUIRE(conf_rig_parse(&conf, &mem.mem, HERD_LIT(SMALL), &m) == HERD_OK);
    CHECK_INT(conf.server_count, 3);
    CHECK_STR(conf.servers[0].name, "Aa");
    CHECK_STR(conf.servers[0].client.host, "127.0.0.1");
    CHECK_INT(conf.servers[0].client.port, 11490);
    CHECK_INT(conf.servers[0].peer.port, 0);
    CHECK_STR(conf.servers[1].client.host, "::1");
    CHECK_STR(conf.servers[1].peer.host, "host-b.example");
    CHECK_INT(conf.servers[1].peer.port, 65535);
    CHECK_INT(conf.servers[2].client.port, 2);
    CHECK_INT(conf.link_count, 2);
    CHECK(conf.links[0].a == 0 && conf.links[0].b == 2);
    CHECK(conf.links[1].a == 1 && conf.links[1].b == 2);
    CHECK_STR(conf.log_dir, "a \"b\\");
    CHECK_INT(conf.log_traffic, false);
    CHECK_INT(conf.lookups_max, 4096);
    CHECK_INT(conf.client_one_shot, false);
    CHECK_INT(conf.output_high, 65536);
    CHECK_STR(conf.places_key_file, "");
    CHECK_STR(conf.run_dir, ".");
    herd_conf_free(&conf);
    CHECK_INT((int64_t)mem.blocks, 0);
    herd_conf_free(&conf);
}

static void finds_servers(void)
{
    static struct conf_errors m;
    struct fail_mem mem;
    struct herd_conf conf;
    fail_mem_init(&mem);
    REQUIRE(conf_rig_parse(&conf, &mem.mem, HERD_LIT(SMALL), &m) == HERD_OK);
    CHECK_INT(herd_conf_find(&conf, HERD_LIT("Aa")), 0);
    CHECK_INT(herd_conf_find(&conf, HERD_LIT("Cc")), 2);
    CHECK_INT(herd_conf_find(&conf, HERD_LIT("C")), HERD_EUNKNOWN);
    CHECK_INT(herd_conf_find(&conf, HERD_LIT("cc")), HERD_EUNKNOWN);
    CHECK_INT(herd_conf_find(&conf, HERD_LIT("Aa\0")), HERD_EUNKNOWN);
    CHECK_INT(herd_conf_find(&conf, HERD_LIT("")), HERD_EUNKNOWN);
    herd_conf_free(&conf);
}

/* The links of the spec's herds, as pairs in ascending order. */
static void knows_links(void)
{
    static const struct {
        const char *name;
        struct herd_conf_link links[6];
        uint32_t count;
    } herds[] = {
        {"conf/ucla-2018.conf", {{0, 1}, {0, 2}, {0, 4}, {1, 4}, {2, 3}, {2, 4}}, 6},
        {"conf/ucla-2020.conf", {{0, 1}, {0, 2}, {1, 4}, {2, 3}, {2, 4}, {3, 4}}, 6},
        {"conf/ucla-2022.conf", {{0, 2}, {0, 3}, {0, 4}, {1, 2}, {1, 4}, {3, 4}}, 6},
        {"conf/ucla-2023.conf", {{0, 1}, {0, 2}, {1, 2}, {1, 3}, {2, 4}, {3, 4}}, 6},
        {"../herd.conf", {{0, 1}, {0, 2}, {0, 4}, {1, 4}, {2, 3}, {2, 4}}, 6},
    };
    static struct conf_errors m;
    for (size_t h = 0; h < sizeof herds / sizeof herds[0]; h++) {
        struct fail_mem mem;
        struct herd_conf conf;
        bool want[5][5] = {{false}};
        fail_mem_init(&mem);
        CHECK_LABEL("%s", herds[h].name);
        REQUIRE(conf_rig_parse(&conf, &mem.mem, fixture_read(herds[h].name), &m) ==
                HERD_OK);
        CHECK_INT(conf.server_count, 5);
        CHECK_INT(conf.link_count, herds[h].count);
        for (uint32_t i = 0; i < herds[h].count && i < conf.link_count; i++) {
            struct herd_conf_link link = herds[h].links[i];
            CHECK(conf.links[i].a == link.a && conf.links[i].b == link.b);
            want[link.a][link.b] = want[link.b][link.a] = true;
        }
        for (uint32_t a = 0; a < 5; a++) {
            for (uint32_t b = 0; b < 5; b++)
                CHECK_INT(herd_conf_linked(&conf, a, b), want[a][b]);
        }
        herd_conf_free(&conf);
    }
}

/* ---- any bytes, and a lack of memory ---- */

static void read_prefix(void *ctx, struct herd_slice piece)
{
    struct conf_outcome *o = ctx;
    struct herd_conf conf;
    fail_mem_init(&o->mem);
    conf_rig_parse(&conf, &o->mem.mem, piece, &o->errors);
    herd_conf_free(&conf);
    CHECK_INT((int64_t)o->mem.blocks, 0);
}

static void cut_file(void *ctx, const char *name)
{
    CHECK_LABEL("%s", name);
    cut_prefixes(fixture_read(name), read_prefix, ctx);
}

static void survives_every_prefix(void)
{
    static struct conf_outcome o;
    cut_file(&o, "../herd.conf");
    fixture_each("conf", ".conf", cut_file, &o);
    fixture_each("conf", ".in", cut_file, &o);
}

/* Every byte of a small file replaced by every byte there is. */
static void survives_every_mutation(void)
{
    static struct conf_outcome o;
    char text[] = SMALL;
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        char kept = text[i];
        for (int c = 0; c < 256; c++) {
            text[i] = (char)c;
            CHECK_LABEL("byte %zu is %d", i, c);
            conf_rig_read(&o, herd_slice(text, sizeof text - 1));
            conf_rig_drop(&o);
        }
        text[i] = kept;
    }
}

static void survives_lack_of_memory(void)
{
    static struct conf_errors m;
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        int rc = HERD_ENOMEM;
        size_t n = 0;
        while (rc != HERD_OK && n < 1000) {
            struct fail_mem mem;
            struct herd_conf conf;
            fail_mem_init(&mem);
            fail_mem_arm(&mem, ++n, for_ever != 0);
            CHECK_LABEL("allocation %zu", n);
            rc = conf_rig_parse(&conf, &mem.mem, HERD_LIT(SMALL), &m);
            CHECK_INT(rc, mem.failed > 0 ? HERD_ENOMEM : HERD_OK);
            herd_conf_free(&conf);
            CHECK_INT((int64_t)mem.blocks, 0);
        }
        CHECK(n > 10 && n < 1000);
    }
}

static void prints_into_bounds(void)
{
    static struct conf_errors m;
    struct fail_mem mem;
    struct herd_conf conf;
    struct herd_buf out;
    fail_mem_init(&mem);
    REQUIRE(conf_rig_parse(&conf, &mem.mem, HERD_LIT(SMALL), &m) == HERD_OK);
    for (size_t max = 1; max < 200; max++) {
        herd_buf_init(&out, &mem.mem, max);
        CHECK_INT(herd_conf_print(&conf, &out), HERD_EFULL);
        herd_buf_free(&out);
    }
    herd_buf_init(&out, &mem.mem, CONF_RIG_ROOM);
    fail_mem_arm(&mem, 2, false);
    CHECK_INT(herd_conf_print(&conf, &out), HERD_ENOMEM);
    herd_buf_free(&out);
    herd_conf_free(&conf);
    CHECK_INT((int64_t)mem.blocks, 0);
}

const struct check_test test_conf[] = {
    {"gives what the pairs say", gives_what_pairs_say},
    {"reads the samples", reads_samples},
    {"the sample shows the defaults", shows_defaults},
    {"fills the struct", fills_struct},
    {"finds servers", finds_servers},
    {"knows which servers are linked", knows_links},
    {"survives every prefix", survives_every_prefix},
    {"survives every mutation", survives_every_mutation},
    {"survives a lack of memory", survives_lack_of_memory},
    {"prints into bounds", prints_into_bounds},
    {NULL, NULL},
};
