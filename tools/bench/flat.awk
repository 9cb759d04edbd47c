# A report of herdbench --json, one NAME=NUMBER a line; those of an object have its name
# before theirs: latency_us.p50=12.3.
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
