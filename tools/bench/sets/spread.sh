# SPDX-License-Identifier: ISC
# Propagation of updates from the server that gets a report to another one: with the herd of five
# at rest, and while one of its servers gets half of the reports/s that all five can keep up
# with. Part of tools/bench/run.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2086

# spread_row PREFIX: measures, and stores the times by hops.
spread_row() {
    "$tools/herdbench" -c "$dir/five/herd.conf" -q --json --samples "$samples" spread \
        >"$dir/spread" || fail "herdbench spread: exit status $?"
    [ -z "${BENCH_JSON:-}" ] || cat "$dir/spread" >>"$BENCH_JSON"
    awk -v prefix="$1" '$1 == "{\"hops\":" {
        gsub(/[",{}]/, "")
        row = "spread;" $2 ($2 == 1 ? " hop;" : " hops;") prefix
        print row "samples=" $4
        print row "p50=" $8
        print row "p99=" $10
    }' "$dir/spread" >>"$dir/results"
}

five_is_loaded() {
    "$tools/herdctl" -c "$dir/five/herd.conf" status --json Goloman | awk -v want="$1" '
        $1 == "\"commands\":" && $2 + 0 >= want { found = 1 }
        END { exit !found }'
}

spread_commands() {
    "$tools/herdctl" -c "$dir/five/herd.conf" status --json Goloman |
        awk '$1 == "\"commands\":" { print $2 + 0 }'
}

# The load beside it must keep its rate, with every reply right.
spread_loaded() {
    commands=$(spread_commands)
    "$tools/herdbench" -c "$dir/none" -q --json -w 0 -d 900 -r "$spread_rate" \
        -s "$five_address" --pid "$five_pids" >"$dir/report" &
    load_pid=$!
    started="$started $load_pid"
    until_true 'the load beside spread did not start' \
        five_is_loaded $((commands + 10000 + spread_rate / 5))
    spread_row busy.
    stop "$load_pid"
    [ $? -eq 130 ] || fail 'the load beside spread failed'
    grep -q '^  "why": "",*$' "$dir/report" || fail "the load beside spread: $(
        sed -n 's/^  "why": //p' "$dir/report")"
    put load 'herd, half of that beside spread' "lines_a_second=$(value lines_a_second)" \
        "servers_us_a_line=$(value servers_us_a_line)" "latency_us.p50=$(value latency_us.p50)" \
        "latency_us.p99=$(value latency_us.p99)" "latency_us.p99.9=$(value latency_us.p99.9)"
}

spread_most() {
    measure load 'herd, at its limit' -s "$five_address" --pid "$five_pids" -p 32
    converge load 'herd, at its limit' five_has_converged
}

need_five
each_round spread_most
spread_rate=$(($(median load 'herd, at its limit' converged) / 2))
each_round spread_row rest.
each_round spread_loaded
print_table load 'the load: five servers, 50 connections to one of them' \
    "$rate_columns|converged ms:converged_ms:0|converged/s:converged:0|$latency_columns"
print_table spread "propagation from the server that gets a report to another one, at rest and at $spread_rate lines/s" \
    'samples:rest.samples:0|rest p50 ms:rest.p50:3:1000|p99 ms:rest.p99:3:1000|busy p50 ms:busy.p50:3:1000|p99 ms:busy.p99:3:1000|p50 x rest:=busy.p50/rest.p50|p99 x rest:=busy.p99/rest.p99'
