# One server: 50 connections, one by one and in heaps, a rate far below the limit, and what
# the log costs. Part of tools/bench/run.
# shellcheck shell=sh
# shellcheck disable=SC2154

alone_round() {
    each one -p 1
    measure_logging one 'herd, logging all' -p 1
    each heap -p 64
    measure_logging heap 'herd, logging all' -p 64
    all_three open -r 10000
}

each_round alone_round
print_table one 'one server, 50 connections, 1 line on the way on each' "$usual_columns"
print_table heap 'one server, 50 connections, 64 lines on the way on each' "$usual_columns"
print_table open 'one server, open loop of 10,000 lines/s' "$usual_columns"
