# Questions (WHATSAT), with a provider of places that answers at once, on this machine: most
# questions are about different points, so nearly each is a request of its own; `requests`
# tells how many one question makes. Where the answers are kept the same work is done without
# a request: what the rows differ by is the request and its transfer. Part of tools/bench/run.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034

start_places() {
    "$tools/fake-places" -i -d "$root/fixtures/places" -P "$dir/places.port" \
        >"$dir/places.out" 2>&1 &
    places_pid=$!
    started="$started $places_pid"
    until_true 'fake-places did not start' [ -s "$dir/places.port" ]
    places_url=http://127.0.0.1:$(cat "$dir/places.port")/maps/api/place/nearbysearch/json
}

# counter FOLDER NAME
counter() {
    "$tools/herdctl" -c "$dir/$1/herd.conf" status --json |
        awk -v name="\"$2\":" '$1 == name { print $2 + 0; exit }'
}

# ask FOLDER ROW OPTIONS...: the server of that folder, with what it asks for meanwhile.
ask() {
    ask_folder=$1
    ask_row=$2
    shift 2
    eval "ask_address=\$${ask_folder}_address ask_pid=\$${ask_folder}_pid"
    requests=$(counter "$ask_folder" requests_started)
    questions=$(counter "$ask_folder" queries)
    failures=$(counter "$ask_folder" queries_failed)
    measure whatsat "$ask_row" -s "$ask_address" --pid "$ask_pid" --places-ok "$@"
    [ "$ask_folder" = denied ] ||
        [ "$(counter "$ask_folder" queries_failed)" -eq "$failures" ] ||
        fail "$ask_row: a request to the provider of places failed"
    requests=$(($(counter "$ask_folder" requests_started) - requests))
    questions=$(($(counter "$ask_folder" queries) - questions))
    [ "$questions" -gt 0 ] || return 0
    share=$(awk -v a="$requests" -v b="$questions" 'BEGIN { print a / b }')
    put whatsat "$ask_row" "share=$share" \
        "upstream=$(awk -v a="$share" -v b="$(value lines_a_second)" 'BEGIN { print a * b }')"
}

whatsat_round() {
    ask asks 'herd, each asks upstream' --mix whatsat=1
    ask asks 'the same, 8 on the way' --mix whatsat=1 -p 8
    ask kept 'answers are kept' -k 100 --mix whatsat=1
    ask denied 'no key: refused' --mix whatsat=1
    ask asks 'IAMAT' -p 1
}

# What of the server's CPU time libcurl takes, what it calls in the system included: where
# there is a perf, and it may look.
libcurl_share() {
    command -v perf >/dev/null 2>&1 || return 0
    (
        sleep 1
        exec perf record -q -e cpu-clock -F 499 --call-graph dwarf,16384 -p "$asks_pid" \
            -o "$dir/perf.data" -- sleep 2 >/dev/null 2>&1
    ) &
    perf_pid=$!
    started="$started $perf_pid"
    report -w 0.3 -d 4 -s "$asks_address" --pid "$asks_pid" --places-ok --mix whatsat=1
    wait "$perf_pid" || return 0
    share=$(perf report -i "$dir/perf.data" --stdio --no-inline --children --sort dso -g none \
        2>/dev/null | awk '$NF ~ /^libcurl/ { print $1 + 0; exit }')
    [ -z "$share" ] || put whatsat 'herd, each asks upstream' "libcurl=$share"
}

start_places
start_alone asks 'log-traffic no' "places-url $places_url"
asks_pid=$herd_pids asks_address=$herd_address
start_alone kept 'log-traffic no' "places-url $places_url" 'places-cache-ms 30000'
kept_pid=$herd_pids kept_address=$herd_address
start_alone denied 'log-traffic no'
denied_pid=$herd_pids denied_address=$herd_address
each_round whatsat_round
libcurl_share
print_table whatsat 'one server, 50 connections, 1 question on the way on each' \
    "answers/s:lines_a_second:0|upstream/s:upstream:0|requests:share:3|CPU us:servers_us_a_line:2|x first:=servers_us_a_line|libcurl %:libcurl:0|$latency_columns"
