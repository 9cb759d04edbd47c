# What those wait who have been quiet since they connected and say their first line at some
# time (cold), or who connect only then (fresh), while 50 other connections keep the server
# as busy as they can. Part of tools/bench/run.
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

# waits KIND: beside it, by how much the load generator was late.
waits() {
    echo "$1 p50 ms:$1.$1_us.p50:3:1000|p99 ms:$1.$1_us.p99:3:1000|max ms:$1.$1_us.max:3:1000|p99 x herd:=$1.$1_us.p99|late p99 ms:$1.lag_us.p99:3:1000"
}

each_round cold_round
for pipeline in 1 64; do
    print_table "cold$pipeline" \
        "one server, 50 connections with $pipeline on the way; $idle cold ones, or $((idle / 5)) fresh ones, in $cold_s s" \
        "lines/s:cold.lines_a_second:0|busy p99 ms:cold.latency_us.p99:3:1000|$(waits cold)|$(waits fresh)"
done
echo
echo 'late: by how much the load generator itself was late with a cold or fresh line; that is'
echo 'part of the times, and the same disease for all systems'
