# SPDX-License-Identifier: ISC
# Part of tools/bench/run: measurements and tables.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # the parts share variables

# Columns of tables, in the format of tools/bench/table.awk.
rate_columns='lines/s:lines_a_second:0|x herd:=lines_a_second|CPU us:servers_us_a_line:2|x herd:=servers_us_a_line'
latency_columns='p50 ms:latency_us.p50:3:1000|p99 ms:latency_us.p99:3:1000|p99.9 ms:latency_us.p99.9:3:1000'
usual_columns="$rate_columns|$latency_columns"

# put TABLE ROW KEY=VALUE...: stores values of one round.
put() {
    put_row="$1;$2"
    shift 2
    for pair in "$@"; do
        echo "$put_row;$pair"
    done >>"$dir/results"
}

# value NAME: prints a value of the last report; "": it is unknown.
value() {
    awk -f "$here/flat.awk" "$dir/report" | sed -n "s/^$1=//p"
}

# report OPTIONS...: runs herdbench; a wrong or missing reply ends the whole run.
report() {
    "$tools/herdbench" -c "$dir/none" -q --json "$@" >"$dir/report" ||
        fail "herdbench $*: exit status $?"
    [ -z "${BENCH_JSON:-}" ] || cat "$dir/report" >>"$BENCH_JSON"
}

# measure TABLE ROW OPTIONS...: stores all values of a report, with `prefix` before their
# names.
measure() {
    measure_table=$1
    measure_row=$2
    shift 2
    report -w 0.3 -d "$seconds" "$@"
    awk -f "$here/flat.awk" "$dir/report" |
        awk -v before="$measure_table;$measure_row;${prefix:-}" '{ print before $0 }' \
            >>"$dir/results"
}

# The systems, each as: measure_SYSTEM TABLE ROW OPTIONS...
measure_floor() {
    need_floor
    measure "$@" -s "$floor_address" --pid "$floor_pid" --speak echo
}

measure_herd() {
    need_alone
    measure "$@" -s "$alone_address" --pid "$alone_pid"
}

measure_logging() {
    need_logging
    # Writing back gigabytes of an old log would be measured as well.
    : >"$dir/logging/Alone.log"
    measure "$@" -s "$logging_address" --pid "$logging_pid"
}

# measure_redis VERB TABLE ROW OPTIONS...
measure_redis() {
    [ "$redis" = yes ] || return 0
    need_redis_alone
    verb=$1
    shift
    measure "$@" -s "$redis_alone_address" --pid "$redis_alone" --speak "$verb"
}

# all_three TABLE OPTIONS...: measures the floor, herd and Redis SET; each: Redis GEOADD as well.
all_three() {
    each_table=$1
    shift
    measure_floor "$each_table" 'floor (echo)' "$@"
    measure_herd "$each_table" herd "$@"
    measure_redis set "$each_table" 'Redis SET' "$@"
}

each() {
    all_three "$@"
    shift
    measure_redis geoadd "$each_table" 'Redis GEOADD' "$@"
}

# each_round COMMAND...: runs a command once for each round.
each_round() {
    round=1
    while [ "$round" -le "$rounds" ]; do
        "$@"
        round=$((round + 1))
    done
}

# converge TABLE ROW COMMAND...: after a measurement, stores the time until COMMAND succeeds as
# converged_ms, which shows a backlog, and the lines/s with that time counted as converged.
converge() {
    converge_table=$1
    converge_row=$2
    shift 2
    converge_from_ms=$(now_ms)
    until "$@"; do
        [ $(($(now_ms) - converge_from_ms)) -lt 60000 ] ||
            fail "$converge_row: the servers have not converged within a minute"
        sleep 0.01
    done
    converge_ms=$(($(now_ms) - converge_from_ms))
    put "$converge_table" "$converge_row" "converged_ms=$converge_ms" "converged=$(
        awk -v rate="$(value lines_a_second)" -v s="$(value measured_s)" -v ms="$converge_ms" \
            'BEGIN { print rate * s / (s + ms / 1000) }')"
}

# median TABLE ROW KEY: prints a median.
median() {
    awk -v table="$1" -v row="$2" -v columns="x:$3:0" -v bare=1 -f "$here/table.awk" \
        "$dir/results"
}

# print_table TABLE TITLE COLUMNS
print_table() {
    echo
    awk -v table="$1" -v title="$2" -v columns="$3" -f "$here/table.awk" "$dir/results"
}

explain() {
    cat <<'TEXT'

CPU us: CPU time of all servers per line, in microseconds; with few cores it is more meaningful
than lines/s, which depends on the load generator as well. `x herd`: the ratio of the row's
lines/s, or CPU time, to herd's. floor: an echo server. herd replies with the record, keeps the
newest report by client time, and in a herd accepts reports at every server; Redis keeps the
last write, and accepts writes at one of five servers; `converged/s` counts the time until all
five have the same data. None writes to disk, except `logging all`. See doc/performance.md.
TEXT
}
