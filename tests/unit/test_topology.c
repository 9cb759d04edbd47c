#include "check.h"
#include "dice.h"
#include "fail_mem.h"
#include "fixture.h"

#include "herd/conf.h"
#include "herd/err.h"
#include "herd/topology.h"

#include <stdio.h>

enum {
    SERVERS = HERD_CONF_SERVERS_MAX,
    LINKS = SERVERS * (SERVERS - 1) / 2,
    TEXT_MAX = 1 << 16,
};

/* A configuration of servers s0, s1, ... and links, without a file. Links are added in
 * ascending order, as the parser hands them out. */
struct herd {
    struct herd_conf conf;
    struct herd_conf_server servers[SERVERS];
    struct herd_conf_link links[LINKS];
    char names[SERVERS][HERD_CONF_NAME_MAX + 1];
};

static struct herd *herd_of(uint32_t count)
{
    static struct herd herd;
    herd.conf.servers = herd.servers;
    herd.conf.server_count = count;
    herd.conf.links = herd.links;
    herd.conf.link_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        herd.servers[i].name = herd.names[i];
        snprintf(herd.names[i], sizeof herd.names[i], "s%u", (unsigned)i);
    }
    return &herd;
}

static void join(struct herd *herd, uint32_t a, uint32_t b)
{
    herd->links[herd->conf.link_count++] = (struct herd_conf_link){a, b};
}

static struct herd *line_of(uint32_t count)
{
    struct herd *herd = herd_of(count);
    for (uint32_t i = 0; i + 1 < count; i++)
        join(herd, i, i + 1);
    return herd;
}

static struct herd *ring_of(uint32_t count)
{
    struct herd *herd = herd_of(count);
    join(herd, 0, 1);
    join(herd, 0, count - 1);
    for (uint32_t i = 1; i + 1 < count; i++)
        join(herd, i, i + 1);
    return herd;
}

static struct herd *star_of(uint32_t count)
{
    struct herd *herd = herd_of(count);
    for (uint32_t i = 1; i < count; i++)
        join(herd, 0, i);
    return herd;
}

/* Each with the `reach` servers behind it and in front of it, without going around. */
static struct herd *mesh_of(uint32_t count, uint32_t reach)
{
    struct herd *herd = herd_of(count);
    for (uint32_t a = 0; a < count; a++) {
        for (uint32_t b = a + 1; b < count && b <= a + reach; b++)
            join(herd, a, b);
    }
    return herd;
}

/* ---- fixed shapes ---- */

struct figures {
    uint32_t parts, diameter, cuts, bridges, sends, degree_min, degree_max;
};

static void check_figures(const struct herd_conf *conf, struct figures want)
{
    struct fail_mem mem;
    struct herd_topology t;
    fail_mem_init(&mem);
    REQUIRE(CHECK_INT(herd_topology_init(&t, &mem.mem, conf), HERD_OK));
    CHECK_INT(t.part_count, want.parts);
    CHECK_INT(t.diameter, want.diameter);
    CHECK_INT(t.cut_count, want.cuts);
    CHECK_INT(t.bridge_count, want.bridges);
    CHECK_INT(t.sends, want.sends);
    CHECK_INT(t.degree_min, want.degree_min);
    CHECK_INT(t.degree_max, want.degree_max);
    herd_topology_free(&t);
    CHECK_INT((int64_t)mem.blocks, 0);
    herd_topology_free(&t);
}

static void small_shapes(void)
{
    check_figures(&herd_of(1)->conf, (struct figures){1, 0, 0, 0, 0, 0, 0});
    check_figures(&herd_of(3)->conf, (struct figures){3, 0, 0, 0, 0, 0, 0});
    check_figures(&line_of(2)->conf, (struct figures){1, 1, 0, 1, 1, 1, 1});
    check_figures(&line_of(5)->conf, (struct figures){1, 4, 3, 4, 4, 1, 2});
    check_figures(&ring_of(3)->conf, (struct figures){1, 1, 0, 0, 4, 2, 2});
    check_figures(&ring_of(8)->conf, (struct figures){1, 4, 0, 0, 9, 2, 2});
    check_figures(&star_of(6)->conf, (struct figures){1, 2, 1, 5, 5, 1, 5});
    check_figures(&mesh_of(8, 7)->conf, (struct figures){1, 1, 0, 0, 49, 7, 7});
    check_figures(&mesh_of(16, 15)->conf, (struct figures){1, 1, 0, 0, 225, 15, 15});
}

/* Two triangles that share a server: a cut vertex without a bridge. Then two triangles
 * and a link: a bridge between two cut vertices. */
static void cuts_and_bridges(void)
{
    struct herd *herd = herd_of(5);
    join(herd, 0, 1), join(herd, 0, 2), join(herd, 1, 2);
    join(herd, 2, 3), join(herd, 2, 4), join(herd, 3, 4);
    check_figures(&herd->conf, (struct figures){1, 2, 1, 0, 8, 2, 4});
    herd = herd_of(6);
    join(herd, 0, 1), join(herd, 0, 2), join(herd, 1, 2), join(herd, 2, 3);
    join(herd, 3, 4), join(herd, 3, 5), join(herd, 4, 5);
    check_figures(&herd->conf, (struct figures){1, 3, 2, 1, 9, 2, 3});
}

static void parts_apart(void)
{
    struct fail_mem mem;
    struct herd_topology t;
    struct herd *herd = herd_of(6);
    join(herd, 0, 2), join(herd, 2, 5), join(herd, 3, 4);
    fail_mem_init(&mem);
    REQUIRE(CHECK_INT(herd_topology_init(&t, &mem.mem, &herd->conf), HERD_OK));
    static const uint32_t part[] = {0, 1, 0, 2, 2, 0}, pieces[] = {1, 0, 2, 1, 1, 1};
    for (uint32_t i = 0; i < 6; i++) {
        CHECK_INT(t.servers[i].part, part[i]);
        CHECK_INT(t.servers[i].pieces, pieces[i]);
    }
    static const struct herd_topology_part parts[] = {
        {3, 2, 2, 2}, {1, 0, 0, 0}, {2, 1, 1, 1}};
    REQUIRE(t.part_count == 3);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK_INT(t.parts[i].servers, parts[i].servers);
        CHECK_INT(t.parts[i].links, parts[i].links);
        CHECK_INT(t.parts[i].diameter, parts[i].diameter);
        CHECK_INT(t.parts[i].sends, parts[i].sends);
    }
    CHECK(t.bridges[0] && t.bridges[1] && t.bridges[2]);
    herd_topology_free(&t);
    CHECK_INT((int64_t)mem.blocks, 0);
}

static void large_shapes(void)
{
    uint32_t n = SERVERS;
    check_figures(&line_of(n)->conf, (struct figures){1, n - 1, n - 2, n - 1, n - 1, 1, 2});
    check_figures(&ring_of(n)->conf, (struct figures){1, n / 2, 0, 0, n + 1, 2, 2});
    check_figures(&star_of(n)->conf, (struct figures){1, 2, 1, n - 1, n - 1, 1, n - 1});
    check_figures(&herd_of(n)->conf, (struct figures){n, 0, 0, 0, 0, 0, 0});
    struct herd *mesh = mesh_of(n, 16);
    uint32_t links = 16 * n - 16 * 17 / 2;
    check_figures(&mesh->conf, (struct figures){1, 64, 0, 0, 2 * links - (n - 1), 16, 32});
    check_figures(&mesh_of(n, n - 1)->conf,
                  (struct figures){1, 1, 0, 0, (n - 1) * (n - 1), n - 1, n - 1});
}

/* ---- against an oracle ---- */

enum { SOME = 80, FAR = 1 << 20, NOBODY = SERVERS };

/* Labels each server but `gone` with the first one it hears of when link `cut` is down;
 * returns how many labels there are. */
static uint32_t label(const struct herd_conf *conf, uint32_t gone, uint32_t cut,
                      uint32_t labels[SOME])
{
    uint32_t count = 0;
    bool changed = true;
    for (uint32_t i = 0; i < conf->server_count; i++)
        labels[i] = i;
    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < conf->link_count; i++) {
            uint32_t a = conf->links[i].a, b = conf->links[i].b;
            if (i == cut || a == gone || b == gone || labels[a] == labels[b])
                continue;
            labels[a] = labels[b] = labels[a] < labels[b] ? labels[a] : labels[b];
            changed = true;
        }
    }
    for (uint32_t i = 0; i < conf->server_count; i++)
        count += i != gone && labels[i] == i;
    return count;
}

/* Floyd and Warshall. */
static void measure(const struct herd_conf *conf, uint32_t far[SOME][SOME])
{
    uint32_t n = conf->server_count;
    for (uint32_t a = 0; a < n; a++) {
        for (uint32_t b = 0; b < n; b++)
            far[a][b] = a == b ? 0 : FAR;
    }
    for (uint32_t i = 0; i < conf->link_count; i++) {
        struct herd_conf_link link = conf->links[i];
        far[link.a][link.b] = far[link.b][link.a] = 1;
    }
    for (uint32_t via = 0; via < n; via++) {
        for (uint32_t a = 0; a < n; a++) {
            for (uint32_t b = 0; b < n; b++) {
                uint32_t around = far[a][via] + far[via][b];
                far[a][b] = around < far[a][b] ? around : far[a][b];
            }
        }
    }
}

static void check_part(const struct herd_topology *t, uint32_t head, const uint32_t *labels,
                       uint32_t far[SOME][SOME])
{
    const struct herd_conf *conf = t->conf;
    const struct herd_topology_part *part = &t->parts[t->servers[head].part];
    struct herd_topology_part want = {0};
    for (uint32_t a = 0; a < conf->server_count; a++) {
        CHECK_INT(t->servers[a].part == t->servers[head].part, labels[a] == head);
        want.servers += labels[a] == head;
        for (uint32_t b = 0; b < conf->server_count; b++) {
            if (labels[a] == head && labels[b] == head && far[a][b] > want.diameter)
                want.diameter = far[a][b];
        }
    }
    for (uint32_t i = 0; i < conf->link_count; i++)
        want.links += labels[conf->links[i].a] == head;
    CHECK_INT(part->servers, want.servers);
    CHECK_INT(part->links, want.links);
    CHECK_INT(part->diameter, want.diameter);
    CHECK_INT(part->sends, 2 * (int64_t)want.links - (want.servers - 1));
    CHECK(part->diameter <= t->diameter && part->sends <= t->sends);
}

static void check_against_oracle(const struct herd_topology *t)
{
    static uint32_t far[SOME][SOME];
    const struct herd_conf *conf = t->conf;
    uint32_t labels[SOME], others[SOME], cuts = 0, bridges = 0, next = 0;
    uint32_t parts = label(conf, NOBODY, conf->link_count, labels);
    CHECK_INT(t->part_count, parts);
    measure(conf, far);
    for (uint32_t i = 0; i < conf->server_count; i++) {
        if (labels[i] == i) {
            CHECK_INT(t->servers[i].part, next++);
            check_part(t, i, labels, far);
        }
        uint32_t pieces = label(conf, i, conf->link_count, others) - (parts - 1);
        CHECK_INT(t->servers[i].pieces, pieces);
        cuts += pieces > 1;
    }
    for (uint32_t i = 0; i < conf->link_count; i++) {
        bool bridge = label(conf, NOBODY, i, others) > parts;
        CHECK_INT(t->bridges[i], bridge);
        bridges += bridge;
    }
    CHECK_INT(t->cut_count, cuts);
    CHECK_INT(t->bridge_count, bridges);
}

/* Most of the graphs are small and around the number of links at which they fall apart;
 * every tenth has more servers than a word has bits. */
static struct herd *random_herd(struct dice *dice, bool large)
{
    uint32_t n = large ? 60 + dice_roll(dice, SOME - 60) : 1 + dice_roll(dice, 14);
    uint32_t tenths = 3 + dice_roll(dice, large ? 30 : 45);
    struct herd *herd = herd_of(n);
    for (uint32_t a = 0; a < n; a++) {
        for (uint32_t b = a + 1; b < n; b++) {
            if (dice_roll(dice, 10 * n) < tenths)
                join(herd, a, b);
        }
    }
    return herd;
}

static void random_graphs(void)
{
    uint32_t several = 0, cuts = 0, bridges = 0, none = 0;
    for (uint64_t seed = 1; seed <= 600; seed++) {
        struct dice dice = {seed};
        struct fail_mem mem;
        struct herd_topology t;
        struct herd *herd = random_herd(&dice, seed % 10 == 0);
        CHECK_LABEL("seed %llu", (unsigned long long)seed);
        fail_mem_init(&mem);
        REQUIRE(CHECK_INT(herd_topology_init(&t, &mem.mem, &herd->conf), HERD_OK));
        check_against_oracle(&t);
        several += t.part_count > 1;
        cuts += t.cut_count > 0;
        bridges += t.bridge_count > 0;
        none += t.part_count == 1 && t.cut_count == 0 && herd->conf.server_count > 2;
        herd_topology_free(&t);
        CHECK_INT((int64_t)mem.blocks, 0);
    }
    CHECK_LABEL("kinds of graphs");
    CHECK(several > 50 && cuts > 50 && bridges > 50 && none > 50);
}

/* ---- text ---- */

struct report {
    char text[TEXT_MAX + 1], warnings[TEXT_MAX + 1];
};

static const struct report *report_on(const struct herd_conf *conf)
{
    static struct report report;
    struct fail_mem mem;
    struct herd_topology t;
    struct herd_buf text, warnings;
    fail_mem_init(&mem);
    herd_buf_init(&text, &mem.mem, TEXT_MAX);
    herd_buf_init(&warnings, &mem.mem, TEXT_MAX);
    report.text[0] = report.warnings[0] = '\0';
    if (CHECK_INT(herd_topology_init(&t, &mem.mem, conf), HERD_OK)) {
        CHECK_INT(herd_topology_print(&t, &text), HERD_OK);
        CHECK_INT(herd_topology_warn(&t, "! ", &warnings), HERD_OK);
        snprintf(report.text, sizeof report.text, "%.*s", (int)text.len,
                 herd_buf_bytes(&text).data);
        snprintf(report.warnings, sizeof report.warnings, "%.*s", (int)warnings.len,
                 herd_buf_bytes(&warnings).data);
    }
    herd_topology_free(&t);
    herd_buf_free(&text);
    herd_buf_free(&warnings);
    CHECK_INT((int64_t)mem.blocks, 0);
    return &report;
}

static void says_what_is_good(void)
{
    CHECK_STR(report_on(&herd_of(1)->conf)->text,
              "# topology: 1 server, 0 links, 0 a server\n"
              "# an update takes at most 0 steps and 0 sends to reach the whole herd\n"
              "# servers whose failure parts the herd: none\n"
              "# links whose failure parts the herd: none\n");
    CHECK_STR(report_on(&line_of(2)->conf)->text,
              "# topology: 2 servers, 1 link, 1 a server\n"
              "# an update takes at most 1 step and 1 send to reach the whole herd\n"
              "# servers whose failure parts the herd: none\n"
              "# links whose failure parts the herd: s0 s1\n");
    CHECK_STR(report_on(&ring_of(4)->conf)->text,
              "# topology: 4 servers, 4 links, 2 a server\n"
              "# an update takes at most 2 steps and 5 sends to reach the whole herd\n"
              "# servers whose failure parts the herd: none\n"
              "# links whose failure parts the herd: none\n");
    CHECK_STR(report_on(&ring_of(4)->conf)->warnings, "");
}

static void says_what_is_bad(void)
{
    struct herd *herd = herd_of(5);
    join(herd, 0, 1), join(herd, 1, 3);
    CHECK_STR(
        report_on(&herd->conf)->text,
        "# topology: 5 servers, 2 links, 0 to 2 a server\n"
        "# an update takes at most 2 steps and 2 sends to reach its part of the herd\n"
        "# servers whose failure parts the herd: s1\n"
        "# links whose failure parts the herd: s0 s1, s1 s3\n"
        "# warning: the herd is in 3 parts (s0 s1 s3 | s2 | s4) that never hear of "
        "each other: add 2 links between them\n"
        "# warning: if s1 fails, its part of the herd splits into 2 parts (s0 | s3): "
        "add 1 link between them\n");
    CHECK_STR(report_on(&star_of(4)->conf)->warnings,
              "! if s0 fails, the herd splits into 3 parts (s1 | s2 | s3): add 2 links "
              "between them\n");
}

/* Lists of eight are whole, longer ones end with how many are left out. */
static void cuts_long_lists(void)
{
    CHECK_STR(
        report_on(&star_of(9)->conf)->warnings,
        "! if s0 fails, the herd splits into 8 parts (s1 | s2 | s3 | s4 | s5 | s6 | s7 "
        "| s8): add 7 links between them\n");
    CHECK_STR(report_on(&star_of(11)->conf)->warnings,
              "! if s0 fails, the herd splits into 10 parts (s1 | s2 | s3 | s4 | s5 | s6 | "
              "s7 | s8 | and 2 more): add 9 links between them\n");
    const char *text = report_on(&line_of(14)->conf)->text;
    CHECK(strstr(text, ": s1 s2 s3 s4 s5 s6 s7 s8 and 4 more\n") != NULL);
    CHECK(strstr(text, ", s7 s8 and 5 more\n") != NULL);
    CHECK(strstr(text, " (s0 s1 s2 s3 s4 s5 s6 s7 | s9 s10 s11 s12 s13): ") != NULL);
    CHECK(strstr(text, " (s0 | s2 s3 s4 s5 s6 s7 s8 s9 and 4 more): ") != NULL);
    CHECK(strstr(text, "# warning: if s9 ") == NULL);
    CHECK(strstr(text, "# warning: 4 more servers part the herd if they fail: ") != NULL);
    text = report_on(&line_of(11)->conf)->text;
    CHECK(strstr(text, "# warning: 1 more server parts the herd if it fails: ") != NULL);
    CHECK(strstr(report_on(&line_of(10)->conf)->text, "more server") == NULL);
}

static void check_lines(const char *text, const char *start)
{
    for (; *text != '\0'; text = strchr(text, '\n') + 1) {
        CHECK(strncmp(text, start, strlen(start)) == 0);
        REQUIRE(strchr(text, '\n') != NULL);
    }
}

/* The longest names in a tree where every list is cut. */
static void bounds_text(void)
{
    struct herd *herd = herd_of(SERVERS);
    for (uint32_t i = 0; i < SERVERS; i++)
        snprintf(herd->names[i], sizeof herd->names[i], "%064u", (unsigned)i);
    for (uint32_t i = 1; i < SERVERS; i++)
        join(herd, (i - 1) / 9, i);
    const struct report *report = report_on(&herd->conf);
    CHECK(strlen(report->text) > 32 * 1024);
    check_lines(report->text, "# ");
    check_lines(report->warnings, "! ");
    report = report_on(&line_of(SERVERS)->conf);
    check_lines(report->text, "# ");
}

static void no_mistake(void *ctx, uint32_t line, struct herd_slice text)
{
    (void)ctx, (void)line, (void)text;
    CHECK(false);
}

/* Behind the configuration's normal form the report is nothing but comments. */
static void check_comment(void *ctx, const char *name)
{
    static const struct herd_conf_mistakes mistakes = {no_mistake, NULL};
    struct fail_mem mem;
    struct herd_conf first, second;
    struct herd_buf once, twice;
    (void)ctx;
    CHECK_LABEL("%s", name);
    fail_mem_init(&mem);
    herd_buf_init(&once, &mem.mem, 1 << 20);
    herd_buf_init(&twice, &mem.mem, 1 << 20);
    REQUIRE(herd_conf_parse(&first, &mem.mem, fixture_read(name), &mistakes) == HERD_OK);
    CHECK_INT(herd_conf_print(&first, &once), HERD_OK);
    size_t len = once.len;
    const struct report *report = report_on(&first);
    check_lines(report->text, "# ");
    CHECK_INT(herd_buf_append(&once, herd_slice_str(report->text)), HERD_OK);
    if (CHECK_INT(herd_conf_parse(&second, &mem.mem, herd_buf_bytes(&once), &mistakes),
                  HERD_OK)) {
        CHECK_INT(herd_conf_print(&second, &twice), HERD_OK);
        CHECK_SLICE(herd_buf_bytes(&twice), herd_slice(herd_buf_bytes(&once).data, len));
    }
    herd_conf_free(&first);
    herd_conf_free(&second);
    herd_buf_free(&once);
    herd_buf_free(&twice);
    CHECK_INT((int64_t)mem.blocks, 0);
}

static void stays_a_configuration(void)
{
    CHECK_INT((int64_t)fixture_each("conf", ".conf", check_comment, NULL), 4);
    check_comment(NULL, "conf/links-first.in");
    check_comment(NULL, "../herd.conf");
}

static void ucla_herds(void)
{
    static const struct {
        const char *name;
        struct figures figures;
        const char *warnings;
    } herds[] = {
        {"conf/ucla-2018.conf",
         {1, 3, 1, 1, 8, 1, 3},
         "! if Holiday fails, the herd splits into 2 parts (Goloman Hands Wilkes | Welsh): "
         "add 1 link between them\n"},
        {"conf/ucla-2020.conf", {1, 2, 0, 0, 8, 2, 3}, ""},
        {"conf/ucla-2022.conf", {1, 2, 0, 0, 8, 2, 3}, ""},
        {"conf/ucla-2023.conf", {1, 2, 0, 0, 8, 2, 3}, ""},
    };
    static const struct herd_conf_mistakes mistakes = {no_mistake, NULL};
    for (size_t i = 0; i < sizeof herds / sizeof herds[0]; i++) {
        struct fail_mem mem;
        struct herd_conf conf;
        CHECK_LABEL("%s", herds[i].name);
        fail_mem_init(&mem);
        REQUIRE(herd_conf_parse(&conf, &mem.mem, fixture_read(herds[i].name), &mistakes) ==
                HERD_OK);
        check_figures(&conf, herds[i].figures);
        CHECK_STR(report_on(&conf)->warnings, herds[i].warnings);
        herd_conf_free(&conf);
        CHECK_INT((int64_t)mem.blocks, 0);
    }
}

/* ---- a lack of memory and of room ---- */

static int compute_and_print(struct fail_mem *mem, const struct herd_conf *conf, size_t max)
{
    struct herd_topology t;
    struct herd_buf out;
    herd_buf_init(&out, &mem->mem, max);
    int rc = herd_topology_init(&t, &mem->mem, conf);
    if (rc == HERD_OK)
        rc = herd_topology_print(&t, &out);
    else
        CHECK(t.conf == NULL && t.rows == NULL && t.servers == NULL && t.parts == NULL &&
              t.bridges == NULL && t.part_count == 0);
    if (rc == HERD_OK)
        rc = herd_topology_warn(&t, "! ", &out);
    herd_topology_free(&t);
    herd_buf_free(&out);
    CHECK_INT((int64_t)mem->blocks, 0);
    return rc;
}

static void walk_failures(const struct herd_conf *conf, bool for_ever, size_t least)
{
    struct fail_mem mem;
    size_t n = 1;
    fail_mem_init(&mem);
    for (;; n++) {
        size_t failed = mem.failed;
        fail_mem_arm(&mem, n, for_ever);
        int rc = compute_and_print(&mem, conf, TEXT_MAX);
        if (mem.failed == failed) {
            CHECK_INT(rc, HERD_OK);
            break;
        }
        CHECK_INT(rc, HERD_ENOMEM);
    }
    CHECK(n > least);
}

static void survives_no_memory(void)
{
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        walk_failures(&herd_of(1)->conf, for_ever != 0, 4);
        walk_failures(&star_of(20)->conf, for_ever != 0, 6);
        walk_failures(&line_of(14)->conf, for_ever != 0, 6);
    }
}

static void survives_no_room(void)
{
    struct fail_mem mem;
    struct herd *herd = herd_of(12);
    join(herd, 0, 1), join(herd, 1, 2);
    const struct report *report = report_on(&herd->conf);
    size_t len = strlen(report->text) + strlen(report->warnings);
    fail_mem_init(&mem);
    for (size_t max = 1; max < len; max++)
        CHECK_INT(compute_and_print(&mem, &herd->conf, max), HERD_EFULL);
    CHECK_INT(compute_and_print(&mem, &herd->conf, len), HERD_OK);
}

const struct check_test test_topology[] = {
    {"small_shapes", small_shapes},
    {"cuts_and_bridges", cuts_and_bridges},
    {"parts_apart", parts_apart},
    {"large_shapes", large_shapes},
    {"random_graphs", random_graphs},
    {"says_what_is_good", says_what_is_good},
    {"says_what_is_bad", says_what_is_bad},
    {"cuts_long_lists", cuts_long_lists},
    {"bounds_text", bounds_text},
    {"stays_a_configuration", stays_a_configuration},
    {"ucla_herds", ucla_herds},
    {"survives_no_memory", survives_no_memory},
    {"survives_no_room", survives_no_room},
    {NULL, NULL},
};
