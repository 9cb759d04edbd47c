/* SPDX-License-Identifier: ISC */
/* herdctl(1): sends commands to an application server herd; starts and stops its servers,
 * and shows their status. */
#include "ctl.h"

#include "decimal.h"
#include "io/conf_file.h"
#include "io/process.h"

#include <cjson/cJSON.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: herdctl [-c FILE] [-s SERVER] [-t SECONDS] [-v] [--json] COMMAND\n"
    "       herdctl -h | -V\n";

static const char help[] =
    "\n"
    "Commands\n"
    "  iamat CLIENT LOCATION [TIME]  report the location of a client; TIME defaults to "
    "now\n"
    "  whatsat CLIENT KM MAX         query up to MAX places within KM km of a client\n"
    "  send LINE...                  send each LINE unchanged and print the replies\n"
    "  forget CLIENT...              remove locations of clients from the whole herd\n"
    "  get CLIENT...                 print records of clients, and whether servers agree\n"
    "  clients [-a] [PATTERN]        list known clients; -a: also forgotten ones\n"
    "  watch [PATTERN]               print each new record until interrupted\n"
    "  dump                          print all records, and END\n"
    "  load                          give the records of a dump to a server\n"
    "  start [NAME...]               start servers; default: all of the configuration\n"
    "  stop [NAME...]                stop servers; default: all of the configuration\n"
    "  status [NAME...]              show a table of all servers, or details of some\n"
    "  bench [OPTION...]             run herdbench with these -c, -s, -t and --json\n"
    "  help                          print this help\n"
    "  (none)                        read commands from standard input; `help` lists them\n"
    "\n"
    "Options\n"
    "  -c FILE       configuration; default: ./herd.conf, then " HERD_SYSCONFDIR
    "/herd.conf\n"
    "  -s SERVER     NAME, HOST:PORT or [IPV6]:PORT; default: $HERD_SERVER, then the\n"
    "                first running server of the configuration\n"
    "  -t SECONDS    timeout; default: 15 for whatsat, 60 for clients, dump and load, "
    "none\n"
    "                for watch, 5 for other commands (stop: 10 with state-dir)\n"
    "  -v            copy each line sent (>) and received (<) to standard error\n"
    "  --json        print the output of status, forget, get, clients, watch and bench "
    "as JSON\n"
    "  -h, --help    print this help\n"
    "  -V, --version print the version\n"
    "\n"
    "Examples\n"
    "  herdctl start\n"
    "  herdctl iamat kiwi.cs.ucla.edu +34.068930-118.445127\n"
    "  herdctl -s Welsh whatsat kiwi.cs.ucla.edu 10 5\n"
    "  herdctl -v -s 127.0.0.1:11490 send 'IAMAT kiwi +34.07-118.45 1621464827.9' 'FOO'\n"
    "  herdctl status\n"
    "  herdctl status Goloman\n"
    "  herdctl stop\n"
    "\n"
    "Exit codes: 0 done, 1 refused (the reply began with ?) or failed, 2 usage,\n"
    "3 not running, 4 timed out. Environment: HERD_SERVER (see -s), HERD_BIN (the herd\n"
    "program of start), NO_COLOR. See herdctl(1), herd(8), herd.conf(5).\n";

struct command {
    const char *name;
    int (*run)(const struct ctl *ctl, int count, char **operands);
    bool mixed; /* options may be mixed with its operands, which are server names */
};

static int run_help(const struct ctl *ctl, int count, char **operands);

static const struct command commands[] = {
    {"iamat", ctl_iamat, false},     {"whatsat", ctl_whatsat, false},
    {"send", ctl_send, false},       {"start", ctl_start, true},
    {"stop", ctl_stop, true},        {"status", ctl_show_status, true},
    {"bench", ctl_bench, false},     {"help", run_help, false},
    {"forget", ctl_forget, false},   {"get", ctl_get, false},
    {"clients", ctl_clients, false}, {"watch", ctl_watch, false},
    {"dump", ctl_dump, false},       {"load", ctl_load, false},
};

enum { COMMANDS = sizeof commands / sizeof commands[0], CONTINUE = -1 };

static int bad_usage(const char *problem, const char *word)
{
    ctl_error(CTL_USAGE, "%s%s", problem, word);
    (void)fputs(usage, stderr);
    return CTL_USAGE;
}

/* ---- options ---- */

static int read_timeout(struct ctl *ctl, const char *text)
{
    enum { TIMEOUT_MAX_S = 86400 };
    static const char problem[] = "-t: seconds from 0.001 to 86400 are expected, not ";
    struct herd_slice all = herd_slice_str(text);
    struct herd_decimal number;
    if (herd_decimal_scan(all, &number) != 0 || number.len != all.len ||
        number.whole > TIMEOUT_MAX_S)
        return bad_usage(problem, text);
    ctl->timeout_ms =
        (int64_t)number.whole * 1000 + (int64_t)(number.nano / HERD_NS_PER_MS);
    return ctl->timeout_ms > 0 ? CONTINUE : bad_usage(problem, text);
}

static int show_help(void)
{
    printf("%s%s", usage, help);
    return CTL_OK;
}

static int run_help(const struct ctl *ctl, int count, char **operands)
{
    (void)ctl;
    (void)count;
    (void)operands;
    return show_help();
}

static int show_version(void)
{
    printf("herdctl %s (cJSON %s)\n", HERD_VERSION, cJSON_Version());
    return CTL_OK;
}

static int take_value(struct ctl *ctl, char letter, const char *value)
{
    if (letter == 't')
        return read_timeout(ctl, value);
    if (letter == 'c')
        ctl->conf_path = value;
    else
        ctl->server = value, ctl->server_given = true;
    return CONTINUE;
}

/* Reads the options of one argument, like -vt5. Sets *used to 2 if `next` is a value. */
static int take_letters(struct ctl *ctl, const char *letters, const char *next, int *used)
{
    for (const char *at = letters; *at != '\0'; at++) {
        switch (*at) {
        case 'v': ctl->verbose = true; break;
        case 'h': return show_help();
        case 'V': return show_version();
        case 'c':
        case 's':
        case 't':
            if (at[1] != '\0')
                return take_value(ctl, *at, at + 1);
            if (next == NULL)
                return bad_usage("a value is missing after -", at);
            *used = 2;
            return take_value(ctl, *at, next);
        default: return bad_usage("unknown option -", at);
        }
    }
    return CONTINUE;
}

/* Reads the option at argv[0]; *used is the number of arguments that it takes. */
static int take_option(struct ctl *ctl, char **argv, int *used)
{
    *used = 1;
    if (argv[0][1] != '-')
        return take_letters(ctl, argv[0] + 1, argv[1], used);
    if (strcmp(argv[0], "--json") == 0) {
        ctl->json = true;
        return CONTINUE;
    }
    if (strcmp(argv[0], "--help") == 0)
        return show_help();
    if (strcmp(argv[0], "--version") == 0)
        return show_version();
    return bad_usage("unknown option ", argv[0]);
}

/* Reads the options of argv, which ends with NULL, and moves the operands to its front.
 * Stops at `--`, and at the first operand unless `mixed`. */
static int take_options(struct ctl *ctl, char **argv, bool mixed)
{
    char **to = argv;
    int status = CONTINUE, used = 0;
    while (status == CONTINUE && *argv != NULL) {
        if (strcmp(*argv, "--") == 0) {
            argv++;
            break;
        }
        if ((*argv)[0] == '-' && (*argv)[1] != '\0') {
            status = take_option(ctl, argv, &used);
            argv += used;
        } else if (mixed) {
            *to++ = *argv++;
        } else {
            break;
        }
    }
    while (*argv != NULL)
        *to++ = *argv++;
    *to = NULL;
    return status;
}

/* ---- running ---- */

static int count_words(char **words)
{
    int count = 0;
    while (words[count] != NULL)
        count++;
    return count;
}

static const char no_json[] = "--json is for status, forget, get, clients, watch and bench";

static bool prints_json(const struct command *command)
{
    return command->run == ctl_show_status || command->run == ctl_bench ||
           command->run == ctl_forget || command->run == ctl_get ||
           command->run == ctl_clients || command->run == ctl_watch;
}

static int run(struct ctl *ctl, char **words)
{
    int status = take_options(ctl, words, false);
    if (status != CONTINUE)
        return status;
    if (words[0] == NULL)
        return ctl->json ? bad_usage(no_json, "") : ctl_shell(ctl);
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(words[0], commands[i].name) != 0)
            continue;
        if (commands[i].mixed)
            status = take_options(ctl, words + 1, true);
        if (status != CONTINUE)
            return status;
        if (ctl->json && !prints_json(&commands[i]))
            return bad_usage(no_json, "");
        return commands[i].run(ctl, count_words(words + 1), words + 1);
    }
    return bad_usage("unknown command ", words[0]);
}

int main(int argc, char **argv)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct ctl ctl = {.server = getenv("HERD_SERVER")};
    (void)argc;
    io_process_prepare();
    (void)sigemptyset(&ignore.sa_mask);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    ctl_print_start();
    if (ctl.server != NULL && ctl.server[0] == '\0')
        ctl.server = NULL;
    ctl.self = argv[0] != NULL ? argv[0] : "herdctl";
    return ctl_print_end(run(&ctl, argv[0] != NULL ? argv + 1 : argv));
}
