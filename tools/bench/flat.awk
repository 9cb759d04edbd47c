# SPDX-License-Identifier: ISC
# Prints a report of herdbench --json as lines NAME=NUMBER; members of an object have its name as
# prefix: latency_us.p50=12.3.
/^  "[^"]*": [{[]$/ {
    inside = $1
    gsub(/[":]/, "", inside)
    inside = inside "."
    next
}
/^  []}],?$/ {
    inside = ""
    next
}
/^ *"[^"]*": -?[0-9.]+,?$/ {
    name = $1
    gsub(/[":]/, "", name)
    sub(/,$/, "", $2)
    print inside name "=" $2
}
