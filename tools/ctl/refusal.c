/* SPDX-License-Identifier: ISC */
/* The server decides what it refuses; this is the grammar of doc/protocol.md again, to tell
 * people about it. */
#include "refusal.h"

#include "ctl.h"
#include "decimal.h"

#include <stdio.h>

enum { OPERANDS = 3, SHOWN = 100, KM_MAX = 50, PLACES_MAX = 20, CLIENT_ID_USUAL = 255 };

static struct herd_slice take_word(struct herd_slice *rest)
{
    static const char blanks[] = " \t\r\v\f";
    size_t from = 0, end;
    while (from < rest->len && memchr(blanks, rest->data[from], sizeof blanks - 1) != NULL)
        from++;
    for (end = from;
         end < rest->len && memchr(blanks, rest->data[end], sizeof blanks - 1) == NULL;)
        end++;
    struct herd_slice word = herd_slice(rest->data + from, end - from);
    *rest = herd_slice_from(*rest, end);
    return word;
}

static void tell(const char *operand, struct herd_slice word, const char *problem)
{
    ctl_error(CTL_FAILED, "refused: %s \"%.*s%s\": %s", operand,
              (int)(word.len < SHOWN ? word.len : SHOWN), word.data,
              word.len > SHOWN ? "..." : "", problem);
}

/* ---- the operands: each returns what is wrong with a word, or NULL ---- */

static const char *client_problem(struct herd_slice word)
{
    for (size_t i = 0; i < word.len; i++) {
        unsigned char byte = (unsigned char)word.data[i];
        unsigned char next = i + 1 < word.len ? (unsigned char)word.data[i + 1] : 0;
        if (byte < ' ' || byte == 0x7f || (byte == 0xc2 && next >= 0x80 && next <= 0x9f))
            return "it contains a control character, which is not allowed";
    }
    return word.len > CLIENT_ID_USUAL
               ? "it is longer than 255 bytes, the most allowed unless the server's "
                 "client-id-max is set"
               : NULL;
}

/* Reads a sign and a number of at most `most` at the start of *rest, and removes them. */
static bool take_coordinate(struct herd_slice *rest, uint64_t most, bool *in_range)
{
    struct herd_decimal number;
    if (rest->len == 0 || (rest->data[0] != '+' && rest->data[0] != '-') ||
        herd_decimal_scan(herd_slice_from(*rest, 1), &number) != 0)
        return false;
    *in_range = number.whole < most ||
                (number.whole == most && number.nano == 0 && !number.inexact);
    *rest = herd_slice_from(*rest, number.len + 1);
    return true;
}

static const char *location_problem(struct herd_slice word)
{
    bool latitude = false, longitude = false;
    if (!take_coordinate(&word, 90, &latitude) ||
        !take_coordinate(&word, 180, &longitude) ||
        (word.len > 0 && !herd_slice_eq(word, HERD_LIT("/"))))
        return "latitude and longitude in decimal degrees are expected, each with its sign "
               "and without a blank, like +34.068930-118.445127";
    if (!latitude)
        return "the latitude is outside of -90 to +90 degrees";
    return longitude ? NULL : "the longitude is outside of -180 to +180 degrees";
}

static const char *time_problem(struct herd_slice word)
{
    struct herd_wall time;
    int rc = herd_time_parse(word, &time);
    if (rc == HERD_ERANGE)
        return "it is after the year 2262, the latest allowed";
    return rc == HERD_OK ? NULL
                         : "seconds since 1970 are expected, without a sign, like "
                           "1621464827.9";
}

static const char *km_problem(struct herd_slice word)
{
    uint64_t number;
    return herd_uint_parse(word, KM_MAX, &number) == HERD_OK
               ? NULL
               : "a whole number of kilometres from 0 to 50 is expected";
}

static const char *max_problem(struct herd_slice word)
{
    uint64_t number;
    return herd_uint_parse(word, PLACES_MAX, &number) == HERD_OK
               ? NULL
               : "a whole number of places from 0 to 20 is expected";
}

/* ---- the commands ---- */

struct operand {
    const char *name;
    const char *(*problem)(struct herd_slice word);
};

struct command {
    const char *verb;
    struct operand operands[OPERANDS];
};

static const struct command iamat = {
    "IAMAT",
    {{"CLIENT", client_problem}, {"LOCATION", location_problem}, {"TIME", time_problem}}};
static const struct command whatsat = {
    "WHATSAT", {{"CLIENT", client_problem}, {"KM", km_problem}, {"MAX", max_problem}}};

/* Whether something was wrong, and told. */
static bool tell_operand(const struct command *command, const struct herd_slice *words)
{
    bool told = false;
    for (int i = 0; i < OPERANDS; i++) {
        const char *problem = command->operands[i].problem(words[i]);
        if (problem != NULL)
            tell(command->operands[i].name, words[i], problem);
        told = told || problem != NULL;
    }
    return told;
}

static void explain(const struct command *command, struct herd_slice rest,
                    const char *server)
{
    struct herd_slice words[OPERANDS + 1];
    int count = 0;
    while (count <= OPERANDS && (words[count] = take_word(&rest)).len > 0)
        count++;
    if (count != OPERANDS)
        ctl_error(CTL_FAILED, "refused: %s has three operands: %s %s %s", command->verb,
                  command->operands[0].name, command->operands[1].name,
                  command->operands[2].name);
    else if (tell_operand(command, words))
        return;
    else if (command == &whatsat)
        tell("CLIENT", words[0], "no report of this client is known there");
    else
        ctl_error(CTL_FAILED,
                  "refused: the operands are right; a server also refuses new clients "
                  "above clients-max or memory-max, and times that are further ahead than "
                  "client-skew-max-ms: see its log and `herdctl status %s`",
                  server);
}

void refusal_explain(struct herd_slice line, const char *server)
{
    struct herd_slice verb = take_word(&line);
    if (herd_slice_eq(verb, herd_slice_str(iamat.verb)))
        explain(&iamat, line, server);
    else if (herd_slice_eq(verb, herd_slice_str(whatsat.verb)))
        explain(&whatsat, line, server);
}
