# The herd of five beside Redis with four replicas in a tree. After each measurement all wait
# until every server holds the same: `even ms` is how long that takes, so that a backlog
# shows; `even/s` is lines/s with that time counted; `seen %` is the share of the reports that
# each other server has had, since one that is superseded before it was sent is not sent: few
# with many clients. Part of tools/bench/run.
# shellcheck shell=sh
# shellcheck disable=SC2154

# Sums over all five: news from clients, and from neighbours.
five_sums() {
    "$tools/herdctl" -c "$dir/five/herd.conf" status --json | awk '
    $1 == "\"reports_stored\":" { told += $2 }
    $1 == "\"records_stored\":" { heard += $2 }
    END { printf "%.0f %.0f\n", told, heard }'
}

# five_herd TABLE ROW OPTIONS...: and which share of the reports each other server has seen.
five_herd() {
    sums=$(five_sums)
    measure "$@"
    even "$1" "$2" five_is_even
    put "$1" "$2" "$(echo "$sums $(five_sums)" |
        awk '$3 > $1 { print "seen=" 100 * ($4 - $2) / ($3 - $1) / 4 }')"
}

five_redis() {
    [ "$redis" = yes ] || return 0
    verb=$1
    shift
    measure "$@" -s "127.0.0.1:$redis_five_port" --pid "$redis_five" --speak "$verb"
    even "$1" "$2" redis_is_even
}

# five_rows TABLE PIPELINE
five_rows() {
    five_herd "$1" 'herd, one server told' -s "$five_address" --pid "$five_pids" -p "$2"
    report -s "$five_address" -w 0 -k 200000 -p 32 -N 1
    until_true 'the herd does not come to rest' five_is_even
    five_herd "$1" 'the same, 200,000 clients' -s "$five_address" --pid "$five_pids" \
        -p "$2" -k 200000 --no-fill
    five_redis set "$1" 'Redis SET, 4 replicas' -p "$2"
    five_redis geoadd "$1" 'Redis GEOADD, 4 replicas' -p "$2"
    five_herd "$1" 'herd, all servers told' -c "$dir/five/herd.conf" -p "$2"
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
        "five servers, 50 connections, $pipeline on the way on each; even ms: until all hold the same" \
        "$rate_columns|even ms:even_ms:0|even/s:even:0|x herd:=even|seen %:seen:0|$latency_columns"
done
echo
"$tools/herdbench" -c "$dir/five/herd.conf" -q --samples 30 spread ||
    fail "herdbench spread: exit status $?"
