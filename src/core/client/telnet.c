/* SPDX-License-Identifier: ISC */
#include "telnet.h"

enum { SE = 240, SB = 250, WILL = 251, DONT = 254, IAC = 255 };

static enum herd_telnet next_state(enum herd_telnet state, unsigned char byte)
{
    switch (state) {
    case HERD_TELNET_TEXT: return HERD_TELNET_COMMAND;
    case HERD_TELNET_COMMAND:
        if (byte == SB)
            return HERD_TELNET_SUB;
        return byte >= WILL && byte <= DONT ? HERD_TELNET_OPTION : HERD_TELNET_TEXT;
    case HERD_TELNET_OPTION: return HERD_TELNET_TEXT;
    case HERD_TELNET_SUB: return byte == IAC ? HERD_TELNET_SUB_COMMAND : HERD_TELNET_SUB;
    case HERD_TELNET_SUB_COMMAND: break;
    }
    return byte == SE ? HERD_TELNET_TEXT : HERD_TELNET_SUB;
}

/* How many bytes of text come next: up to an IAC, or one IAC that was doubled. */
static size_t text_len(enum herd_telnet state, struct herd_slice bytes)
{
    if (state == HERD_TELNET_COMMAND)
        return (unsigned char)bytes.data[0] == IAC ? 1 : 0;
    if (state != HERD_TELNET_TEXT)
        return 0;
    const char *iac = memchr(bytes.data, IAC, bytes.len);
    return iac != NULL ? (size_t)(iac - bytes.data) : bytes.len;
}

bool herd_telnet_next(enum herd_telnet *state, struct herd_slice *bytes,
                      struct herd_slice *text)
{
    while (bytes->len > 0) {
        size_t len = text_len(*state, *bytes);
        if (len > 0) {
            *text = herd_slice(bytes->data, len);
            *bytes = herd_slice_from(*bytes, len);
            *state = HERD_TELNET_TEXT;
            return true;
        }
        *state = next_state(*state, (unsigned char)bytes->data[0]);
        *bytes = herd_slice_from(*bytes, 1);
    }
    return false;
}
