/* SPDX-License-Identifier: ISC */
#include "options.h"

#include "options_table.h"

#include "bench.h"
#include "herd/instant.h"
#include "decimal.h"
#include "herd/err.h"
#include "io/conf_file.h"

#include <inttypes.h>

const char *const work_kind_names[WORK_KINDS] = {"known", "new", "stale", "whatsat",
                                                 "invalid"};
static const char *const command_names[] = {"load", "spread", "floor", NULL};

/* ---- values ---- */

/* Prints which values the option takes. */
static int bad_value(const struct option_row *row, const char *text)
{
    switch (row->type) {
    case OPTION_INT:
        bench_error(BENCH_USAGE,
                    "--%s %s: a number from %" PRId64 " to %" PRId64 " is expected",
                    row->name, text, row->min, row->max);
        break;
    case OPTION_SECONDS:
        bench_error(BENCH_USAGE, "--%s %s: seconds from %g to %g are expected", row->name,
                    text, (double)row->min / 1000, (double)row->max / 1000);
        break;
    case OPTION_MIX:
        bench_error(
            BENCH_USAGE,
            "--%s %s: a list like known=90,new=10 is expected, with weights of 1 to "
            "%d in all",
            row->name, text, MIX_WEIGHT_MAX);
        break;
    case OPTION_PIDS:
        bench_error(BENCH_USAGE, "--%s %s: 1 to %d process ids are expected, like 17,18",
                    row->name, text, PIDS_MAX);
        break;
    case OPTION_TEXT:
    case OPTION_FLAG:
    case OPTION_WORD:
        bench_error(BENCH_USAGE, "--%s %s: an unknown %s; --help lists them", row->name,
                    text, row->value);
        break;
    }
    return options_show_usage();
}

static int find_word(const char *const *words, struct herd_slice text)
{
    for (int i = 0; words[i] != NULL; i++)
        if (herd_slice_eq(herd_slice_str(words[i]), text))
            return i;
    return -1;
}

static int read_int(const struct option_row *row, const char *text, void *to)
{
    uint64_t value = 0;
    int rc = herd_uint_parse(herd_slice_str(text), (uint64_t)row->max, &value);
    if (rc != HERD_OK || value < (uint64_t)row->min)
        return bad_value(row, text);
    *(int64_t *)to = (int64_t)value;
    return OPTIONS_CONTINUE;
}

static int read_seconds(const struct option_row *row, const char *text, void *to)
{
    struct herd_slice all = herd_slice_str(text);
    struct herd_decimal number;
    if (herd_decimal_scan(all, &number) != 0 || number.len != all.len ||
        number.whole > (uint64_t)row->max / 1000)
        return bad_value(row, text);
    int64_t ns = (int64_t)number.whole * HERD_NS_PER_S + (int64_t)number.nano;
    if (ns < row->min * HERD_NS_PER_MS || ns > row->max * HERD_NS_PER_MS)
        return bad_value(row, text);
    *(int64_t *)to = ns;
    return OPTIONS_CONTINUE;
}

static int read_mix(const struct option_row *row, const char *text, int *weight)
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
    return sum > 0 && sum <= MIX_WEIGHT_MAX ? OPTIONS_CONTINUE : bad_value(row, text);
}

static int read_pids(const struct option_row *row, const char *text, int64_t *pids)
{
    memset(pids, 0, PIDS_MAX * sizeof *pids);
    for (int i = 0; i < PIDS_MAX; i++) {
        size_t len = strcspn(text, ",");
        uint64_t value = 0;
        if (herd_uint_parse(herd_slice(text, len), (uint64_t)row->max, &value) != HERD_OK ||
            value < (uint64_t)row->min)
            break;
        pids[i] = (int64_t)value;
        if (text[len] == '\0')
            return OPTIONS_CONTINUE;
        text += len + 1;
    }
    return bad_value(row, text);
}

static int read_value(struct bench_options *options, const struct option_row *row,
                      const char *text)
{
    char *to = (char *)options + row->offset;
    int word;
    switch (row->type) {
    case OPTION_INT:
        options->pipeline_given = options->pipeline_given || row->letter == 'p';
        return read_int(row, text, to);
    case OPTION_SECONDS: return read_seconds(row, text, to);
    case OPTION_PIDS: return read_pids(row, text, options->pids);
    case OPTION_MIX: return read_mix(row, text, options->weight);
    case OPTION_TEXT: memcpy(to, &text, sizeof text); break;
    case OPTION_FLAG: *(bool *)to = true; break;
    case OPTION_WORD:
        word = find_word(row->words, herd_slice_str(text));
        if (word < 0)
            return bad_value(row, text);
        memcpy(to, &word, sizeof word);
        break;
    }
    return OPTIONS_CONTINUE;
}

/* ---- options ---- */

static int bad_usage(const char *problem, const char *word)
{
    bench_error(BENCH_USAGE, "%s%s", problem, word);
    return options_show_usage();
}

static const struct option_row *find_row(const char *name, size_t len, bool letter)
{
    for (size_t i = 0; i < OPTION_ROWS; i++)
        if (letter ? option_rows[i].letter == *name
                   : strlen(option_rows[i].name) == len &&
                         memcmp(option_rows[i].name, name, len) == 0)
            return &option_rows[i];
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
        return options_show_help();
    if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
        return options_show_version();
    const struct option_row *row = find_row(name, len, letter);
    if (row == NULL)
        return bad_usage("unknown option ", word);
    if (name[len] != '\0')
        value = name + len + (letter ? 0 : 1);
    if (row->type == OPTION_FLAG)
        return value == NULL ? read_value(options, row, "")
                             : bad_usage("the option takes no value: ", word);
    if (value == NULL) {
        value = argv[1];
        *used = 2;
    }
    return value != NULL ? read_value(options, row, value)
                         : bad_usage("a value is missing after ", word);
}

/* Checks options against each other. */
static int check(struct bench_options *options)
{
    enum { RATE_PIPELINE = 128 };
    bool mixed = false;
    for (int kind = WORK_NEW; kind < WORK_KINDS; kind++)
        mixed = mixed || options->weight[kind] > 0;
    if (options->speak != SPEAK_HERD && mixed)
        return bad_usage("--mix is for --speak herd", "");
    if (options->speak != SPEAK_HERD && options->server == NULL)
        return bad_usage("--speak needs -s HOST:PORT", "");
    if (options->cold + options->fresh > 0 && options->count > 0)
        return bad_usage("--cold and --fresh need a --duration instead of a --count", "");
    if (options->rate > 0 && !options->pipeline_given)
        options->pipeline = RATE_PIPELINE;
    return OPTIONS_CONTINUE;
}

int options_read(struct bench_options *options, char **argv)
{
    int status = OPTIONS_CONTINUE, used = 0;
    bool named = false;
    *options = (struct bench_options){.connections = 50,
                                      .pipeline = 1,
                                      .clients = 10000,
                                      .duration_ns = 5 * HERD_NS_PER_S,
                                      .warmup_ns = HERD_NS_PER_S,
                                      .timeout_ns = 10 * HERD_NS_PER_S,
                                      .samples = 50,
                                      .seed = 1,
                                      .weight = {1}};
    for (; status == OPTIONS_CONTINUE && *argv != NULL; argv += used) {
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
    return status == OPTIONS_CONTINUE ? check(options) : status;
}
