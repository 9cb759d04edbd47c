#include "options.h"

#include "bench.h"
#include "herd/instant.h"
#include "decimal.h"
#include "herd/err.h"
#include "io/conf_file.h"

#include <stddef.h>
#include <stdio.h>

enum { GO_ON = -1, COMMANDS = 3 };

const char *const work_kind_names[WORK_KINDS] = {"known", "new", "stale", "whatsat",
                                                 "invalid"};
static const char *const speak_names[] = {"herd", "set", "geoadd", "echo", NULL};
static const char *const plot_names[] = {"none", "curve", "histogram", NULL};
static const char *const command_names[] = {"load", "spread", "floor", NULL};

static const char usage[] =
    "usage: herdbench [OPTIONS] [load]      lines a second and latency\n"
    "       herdbench [OPTIONS] spread      from a report here to its sight there\n"
    "       herdbench [--port N] floor      an echo server to compare with\n"
    "       herdbench -h | -V\n";

static const char help_top[] =
    "\n"
    "Loads the herd of a configuration, all of its servers in turn, or one server, and\n"
    "checks every reply: that it came, in its place, with the right bytes.\n"
    "\n"
    "  closed loop  without --rate: each connection sends its next line when a reply "
    "comes.\n"
    "               Tells how much a server can do. Latency then is mostly queueing.\n"
    "  open loop    with --rate: lines leave by the clock, and latency counts from when "
    "each\n"
    "               should have left, so that a server which stalls is charged for it.\n"
    "               Tells what clients feel at a load below the limit.\n"
    "\n"
    "Options\n";

static const char help_end[] =
    "  -h, --help             this text\n"
    "  -V, --version          the version\n"
    "\n"
    "Try it (herdctl start has started the herd of ./herd.conf)\n"
    "  herdbench                                        the whole herd, closed loop\n"
    "  herdbench -s Goloman -p 64                       one server, 64 lines on the way\n"
    "  herdbench -s Goloman -r 20000 --plot curve       open loop\n"
    "  herdbench --mix known=80,new=5,stale=10,invalid=5\n"
    "  herdbench -n 50 --idle 10000                     with 10,000 that only listen\n"
    "  herdbench -n 50 -p 64 --cold 1000                what those wait who speak seldom\n"
    "  herdbench spread                                 latency of news, by hops\n"
    "  herdbench floor & herdbench -s 127.0.0.1:PORT --speak echo --pid PID\n"
    "  herdbench -s 127.0.0.1:6379 --speak geoadd       Redis, same connections and lines\n"
    "\n"
    "What it reports stays: a herd then knows clients called bench-*, new-* and spread-*\n"
    "until all of its servers stop, and Redis has keys bench-* and herdbench:fleet.\n"
    "\n"
    "herdbench keeps one core busy, and shares the machine with what it measures: on one\n"
    "with few cores, look at the CPU time a line rather than at lines a second.\n"
    "\n"
    "Exit codes: 0 done and all replies right, 1 a reply was wrong or missing, 2 usage,\n"
    "3 not running, 4 no reply in time, 130 Ctrl-C (prints what it has). See "
    "herdbench(1).\n";

/* ---- values ---- */

enum type { INT, SECONDS, TEXT, YES, WORD, MIX, PIDS };

struct row {
    const char *name; /* without the dashes */
    char letter;      /* 0: none */
    const char *value;
    enum type type;
    size_t offset;
    int64_t least, most; /* of INT; of SECONDS in ms */
    const char *const *words;
    const char *what;
};

#define AT(field) offsetof(struct bench_options, field)

/* A newline in a text goes on below itself. */
static const struct row rows[] = {
    {"conf", 'c', "FILE", TEXT, AT(conf_path), 0, 0, NULL,
     "configuration; without it ./herd.conf, then the system's"},
    {"server", 's', "SERVER", TEXT, AT(server), 0, 0, NULL,
     "only this one: NAME, HOST:PORT or [IPV6]:PORT"},
    {"remote", 0, "HOST", TEXT, AT(remote), 0, 0, NULL,
     "allows to load this host; without it, loopback only.\n"
     "Name none that is not yours"},
    {"connections", 'n', "N", INT, AT(connections), 1, 1000000, NULL,
     "connections that are used; 50"},
    {"pipeline", 'p', "N", INT, AT(pipeline), 1, 65536, NULL,
     "lines on the way on each; 1, in the open loop 128"},
    {"idle", 0, "N", INT, AT(idle), 0, 1000000, NULL, "connections that say nothing; 0"},
    {"cold", 0, "N", INT, AT(cold), 0, 1000000, NULL,
     "connections that say nothing, but each says one line at a\n"
     "time by chance; their latency is told apart; 0"},
    {"fresh", 0, "N", INT, AT(fresh), 0, 1000000, NULL,
     "likewise, but each connects only then; 0"},
    {"clients", 'k', "N", INT, AT(clients), 1, 99999999, NULL,
     "clients that the herd is made to know first; 10000"},
    {"no-fill", 0, NULL, YES, AT(no_fill), 0, 0, NULL,
     "they are known from an earlier run"},
    {"mix", 'm', "LIST", MIX, 0, 0, 0, NULL,
     "weights, like known=90,new=10; of known, new, stale,\n"
     "whatsat and invalid; by default known alone"},
    {"rate", 'r', "N", INT, AT(rate), 0, 10000000, NULL,
     "lines a second of all connections together; 0: closed loop"},
    {"duration", 'd', "SECONDS", SECONDS, AT(duration_ns), 1, 900000, NULL,
     "how long to measure; 5"},
    {"warmup", 'w', "SECONDS", SECONDS, AT(warmup_ns), 0, 600000, NULL,
     "how long to run before that; 1"},
    {"count", 'N', "N", INT, AT(count), 0, INT64_C(1000000000), NULL,
     "stop after so many measured lines, whatever the duration"},
    {"timeout", 't', "SECONDS", SECONDS, AT(timeout_ns), 1, 600000, NULL,
     "longest silence; 10"},
    {"samples", 0, "N", INT, AT(samples), 1, 100000, NULL, "spread: for each pair; 50"},
    {"speak", 0, "WHAT", WORD, AT(speak), 0, 0, speak_names,
     "herd, echo (floor), or to Redis: set, geoadd"},
    {"places-ok", 0, NULL, YES, AT(places_ok), 0, 0, NULL,
     "allows WHATSAT where it makes the server ask Places,\n"
     "which may cost money"},
    {"pid", 0, "PID,...", PIDS, AT(pids), 1, INT32_MAX, NULL,
     "whose CPU time and memory to tell, with HOST:PORT"},
    {"port", 0, "N", INT, AT(port), 0, 65535, NULL, "floor: where to listen; any"},
    {"seed", 0, "N", INT, AT(seed), 0, INT64_MAX, NULL,
     "of kinds, clients and times by chance; 1"},
    {"plot", 0, "WHAT", WORD, AT(plot), 0, 0, plot_names,
     "latency as a picture: curve or histogram"},
    {"json", 'j', NULL, YES, AT(json), 0, 0, NULL, "the report as JSON"},
    {"quiet", 'q', NULL, YES, AT(quiet), 0, 0, NULL, "no progress on the terminal"},
};

enum { ROWS = sizeof rows / sizeof rows[0], COLUMN = 25 };

static int bad_value(const struct row *row, const char *text)
{
    bench_complain(BENCH_USAGE, "--%s %s: not %s", row->name, text,
                   row->type == MIX ? "a list like known=90,new=10" : "in its range");
    (void)fputs(usage, stderr);
    return BENCH_USAGE;
}

static int find_word(const char *const *words, struct herd_slice text)
{
    for (int i = 0; words[i] != NULL; i++)
        if (herd_slice_eq(herd_slice_str(words[i]), text))
            return i;
    return -1;
}

static int read_int(const struct row *row, const char *text, void *to)
{
    uint64_t value = 0;
    int rc = herd_uint_parse(herd_slice_str(text), (uint64_t)row->most, &value);
    if (rc != HERD_OK || value < (uint64_t)row->least)
        return bad_value(row, text);
    *(int64_t *)to = (int64_t)value;
    return GO_ON;
}

static int read_seconds(const struct row *row, const char *text, void *to)
{
    struct herd_slice all = herd_slice_str(text);
    struct herd_decimal number;
    if (herd_decimal_scan(all, &number) != 0 || number.len != all.len ||
        number.whole > (uint64_t)row->most / 1000)
        return bad_value(row, text);
    int64_t ns = (int64_t)number.whole * HERD_NS_PER_S + (int64_t)number.nano;
    if (ns < row->least * HERD_NS_PER_MS || ns > row->most * HERD_NS_PER_MS)
        return bad_value(row, text);
    *(int64_t *)to = ns;
    return GO_ON;
}

static int read_mix(const struct row *row, const char *text, int *weight)
{
    int sum = 0;
    memset(weight, 0, WORK_KINDS * sizeof *weight);
    for (const char *at = text; *at != '\0';) {
        size_t len = strcspn(at, ","), name = 0;
        int kind = 0;
        uint64_t value = 0;
        while (name < len && at[name] != '=')
            name++;
        while (kind < WORK_KINDS &&
               !herd_slice_eq(herd_slice_str(work_kind_names[kind]), herd_slice(at, name)))
            kind++;
        if (kind == WORK_KINDS || name == len || weight[kind] != 0 ||
            herd_uint_parse(herd_slice(at + name + 1, len - name - 1), MIX_WEIGHT_MAX,
                            &value) != HERD_OK)
            return bad_value(row, text);
        weight[kind] = (int)value;
        sum += (int)value;
        at += len + (at[len] == ',' ? 1 : 0);
    }
    return sum > 0 && sum <= MIX_WEIGHT_MAX ? GO_ON : bad_value(row, text);
}

static int read_pids(const struct row *row, const char *text, int64_t *pids)
{
    memset(pids, 0, PIDS_MAX * sizeof *pids);
    for (int i = 0; i < PIDS_MAX; i++) {
        size_t len = strcspn(text, ",");
        uint64_t value = 0;
        if (herd_uint_parse(herd_slice(text, len), (uint64_t)row->most, &value) !=
                HERD_OK ||
            value < (uint64_t)row->least)
            break;
        pids[i] = (int64_t)value;
        if (text[len] == '\0')
            return GO_ON;
        text += len + 1;
    }
    return bad_value(row, text);
}

static int read_value(struct bench_options *options, const struct row *row,
                      const char *text)
{
    char *to = (char *)options + row->offset;
    int word;
    switch (row->type) {
    case INT:
        options->pipeline_given = options->pipeline_given || row->letter == 'p';
        return read_int(row, text, to);
    case SECONDS: return read_seconds(row, text, to);
    case PIDS: return read_pids(row, text, options->pids);
    case MIX: return read_mix(row, text, options->weight);
    case TEXT: memcpy(to, &text, sizeof text); return GO_ON;
    case YES: *(bool *)to = true; return GO_ON;
    default:
        word = find_word(row->words, herd_slice_str(text));
        if (word < 0)
            return bad_value(row, text);
        memcpy(to, &word, sizeof word);
        return GO_ON;
    }
}

/* ---- help ---- */

static void print_row(const struct row *row)
{
    const char *what = row->what;
    int used = row->letter != 0 ? printf("  -%c, --%s", row->letter, row->name)
                                : printf("  --%s", row->name);
    if (row->value != NULL)
        used += printf(" %s", row->value);
    if (used >= COLUMN) {
        putchar('\n');
        used = 0;
    }
    for (;;) {
        int len = (int)strcspn(what, "\n");
        printf("%*s%.*s\n", COLUMN - used, "", len, what);
        if (what[len] == '\0')
            return;
        what += len + 1;
        used = 0;
    }
}

static int show_help(void)
{
    printf("%s%s", usage, help_top);
    for (size_t i = 0; i < ROWS; i++)
        print_row(&rows[i]);
    printf("%s", help_end);
    return BENCH_OK;
}

static int show_version(void)
{
    printf("herdbench %s\n", HERD_VERSION);
    return BENCH_OK;
}

/* ---- words ---- */

static int bad_usage(const char *what, const char *word)
{
    bench_complain(BENCH_USAGE, "%s%s", what, word);
    (void)fputs(usage, stderr);
    return BENCH_USAGE;
}

static const struct row *find_row(const char *name, size_t len, bool letter)
{
    for (size_t i = 0; i < ROWS; i++)
        if (letter ? rows[i].letter == *name
                   : strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
            return &rows[i];
    return NULL;
}

/* The option at argv[0]: -xVALUE, -x VALUE, --name VALUE or --name=VALUE. */
static int take_option(struct bench_options *options, char **argv, int *used)
{
    const char *word = argv[0], *value = NULL;
    bool letter = word[1] != '-';
    const char *name = word + (letter ? 1 : 2);
    size_t len = letter ? 1 : strcspn(name, "=");
    *used = 1;
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
        return show_help();
    if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
        return show_version();
    const struct row *row = find_row(name, len, letter);
    if (row == NULL)
        return bad_usage("unknown option ", word);
    if (name[len] != '\0')
        value = name + len + (letter ? 0 : 1);
    if (row->type == YES)
        return value == NULL ? read_value(options, row, "")
                             : bad_usage("takes no value: ", word);
    if (value == NULL) {
        value = argv[1];
        *used = 2;
    }
    return value != NULL ? read_value(options, row, value)
                         : bad_usage("a value is missing behind ", word);
}

static int check(struct bench_options *options)
{
    enum { RATE_PIPELINE = 128 };
    bool others = false;
    for (int kind = WORK_NEW; kind < WORK_KINDS; kind++)
        others = others || options->weight[kind] > 0;
    if (options->speak != SPEAK_HERD && others)
        return bad_usage("--mix is for --speak herd", "");
    if (options->speak != SPEAK_HERD && options->server == NULL)
        return bad_usage("--speak wants -s HOST:PORT", "");
    if (options->cold + options->fresh > 0 && options->count > 0)
        return bad_usage("--cold and --fresh want a --duration, not a --count", "");
    if (options->rate > 0 && !options->pipeline_given)
        options->pipeline = RATE_PIPELINE;
    return GO_ON;
}

int options_read(struct bench_options *options, char **argv)
{
    int status = GO_ON, used = 0;
    bool named = false;
    *options = (struct bench_options){.conf_path = io_conf_file_default(),
                                      .connections = 50,
                                      .pipeline = 1,
                                      .clients = 10000,
                                      .duration_ns = 5 * HERD_NS_PER_S,
                                      .warmup_ns = HERD_NS_PER_S,
                                      .timeout_ns = 10 * HERD_NS_PER_S,
                                      .samples = 50,
                                      .seed = 1,
                                      .weight = {1}};
    for (; status == GO_ON && *argv != NULL; argv += used) {
        if ((*argv)[0] == '-' && (*argv)[1] != '\0') {
            status = take_option(options, argv, &used);
            continue;
        }
        int command = find_word(command_names, herd_slice_str(*argv));
        if (command < 0 || named)
            return bad_usage("unknown command ", *argv);
        options->command = (enum command)command;
        named = true;
        used = 1;
    }
    return status == GO_ON ? check(options) : status;
}
