# SPDX-License-Identifier: ISC
# The latency of connections that have been quiet and send their first line at a random time
# (cold), or connect only then (fresh), while 50 other connections load the server as much as
# they can. Part of tools/bench/run.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034

whole=${seconds%%.*}
cold_s=$((4 * ${whole:-0}))
[ "$cold_s" -gt 0 ] || cold_s=$seconds

cold_round() {
    for pipeline in 1 64; do
        prefix=cold.
        all_three "cold$pipeline" -p "$pipeline" --cold "$idle" -d "$cold_s"
        prefix=fresh.
        all_three "cold$pipeline" -p "$pipeline" --fresh $((idle / 5)) -d "$cold_s"
    done
    prefix=
}

# latency_of KIND: its columns, and the delay of the load generator.
latency_of() {
    echo "$1 p50 ms:$1.$1_us.p50:3:1000|p99 ms:$1.$1_us.p99:3:1000|max ms:$1.$1_us.max:3:1000|p99 x herd:=$1.$1_us.p99|late p99 ms:$1.lag_us.p99:3:1000"
}

each_round cold_round
for pipeline in 1 64; do
    print_table "cold$pipeline" \
        "one server, 50 connections with pipeline $pipeline; $idle cold ones, or $((idle / 5)) fresh ones, in $cold_s s" \
        "lines/s:cold.lines_a_second:0|busy p99 ms:cold.latency_us.p99:3:1000|$(latency_of cold)|$(latency_of fresh)"
done
echo
echo 'late: the delay of the load generator in sending cold or fresh lines, which is part of their'
echo 'latency and about the same for all systems'
