# SPDX-License-Identifier: ISC
# 10 to 10,000 busy connections, not pipelined. Part of tools/bench/run.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034

scaling_round() {
    for count in 10 100 1000 10000; do
        [ "$count" -le "$idle" ] || continue
        prefix=floor.
        measure_floor scaling "$count" -p 1 -n "$count"
        prefix=herd.
        measure_herd scaling "$count" -p 1 -n "$count"
        prefix=redis.
        measure_redis set scaling "$count" -p 1 -n "$count"
    done
    prefix=
}

each_round scaling_round
print_table scaling 'one server by number of busy connections, pipeline 1' \
    'herd lines/s:herd.lines_a_second:0|floor:floor.lines_a_second:0|Redis SET:redis.lines_a_second:0|floor x herd:=floor.lines_a_second/herd.lines_a_second|Redis x herd:=redis.lines_a_second/herd.lines_a_second|herd CPU us:herd.servers_us_a_line:2|floor:floor.servers_us_a_line:2|Redis SET:redis.servers_us_a_line:2|floor x herd:=floor.servers_us_a_line/herd.servers_us_a_line|Redis x herd:=redis.servers_us_a_line/herd.servers_us_a_line|herd p99 ms:herd.latency_us.p99:3:1000'
