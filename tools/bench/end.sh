# Part of tools/bench/run: how it ends, and waits with a limit.
# shellcheck shell=sh
# shellcheck disable=SC2154 # the variables are those of tools/bench/run

# Ends what this script has started, by its number.
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

# stop PID...: ends them, each a child of this script, and forgets them. The exit status is
# that of the last one.
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

# until_true WHAT COMMAND...: tries a command again for a limited time.
until_true() {
    what=$1
    shift
    until_s=$(($(date +%s) + 20))
    until "$@"; do
        [ "$(date +%s)" -lt "$until_s" ] || fail "$what"
        sleep 0.02
    done
}

# until_says FILE PATTERN WHAT: waits until a server has written that; else tells what it wrote.
until_says() {
    until_s=$(($(date +%s) + 20))
    until grep -qs "$2" "$1"; do
        [ "$(date +%s)" -lt "$until_s" ] || fail "$3: $(tail -n 5 "$1")"
        sleep 0.02
    done
}

# Milliseconds; where date knows whole seconds only, as fine as that.
now_ms() {
    now=$(date +%s%N)
    case $now in
    *[!0-9]*) echo "$(date +%s)000" ;;
    *) echo "${now%??????}" ;;
    esac
}
