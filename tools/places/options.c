/* SPDX-License-Identifier: ISC */
#include "options.h"

#include "provider.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum { DOWN_MAX_MS = 600000 };

/* The long options are other words for short ones. */
static const struct {
    const char *name, *means;
} words[] = {
    {"--help", "-h"},     {"--port", "-p"},    {"--port-file", "-P"}, {"--log", "-l"},
    {"--fixtures", "-d"}, {"--fault", "-f"},   {"--delay-ms", "-w"},  {"--instant", "-i"},
    {"--key", "-k"},      {"--down-ms", "-D"},
};

static void print_usage(FILE *out)
{
    fputs("usage: fake-places [-p PORT] [-P PORTFILE] [-l REQUESTLOG] [-d FIXTUREDIR]\n"
          "                   [-f FAULT]... [-w MS] [-i] [-k KEY] [-D MS] [-h]\n",
          out);
}

static const char help_options[] =
    "\n"
    "Stands in for services that know places, on 127.0.0.1, with invented places, and\n"
    "misbehaves on demand. TERM or INT ends it.\n"
    "\n"
    "  -p, --port PORT             TCP port; 0, the default, lets the system choose\n"
    "  -P, --port-file PORTFILE    write the port there once it listens; never half\n"
    "                              written\n"
    "  -l, --log REQUESTLOG        append one line for each request: method, target, body\n"
    "  -d, --fixtures FIXTUREDIR   the *.http files to answer with (default\n"
    "                              fixtures/places; its README.md describes them and the\n"
    "                              locations they answer)\n"
    "  -f, --fault FAULT           misbehave in every reply whose fixture has no fault\n"
    "                              itself\n"
    "  -w, --delay-ms MS           the same as -f delay=MS\n"
    "  -i, --instant               ignore every delay, those of fixtures, too\n"
    "  -k, --key KEY               the only key that is right; without it, none is asked\n"
    "  -D, --down-ms MS            be dead at first: every request resets its connection\n"
    "  -h, --help                  this text\n";

static const char help_control[] =
    "\n"
    "Requests about the server itself, all GET; the answer is the number of requests for\n"
    "each provider, of which no key or other parameter is kept:\n"
    "  /_fake/requests             nothing else\n"
    "  /_fake/down[?ms=MS]         be dead, for MS milliseconds or until /_fake/up\n"
    "  /_fake/up                   be alive and well\n"
    "  /_fake/fail[?count=N&status=CODE]\n"
    "                              answer the next N (1) requests with HTTP CODE (500)\n"
    "  /_fake/followed             is counted: where the fault lure leads\n"
    "  /_fake/reset                as after the start: no counts, alive\n"
    "\n"
    "Example: places that take two seconds\n"
    "  fake-places -p 8080 -w 2000 &\n"
    "  curl 'http://127.0.0.1:8080/maps/api/place/nearbysearch/json"
    "?location=34.068930,-118.445127&radius=10000&key=none'\n";

static void print_help(void)
{
    print_usage(stdout);
    fputs(help_options, stdout);
    fputs("\nProviders:\n", stdout);
    for (size_t i = 0; i < PROVIDERS; i++)
        printf("  %-14s %-4s %s\n", providers[i]->name, providers[i]->method,
               providers[i]->path);
    fputs("\nFaults, for -f and for the fault lines of fixtures:\n", stdout);
    faults_print_help(stdout);
    fputs(help_control, stdout);
}

static bool read_number(const char *text, long most, long *out)
{
    char *end;
    errno = 0;
    *out = strtol(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *out >= 0 && *out <= most;
}

static bool add_fault(struct options *o, const char *text)
{
    struct herd_error_text error;
    if (faults_add(&o->faults, herd_slice_str(text), &error))
        return true;
    fprintf(stderr, "fake-places: %s (fake-places -h lists the faults)\n", error.text);
    return false;
}

static bool add_delay(struct options *o, const char *ms)
{
    char text[32];
    snprintf(text, sizeof text, "delay=%.20s", ms);
    return add_fault(o, text);
}

static bool read_port(struct options *o, const char *text)
{
    long port;
    if (!read_number(text, UINT16_MAX, &port)) {
        fprintf(stderr, "fake-places: -p wants a port, 0 to 65535: %s\n", text);
        return false;
    }
    o->port = (unsigned short)port;
    return true;
}

static bool read_down(struct options *o, const char *text)
{
    if (read_number(text, DOWN_MAX_MS, &o->down_ms))
        return true;
    fprintf(stderr, "fake-places: -D wants milliseconds, 0 to %d: %s\n", DOWN_MAX_MS, text);
    return false;
}

static void shorten(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        for (size_t j = 0; j < sizeof words / sizeof words[0]; j++)
            if (strcmp(argv[i], words[j].name) == 0)
                argv[i] = (char *)(uintptr_t)words[j].means;
}

int options_read(int argc, char **argv, struct options *out)
{
    int c;
    bool ok = true;
    *out = (struct options){.dir = "fixtures/places"};
    shorten(argc, argv);
    while (ok && (c = getopt(argc, argv, "p:P:l:d:f:w:ik:D:h")) != -1) {
        switch (c) {
        case 'p': ok = read_port(out, optarg); break;
        case 'P': out->port_file = optarg; break;
        case 'l': out->log = optarg; break;
        case 'd': out->dir = optarg; break;
        case 'f': ok = add_fault(out, optarg); break;
        case 'w': ok = add_delay(out, optarg); break;
        case 'i': out->instant = true; break;
        case 'k': out->key = optarg; break;
        case 'D': ok = read_down(out, optarg); break;
        case 'h': print_help(); return 0;
        default: print_usage(stderr); return 2;
        }
    }
    if (!ok)
        return 2;
    if (optind == argc)
        return -1;
    print_usage(stderr);
    return 2;
}
