# SPDX-License-Identifier: ISC
# Client queries (WHATSAT), with a Places provider on this machine that answers at once. Most
# queries are about different points, so nearly each is an upstream request of its own;
# `requests` is the number of upstream requests per query. With a cache the same work is done
# without the request and its transfer. Part of tools/bench/run.
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

# counter FOLDER NAME: prints a counter of a server.
counter() {
    "$tools/herdctl" -c "$dir/$1/herd.conf" status --json |
        awk -v name="\"$2\":" '$1 == name { print $2 + 0; exit }'
}

# query FOLDER ROW OPTIONS...: measures the server of that folder, and stores its upstream
# requests.
query() {
    query_folder=$1
    query_row=$2
    shift 2
    eval "query_address=\$${query_folder}_address query_pid=\$${query_folder}_pid"
    requests=$(counter "$query_folder" requests_started)
    queries=$(counter "$query_folder" queries)
    failures=$(counter "$query_folder" queries_failed)
    measure whatsat "$query_row" -s "$query_address" --pid "$query_pid" --places-ok "$@"
    [ "$query_folder" = denied ] ||
        [ "$(counter "$query_folder" queries_failed)" -eq "$failures" ] ||
        fail "$query_row: an upstream request failed"
    requests=$(($(counter "$query_folder" requests_started) - requests))
    queries=$(($(counter "$query_folder" queries) - queries))
    [ "$queries" -gt 0 ] || return 0
    share=$(awk -v a="$requests" -v b="$queries" 'BEGIN { print a / b }')
    put whatsat "$query_row" "share=$share" \
        "upstream=$(awk -v a="$share" -v b="$(value lines_a_second)" 'BEGIN { print a * b }')"
}

whatsat_round() {
    query upstream 'herd, upstream requests' --mix whatsat=1
    query upstream 'the same, pipeline 8' --mix whatsat=1 -p 8
    query cached 'cached answers' -k 100 --mix whatsat=1
    query denied 'no API key: refused' --mix whatsat=1
    query upstream 'IAMAT' -p 1
}

# The share of the server's CPU time that libcurl takes, its system calls included; needs
# perf(1) and its permissions.
libcurl_share() {
    command -v perf >/dev/null 2>&1 || return 0
    (
        sleep 1
        exec perf record -q -e cpu-clock -F 499 --call-graph dwarf,16384 -p "$upstream_pid" \
            -o "$dir/perf.data" -- sleep 2 >/dev/null 2>&1
    ) &
    perf_pid=$!
    started="$started $perf_pid"
    report -w 0.3 -d 4 -s "$upstream_address" --pid "$upstream_pid" --places-ok --mix whatsat=1
    wait "$perf_pid" || return 0
    share=$(perf report -i "$dir/perf.data" --stdio --no-inline --children --sort dso -g none \
        2>/dev/null | awk '$NF ~ /^libcurl/ { print $1 + 0; exit }')
    [ -z "$share" ] || put whatsat 'herd, upstream requests' "libcurl=$share"
}

start_places
start_alone upstream 'log-traffic no' "places-url $places_url"
upstream_pid=$herd_pids upstream_address=$herd_address
start_alone cached 'log-traffic no' "places-url $places_url" 'places-cache-ms 30000'
cached_pid=$herd_pids cached_address=$herd_address
start_alone denied 'log-traffic no'
denied_pid=$herd_pids denied_address=$herd_address
each_round whatsat_round
libcurl_share
print_table whatsat 'one server, 50 connections, pipeline 1' \
    "queries/s:lines_a_second:0|upstream/s:upstream:0|requests:share:3|CPU us:servers_us_a_line:2|x first:=servers_us_a_line|libcurl %:libcurl:0|$latency_columns"
