/* The control socket of a real server. */
#include "check.h"
#include "files.h"
#include "herd/stats.h"
#include "herd_proc.h"

#include <stdio.h>
#include <sys/stat.h>

static void status_is_whole(void)
{
    static const char *const names[] = {
#define NAME(field, what) "\n" #field " ",
        HERD_STATS(NAME)
#undef NAME
            "\nuptime_ms ",
        "\nclients_known ",
        "\nrecords_bytes ",
        "\nversion ",
        "\nconnections_open ",
        "\nlookups_flying ",
        "\nlink Hands up ",
        "\nlink Holiday up ",
        "\nlink Wilkes up "};
    struct herd_proc herd;
    struct client control;
    struct herd_slice text;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    CHECK(herd_proc_status(&herd, 0, &control, &text));
    CHECK(text.len > 15 && memcmp(text.data, "server Goloman\n", 15) == 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_LABEL("%s", names[i] + 1);
        CHECK(bytes_have(text, names[i]));
    }
    client_close(&control);
    herd_proc_close(&herd);
}

static void status_counts(void)
{
    struct herd_proc herd;
    struct client client;
    struct herd_slice line;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    REQUIRE(herd_proc_connect(&herd, 0, &client));
    CHECK(client_ask(&client, "IAMAT a +1+1 5\n", &line));
    CHECK(client_ask(&client, "IAMAT a +1+1 5\n", &line));
    CHECK(client_ask(&client, "nonsense\n", &line));
    CHECK_INT(herd_proc_count(&herd, 0, "reports"), 2);
    CHECK_INT(herd_proc_count(&herd, 0, "reports_stored"), 1);
    CHECK_INT(herd_proc_count(&herd, 0, "reports_stale"), 1);
    CHECK_INT(herd_proc_count(&herd, 0, "invalid"), 1);
    CHECK_INT(herd_proc_count(&herd, 0, "clients_known"), 1);
    client_close(&client);
    herd_proc_close(&herd);
}

static void only_the_owner_may_ask(void)
{
    char path[HERD_PROC_PATH];
    struct stat found;
    struct herd_proc herd;
    struct client control;
    struct herd_slice line;
    REQUIRE(herd_proc_run(&herd, "ucla-2018", ""));
    herd_proc_path(&herd, path, "run", 0, ".sock");
    CHECK_INT(stat(path, &found), 0);
    CHECK_INT(found.st_mode & 077, 0);
    CHECK(client_open_unix(&control, path));
    CHECK(client_ask(&control, "IAMAT a +1+1 5\n", &line));
    CHECK_SLICE(line, HERD_LIT("? IAMAT a +1+1 5"));
    client_close(&control);
    CHECK_INT(herd_proc_count(&herd, 0, "clients_known"), 0);
    herd_proc_close(&herd);
}

extern const struct check_test test_control[];
const struct check_test test_control[] = {
    {"status_is_whole", status_is_whole},
    {"status_counts", status_counts},
    {"only_the_owner_may_ask", only_the_owner_may_ask},
    {NULL, NULL},
};
