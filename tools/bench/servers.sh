# SPDX-License-Identifier: ISC
# Part of tools/bench/run: the servers that are measured. Each need_* starts its servers once.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # the parts share variables

names='Goloman Hands Holiday Welsh Wilkes'
floor_pid=
alone_pid=
logging_pid=
redis_alone=
five_pids=
redis_five=

# Sets `port` to a port that is free now. It is taken just before its use, since outgoing
# connections use ports as well.
take_port() {
    port=$("$tools/free-ports" 1) || exit 1
}

need_floor() {
    [ -z "$floor_pid" ] || return 0
    "$tools/herdbench" floor >"$dir/floor.out" &
    started="$started $!"
    until_says "$dir/floor.out" '^ready' 'the floor did not start'
    floor_address=$(cut -d ' ' -f 2 "$dir/floor.out")
    floor_pid=$(cut -d ' ' -f 3 "$dir/floor.out")
}

# ---- herd -----------------------------------------------------------------------------

# start_herd FOLDER NAME...: starts servers of FOLDER/herd.conf as children of this script; sets
# `herd_pids` to their process ids, separated by commas.
start_herd() {
    folder=$dir/$1
    shift
    herd_pids=
    for server in "$@"; do
        "$HERD_BIN" -c "$folder/herd.conf" "$server" >"$folder/$server.out" 2>&1 &
        started="$started $!"
        herd_pids="${herd_pids:+$herd_pids,}$!"
    done
    for server in "$@"; do
        until_says "$folder/$server.out" '^ready' "$server did not start"
    done
}

# start_alone FOLDER LINE...: starts one server with these lines in its configuration; sets
# `herd_pids` and `herd_address`.
start_alone() {
    alone_folder=$1
    shift
    mkdir -p "$dir/$alone_folder" || exit 1
    take_port
    {
        echo "server Alone client 127.0.0.1:$port peer 127.0.0.1:0"
        printf '%s\n' "$@"
    } >"$dir/$alone_folder/herd.conf"
    herd_address=127.0.0.1:$port
    start_herd "$alone_folder" Alone
}

need_alone() {
    [ -z "$alone_pid" ] || return 0
    start_alone alone 'log-traffic no'
    alone_pid=$herd_pids
    alone_address=$herd_address
}

need_logging() {
    [ -z "$logging_pid" ] || return 0
    start_alone logging 'log-traffic yes'
    logging_pid=$herd_pids
    logging_address=$herd_address
}

five_is_linked() {
    ! "$tools/herdctl" -c "$dir/five/herd.conf" status --json | grep -q '"state":[ 	]*"down"'
}

need_five() {
    [ -z "$five_pids" ] || return 0
    mkdir "$dir/five" || exit 1
    # In one call, so that the ports differ.
    # shellcheck disable=SC2046
    set -- $("$tools/free-ports" 10)
    [ $# -eq 10 ] || exit 1
    five_address=127.0.0.1:$1
    {
        for server in $names; do
            echo "server $server client 127.0.0.1:$1 peer 127.0.0.1:$2"
            shift 2
        done
        echo 'link Goloman Hands Holiday Wilkes'
        echo 'link Hands Wilkes'
        echo 'link Holiday Welsh Wilkes'
        echo 'log-traffic no'
    } >"$dir/five/herd.conf"
    # shellcheck disable=SC2086
    start_herd five $names
    five_pids=$herd_pids
    until_true 'the herd of five did not link' five_is_linked
}

# Whether all five have the same digest and no records to send.
five_has_converged() {
    "$tools/herdctl" -c "$dir/five/herd.conf" status --json | awk '
    $1 == "\"digest\":" { if (count++ > 0 && $2 != digest) odd = 1; digest = $2 }
    $1 == "\"behind\":" && $2 + 0 > 0 { odd = 1 }
    $1 == "\"state\":" && $2 ~ /down|silent/ { odd = 1 }
    END { exit count != 5 || odd }'
}

# ---- Redis ----------------------------------------------------------------------------

# start_redis OPTION...: starts Redis in memory only, like herd; sets `redis_pid` and
# `redis_port`.
start_redis() {
    take_port
    redis_port=$port
    mkdir -p "$dir/redis-$redis_port"
    (
        cd "$dir/redis-$redis_port" &&
            exec redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no \
                --repl-diskless-sync-delay 0 --maxclients $((idle + 1000)) "$@" >log 2>&1
    ) &
    redis_pid=$!
    started="$started $redis_pid"
    until_says "$dir/redis-$redis_port/log" 'eady to accept connections' \
        'redis-server did not start'
}

need_redis_alone() {
    [ "$redis" = yes ] && [ -z "$redis_alone" ] || return 0
    start_redis
    redis_alone=$redis_pid
    redis_alone_address=127.0.0.1:$redis_port
}

# redis_info PORT NAME: prints a value of `INFO replication`.
redis_info() {
    redis-cli -p "$1" INFO replication 2>/dev/null | tr -d '\r' | sed -n "s/^$2://p"
}

replica_is_online() {
    [ "$(redis_info "$1" master_link_status)" = up ]
}

# A tree as in the herd of five, where reports are made to Goloman and reach Welsh through
# Holiday: three replicas of the primary, and a replica of one of these.
need_redis_five() {
    [ "$redis" = yes ] && [ -z "$redis_five" ] || return 0
    start_redis
    redis_five=$redis_pid
    redis_five_port=$redis_port
    redis_replicas=
    for replica in Hands Wilkes Holiday Welsh; do
        above=$redis_five_port
        [ "$replica" != Welsh ] || above=$redis_port
        start_redis --replicaof 127.0.0.1 "$above"
        redis_five=$redis_five,$redis_pid
        redis_replicas="$redis_replicas $redis_port"
        until_true 'a replica did not connect' replica_is_online "$redis_port"
    done
}

# Whether every replica has applied all writes of the primary.
redis_has_converged() {
    written=$(redis_info "$redis_five_port" master_repl_offset)
    for at in $redis_replicas; do
        [ "$(redis_info "$at" slave_repl_offset)" = "$written" ] || return 1
    done
}
