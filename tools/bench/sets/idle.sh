# SPDX-License-Identifier: ISC
# One server beside idle connections: 50 busy ones, and one. `x none` compares with the same
# system without idle connections in the same run. Part of tools/bench/run.
# shellcheck shell=sh
# shellcheck disable=SC2154

# The set `alone` has measured 50 connections without idle ones already, if it ran.
none50=one
grep -q '^one;' "$dir/results" || none50=none50

idle_round() {
    [ "$none50" = one ] || all_three none50 -p 1
    all_three idle50 -p 1 --idle "$idle"
    all_three none1 -p 1 -n 1
    all_three idle1 -p 1 -n 1 --idle "$idle"
}

idle_columns() {
    echo "$rate_columns|lines/s x none:=lines_a_second@$1|CPU x none:=servers_us_a_line@$1|$latency_columns"
}

each_round idle_round
print_table idle50 "one server, 50 connections beside $idle idle ones, pipeline 1" \
    "$(idle_columns "$none50")"
print_table idle1 "one server, one connection beside $idle idle ones, pipeline 1" \
    "$(idle_columns none1)"
