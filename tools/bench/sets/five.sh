# The herd of five beside Redis with four replicas in a tree. After each measurement all wait
# until every server holds the same: `even ms` is how long that takes, so that a backlog
# shows. Part of tools/bench/run.
# shellcheck shell=sh
# shellcheck disable=SC2154

# five_row TABLE PIPELINE
five_row() {
    measure "$1" 'herd, one server told' -s "$five_address" --pid "$five_pids" -p "$2"
    even "$1" 'herd, one server told' five_is_even
    if [ "$redis" = yes ]; then
        for verb in SET GEOADD; do
            measure "$1" "Redis $verb, 4 replicas" -s "127.0.0.1:$redis_five_port" \
                --pid "$redis_five" -p "$2" \
                --speak "$(echo "$verb" | tr '[:upper:]' '[:lower:]')"
            even "$1" "Redis $verb, 4 replicas" redis_is_even
        done
    fi
    measure "$1" 'herd, all servers told' -c "$dir/five/herd.conf" -p "$2"
    even "$1" 'herd, all servers told' five_is_even
}

five_round() {
    five_row five1 1
    five_row five32 32
}

need_five
need_redis_five
each_round five_round
for pipeline in 1 32; do
    print_table "five$pipeline" \
        "five servers, 50 connections, $pipeline on the way on each; even ms: until all hold the same" \
        "$rate_columns|even ms:even_ms:0|$latency_columns"
done
echo
"$tools/herdbench" -c "$dir/five/herd.conf" -q --samples 30 spread ||
    fail "herdbench spread: exit status $?"
