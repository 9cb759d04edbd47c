/* SPDX-License-Identifier: ISC */
/* herdbench(1): loads and measures an application server herd, and checks every reply. */
#include "probe.h"
#include "bench.h"
#include "floor.h"
#include "load.h"
#include "options.h"
#include "report.h"
#include "spread.h"

#include "io/process.h"

#include <stdio.h>
#include <stdlib.h>

static int run_load(struct targets *targets, const struct bench_options *options)
{
    struct outcome *outcome = malloc(sizeof *outcome);
    if (outcome == NULL)
        return bench_error(BENCH_FAILED, "out of memory");
    int status = load_run(outcome, targets, options);
    if (status == BENCH_OK || outcome->error.text[0] != '\0' || status == BENCH_STOPPED)
        options->json ? report_json(options, targets, outcome)
                      : report_text(options, targets, outcome);
    if (outcome->error.text[0] != '\0')
        bench_error(status, "%s", outcome->error.text);
    free(outcome);
    return status;
}

static int run(const struct bench_options *options)
{
    struct targets targets;
    if (options->command == COMMAND_FLOOR)
        return floor_run((unsigned)options->port);
    int status = targets_open(&targets, options);
    if (status != BENCH_OK)
        return status;
    bool queries = options->command == COMMAND_SPREAD || options->weight[WORK_WHATSAT] > 0;
    if (queries && !options->places_ok)
        status = probe_places(&targets, options);
    if (status == BENCH_OK)
        status = options->command == COMMAND_SPREAD ? spread_run(&targets, options)
                                                    : run_load(&targets, options);
    targets_close(&targets);
    return status;
}

int main(int argc, char **argv)
{
    struct bench_options options;
    io_process_prepare();
    int status = options_read(&options, argc > 0 ? argv + 1 : argv);
    if (status < 0) {
        bench_catch_signals();
        status = run(&options);
    }
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
        return status == BENCH_OK ? BENCH_FAILED : status;
    return status;
}
