#include "check.h"
#include "cut.h"
#include "fail_mem.h"
#include "fixture.h"

#include "herd/conf.h"
#include "herd/err.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 1 << 22 };

/* Mistakes as text, `line: text` each. */
struct mistakes {
    char text[1 << 14];
    size_t len;
    uint32_t count;
};

static void note(void *ctx, uint32_t line, struct herd_slice text)
{
    struct mistakes *m = ctx;
    CHECK(text.len > 0);
    m->count++;
    int len = snprintf(m->text + m->len, sizeof m->text - m->len, "%u: %.*s\n",
                       (unsigned)line, (int)text.len, text.data);
    REQUIRE(len > 0 && (size_t)len < sizeof m->text - m->len);
    for (int i = 0; i < len - 1; i++)
        CHECK((unsigned char)m->text[m->len + (size_t)i] >= ' ');
    m->len += (size_t)len;
}

static int parse(struct herd_conf *conf, const struct herd_mem *mem, struct herd_slice text,
                 struct mistakes *m)
{
    struct herd_conf_mistakes report = {note, m};
    m->len = 0;
    m->count = 0;
    m->text[0] = '\0';
    int rc = herd_conf_parse(conf, mem, text, &report);
    CHECK((rc == HERD_EBAD) == (m->count > 0 && rc != HERD_ENOMEM));
    if (rc != HERD_OK) {
        static const struct herd_conf empty;
        CHECK(conf->servers == empty.servers && conf->links == empty.links);
        CHECK(conf->places_url == NULL && conf->server_count == 0 && conf->link_count == 0);
    }
    return rc;
}

/* What a file gives: its normal form, or its mistakes. */
struct outcome {
    struct fail_mem mem;
    struct mistakes mistakes;
    struct herd_buf printed;
    int rc;
};

static void read_text(struct outcome *o, struct herd_slice text)
{
    struct herd_conf conf;
    fail_mem_init(&o->mem);
    herd_buf_init(&o->printed, &o->mem.mem, ROOM);
    o->rc = parse(&conf, &o->mem.mem, cut_guarded(text), &o->mistakes);
    if (o->rc == HERD_OK)
        CHECK_INT(herd_conf_print(&conf, &o->printed), HERD_OK);
    herd_conf_free(&conf);
    CHECK_INT((int64_t)o->mem.blocks, o->printed.data != NULL);
}

static void drop(struct outcome *o)
{
    herd_buf_free(&o->printed);
    CHECK_INT((int64_t)o->mem.blocks, 0);
}

/* ---- golden files ---- */

static void check_fixed_point(struct herd_slice printed)
{
    static struct outcome again;
    read_text(&again, printed);
    CHECK_STR(again.mistakes.text, "");
    CHECK_SLICE(herd_buf_bytes(&again.printed), printed);
    drop(&again);
}

static void check_pair(void *ctx, const char *name)
{
    static struct outcome o;
    char want[FIXTURE_PATH];
    (void)ctx;
    CHECK_LABEL("%s", name);
    read_text(&o, fixture_read(name));
    if (o.rc == HERD_OK) {
        fixture_sibling(name, ".ok", want);
        fixture_check(want, herd_buf_bytes(&o.printed));
        check_fixed_point(herd_buf_bytes(&o.printed));
    } else {
        fixture_sibling(name, ".err", want);
        fixture_check(want, herd_slice(o.mistakes.text, o.mistakes.len));
    }
    drop(&o);
}

static void gives_what_pairs_say(void)
{
    CHECK(fixture_each("conf", ".in", check_pair, NULL) >= 10);
}

static void check_sample(void *ctx, const char *name)
{
    static struct outcome o;
    (void)ctx;
    CHECK_LABEL("%s", name);
    read_text(&o, fixture_read(name));
    CHECK_STR(o.mistakes.text, "");
    if (CHECK_INT(o.rc, HERD_OK))
        check_fixed_point(herd_buf_bytes(&o.printed));
    drop(&o);
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
    static struct outcome plain, all;
    struct herd_slice text = fixture_read("../herd.conf");
    REQUIRE(text.data != NULL);
    char *copy = malloc(text.len);
    REQUIRE(copy != NULL);
    for (size_t i = 0; i < text.len; i++) {
        bool option = text.data[i] == '#' && i + 1 < text.len && text.data[i + 1] >= 'a' &&
                      text.data[i + 1] <= 'z';
        copy[i] = option ? ' ' : text.data[i];
    }
    read_text(&plain, text);
    read_text(&all, herd_slice(copy, text.len));
    CHECK_STR(all.mistakes.text, "");
    CHECK_SLICE(herd_buf_bytes(&all.printed), herd_buf_bytes(&plain.printed));
    drop(&plain);
    drop(&all);
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
    static struct mistakes m;
    struct fail_mem mem;
    struct herd_conf conf;
    fail_mem_init(&mem);
    REQUIRE(parse(&conf, &mem.mem, HERD_LIT(SMALL), &m) == HERD_OK);
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
    static struct mistakes m;
    struct fail_mem mem;
    struct herd_conf conf;
    fail_mem_init(&mem);
    REQUIRE(parse(&conf, &mem.mem, HERD_LIT(SMALL), &m) == HERD_OK);
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
    static struct mistakes m;
    for (size_t h = 0; h < sizeof herds / sizeof herds[0]; h++) {
        struct fail_mem mem;
        struct herd_conf conf;
        bool want[5][5] = {{false}};
        fail_mem_init(&mem);
        CHECK_LABEL("%s", herds[h].name);
        REQUIRE(parse(&conf, &mem.mem, fixture_read(herds[h].name), &m) == HERD_OK);
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

/* ---- limits ---- */

/* Reads a line with a word of `len` bytes between the texts. */
static uint32_t count_mistakes(const char *before, int len, const char *after)
{
    static struct outcome o;
    static char text[8192], word[2000];
    memset(word, 'x', sizeof word);
    size_t at = (size_t)snprintf(text, sizeof text, "server Aa client a:1 peer a:2\n");
    at += (size_t)snprintf(text + at, sizeof text - at, "%s%.*s%s\n", before, len, word,
                           after);
    CHECK(at < sizeof text);
    read_text(&o, herd_slice(text, at));
    drop(&o);
    return o.mistakes.count;
}

static void bounds_lengths(void)
{
    CHECK_INT(count_mistakes("server ", 64, " client b:1 peer b:2"), 0);
    CHECK_INT(count_mistakes("server ", 65, " client b:1 peer b:2"), 1);
    CHECK_INT(count_mistakes("server Bb client ", 255, ":1 peer b:2"), 0);
    CHECK_INT(count_mistakes("server Bb client ", 256, ":1 peer b:2"), 1);
    CHECK_INT(count_mistakes("log-dir ", 1024, ""), 0);
    CHECK_INT(count_mistakes("log-dir ", 1025, ""), 1);
    CHECK_INT(count_mistakes("log-dir \"", 1024, "\""), 0);
    CHECK_INT(count_mistakes("log-dir \"", 1025, "\""), 1);
    CHECK_INT(count_mistakes("log-dir \"\\\"", 1023, "\""), 0);
    CHECK_INT(count_mistakes("log-dir \"\\\"", 1024, "\""), 1);
    CHECK_INT(count_mistakes("log-dir \"\\\"", 1999, "\\\\\""), 1);
    CHECK_INT(count_mistakes("herd-name ", 64, ""), 0);
    CHECK_INT(count_mistakes("herd-name ", 65, ""), 1);
    CHECK_INT(count_mistakes("places-provider photon\nplaces-url ", 1024, ""), 0);
    CHECK_INT(count_mistakes("places-provider photon\nplaces-url ", 1025, ""), 1);
    CHECK_INT(count_mistakes("", 64, ""), 1);
    CHECK_INT(count_mistakes("", 65, ""), 1);
}

/* Each number's own bounds, from the table. */
static void bounds_numbers(void)
{
    static const struct {
        const char *name;
        int64_t least, most;
    } rows[] = {
#define ROW_INT(name, least, most) {name, least, most},
#define ROW_BOOL(name, least, most)
#define ROW_TEXT(name, least, most)
#define ROW(field, name, type, def, least, most, unit, what) ROW_##type(name, least, most)
        HERD_CONF_OPTIONS(ROW)};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static struct outcome o;
        char text[512];
        for (int way = -1; way <= 2; way++) {
            int64_t value = way < 1 ? rows[i].least + way : rows[i].most + way - 1;
            snprintf(text, sizeof text,
                     "server Aa client a:1 peer a:2\n"
                     "output-high 4096\noutput-max 1073741824\n"
                     "link-retry-min-ms 10\nlink-retry-max-ms 3600000\n"
                     "link-ping-ms 100\nlink-timeout-ms 3600000\n"
                     "places-provider overpass\n"
                     "%s %lld\n",
                     rows[i].name, (long long)value);
            CHECK_LABEL("%s", text);
            read_text(&o, herd_slice_str(text));
            bool order = strstr(rows[i].name, "output-") == rows[i].name ||
                         strstr(rows[i].name, "link-retry") == rows[i].name ||
                         strcmp(rows[i].name, "link-ping-ms") == 0 ||
                         strcmp(rows[i].name, "link-timeout-ms") == 0;
            bool twice = order && strstr(rows[i].name, "stall") == NULL;
            CHECK_INT(o.mistakes.count, twice || way == -1 || way == 2);
            drop(&o);
        }
    }
}

/* Between two options, whichever of them is in the file. */
static void orders_options(void)
{
    static const struct {
        const char *lines;
        const char *mistake; /* has this, or there is none */
    } cases[] = {
        {"output-high 65536\noutput-max 65536\n", NULL},
        {"output-high 65537\noutput-max 65536\n", "output-max: 65536 is below output-high"},
        {"output-high 1048577\n", "output-max: 1048576 is below output-high"},
        {"link-retry-max-ms 199\n", "link-retry-max-ms: 199 is below link-retry-min-ms"},
        {"link-retry-max-ms 200\n", NULL},
        {"link-ping-ms 14999\n", NULL},
        {"link-ping-ms 15000\n", "link-timeout-ms: 15000 is not above link-ping-ms"},
        {"link-timeout-ms 5000\n", "which is 5000: set it to about three times that"},
        {"link-timeout-ms 4999\n", "link-timeout-ms: 4999 is not above link-ping-ms"},
        {"link-timeout-ms 5001\n", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct outcome o;
        char text[256];
        snprintf(text, sizeof text, "server Aa client a:1 peer a:2\n%s", cases[i].lines);
        CHECK_LABEL("%s", cases[i].lines);
        read_text(&o, herd_slice_str(text));
        CHECK_INT(o.mistakes.count, cases[i].mistake != NULL);
        CHECK(cases[i].mistake == NULL ||
              strstr(o.mistakes.text, cases[i].mistake) != NULL);
        drop(&o);
    }
}

/* Text of `count` lines, "server s0 client h:1 peer h:2" with ports counted up. */
static char *many_servers(size_t count, size_t *len)
{
    size_t size = count * 80 + 1;
    char *text = malloc(size);
    *len = 0;
    for (size_t i = 0; text != NULL && i < count; i++)
        *len += (size_t)snprintf(text + *len, size - *len,
                                 "server s%zu client h:%zu peer h:%zu\nlink s0 s%zu\n", i,
                                 2 * i + 1, 2 * i + 2, i > 0 ? i : i + 1);
    return text;
}

static void bounds_servers(void)
{
    static struct outcome o;
    for (size_t extra = 0; extra < 2; extra++) {
        size_t len;
        char *text = many_servers(HERD_CONF_SERVERS_MAX + extra, &len);
        REQUIRE(text != NULL);
        read_text(&o, herd_slice(text, len));
        if (extra == 0)
            CHECK_STR(o.mistakes.text, "");
        else
            CHECK_STR(o.mistakes.text, "2049: server: there are 1024 already, as many as "
                                       "there can be\n2050: link: there is no server "
                                       "\"s1024\": did you mean s102?\n");
        drop(&o);
        free(text);
    }
}

static void bounds_mistakes(void)
{
    static struct outcome o;
    char text[4 * (HERD_CONF_MISTAKES_MAX + 2) + 64];
    for (int extra = 0; extra <= 2; extra++) {
        size_t len = (size_t)snprintf(text, sizeof text, "server Aa client a:1 peer a:2\n");
        for (int i = 0; i < HERD_CONF_MISTAKES_MAX + extra; i++)
            len += (size_t)snprintf(text + len, sizeof text - len, "xx\n");
        read_text(&o, herd_slice(text, len));
        CHECK_INT(o.mistakes.count, HERD_CONF_MISTAKES_MAX + (extra > 0));
        const char *last = extra == 0
                               ? "\"xx\" is not an option: herd.conf(5) lists them all\n"
                           : extra == 1 ? "0: 1 more mistake\n"
                                        : "0: 2 more mistakes\n";
        CHECK(strlen(last) <= o.mistakes.len);
        CHECK_STR(o.mistakes.text + o.mistakes.len - strlen(last), last);
        drop(&o);
    }
}

/* ---- any bytes, and a lack of memory ---- */

static void read_prefix(void *ctx, struct herd_slice piece)
{
    struct outcome *o = ctx;
    struct herd_conf conf;
    fail_mem_init(&o->mem);
    parse(&conf, &o->mem.mem, piece, &o->mistakes);
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
    static struct outcome o;
    cut_file(&o, "../herd.conf");
    fixture_each("conf", ".conf", cut_file, &o);
    fixture_each("conf", ".in", cut_file, &o);
}

/* Every byte of a small file replaced by every byte there is. */
static void survives_every_mutation(void)
{
    static struct outcome o;
    char text[] = SMALL;
    for (size_t i = 0; i + 1 < sizeof text; i++) {
        char kept = text[i];
        for (int c = 0; c < 256; c++) {
            text[i] = (char)c;
            CHECK_LABEL("byte %zu is %d", i, c);
            read_text(&o, herd_slice(text, sizeof text - 1));
            drop(&o);
        }
        text[i] = kept;
    }
}

static void survives_lack_of_memory(void)
{
    static struct mistakes m;
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        int rc = HERD_ENOMEM;
        size_t n = 0;
        while (rc != HERD_OK && n < 1000) {
            struct fail_mem mem;
            struct herd_conf conf;
            fail_mem_init(&mem);
            fail_mem_arm(&mem, ++n, for_ever != 0);
            CHECK_LABEL("allocation %zu", n);
            rc = parse(&conf, &mem.mem, HERD_LIT(SMALL), &m);
            CHECK_INT(rc, mem.failed > 0 ? HERD_ENOMEM : HERD_OK);
            herd_conf_free(&conf);
            CHECK_INT((int64_t)mem.blocks, 0);
        }
        CHECK(n > 10 && n < 1000);
    }
}

static void prints_into_bounds(void)
{
    static struct mistakes m;
    struct fail_mem mem;
    struct herd_conf conf;
    struct herd_buf out;
    fail_mem_init(&mem);
    REQUIRE(parse(&conf, &mem.mem, HERD_LIT(SMALL), &m) == HERD_OK);
    for (size_t max = 1; max < 200; max++) {
        herd_buf_init(&out, &mem.mem, max);
        CHECK_INT(herd_conf_print(&conf, &out), HERD_EFULL);
        herd_buf_free(&out);
    }
    herd_buf_init(&out, &mem.mem, ROOM);
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
    {"knows who is linked", knows_links},
    {"bounds lengths", bounds_lengths},
    {"bounds numbers", bounds_numbers},
    {"orders options", orders_options},
    {"bounds servers", bounds_servers},
    {"bounds mistakes", bounds_mistakes},
    {"survives every prefix", survives_every_prefix},
    {"survives every mutation", survives_every_mutation},
    {"survives a lack of memory", survives_lack_of_memory},
    {"prints into bounds", prints_into_bounds},
    {NULL, NULL},
};
