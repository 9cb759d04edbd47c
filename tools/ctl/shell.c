/* Commands from standard input, over one connection that is made anew when it is lost. */
#include "herd/err.h"
#include "io/mem.h"
#include "talk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WORDS_MAX = 64, LINE_BYTES_MAX = 16 * 1024 * 1024 };

struct shell {
    const struct ctl *ctl;
    struct wire wire;
    bool was_connected;
    bool leave;
};

static const char help[] =
    "  iamat CLIENT LOCATION [TIME]  report where a client is\n"
    "  whatsat CLIENT KM MAX         what is near a client\n"
    "  IAMAT ... or WHATSAT ...      a line of the protocol, sent as it is\n"
    "  status [NAME...]              the state of the herd\n"
    "  help, quit                    or Ctrl-D\n";

/* Without -s the server is chosen anew, so that one that was stopped is replaced. */
static int connect_again(struct shell *shell)
{
    struct place place;
    struct wire *wire = &shell->wire;
    int status = servers_place(&place, shell->ctl);
    if (status != CTL_OK)
        return status;
    wire_close(wire);
    wire_allow(wire, ctl_timeout_ms(shell->ctl, CTL_TIMEOUT_MS));
    status = wire_dial(wire, &place);
    if (status == CTL_DOWN)
        return ctl_complain(status, "%s is not running: %s", place.name, wire->why);
    if (status != CTL_OK)
        return ctl_complain(status, "%s", wire->why);
    if (shell->was_connected)
        (void)ctl_complain(status, "the connection was lost; connected again, to %s",
                           place.name);
    else if (isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1)
        printf("Talking to %s at %s. `help` lists the commands.\n", place.name,
               place.address);
    shell->was_connected = true;
    return CTL_OK;
}

static int say(struct shell *shell, struct herd_slice line)
{
    int status = wire_quiet(&shell->wire) ? CTL_OK : connect_again(shell);
    if (status != CTL_OK)
        return status;
    wire_allow(&shell->wire, ctl_timeout_ms(shell->ctl, talk_usual_ms(line)));
    return talk(&shell->wire, line);
}

typedef int make_line(struct herd_buf *line, int count, char **words);

static int make_and_say(struct shell *shell, make_line *make, int count, char **words)
{
    struct herd_buf line;
    herd_buf_init(&line, &io_mem, LINE_BYTES_MAX);
    int status = make(&line, count, words);
    if (status == CTL_OK)
        status = say(shell, herd_buf_bytes(&line));
    herd_buf_free(&line);
    return status;
}

/* Cuts the line into words, in place; the number of words, WORDS_MAX when more. */
static int split(char *line, char **words)
{
    static const char blanks[] = " \t\r\n\f\v";
    int count = 0;
    for (char *at = line + strspn(line, blanks); *at != '\0' && count < WORDS_MAX;) {
        words[count++] = at;
        at += strcspn(at, blanks);
        if (*at != '\0')
            *at++ = '\0';
        at += strspn(at, blanks);
    }
    return count;
}

static int obey_short(struct shell *shell, char *line)
{
    char *words[WORDS_MAX];
    int count = split(line, words);
    if (count == 0)
        return CTL_OK;
    if (strcmp(words[0], "iamat") == 0)
        return make_and_say(shell, talk_iamat, count - 1, words + 1);
    if (strcmp(words[0], "whatsat") == 0)
        return make_and_say(shell, talk_whatsat, count - 1, words + 1);
    if (strcmp(words[0], "status") == 0)
        return ctl_show_status(shell->ctl, count - 1, words + 1);
    if (strcmp(words[0], "help") == 0)
        return printf("%s", help) < 0 ? CTL_REFUSED : CTL_OK;
    shell->leave = strcmp(words[0], "quit") == 0;
    if (shell->leave)
        return CTL_OK;
    return ctl_complain(CTL_USAGE, "unknown command %s; help lists those that there are",
                        words[0]);
}

/* Capitals are for the server, which also judges them. */
static int obey(struct shell *shell, char *line, size_t len)
{
    struct herd_slice all = herd_slice(line, len);
    size_t blanks = strspn(line, " \t");
    char first = line[blanks];
    if (all.len > 0 && all.data[all.len - 1] == '\n')
        all.len--;
    if (first >= 'A' && first <= 'Z')
        return say(shell, all);
    return obey_short(shell, line);
}

static bool read_line(bool interactive, char **line, size_t *size, size_t *len)
{
    if (interactive)
        (void)fputs("herd> ", stdout);
    ctl_flush();
    ssize_t got = getline(line, size, stdin);
    *len = got >= 0 ? (size_t)got : 0;
    return got >= 0;
}

/* People have seen what failed; scripts get it as the exit code. People also want to know
 * at once whether somebody is there, and may then ask for the status. */
int ctl_shell(const struct ctl *ctl)
{
    struct shell shell = {.ctl = ctl};
    bool interactive = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
    char *line = NULL;
    size_t size = 0, len = 0;
    int status = CTL_OK;
    wire_init(&shell.wire, ctl->verbose);
    if (interactive && connect_again(&shell) == CTL_USAGE)
        return CTL_USAGE;
    while (!shell.leave && read_line(interactive, &line, &size, &len)) {
        int rc = obey(&shell, line, len);
        status = interactive ? CTL_OK : ctl_first(status, rc);
    }
    if (ferror(stdin))
        status = ctl_complain(ctl_first(status, CTL_REFUSED), "cannot read the input: %s",
                              strerror(errno));
    if (interactive && !shell.leave)
        (void)fputc('\n', stdout);
    free(line);
    wire_close(&shell.wire);
    return status;
}
