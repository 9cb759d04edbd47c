# SPDX-License-Identifier: ISC
# Memory per client, the time to report BENCH_CLIENTS clients, and the longest stall while the
# table grows. The longest latency is that of one of 100 outstanding lines, so that it shows
# every stall of the server; the same number of reports of known clients shows which part of it
# is due to the machine. Part of tools/bench/run.
# shellcheck shell=sh
# shellcheck disable=SC2154

# memory_put ROW BEFORE_MIB: stores the memory of the last report.
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
    memory_times 'the same, known clients'
    stop "$memory_pid"
}

# memory_redis VERB ROW: here the clients are reported before the measurement.
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
print_table memory "$clients clients, reported by 10 connections with pipeline 10" \
    'fresh MiB:before:2|full MiB:after:1|bytes/client:bytes:1|x herd:=bytes|seconds:s:2|lines/s:rate:0|p50 ms:p50:3:1000|p99.99 ms:p99.99:3:1000|longest ms:max:3:1000'
