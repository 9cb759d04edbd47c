# SPDX-License-Identifier: ISC
# Part of tools/bench/run: clean-up, errors, and waiting with a timeout.
# shellcheck shell=sh
# shellcheck disable=SC2154 # the variables are those of tools/bench/run

# Stops the processes that this script has started, and removes its folder.
clean_up() {
    status=$?
    trap - EXIT
    trap '' HUP INT PIPE TERM
    for pid in $started; do
        kill "$pid" 2>/dev/null
    done
    for pid in $started; do
        wait "$pid" 2>/dev/null
    done
    [ -z "$dir" ] || rm -rf "$dir"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

fail() {
    echo "bench: $*" >&2
    exit 1
}

# stop PID...: stops child processes of this script and waits for them. The exit status is that
# of the last one.
stop() {
    stop_status=0
    for pid in "$@"; do
        kill "$pid" 2>/dev/null
        wait "$pid"
        stop_status=$?
        left=
        for other in $started; do
            [ "$other" = "$pid" ] || left="$left $other"
        done
        started=$left
    done
    return "$stop_status"
}

# until_true MESSAGE COMMAND...: repeats a command until it succeeds; fails with MESSAGE after
# 20 s.
until_true() {
    message=$1
    shift
    until_s=$(($(date +%s) + 20))
    until "$@"; do
        [ "$(date +%s)" -lt "$until_s" ] || fail "$message"
        sleep 0.02
    done
}

# until_says FILE PATTERN MESSAGE: waits until FILE contains PATTERN; fails with MESSAGE and the
# end of FILE after 20 s.
until_says() {
    until_s=$(($(date +%s) + 20))
    until grep -qs "$2" "$1"; do
        [ "$(date +%s)" -lt "$until_s" ] || fail "$3: $(tail -n 5 "$1")"
        sleep 0.02
    done
}

# The time in ms, in steps of a second where date(1) has no %N.
now_ms() {
    now=$(date +%s%N)
    case $now in
    *[!0-9]*) echo "$(date +%s)000" ;;
    *) echo "${now%??????}" ;;
    esac
}
