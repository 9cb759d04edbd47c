# What a client takes in memory, how long it takes to make so many known (BENCH_CLIENTS), and
# how long nobody else is heard while the table grows. The longest wait is that of one line
# among 100 on the way, so a stop of the server shows in it, whenever it comes; the same
# number of reports of known clients, after that, tells what of it is the machine's. Part of
# tools/bench/run.
# shellcheck shell=sh
# shellcheck disable=SC2154

# memory_put ROW BEFORE_MIB: what the last report tells.
memory_put() {
    put memory "$1" "$(awk -v before="$2" -v after="$(value servers_memory_mib)" \
        -v count="$clients" 'BEGIN { print "bytes=" (after - before) * 1048576 / count }')" \
        "after=$(value servers_memory_mib)" "before=$2"
}

memory_times() {
    put memory "$1" "s=$(value measured_s)" "rate=$(value lines_a_second)" \
        "p50=$(value latency_us.p50)" "p99.99=$(value latency_us.p99.99)" \
        "max=$(value latency_us.max)"
}

memory_herd() {
    rm -rf "$dir/memory"
    start_alone memory 'log-traffic no' "clients-max $((clients + 100000))"
    memory_pid=$herd_pids
    set -- -s "$herd_address" --pid "$memory_pid" -w 0
    report "$@" -k 1 -N 1
    fresh_mib=$(value servers_memory_mib)
    report "$@" -k 1 -n 10 -p 10 --mix new=1 -N "$clients"
    memory_put 'herd, new clients' "$fresh_mib"
    memory_times 'herd, new clients'
    report "$@" -n 10 -p 10 -N "$clients"
    memory_times 'the same of known ones'
    stop "$memory_pid"
}

# memory_redis VERB ROW: here the clients are made known before what is measured.
memory_redis() {
    start_redis
    set -- "$2" -s "127.0.0.1:$redis_port" --pid "$redis_pid" -w 0 --speak "$1"
    memory_row=$1
    shift
    report "$@" -k 1 -N 1
    fresh_mib=$(value servers_memory_mib)
    report "$@" -k "$clients" -n 10 -p 10 -N 1
    memory_put "$memory_row" "$fresh_mib"
    stop "$redis_pid"
}

memory_round() {
    memory_herd
    [ "$redis" = yes ] || return 0
    memory_redis set 'Redis SET'
    memory_redis geoadd 'Redis GEOADD'
}

each_round memory_round
print_table memory "$clients clients, told by 10 connections with 10 lines on the way on each" \
    'fresh MiB:before:2|full MiB:after:1|bytes a client:bytes:1|x herd:=bytes|seconds:s:2|lines/s:rate:0|p50 ms:p50:3:1000|p99.99 ms:p99.99:3:1000|longest ms:max:3:1000'
