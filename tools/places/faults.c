/* SPDX-License-Identifier: ISC */
#include "faults.h"

enum { NEEDED = -1 };

struct word {
    const char *name;
    const char *arg; /* its name, "" when the fault takes none */
    enum fault kind;
    long least, most;
    long absent; /* the argument when none is given, or NEEDED */
    const char *help;
};

static const struct word words[] = {
    {"delay", "MS", FAULT_DELAY, 0, 600000, NEEDED,
     "wait MS milliseconds, then reply; combines with any other"},
    {"status", "CODE", FAULT_STATUS, 400, 599, NEEDED,
     "this HTTP status and an HTML error page"},
    {"cut", "", FAULT_CUT, 0, 0, 0, "half of the body, then an orderly close"},
    {"reset", "", FAULT_RESET, 0, 0, 0, "half of the body, then a connection reset"},
    {"short-length", "", FAULT_SHORT_LENGTH, 0, 0, 0,
     "Content-Length names half of the body, all of it is sent, then close"},
    {"long-length", "", FAULT_LONG_LENGTH, 0, 0, 0,
     "Content-Length names 100 bytes more than are sent, then close"},
    {"chunked", "", FAULT_CHUNKED, 0, 0, 0, "valid chunked coding, 7 bytes a chunk"},
    {"gzip", "", FAULT_GZIP, 0, 0, 0, "a gzip body that nobody asked for"},
    {"huge", "BYTES", FAULT_HUGE, 100, 1L << 30, NEEDED,
     "valid JSON of exactly this many bytes, most of them one string"},
    {"stall", "", FAULT_STALL, 0, 0, 0, "never answer; the connection stays open"},
    {"garbage", "", FAULT_GARBAGE, 0, 0, 0, "bytes that are not HTTP, then close"},
    {"redirect", "", FAULT_REDIRECT, 0, 0, 0, "302 to the very same place"},
    {"html", "", FAULT_HTML, 0, 0, 0, "200 with an HTML page instead of JSON"},
    {"badjson", "", FAULT_BADJSON, 0, 0, 0, "200 with half of the JSON, well framed"},
    {"headers-slow", "MS", FAULT_HEADERS_SLOW, 1, 10000, 50,
     "one byte of the head each MS milliseconds (50 when not given)"},
    {"drip", "MS", FAULT_DRIP, 1, 60000, 1000,
     "one byte of head and body each MS milliseconds (1000)"},
    {"endless", "", FAULT_ENDLESS, 0, 0, 0, "no Content-Length, and a body without end"},
    {"text-type", "", FAULT_TEXT_TYPE, 0, 0, 0, "the right body, called text/plain"},
    {"lure", "", FAULT_LURE, 0, 0, 0,
     "302 to /_fake/followed, which counts the requests that come"},
    {"retry-after", "S", FAULT_RETRY_AFTER, 0, 86400, 1,
     "429 with Retry-After: S seconds (1) and an HTML page"},
    {"flaky", "N", FAULT_FLAKY, 1, 1000, 1,
     "of N + 1 requests to a provider, N (1) get HTTP 500, then one the reply"},
};

enum { WORDS = sizeof words / sizeof words[0] };

static const struct word *find(struct herd_slice name)
{
    for (size_t i = 0; i < WORDS; i++)
        if (herd_slice_eq(name, herd_slice_str(words[i].name)))
            return &words[i];
    return NULL;
}

/* Decimal digits only; false when there are none, or for more than `most`. */
static bool parse_arg(struct herd_slice text, long most, long *out)
{
    long n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        n = n * 10 + (text.data[i] - '0');
        if (n > most)
            return false;
    }
    *out = n;
    return text.len > 0;
}

static bool read_arg(const struct word *word, bool given, struct herd_slice text, long *arg,
                     struct herd_error_text *error)
{
    if (!given && word->absent != NEEDED) {
        *arg = word->absent;
        return true;
    }
    if (word->arg[0] == '\0') {
        herd_error_set(error, "fault %s takes no argument", word->name);
        return false;
    }
    if (!given || !parse_arg(text, word->most, arg) || *arg < word->least) {
        herd_error_set(error, "fault %s=%s wants a number from %ld to %ld", word->name,
                       word->arg, word->least, word->most);
        return false;
    }
    return true;
}

bool faults_add(struct faults *faults, struct herd_slice text,
                struct herd_error_text *error)
{
    const char *mark = text.len > 0 ? memchr(text.data, '=', text.len) : NULL;
    size_t len = mark != NULL ? (size_t)(mark - text.data) : text.len;
    const struct word *word = find(herd_slice(text.data, len));
    if (word == NULL) {
        herd_error_set(error, "no such fault: %.*s", (int)(len < 40 ? len : 40),
                       len > 0 ? text.data : "");
        return false;
    }
    long arg;
    struct herd_slice rest = herd_slice_from(text, mark != NULL ? len + 1 : len);
    if (!read_arg(word, mark != NULL, rest, &arg, error))
        return false;
    if (word->kind == FAULT_DELAY) {
        faults->delay_ms = arg;
        return true;
    }
    if (faults->kind != FAULT_NONE) {
        herd_error_set(error, "fault %s: there is one already, only delay combines",
                       word->name);
        return false;
    }
    faults->kind = word->kind;
    faults->arg = arg;
    return true;
}

struct faults faults_merge(struct faults first, struct faults second)
{
    struct faults both = first.kind != FAULT_NONE ? first : second;
    both.delay_ms = first.delay_ms > 0 ? first.delay_ms : second.delay_ms;
    return both;
}

void faults_print_help(FILE *out)
{
    for (size_t i = 0; i < WORDS; i++) {
        const struct word *w = &words[i];
        bool optional = w->absent != NEEDED && w->arg[0] != '\0';
        char form[40];
        snprintf(form, sizeof form, "%s%s%s%s%s", w->name, optional ? "[" : "",
                 w->arg[0] != '\0' ? "=" : "", w->arg, optional ? "]" : "");
        fprintf(out, "  %-18s  %s\n", form, w->help);
    }
}
