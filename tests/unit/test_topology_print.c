/* SPDX-License-Identifier: ISC */
/* What is said about a herd: for people, and as comments of a configuration. */
#include "check.h"
#include "fail_mem.h"
#include "fixture.h"
#include "shape.h"

#include "herd/err.h"
#include "herd/topology.h"

#include <stdio.h>

enum { TEXT_MAX = 1 << 16 };

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

static void reports_a_robust_herd(void)
{
    CHECK_STR(report_on(&shape_of(1)->conf)->text,
              "# topology: 1 server, 0 links, 0 a server\n"
              "# an update takes at most 0 hops and 0 sends to reach the whole herd\n"
              "# servers whose failure splits the herd: none\n"
              "# links whose failure splits the herd: none\n");
    CHECK_STR(report_on(&shape_line(2)->conf)->text,
              "# topology: 2 servers, 1 link, 1 a server\n"
              "# an update takes at most 1 hop and 1 send to reach the whole herd\n"
              "# servers whose failure splits the herd: none\n"
              "# links whose failure splits the herd: s0 s1\n");
    CHECK_STR(report_on(&shape_ring(4)->conf)->text,
              "# topology: 4 servers, 4 links, 2 a server\n"
              "# an update takes at most 2 hops and 5 sends to reach the whole herd\n"
              "# servers whose failure splits the herd: none\n"
              "# links whose failure splits the herd: none\n");
    CHECK_STR(report_on(&shape_ring(4)->conf)->warnings, "");
}

static void reports_weak_points(void)
{
    struct shape *shape = shape_of(5);
    shape_join(shape, 0, 1), shape_join(shape, 1, 3);
    CHECK_STR(report_on(&shape->conf)->text,
              "# topology: 5 servers, 2 links, 0 to 2 a server\n"
              "# an update takes at most 2 hops and 2 sends to reach its part of the herd\n"
              "# servers whose failure splits the herd: s1\n"
              "# links whose failure splits the herd: s0 s1, s1 s3\n"
              "# warning: the herd is split into 3 parts (s0 s1 s3 | s2 | s4) that are not "
              "connected: add 2 links between them\n"
              "# warning: if s1 fails, its part of the herd splits into 2 parts (s0 | s3): "
              "add 1 link between them\n");
    CHECK_STR(report_on(&shape_star(4)->conf)->warnings,
              "! if s0 fails, the herd splits into 3 parts (s1 | s2 | s3): add 2 links "
              "between them\n");
}

/* Lists of eight are whole, longer ones end with how many are left out. */
static void cuts_long_lists(void)
{
    CHECK_STR(
        report_on(&shape_star(9)->conf)->warnings,
        "! if s0 fails, the herd splits into 8 parts (s1 | s2 | s3 | s4 | s5 | s6 | s7 "
        "| s8): add 7 links between them\n");
    CHECK_STR(report_on(&shape_star(11)->conf)->warnings,
              "! if s0 fails, the herd splits into 10 parts (s1 | s2 | s3 | s4 | s5 | s6 | "
              "s7 | s8 | and 2 more): add 9 links between them\n");
    const char *text = report_on(&shape_line(14)->conf)->text;
    CHECK(strstr(text, ": s1 s2 s3 s4 s5 s6 s7 s8 and 4 more\n") != NULL);
    CHECK(strstr(text, ", s7 s8 and 5 more\n") != NULL);
    CHECK(strstr(text, " (s0 s1 s2 s3 s4 s5 s6 s7 | s9 s10 s11 s12 s13): ") != NULL);
    CHECK(strstr(text, " (s0 | s2 s3 s4 s5 s6 s7 s8 s9 and 4 more): ") != NULL);
    CHECK(strstr(text, "# warning: if s9 ") == NULL);
    CHECK(strstr(text, "# warning: 4 more servers split the herd if they fail: ") != NULL);
    text = report_on(&shape_line(11)->conf)->text;
    CHECK(strstr(text, "# warning: 1 more server splits the herd if it fails: ") != NULL);
    CHECK(strstr(report_on(&shape_line(10)->conf)->text, "more server") == NULL);
}

static void check_lines(const char *text, const char *start)
{
    for (; *text != '\0'; text = strchr(text, '\n') + 1) {
        CHECK(strncmp(text, start, strlen(start)) == 0);
        REQUIRE(strchr(text, '\n') != NULL);
    }
}

/* The longest names in a tree where every list is cut. */
static void the_report_has_a_bounded_size(void)
{
    struct shape *shape = shape_of(SHAPE_SERVERS);
    for (uint32_t i = 0; i < SHAPE_SERVERS; i++)
        snprintf(shape->names[i], sizeof shape->names[i], "%064u", (unsigned)i);
    for (uint32_t i = 1; i < SHAPE_SERVERS; i++)
        shape_join(shape, (i - 1) / 9, i);
    const struct report *report = report_on(&shape->conf);
    CHECK(strlen(report->text) > 32 * 1024);
    check_lines(report->text, "# ");
    check_lines(report->warnings, "! ");
    report = report_on(&shape_line(SHAPE_SERVERS)->conf);
    check_lines(report->text, "# ");
}

static void no_error(void *ctx, uint32_t line, struct herd_slice text)
{
    (void)ctx, (void)line, (void)text;
    CHECK(false);
}

/* Behind the configuration's normal form the report is nothing but comments. */
static void check_comment(void *ctx, const char *name)
{
    static const struct herd_conf_errors errors = {no_error, NULL};
    struct fail_mem mem;
    struct herd_conf first, second;
    struct herd_buf once, twice;
    (void)ctx;
    CHECK_LABEL("%s", name);
    fail_mem_init(&mem);
    herd_buf_init(&once, &mem.mem, 1 << 20);
    herd_buf_init(&twice, &mem.mem, 1 << 20);
    REQUIRE(herd_conf_parse(&first, &mem.mem, fixture_read(name), &errors) == HERD_OK);
    CHECK_INT(herd_conf_print(&first, &once), HERD_OK);
    size_t len = once.len;
    const struct report *report = report_on(&first);
    check_lines(report->text, "# ");
    CHECK_INT(herd_buf_append(&once, herd_slice_str(report->text)), HERD_OK);
    if (CHECK_INT(herd_conf_parse(&second, &mem.mem, herd_buf_bytes(&once), &errors),
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

static void the_report_is_comments_of_a_configuration(void)
{
    CHECK_INT((int64_t)fixture_each("conf", ".conf", check_comment, NULL), 4);
    check_comment(NULL, "conf/links-first.in");
    check_comment(NULL, "../herd.conf");
}

static void known_herds_have_known_figures(void)
{
    static const struct {
        const char *name;
        struct shape_figures figures;
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
    static const struct herd_conf_errors errors = {no_error, NULL};
    for (size_t i = 0; i < sizeof herds / sizeof herds[0]; i++) {
        struct fail_mem mem;
        struct herd_conf conf;
        CHECK_LABEL("%s", herds[i].name);
        fail_mem_init(&mem);
        REQUIRE(herd_conf_parse(&conf, &mem.mem, fixture_read(herds[i].name), &errors) ==
                HERD_OK);
        shape_check(&conf, herds[i].figures);
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
        CHECK(t.conf == NULL && t.rows == NULL && t.servers == NULL &&
              t.components == NULL && t.bridges == NULL && t.component_count == 0);
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
        walk_failures(&shape_of(1)->conf, for_ever != 0, 4);
        walk_failures(&shape_star(20)->conf, for_ever != 0, 6);
        walk_failures(&shape_line(14)->conf, for_ever != 0, 6);
    }
}

static void survives_no_room(void)
{
    struct fail_mem mem;
    struct shape *shape = shape_of(12);
    shape_join(shape, 0, 1), shape_join(shape, 1, 2);
    const struct report *report = report_on(&shape->conf);
    size_t len = strlen(report->text) + strlen(report->warnings);
    fail_mem_init(&mem);
    for (size_t max = 1; max < len; max++)
        CHECK_INT(compute_and_print(&mem, &shape->conf, max), HERD_EFULL);
    CHECK_INT(compute_and_print(&mem, &shape->conf, len), HERD_OK);
}

const struct check_test test_topology_print[] = {
    {"reports_a_robust_herd", reports_a_robust_herd},
    {"reports_weak_points", reports_weak_points},
    {"cuts_long_lists", cuts_long_lists},
    {"the_report_has_a_bounded_size", the_report_has_a_bounded_size},
    {"the_report_is_comments_of_a_configuration",
     the_report_is_comments_of_a_configuration},
    {"known_herds_have_known_figures", known_herds_have_known_figures},
    {"survives_no_memory", survives_no_memory},
    {"survives_no_room", survives_no_room},
    {NULL, NULL},
};
