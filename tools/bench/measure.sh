# Part of tools/bench/run: measurements and tables.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # variables go to and fro between the parts

# Columns of a table, as tools/bench/table.awk reads them.
rate_columns='lines/s:lines_a_second:0|x herd:=lines_a_second|CPU us:servers_us_a_line:2|x herd:=servers_us_a_line'
latency_columns='p50 ms:latency_us.p50:3:1000|p99 ms:latency_us.p99:3:1000|p99.9 ms:latency_us.p99.9:3:1000'
usual_columns="$rate_columns|$latency_columns"

# put TABLE ROW KEY=VALUE...: of one round.
put() {
    put_row="$1;$2"
    shift 2
    for pair in "$@"; do
        echo "$put_row;$pair"
    done >>"$dir/results"
}

# value NAME: of the last report, "" when it is not known.
value() {
    awk -f "$here/flat.awk" "$dir/report" | sed -n "s/^$1=//p"
}

# report OPTIONS...: runs herdbench; a wrong or missing reply ends everything.
report() {
    "$tools/herdbench" -c "$dir/none" -q --json "$@" >"$dir/report" ||
        fail "herdbench $*: exit status $?"
    [ -z "${BENCH_JSON:-}" ] || cat "$dir/report" >>"$BENCH_JSON"
}

# measure TABLE ROW OPTIONS...: puts all that the report tells; `prefix` stands before
# the names.
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
    # Gigabytes that wait for the disk would be measured, too.
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

# all_three TABLE OPTIONS...: those that are measured alone; each: one kind of Redis more.
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

# each_round COMMAND...: as often as there are rounds.
each_round() {
    round=1
    while [ "$round" -le "$rounds" ]; do
        "$@"
        round=$((round + 1))
    done
}

# even TABLE ROW COMMAND...: how long it takes until COMMAND is true, after a measurement: a
# backlog would show. `even` is the lines of that, with this time counted, in a second.
even() {
    even_table=$1
    even_row=$2
    shift 2
    even_from_ms=$(now_ms)
    until "$@"; do
        [ $(($(now_ms) - even_from_ms)) -lt 60000 ] ||
            fail "$even_row: not all have caught up a minute after the load"
        sleep 0.01
    done
    even_ms=$(($(now_ms) - even_from_ms))
    put "$even_table" "$even_row" "even_ms=$even_ms" "even=$(
        awk -v rate="$(value lines_a_second)" -v s="$(value measured_s)" -v ms="$even_ms" \
            'BEGIN { print rate * s / (s + ms / 1000) }')"
}

# median TABLE ROW KEY
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

CPU us: CPU time of all servers for one line, in microseconds; on a machine with few cores
that says more than lines/s, which the load generator has a part in. `x herd`: how many of
herd's lines a second, or how much of its CPU time a line, the others have. floor: echoes
bytes, reads nothing. herd answers with the record, keeps the newest by the client's time, and
in a herd takes reports at every server; Redis keeps the last that came, and takes writes at
one of five; `even/s` counts the time until all five hold the same. Neither writes to disk,
except `logging all`. doc/performance.md has more.
TEXT
}
