/* SPDX-License-Identifier: ISC */
#include "peer_talk.h"

#include "protocol/hello.h"
#include "wait.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAC_HEX = 2 * HERD_MAC_SIZE + 1 };

/* ---- connections ---- */

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sa;
}

static bool begin(struct peer_talk *talk, int fd, const struct peer_self *self)
{
    talk->conn = (struct client){.fd = fd};
    talk->self = *self;
    talk->ours[0] = talk->theirs[0] = '\0';
    if (fd < 0)
        return false;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return true;
}

bool peer_talk_dial(struct peer_talk *talk, uint16_t port, const struct peer_self *self)
{
    struct sockaddr_in sa = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    talk->dialled = true;
    if (!begin(talk, fd, self))
        return false;
    if (self->receive_buffer > 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &self->receive_buffer,
                   sizeof self->receive_buffer);
    if (connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0 &&
        fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
        return true;
    peer_talk_close(talk);
    return false;
}

int peer_talk_listen(uint16_t port)
{
    struct sockaddr_in sa = loopback(port);
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&sa, sizeof sa) == 0 && listen(fd, 16) == 0)
        return fd;
    close(fd);
    return -1;
}

bool peer_talk_accept(struct peer_talk *talk, int listener, const struct peer_self *self)
{
    int fd = -1;
    if (wait_fd(listener, POLLIN, now_ms() + WAIT_MS))
        fd = accept(listener, NULL, NULL);
    talk->dialled = false;
    return begin(talk, fd, self) && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

void peer_talk_close(struct peer_talk *talk)
{
    client_close(&talk->conn);
}

/* ---- frames ---- */

bool peer_talk_say(struct peer_talk *talk, const char *format, ...)
{
    char frame[PEER_HEAD_SIZE];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(frame, sizeof frame, format, args);
    va_end(args);
    return len > 0 && len < (int)sizeof frame &&
           client_send(&talk->conn, herd_slice(frame, (size_t)len));
}

/* The word at the front of *text, and the blank after it. */
static struct herd_slice take_word(struct herd_slice *text)
{
    const char *space = text->len > 0 ? memchr(text->data, ' ', text->len) : NULL;
    size_t len = space != NULL ? (size_t)(space - text->data) : text->len;
    struct herd_slice word = herd_slice(text->data, len);
    *text = herd_slice_from(*text, len + (space != NULL ? 1 : 0));
    return word;
}

bool peer_talk_next(struct peer_talk *talk, struct peer_frame *frame)
{
    struct herd_slice line;
    if (!client_line(&talk->conn, &line) || line.len >= sizeof frame->head)
        return false;
    memcpy(frame->head, line.data, line.len);
    frame->head[line.len] = '\0';
    line.data = frame->head;
    frame->verb = take_word(&line);
    size_t length = (size_t)strtoul(take_word(&line).data, NULL, 10);
    frame->args = line;
    return client_bytes(&talk->conn, length, &frame->payload);
}

struct herd_slice peer_frame_word(const struct peer_frame *frame, size_t n)
{
    struct herd_slice rest = frame->args, word;
    do
        word = take_word(&rest);
    while (n-- > 0);
    return word;
}

static bool is(const struct peer_frame *frame, const char *verb)
{
    return herd_slice_eq(frame->verb, herd_slice_str(verb));
}

static bool answer_ping(struct peer_talk *talk, const struct peer_frame *frame)
{
    struct herd_slice serial = peer_frame_word(frame, 0);
    return !is(frame, "PING") ||
           peer_talk_say(talk, "PONG 0 %.*s\n", (int)serial.len, serial.data);
}

bool peer_talk_await(struct peer_talk *talk, const char *verb, struct peer_frame *frame)
{
    while (peer_talk_next(talk, frame) && answer_ping(talk, frame))
        if (is(frame, verb))
            return true;
    return false;
}

bool peer_talk_is_sent_away(struct peer_talk *talk, const char *code)
{
    struct peer_frame frame;
    bool sent_away = false;
    while (!sent_away && peer_talk_next(talk, &frame))
        sent_away = is(&frame, "BYE");
    return sent_away && herd_slice_eq(peer_frame_word(&frame, 0), herd_slice_str(code)) &&
           client_is_closed(&talk->conn);
}

/* ---- the handshake ---- */

/* Differs each time; that nobody can guess it matters to servers only. */
static void print_nonce(char nonce[33])
{
    static uint64_t serial;
    snprintf(nonce, 33, "%016" PRIx64 "%016" PRIx64, (uint64_t)getpid(), ++serial);
}

bool peer_talk_hello(struct peer_talk *talk)
{
    const struct peer_self *self = &talk->self;
    struct timespec now;
    char nonce[33];
    clock_gettime(CLOCK_REALTIME, &now);
    print_nonce(nonce);
    snprintf(talk->ours, sizeof talk->ours,
             "2 2 %s %s %s 0000000000000000 %016" PRIx64 " %" PRId64 ".%03d %s",
             self->herd != NULL ? self->herd : "herd", self->from, self->to,
             herd_hello_rules(0), (int64_t)now.tv_sec + self->clock_ahead_ms / 1000,
             (int)(now.tv_nsec / 1000000), nonce);
    return peer_talk_say(talk, "HELLO 0 %s\n", talk->ours);
}

bool peer_talk_hear_hello(struct peer_talk *talk)
{
    struct peer_frame frame;
    if (!peer_talk_next(talk, &frame) || !is(&frame, "HELLO") ||
        frame.args.len >= sizeof talk->theirs)
        return false;
    snprintf(talk->theirs, sizeof talk->theirs, "%.*s", (int)frame.args.len,
             frame.args.data);
    return herd_slice_eq(peer_frame_word(&frame, 3), herd_slice_str(talk->self.to)) &&
           herd_slice_eq(peer_frame_word(&frame, 4), herd_slice_str(talk->self.from));
}

/* `boot` is the word of the frame that tells a boot id, or "". */
static void print_mac(const struct peer_talk *talk, const char *role, const char *boot,
                      char hex[MAC_HEX])
{
    const struct herd_mac *mac = talk->self.mac;
    char text[2 * PEER_HELLO_SIZE + 64];
    uint8_t bytes[HERD_MAC_SIZE];
    snprintf(hex, MAC_HEX, "none");
    if (mac == NULL)
        return;
    int len = snprintf(text, sizeof text, "%s\n%s\n%s\n%s%s", role,
                       talk->dialled ? talk->ours : talk->theirs,
                       talk->dialled ? talk->theirs : talk->ours, boot,
                       boot[0] != '\0' ? "\n" : "");
    mac->sign(mac->ctx, herd_slice(text, (size_t)len), bytes);
    for (int i = 0; i < HERD_MAC_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

static bool say_proof(struct peer_talk *talk, const char *verb, const char *role,
                      bool with_boot)
{
    char mac[MAC_HEX], boot[17] = "";
    if (with_boot)
        snprintf(boot, sizeof boot, "%016" PRIx64, talk->self.boot);
    print_mac(talk, role, boot, mac);
    return peer_talk_say(talk, "%s 0 %s%s%s\n", verb, mac, with_boot ? " " : "", boot);
}

static bool hear_proof(struct peer_talk *talk, const char *verb, const char *role,
                       bool with_boot)
{
    struct peer_frame frame;
    char mac[MAC_HEX], boot[17];
    if (!peer_talk_next(talk, &frame) || !is(&frame, verb))
        return false;
    struct herd_slice word = peer_frame_word(&frame, 1);
    if (word.len != (with_boot ? 16 : 0))
        return false;
    snprintf(boot, sizeof boot, "%.*s", (int)word.len, word.data);
    print_mac(talk, role, boot, mac);
    return talk->self.mac == NULL ||
           herd_slice_eq(peer_frame_word(&frame, 0), herd_slice_str(mac));
}

bool peer_talk_auth(struct peer_talk *talk)
{
    return say_proof(talk, "AUTH", talk->dialled ? "dialler" : "acceptor", talk->dialled);
}

bool peer_talk_hear_auth(struct peer_talk *talk)
{
    return hear_proof(talk, "AUTH", talk->dialled ? "acceptor" : "dialler", !talk->dialled);
}

bool peer_talk_say_up(struct peer_talk *talk)
{
    return say_proof(talk, "UP", "up", true);
}

bool peer_talk_hear_up(struct peer_talk *talk)
{
    return hear_proof(talk, "UP", "up", true);
}

bool peer_talk_up(struct peer_talk *talk)
{
    if (talk->dialled)
        return peer_talk_hello(talk) && peer_talk_hear_hello(talk) &&
               peer_talk_hear_auth(talk) && peer_talk_auth(talk) && peer_talk_hear_up(talk);
    return peer_talk_hear_hello(talk) && peer_talk_hello(talk) && peer_talk_auth(talk) &&
           peer_talk_hear_auth(talk) && peer_talk_say_up(talk);
}

bool peer_talk_join(struct peer_talk *talk, uint16_t port, const struct peer_self *self)
{
    if (!peer_talk_dial(talk, port, self))
        return false;
    if (peer_talk_up(talk))
        return true;
    peer_talk_close(talk);
    return false;
}

/* ---- records ---- */

#define FEED "feedfeedfeedfeedfeedfeedfeedfeed"

bool peer_talk_sync(struct peer_talk *talk)
{
    struct peer_frame frame;
    talk->seq = 0;
    return peer_talk_say(talk, "HAVE 0 - 0\nSYNC 0 " FEED " 0\nSYNCED 0 " FEED " 0\n") &&
           peer_talk_await(talk, "SYNCED", &frame);
}

bool peer_talk_record(struct peer_talk *talk, const char *record)
{
    uint64_t from = talk->seq++;
    return peer_talk_say(talk, "BATCH %zu %" PRIu64 " %" PRIu64 " 1\n%s\n",
                         strlen(record) + 1, from, talk->seq, record);
}
