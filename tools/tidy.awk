# SPDX-License-Identifier: ISC
# The rules for one C file after the other that neither the compiler, clang-format nor
# clang-tidy knows; tools/tidy calls this. Prints file:line: rule. Comments and literals are
# taken out first, so that only code is looked at.

BEGIN {
    FILE_MAX = 500
    TEST_FILE_MAX = 800 # tables of cases make them long
    BANNED = "sprintf vsprintf strcpy strcat gets atoi atol atof strtok alloca"
}

FNR == 1 {
    if (path != "")
        end_file()
    path = FILENAME
    sub(/^\.\//, "", path)
    in_comment = 0
    guarded = 0
}

{
    lines = FNR
    check_words(strip($0))
    if ($0 ~ /^[ \t]*#[ \t]*include.*\.\.\//)
        found("include with ../")
    if ($0 ~ /^[ \t]*#[ \t]*include[ \t]*"core\//)
        found("include of the core from outside: include/herd is its contract")
    if ($0 ~ /^[ \t]*#[ \t]*define[ \t]+HERD_IN_/)
        found("HERD_IN_... comes from GNUmakefile alone")
    if (path ~ /\.h$/)
        check_guard($0)
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

# Integers and text alone: what a core prints must read back as it was.
function is_pure()
{
    return path ~ /(^|\/)(src\/(base|conf|core)|include\/herd)\//
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
    if (!is_pure())
        return
    n = split("double float", names, " ")
    for (i = 1; i <= n; i++)
        if (has_word(code, names[i]))
            found(names[i] " is banned in the core")
}

# ---- include guards ----

# The path in capitals, without the folder that the compiler searches; base, conf and core are
# HERD_BASE_X_H and so on, to differ from include/herd/x.h, which is HERD_X_H. (The check of
# clang-tidy only knows guards that begin with the whole path.)
function wanted_guard(    name)
{
    name = path
    sub(/^(.*\/)?include\//, "", name)
    sub(/^(.*\/)?src\/(base|conf|core)\//, "herd/&", name)
    sub(/^herd\/(.*\/)?src\//, "herd/", name)
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
    if (words[1] == "#ifndef") {
        if (words[2] != wanted_guard())
            found("include guard " words[2] " should be " wanted_guard())
        guarded = 1
    }
}
