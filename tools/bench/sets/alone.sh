# SPDX-License-Identifier: ISC
# One server: 50 connections, not pipelined and pipelined, a rate far below the limit, and the
# cost of the log. Part of tools/bench/run.
# shellcheck shell=sh
# shellcheck disable=SC2154

alone_round() {
    each one -p 1
    measure_logging one 'herd, logging all' -p 1
    each pipelined -p 64
    measure_logging pipelined 'herd, logging all' -p 64
    all_three open -r 10000
}

each_round alone_round
print_table one 'one server, 50 connections, pipeline 1' "$usual_columns"
print_table pipelined 'one server, 50 connections, pipeline 64' "$usual_columns"
print_table open 'one server, open loop of 10,000 lines/s' "$usual_columns"
