/* SPDX-License-Identifier: ISC */
/* Commands from standard input, over one connection that is re-established after a loss. */
#include "herd/err.h"
#include "io/mem.h"
#include "client_commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WORDS_MAX = 64, LINE_BYTES_MAX = 16 * 1024 * 1024 };

struct shell {
    struct ctl ctl;               /* its own: `server` changes it */
    char server[SERVERS_ADDRESS]; /* of the command `server` */
    struct wire wire;
    bool interactive;
    bool connected_before;
    bool quit;
};

static const char help[] =
    "  iamat CLIENT LOCATION [TIME]  report the location of a client\n"
    "  whatsat CLIENT KM MAX         query the places near a client\n"
    "  IAMAT ... or WHATSAT ...      send a line of the protocol unchanged\n"
    "  status [NAME...]              show the status of the servers\n"
    "  server [NAME or HOST:PORT]    use another server; without one, show which is used\n"
    "  help, quit, exit              show this help; leave (or Ctrl-D)\n";

/* Without -s the server is selected again, so that one that was stopped is replaced. */
static int reconnect(struct shell *shell)
{
    struct endpoint endpoint;
    struct wire *wire = &shell->wire;
    int status = servers_endpoint(&endpoint, &shell->ctl);
    if (status != CTL_OK)
        return status;
    wire_close(wire);
    wire_set_timeout(wire, ctl_timeout_ms(&shell->ctl, CTL_TIMEOUT_MS));
    status = wire_dial(wire, &endpoint);
    if (status == CTL_DOWN)
        return ctl_error(status, "%s is not running: %s", endpoint.name, wire->error.text);
    if (status != CTL_OK)
        return ctl_error(status, "%s", wire->error.text);
    if (shell->connected_before)
        (void)ctl_error(status, "the connection was lost; reconnected to %s",
                        endpoint.name);
    else if (shell->interactive)
        printf("Connected to %s at %s. `help` lists the commands.\n", endpoint.name,
               endpoint.address);
    shell->connected_before = true;
    return CTL_OK;
}

static int send_line(struct shell *shell, struct herd_slice line, command_talk *talk)
{
    int status = wire_is_idle(&shell->wire) ? CTL_OK : reconnect(shell);
    if (status != CTL_OK)
        return status;
    wire_set_timeout(&shell->wire, ctl_timeout_ms(&shell->ctl, command_timeout_ms(line)));
    return talk(&shell->wire, line);
}

static int build_and_send(struct shell *shell, command_build *build, command_talk *talk,
                          int count, char **words)
{
    struct herd_buf line;
    herd_buf_init(&line, &io_mem, LINE_BYTES_MAX);
    int status = build(&line, count, words);
    if (status == CTL_OK)
        status = send_line(shell, herd_buf_bytes(&line), talk);
    herd_buf_free(&line);
    return status;
}

/* Splits the line into words, in place; returns their number, at most WORDS_MAX. */
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

static int show_server(struct shell *shell)
{
    struct endpoint endpoint;
    int status = servers_endpoint(&endpoint, &shell->ctl);
    if (status == CTL_OK)
        printf("%s at %s\n", endpoint.name, endpoint.address);
    return status;
}

/* A server that there is not does not replace the present one; one that is down does, and
 * is dialled again with the next command. */
static int use_server(struct shell *shell, int count, char **words)
{
    struct endpoint endpoint;
    struct ctl ctl = shell->ctl;
    if (count == 0)
        return show_server(shell);
    if (count > 1 || strlen(words[0]) >= sizeof shell->server)
        return ctl_error(CTL_USAGE, "usage: server NAME, or server HOST:PORT");
    ctl.server = words[0];
    int status = servers_endpoint(&endpoint, &ctl);
    if (status != CTL_OK)
        return status;
    (void)snprintf(shell->server, sizeof shell->server, "%s", words[0]);
    shell->ctl.server = shell->server;
    shell->ctl.server_given = false; /* status still shows all servers */
    shell->connected_before = false;
    return reconnect(shell);
}

static int run_command(struct shell *shell, char *line)
{
    char *words[WORDS_MAX];
    int count = split(line, words);
    if (count == 0)
        return CTL_OK;
    if (strcmp(words[0], "iamat") == 0)
        return build_and_send(shell, command_build_iamat, command_report, count - 1,
                              words + 1);
    if (strcmp(words[0], "whatsat") == 0)
        return build_and_send(shell, command_build_whatsat, command_exchange, count - 1,
                              words + 1);
    if (strcmp(words[0], "status") == 0)
        return ctl_show_status(&shell->ctl, count - 1, words + 1);
    if (strcmp(words[0], "help") == 0)
        return printf("%s", help) < 0 ? CTL_FAILED : CTL_OK;
    if (strcmp(words[0], "server") == 0)
        return use_server(shell, count - 1, words + 1);
    shell->quit = strcmp(words[0], "quit") == 0 || strcmp(words[0], "exit") == 0;
    if (shell->quit)
        return CTL_OK;
    return ctl_error(CTL_USAGE, "unknown command %s; `help` lists the commands", words[0]);
}

/* Arrow keys and their like send an escape character and letters, which the terminal shows
 * as a movement or as ^[[D: nobody means them as a part of a word. */
static bool has_control(struct herd_slice line)
{
    for (size_t i = 0; i < line.len; i++) {
        unsigned char byte = (unsigned char)line.data[i];
        if (byte == 0x7f || (byte < ' ' && (byte < '\t' || byte > '\r')))
            return true;
    }
    return false;
}

/* A line that begins with a capital letter is sent to the server unchanged, valid or not;
 * one that somebody types is meant to be read by people, and has no control bytes. */
static int run_line(struct shell *shell, char *line, size_t len)
{
    struct herd_slice all = herd_slice(line, len);
    size_t blanks = strspn(line, " \t");
    char first = line[blanks];
    bool unchanged = first >= 'A' && first <= 'Z';
    if (all.len > 0 && all.data[all.len - 1] == '\n')
        all.len--;
    if ((shell->interactive || !unchanged) && has_control(all))
        return ctl_error(CTL_USAGE, "not done: the line has a control byte in it, as arrow "
                                    "keys and others send; they do not edit the line here: "
                                    "type it again. `herdctl send LINE` sends any line");
    if (unchanged)
        return send_line(shell, all, command_exchange);
    return run_command(shell, line);
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

/* On a terminal, failures have been seen and the exit code is 0; a script gets the first
 * failure as exit code. On a terminal the connection is opened at once, so that a server
 * that is down is noticed before the first command. */
int ctl_shell(const struct ctl *ctl)
{
    bool interactive = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
    struct shell shell = {.ctl = *ctl, .interactive = interactive};
    char *line = NULL;
    size_t size = 0, len = 0;
    int status = CTL_OK;
    wire_init(&shell.wire, ctl->verbose);
    if (interactive && reconnect(&shell) == CTL_USAGE)
        return CTL_USAGE;
    while (!shell.quit && read_line(interactive, &line, &size, &len)) {
        int rc = run_line(&shell, line, len);
        status = interactive ? CTL_OK : ctl_first_failure(status, rc);
    }
    if (ferror(stdin))
        status = ctl_error(ctl_first_failure(status, CTL_FAILED),
                           "cannot read the input: %s", strerror(errno));
    if (interactive && !shell.quit)
        (void)fputc('\n', stdout);
    free(line);
    wire_close(&shell.wire);
    return status;
}
