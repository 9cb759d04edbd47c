# SPDX-License-Identifier: ISC
# The herd of five beside Redis with four replicas in a tree. After each measurement the script
# waits until all servers have the same data: `converged ms` is that time, which shows a backlog;
# `converged/s` is lines/s with that time counted; `seen %` is the share of the reports that each
# other server has received, since a report that is superseded before it is sent is not sent.
# Part of tools/bench/run.
# shellcheck shell=sh
# shellcheck disable=SC2154

# Prints sums over all five: records stored from clients, and from neighbours.
five_sums() {
    "$tools/herdctl" -c "$dir/five/herd.conf" status --json | awk '
    $1 == "\"reports_stored\":" { told += $2 }
    $1 == "\"records_stored\":" { heard += $2 }
    END { printf "%.0f %.0f\n", told, heard }'
}

# five_herd TABLE ROW OPTIONS...: measures, and stores converged and seen.
five_herd() {
    sums=$(five_sums)
    measure "$@"
    converge "$1" "$2" five_has_converged
    put "$1" "$2" "$(echo "$sums $(five_sums)" |
        awk '$3 > $1 { print "seen=" 100 * ($4 - $2) / ($3 - $1) / 4 }')"
}

five_redis() {
    [ "$redis" = yes ] || return 0
    verb=$1
    shift
    measure "$@" -s "127.0.0.1:$redis_five_port" --pid "$redis_five" --speak "$verb"
    converge "$1" "$2" redis_has_converged
}

# five_rows TABLE PIPELINE
five_rows() {
    five_herd "$1" 'herd, reports to one server' -s "$five_address" --pid "$five_pids" -p "$2"
    report -s "$five_address" -w 0 -k 200000 -p 32 -N 1
    until_true 'the herd does not converge' five_has_converged
    five_herd "$1" 'the same, 200,000 clients' -s "$five_address" --pid "$five_pids" \
        -p "$2" -k 200000 --no-fill
    five_redis set "$1" 'Redis SET, 4 replicas' -p "$2"
    five_redis geoadd "$1" 'Redis GEOADD, 4 replicas' -p "$2"
    five_herd "$1" 'herd, reports to all servers' -c "$dir/five/herd.conf" -p "$2"
}

five_round() {
    five_rows five1 1
    five_rows five32 32
}

need_five
need_redis_five
each_round five_round
for pipeline in 1 32; do
    print_table "five$pipeline" \
        "five servers, 50 connections, pipeline $pipeline; converged ms: until all have the same data" \
        "$rate_columns|converged ms:converged_ms:0|converged/s:converged:0|x herd:=converged|seen %:seen:0|$latency_columns"
done
echo
"$tools/herdbench" -c "$dir/five/herd.conf" -q --samples 30 spread ||
    fail "herdbench spread: exit status $?"
