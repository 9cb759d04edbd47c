/* SPDX-License-Identifier: ISC */
/* The table of options, and the help that is printed from it. */
#include "options_table.h"

#include "bench.h"

#include <stdio.h>
#include <string.h>

enum { COLUMN = 25 }; /* where descriptions begin */

static const char usage[] =
    "usage: herdbench [OPTIONS] [load]      measure lines/s and latency\n"
    "       herdbench [OPTIONS] spread      measure how long updates take to propagate\n"
    "       herdbench [--port N] floor      run an echo server to compare with\n"
    "       herdbench -h | -V\n";

static const char help_top[] =
    "\n"
    "Loads all servers of a configuration in turn, or one server, and checks every reply:\n"
    "that it is received, in order, and has the right bytes.\n"
    "\n"
    "  closed loop  without --rate: each connection sends its next line after a reply.\n"
    "               Measures throughput. Latency is mostly queueing.\n"
    "  open loop    with --rate: lines are sent on a schedule, and latency counts from "
    "the\n"
    "               scheduled time, so a stalling server is charged for the lines it\n"
    "               delays. Measures the latency that clients see below the limit.\n"
    "\n"
    "Options and their defaults\n";

static const char help_end[] =
    "  -h, --help             print this help\n"
    "  -V, --version          print the version\n"
    "\n"
    "Examples, after herdctl start has started the herd of ./herd.conf\n"
    "  herdbench                                        the whole herd, closed loop\n"
    "  herdbench -s Goloman -p 64                       one server, pipelined\n"
    "  herdbench -s Goloman -r 20000 --plot curve       open loop\n"
    "  herdbench --mix known=80,new=5,stale=10,invalid=5\n"
    "  herdbench -n 50 --idle 10000                     beside 10,000 idle connections\n"
    "  herdbench -n 50 -p 64 --cold 1000                latency of quiet connections\n"
    "  herdbench spread                                 propagation time, by hops\n"
    "  herdbench floor & herdbench -s 127.0.0.1:PORT --speak echo --pid PID\n"
    "  herdbench -s 127.0.0.1:6379 --speak geoadd       Redis, same connections and lines\n"
    "\n"
    "The reports stay: the herd keeps clients called bench-*, new-* and spread-* until "
    "all\n"
    "of its servers stop, and Redis keeps keys bench-* and herdbench:fleet.\n"
    "\n"
    "herdbench uses one core and shares the machine with the servers: with few cores,\n"
    "CPU time per line is more meaningful than lines/s.\n"
    "\n"
    "Exit codes: 0 all replies right, 1 a reply was wrong or missing, 2 usage, 3 not\n"
    "running, 4 timed out, 130 interrupted (results so far are printed). See "
    "herdbench(1).\n";

static const char *const speak_names[] = {"herd", "set", "geoadd", "echo", NULL};
static const char *const plot_names[] = {"none", "curve", "histogram", NULL};

#define AT(field) offsetof(struct bench_options, field)

const struct option_row option_rows[OPTION_ROWS] = {
    {"conf", 'c', "FILE", OPTION_TEXT, AT(conf_path), 0, 0, NULL,
     "configuration [./herd.conf, then the system's]"},
    {"server", 's', "SERVER", OPTION_TEXT, AT(server), 0, 0, NULL,
     "load this server only: NAME, HOST:PORT or [IPV6]:PORT"},
    {"remote", 0, "HOST", OPTION_TEXT, AT(remote), 0, 0, NULL,
     "allow to load this host, which must be yours; by default\n"
     "only loopback addresses are loaded"},
    {"connections", 'n', "N", OPTION_INT, AT(connections), 1, 1000000, NULL,
     "connections that send lines [50]"},
    {"pipeline", 'p', "N", OPTION_INT, AT(pipeline), 1, 65536, NULL,
     "outstanding lines of each connection [1; with --rate 128]"},
    {"idle", 0, "N", OPTION_INT, AT(idle), 0, 1000000, NULL,
     "connections that send nothing [0]"},
    {"cold", 0, "N", OPTION_INT, AT(cold), 0, 1000000, NULL,
     "connections that are opened first and send one line each,\n"
     "at a random time; their latency is reported apart [0]"},
    {"fresh", 0, "N", OPTION_INT, AT(fresh), 0, 1000000, NULL,
     "the same, but each is opened only at its time [0]"},
    {"clients", 'k', "N", OPTION_INT, AT(clients), 1, 99999999, NULL,
     "clients that are reported before the measurement [10000]"},
    {"no-fill", 0, NULL, OPTION_FLAG, AT(no_fill), 0, 0, NULL,
     "skip that, since an earlier run has reported them"},
    {"mix", 'm', "LIST", OPTION_MIX, 0, 0, 0, NULL,
     "weights of the kinds of lines, like known=90,new=10;\n"
     "kinds: known, new, stale, whatsat, invalid [known=1]"},
    {"rate", 'r', "N", OPTION_INT, AT(rate), 0, 10000000, NULL,
     "lines/s of all connections [0: closed loop]"},
    {"duration", 'd', "SECONDS", OPTION_SECONDS, AT(duration_ns), 1, 900000, NULL,
     "duration of the measurement [5]"},
    {"warmup", 'w', "SECONDS", OPTION_SECONDS, AT(warmup_ns), 0, 600000, NULL,
     "load before the measurement [1]"},
    {"count", 'N', "N", OPTION_INT, AT(count), 0, INT64_C(1000000000), NULL,
     "measure this number of lines instead of a duration"},
    {"timeout", 't', "SECONDS", OPTION_SECONDS, AT(timeout_ns), 1, 600000, NULL,
     "longest time without a reply [10]"},
    {"samples", 0, "N", OPTION_INT, AT(samples), 1, 100000, NULL,
     "spread: samples of each pair of servers [50]"},
    {"speak", 0, "PROTOCOL", OPTION_WORD, AT(speak), 0, 0, speak_names,
     "herd, echo (floor), or to Redis set or geoadd [herd]"},
    {"places-ok", 0, NULL, OPTION_FLAG, AT(places_ok), 0, 0, NULL,
     "allow WHATSAT to servers that query Places, which may\n"
     "cost money"},
    {"pid", 0, "PID,...", OPTION_PIDS, AT(pids), 1, INT32_MAX, NULL,
     "processes of -s HOST:PORT, to report their CPU and memory"},
    {"port", 0, "N", OPTION_INT, AT(port), 0, 65535, NULL,
     "floor: port to listen on [0: any]"},
    {"seed", 0, "N", OPTION_INT, AT(seed), 0, INT64_MAX, NULL,
     "seed of all random choices [1]"},
    {"plot", 0, "STYLE", OPTION_WORD, AT(plot), 0, 0, plot_names,
     "plot latency as text: none, curve or histogram [none]"},
    {"json", 'j', NULL, OPTION_FLAG, AT(json), 0, 0, NULL, "print the report as JSON"},
    {"quiet", 'q', NULL, OPTION_FLAG, AT(quiet), 0, 0, NULL,
     "show no progress on the terminal"},
};

static void print_row(const struct option_row *row)
{
    const char *line = row->description;
    int used = row->letter != 0 ? printf("  -%c, --%s", row->letter, row->name)
                                : printf("  --%s", row->name);
    if (row->value != NULL)
        used += printf(" %s", row->value);
    if (used >= COLUMN) {
        putchar('\n');
        used = 0;
    }
    for (;;) {
        int len = (int)strcspn(line, "\n");
        printf("%*s%.*s\n", COLUMN - used, "", len, line);
        if (line[len] == '\0')
            return;
        line += len + 1;
        used = 0;
    }
}

int options_show_help(void)
{
    printf("%s%s", usage, help_top);
    for (size_t i = 0; i < OPTION_ROWS; i++)
        print_row(&option_rows[i]);
    printf("%s", help_end);
    return BENCH_OK;
}

int options_show_version(void)
{
    printf("herdbench %s\n", HERD_VERSION);
    return BENCH_OK;
}

int options_show_usage(void)
{
    (void)fputs(usage, stderr);
    return BENCH_USAGE;
}
