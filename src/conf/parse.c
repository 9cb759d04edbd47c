/* SPDX-License-Identifier: ISC */
#include "read.h"

#include "decimal.h"

#include <inttypes.h>

/* Reports that the value is wrong, and which ones are allowed: "FOUND is out of range:
 * ...". */
static void refuse(struct conf_reader *reader, const struct conf_option *option,
                   const char *found, const char *problem)
{
    switch (option->type) {
    case CONF_INT:
        herd_conf_error(
            reader, "%s: %s%s: a number from %" PRId64 " to %" PRId64 " (%s) is expected",
            option->name, found, problem, option->min, option->max, option->unit);
        break;
    case CONF_BOOL:
        herd_conf_error(reader, "%s: %s%s: yes or no is expected", option->name, found,
                        problem);
        break;
    case CONF_TEXT:
        herd_conf_error(
            reader, "%s: %s%s: a %s of %" PRId64 " to %" PRId64 " bytes is expected",
            option->name, found, problem, option->unit, option->min, option->max);
        break;
    }
}

static void read_int(struct conf_reader *reader, const struct conf_option *option,
                     struct herd_slice word)
{
    uint64_t value = 0;
    int rc = herd_uint_parse(word, (uint64_t)option->max, &value);
    if (rc == HERD_EBAD)
        refuse(reader, option, herd_conf_quote(reader, word), " is not a number");
    else if (rc == HERD_ERANGE || value < (uint64_t)option->min)
        refuse(reader, option, herd_conf_quote(reader, word), " is out of range");
    else
        herd_conf_set_number(reader->conf, option, (int64_t)value);
}

static void read_bool(struct conf_reader *reader, const struct conf_option *option,
                      struct herd_slice word)
{
    bool yes = herd_slice_eq(word, HERD_LIT("yes"));
    if (yes || herd_slice_eq(word, HERD_LIT("no")))
        herd_conf_set_number(reader->conf, option, yes);
    else
        refuse(reader, option, herd_conf_quote(reader, word), " is not a boolean");
}

static void read_text(struct conf_reader *reader, const struct conf_option *option,
                      struct herd_slice word)
{
    if (word.len < (size_t)option->min)
        refuse(reader, option, herd_conf_quote(reader, word), " is too short");
    else if (word.len > (size_t)option->max)
        refuse(reader, option, herd_conf_quote(reader, word), " is too long");
    else if (herd_conf_is_name_option(option) && !herd_conf_is_name(word))
        herd_conf_error(reader, "%s: %s is not a name: " CONF_NAME_RULE, option->name,
                        herd_conf_quote(reader, word), HERD_CONF_NAME_MAX);
    else if (herd_conf_is_allowed(reader, option, word))
        herd_conf_set_text(reader->conf, option, herd_conf_copy(reader, word));
}

static void (*const read_value[])(struct conf_reader *reader,
                                  const struct conf_option *option,
                                  struct herd_slice word) = {
    [CONF_INT] = read_int, [CONF_BOOL] = read_bool, [CONF_TEXT] = read_text};

static void read_option(struct conf_reader *reader, const struct conf_option *option)
{
    uint32_t *given = &reader->given[option - herd_conf_options];
    struct herd_slice word, more;
    enum conf_word kind = herd_conf_read_word(reader, &word);
    if (kind == CONF_END)
        refuse(reader, option, "the value", " is missing");
    if (*given != 0)
        herd_conf_error(reader, "%s is set twice: line %" PRIu32 " sets it already",
                        option->name, *given);
    if (kind != CONF_WORD || *given != 0)
        return;
    *given = reader->line;
    read_value[option->type](reader, option, word);
    if (herd_conf_read_word(reader, &more) == CONF_WORD)
        herd_conf_error(
            reader,
            "%s: %s is unexpected: the option takes one value, in double quotes "
            "if it has blanks",
            option->name, herd_conf_quote(reader, more));
}

static void refuse_option(struct conf_reader *reader, struct herd_slice word)
{
    struct conf_guess guess;
    herd_conf_guess_start(&guess, word);
    herd_conf_guess_try(&guess, HERD_LIT("server"));
    herd_conf_guess_try(&guess, HERD_LIT("link"));
    for (size_t i = 0; i < CONF_OPTION_COUNT; i++)
        herd_conf_guess_try(&guess, herd_slice_str(herd_conf_options[i].name));
    if (guess.best.len > 0)
        herd_conf_error(reader, "%s is not an option: did you mean %s?",
                        herd_conf_quote(reader, word), guess.best.data);
    else
        herd_conf_error(reader, "%s is not an option: herd.conf(5) lists them all",
                        herd_conf_quote(reader, word));
}

/* Reports the first byte or character that no line may have. */
static bool is_plain(struct conf_reader *reader, struct herd_slice line)
{
    struct conf_invisible found;
    size_t control = herd_conf_find_control(line);
    if (control < line.len) {
        herd_conf_error(
            reader,
            "%s at column %zu is a control byte: only text is allowed, and lines "
            "end with LF alone",
            herd_conf_quote(reader, herd_slice(line.data + control, 1)), control + 1);
        return false;
    }
    if (herd_conf_find_invisible(line, &found)) {
        herd_conf_error(reader,
                        "%s at column %zu is an invisible character (%s, U+%04" PRIX32
                        "): delete it, or type a plain space in its place",
                        herd_conf_quote(reader, found.bytes), found.offset + 1, found.name,
                        found.value);
        return false;
    }
    return true;
}

static void read_line(struct conf_reader *reader, struct herd_slice line)
{
    struct herd_slice word;
    if (!is_plain(reader, line))
        return;
    herd_conf_words_start(&reader->words, line);
    if (herd_conf_read_word(reader, &word) != CONF_WORD)
        return;
    if (herd_slice_eq(word, HERD_LIT("server"))) {
        herd_conf_read_server(reader);
        return;
    }
    if (herd_slice_eq(word, HERD_LIT("link"))) {
        herd_conf_read_link(reader);
        return;
    }
    for (size_t i = 0; i < CONF_OPTION_COUNT; i++) {
        if (herd_slice_eq(word, herd_slice_str(herd_conf_options[i].name))) {
            read_option(reader, &herd_conf_options[i]);
            return;
        }
    }
    refuse_option(reader, word);
}

/* Sets every option that the file does not set to its default. */
static void fill_defaults(struct conf_reader *reader)
{
    for (size_t i = 0; i < CONF_OPTION_COUNT; i++) {
        const struct conf_option *option = &herd_conf_options[i];
        if (reader->given[i] != 0)
            continue;
        if (option->type == CONF_TEXT)
            herd_conf_set_text(reader->conf, option,
                               herd_conf_copy(reader, herd_slice_str(option->text)));
        else
            herd_conf_set_number(reader->conf, option, option->number);
    }
}

/* A value of 0 is that of an option whose value was refused, and is not compared. */
static void check_order(struct conf_reader *reader, const struct conf_order *order)
{
    const struct conf_option *low = herd_conf_option_at(order->low);
    const struct conf_option *high = herd_conf_option_at(order->high);
    int64_t least = herd_conf_number(reader->conf, low);
    int64_t value = herd_conf_number(reader->conf, high);
    if (value == 0 || value > least || (value == least && order->advice == NULL))
        return;
    if (order->advice == NULL)
        herd_conf_error(reader, "%s: %" PRId64 " is below %s, which is %" PRId64,
                        high->name, value, low->name, least);
    else
        herd_conf_error(reader, "%s: %" PRId64 " is not above %s, which is %" PRId64 ": %s",
                        high->name, value, low->name, least, order->advice);
}

static void check_log_size(struct conf_reader *reader)
{
    int64_t size = reader->conf->log_max_size;
    if (size > 0 && size < HERD_CONF_LOG_SIZE_MIN)
        herd_conf_error(reader,
                        "log-max-size: %" PRId64 " is too small: %d or more (bytes) is "
                        "expected, or 0, with which herd never rotates its log",
                        size, HERD_CONF_LOG_SIZE_MIN);
}

/* How long a record is kept after it has expired follows from the difference of clocks. */
static void check_expire(struct conf_reader *reader)
{
    int64_t skew_ms = reader->conf->link_skew_max_ms;
    if (reader->conf->client_expire > 0 &&
        (skew_ms == 0 || skew_ms > HERD_CONF_EXPIRE_SKEW_MAX_MS))
        herd_conf_error(
            reader,
            "link-skew-max-ms: with client-expire, a value from 1 to %d (ms) is "
            "expected, not %" PRId64,
            HERD_CONF_EXPIRE_SKEW_MAX_MS, skew_ms);
}

/* What is about the files in state-dir makes no sense without it. */
static void check_state(struct conf_reader *reader)
{
    const struct herd_conf *conf = reader->conf;
    if (conf->state_dir[0] != '\0')
        return;
    if (conf->state_program[0] != '\0')
        herd_conf_error(reader, "state-program: it is used with state-dir, which is empty");
    if (herd_conf_acks_from_disk(conf))
        herd_conf_error(reader,
                        "report-ack: disk is possible with state-dir only, which is "
                        "empty: set it, or use memory");
    if (conf->history_days > 0)
        herd_conf_error(reader,
                        "history-days: %" PRId64 " days are kept in state-dir, "
                        "which is empty",
                        conf->history_days);
}

/* Reports errors that concern more than one line. */
static void check_whole(struct conf_reader *reader)
{
    reader->line = 0;
    if (!reader->server_given)
        herd_conf_error(reader, "there is no server: at least one line `server NAME client "
                                "HOST:PORT peer HOST:PORT` is expected");
    for (size_t i = 0; i < CONF_ORDER_COUNT; i++)
        check_order(reader, &herd_conf_orders[i]);
    check_log_size(reader);
    check_expire(reader);
    check_state(reader);
    herd_conf_check_places(reader);
}

static void report_further(struct conf_reader *reader)
{
    struct herd_error_text error;
    uint32_t further = reader->error_count - HERD_CONF_ERRORS_MAX;
    herd_error_set(&error, "%" PRIu32 " more error%s", further, further > 1 ? "s" : "");
    reader->errors->report(reader->errors->ctx, 0, herd_slice_str(error.text));
}

static void read_all(struct conf_reader *reader, struct herd_slice text)
{
    herd_conf_read_names(reader, text);
    while (reader->rc == HERD_OK && text.len > 0) {
        reader->line++;
        read_line(reader, herd_conf_next_line(&text));
    }
    if (reader->rc == HERD_OK)
        fill_defaults(reader);
    if (reader->rc == HERD_OK)
        check_whole(reader);
    if (reader->rc == HERD_OK && reader->error_count > HERD_CONF_ERRORS_MAX)
        report_further(reader);
    if (reader->rc == HERD_OK && reader->error_count == 0)
        herd_conf_store_links(reader);
    if (reader->rc == HERD_OK && reader->error_count > 0)
        reader->rc = HERD_EBAD;
}

int herd_conf_parse(struct herd_conf *conf, const struct herd_mem *mem,
                    struct herd_slice text, const struct herd_conf_errors *errors)
{
    struct conf_reader reader = {.conf = conf, .errors = errors, .rc = HERD_OK};
    *conf = (struct herd_conf){.mem = mem};
    read_all(&reader, text);
    herd_mem_free(mem, reader.names, HERD_CONF_SERVERS_MAX * sizeof *reader.names);
    herd_mem_free(mem, reader.linked, (size_t)reader.name_count * reader.name_count);
    if (reader.rc != HERD_OK)
        herd_conf_free(conf);
    return reader.rc;
}
