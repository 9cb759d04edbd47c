# SPDX-License-Identifier: ISC
# Prints a table of medians. Input: a line TABLE;ROW;KEY=VALUE for each value of each round; the
# rows of a table have the order of their first values.
#
#   -v table=NAME -v title=TEXT -v columns=COLUMN|COLUMN...   a table
#   -v table=NAME -v row=ROW -v bare=1 -v columns=:KEY:DIGITS a single median
#
# A column is HEADING:KEY:DIGITS[:DIVISOR], or a ratio of medians:
#   HEADING:=KEY             to the first row whose name begins with "herd"
#   HEADING:=KEY@TABLE       to the row of the same name in another table
#   HEADING:=KEY/KEY         within the row
# Keys must not contain a slash.
function median(where, key,    id, n, i, k, v, list) {
    id = where ";" key
    n = count[id]
    for (i = 1; i <= n; i++) {
        v = data[id, i]
        for (k = i; k > 1 && list[k - 1] + 0 > v + 0; k--)
            list[k] = list[k - 1]
        list[k] = v
    }
    return n > 0 ? list[int((n + 1) / 2)] : "-"
}

function ratio(a, b) {
    return a == "-" || b == "-" || b + 0 == 0 ? "-" : sprintf("%.2f", a / b)
}

function cell(name, spec,    part, pair, v) {
    split(spec, part, ":")
    if (substr(part[2], 1, 1) != "=") {
        v = median(table ";" name, part[2])
        return v == "-" ? v : sprintf("%." part[3] "f", v / (part[4] + 0 > 0 ? part[4] : 1))
    }
    if (split(substr(part[2], 2), pair, "/") == 2)
        return ratio(median(table ";" name, pair[1]), median(table ";" name, pair[2]))
    if (split(substr(part[2], 2), pair, "@") == 2)
        return ratio(median(table ";" name, pair[1]), median(pair[2] ";" name, pair[1]))
    return ratio(median(table ";" name, pair[1]), median(table ";" base, pair[1]))
}

BEGIN { FS = ";" }

{
    if ($1 == table && !($2 in seen)) {
        seen[$2] = 1
        rows[++row_count] = $2
        width = length($2) > width ? length($2) : width
        if (base == "" && $2 ~ /^herd/)
            base = $2
    }
    at = index($3, "=")
    id = $1 ";" $2 ";" substr($3, 1, at - 1)
    data[id, ++count[id]] = substr($3, at + 1)
}

END {
    n = split(columns, column, "|")
    if (bare) {
        print cell(row, column[1])
        exit
    }
    printf "%s\n  %-" width "s", title, ""
    for (c = 1; c <= n; c++) {
        heading = substr(column[c], 1, index(column[c], ":") - 1)
        wide[c] = length(heading) > 7 ? length(heading) : 7
        for (i = 1; i <= row_count; i++) {
            text[i, c] = cell(rows[i], column[c])
            wide[c] = length(text[i, c]) > wide[c] ? length(text[i, c]) : wide[c]
        }
        printf "  %" wide[c] "s", heading
    }
    print ""
    for (i = 1; i <= row_count; i++) {
        printf "  %-" width "s", rows[i]
        for (c = 1; c <= n; c++)
            printf "  %" wide[c] "s", text[i, c]
        print ""
    }
}
