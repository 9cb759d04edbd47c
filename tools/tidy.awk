# The rules for one C file after the other; tools/tidy calls this. Prints file:line: rule.
# Comments and literals are taken out first, so that only code is looked at.

BEGIN {
    FUNCTION_MAX = 70
    FILE_MAX = 500
    TEST_FILE_MAX = 800 # tables of cases make them long
    COLUMN_MAX = 92
    SYSTEM = " assert.h inttypes.h limits.h stdarg.h stdbool.h stddef.h stdint.h stdio.h string.h "
    # What only the core and the driver may know; tools may read messages, adapters may not.
    CORE_ONLY = " herd/core.h herd/store.h herd/link.h herd/lookup.h "
    NOT_FOR_IO = CORE_ONLY " herd/msg.h herd/places.h herd/frame.h "
    BANNED = "sprintf vsprintf strcpy strcat gets atoi atol atof strtok alloca"
    BANNED_IN_CORE = "strtod strtof strtold double float malloc calloc realloc free"
}

FNR == 1 {
    if (path != "")
        end_file()
    path = FILENAME
    sub(/^\.\//, path)
    in_comment = 0
    depth = 0
    start = 0
    guard = ""
    guarded = 0
}

{
    lines = FNR
    check_raw($0)
    code = strip($0)
    check_words(code)
    if ($0 ~ /^[ \t]*#[ \t]*include/)
        check_include($0)
    if (path ~ /\.h$/)
        check_guard($0)
    check_function($0, code)
}

END {
    if (path != "")
        end_file()
    exit (findings > 0)
}

function found(rule)
{
    printf "%s:%d: %s\n", path, lines, rule
    findings++
}

function end_file()
{
    most = path ~ /^tests\// ? TEST_FILE_MAX : FILE_MAX
    if (lines > most)
        found("file of " lines " lines; " most " is the most")
    if (path ~ /\.h$/ && !guarded)
        found("include guard " wanted_guard() " is missing")
}

# ---- text ----

# Columns, not bytes: continuation bytes of UTF-8 do not count.
function columns(text)
{
    gsub(/[\200-\277]/, "", text)
    return length(text)
}

function check_raw(line)
{
    if (line ~ /\t/)
        found("tab")
    if (line ~ /[ \t\r]$/)
        found("blank at the end of the line")
    if (columns(line) > COLUMN_MAX)
        found("line of " columns(line) " columns; " COLUMN_MAX " is the most")
}

# What follows a literal whose opening quote was `quote`.
function behind_literal(line, quote)
{
    while (match(line, /[\\"']/)) {
        mark = substr(line, RSTART, 1)
        line = substr(line, RSTART + (mark == "\\" ? 2 : 1))
        if (mark == quote)
            return line
    }
    return ""
}

# The code of a line: comments become a blank, literals an empty pair of quotes.
function strip(line,    out, token, at)
{
    out = ""
    while (line != "") {
        if (in_comment) {
            at = index(line, "*/")
            if (at == 0)
                return out
            line = substr(line, at + 2)
            in_comment = 0
            out = out " "
            continue
        }
        if (!match(line, /["']|\/\*|\/\//))
            return out line
        token = substr(line, RSTART, RLENGTH)
        out = out substr(line, 1, RSTART - 1)
        line = substr(line, RSTART + RLENGTH)
        if (token == "/*") {
            in_comment = 1
        } else if (token == "//") {
            found("// comment")
            return out
        } else {
            out = out token token
            line = behind_literal(line, token)
        }
    }
    return out
}

# ---- words ----

function is_core()
{
    return path ~ /(^|\/)(src\/core|include\/herd)\//
}

function has_word(code, word)
{
    return code ~ ("(^|[^A-Za-z0-9_.>])" word "([^A-Za-z0-9_]|$)")
}

function has_call(code, name)
{
    return code ~ ("(^|[^A-Za-z0-9_.>])" name "[ \t]*\\(")
}

function check_words(code,    i, n, names)
{
    n = split(BANNED, names, " ")
    for (i = 1; i <= n; i++)
        if (index(code, names[i]) && has_call(code, names[i]))
            found(names[i] " is banned")
    if (!is_core())
        return
    n = split(BANNED_IN_CORE, names, " ")
    for (i = 1; i <= n; i++)
        if (index(code, names[i]) &&
            (names[i] ~ /^(double|float)$/ ? has_word(code, names[i]) : has_call(code, names[i])))
            found(names[i] " is banned in the core")
}

# ---- functions ----

# With the house's format a body opens with a brace of its own in the first column.
function check_function(line, code,    opened, closed)
{
    if (depth == 0) {
        if (line != "{")
            return
        start = FNR
    }
    opened = gsub(/\{/, "{", code)
    closed = gsub(/\}/, "}", code)
    depth += opened - closed
    if (depth <= 0) {
        depth = 0
        if (FNR - start + 1 > FUNCTION_MAX)
            found("function of " (FNR - start + 1) " lines; " FUNCTION_MAX " is the most")
    }
}

# ---- include guards ----

# The path in capitals, without the folder that the compiler searches; src/core/x.h is
# HERD_CORE_X_H, to differ from include/herd/x.h, which is HERD_X_H.
function wanted_guard(    name)
{
    name = path
    sub(/^.*\/include\//, "", name)
    sub(/^include\//, "", name)
    sub(/^(.*\/)?src\/core\//, "herd_core_", name)
    sub(/^(.*\/)?(src|tools)\//, "", name)
    sub(/^.*\/tests\//, "tests/", name)
    gsub(/[^A-Za-z0-9]/, "_", name)
    return toupper(name)
}

function check_guard(line,    words)
{
    if (guarded)
        return
    split(line, words, " ")
    if (guard == "" && words[1] == "#ifndef") {
        guard = words[2]
        if (guard != wanted_guard())
            found("include guard " guard " should be " wanted_guard())
        guarded = 1
    }
}

# ---- include direction ----

function check_include(line,    name, quoted)
{
    if (!match(line, /["<][^">]*[">]/)) {
        found("include without a name")
        return
    }
    quoted = substr(line, RSTART, 1) == "\""
    name = substr(line, RSTART + 1, RLENGTH - 2)
    if (name ~ /\.\.\//)
        found("include " name ": no ../")
    if (path ~ /(^|\/)include\/herd\//)
        check_core_include(name, quoted, name ~ /^herd\/[^\/]*$/)
    else if (path ~ /(^|\/)src\/core\//)
        check_core_include(name, quoted, name ~ /^(herd\/)?[^\/]*$/)
    else if (path ~ /(^|\/)src\/io\// &&
             (name ~ /^(driver|core)\// || index(NOT_FOR_IO, " " name " ")))
        found("include " name ": adapters know nothing of the herd")
    else if (path ~ /(^|\/)tools\// &&
             (name ~ /^(driver|core)\// || index(CORE_ONLY, " " name " ")))
        found("include " name ": tools stand outside the server")
}

function check_core_include(name, quoted, own)
{
    if (quoted ? own : index(SYSTEM, " " name " "))
        return
    if (name == "cjson/cJSON.h" && path ~ /\/places[^\/]*\.c$/)
        return
    found("include " name ": the core is pure")
}
