/* SPDX-License-Identifier: ISC */
/* What the conversations of several test files are made of. */
#ifndef TESTS_RIG_TALK_H
#define TESTS_RIG_TALK_H

/* A server without neighbours; options may follow. */
#define TALK_ALONE "server Clark client 127.0.0.1:1 peer 127.0.0.1:2\n"

/* Clark's neighbours are Bona (a smaller name) and Jaquez (a greater one); Bailey is in
 * the herd, but no neighbour of Clark's. */
#define TALK_HERD                                                                          \
    "server Bailey client 127.0.0.1:1 peer 127.0.0.1:11\n"                                 \
    "server Bona client 127.0.0.1:2 peer 127.0.0.1:12\n"                                   \
    "server Clark client 127.0.0.1:3 peer 127.0.0.1:13\n"                                  \
    "server Jaquez client 127.0.0.1:4 peer 127.0.0.1:14\n"                                 \
    "link Clark Bona Jaquez\n"                                                             \
    "link Bailey Bona\n"

/* HELLOs of the neighbours, and one to them. */
#define TALK_HELLO_BONA "HELLO 0 2 2 herd Bona Clark 0000000000000000 RULES CLOCK NONCE\n"
#define TALK_HELLO_JAQUEZ                                                                  \
    "HELLO 0 2 2 herd Jaquez Clark 0000000000000000 RULES CLOCK NONCE\n"
#define TALK_HELLO_TO_BONA                                                                 \
    "HELLO 0 2 2 herd Clark Bona 0000000000000000 RULES CLOCK NONCE\n"

/* What follows: AUTH of neighbours that have dialled, and UP of Clark; AUTH and UP of
 * neighbours that Clark has dialled. */
#define TALK_AUTH_BONA   "AUTH 0 none 00000000000000b0\n"
#define TALK_AUTH_JAQUEZ "AUTH 0 none 00000000000000f0\n"
#define TALK_UP_CLARK    "UP 0 none 00000000000c1a4c\n"
#define TALK_UP_BONA     "AUTH 0 none\\nUP 0 none 00000000000000b0\n"
#define TALK_UP_JAQUEZ   "AUTH 0 none\\nUP 0 none 00000000000000f0\n"

/* The feeds of one start of each; position 0 and so on stand after them. */
#define TALK_FEED_BONA   "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0"
#define TALK_FEED_JAQUEZ "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0"
#define TALK_FEED_CLARK  "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"

/* Both neighbours have called, as connections 2 and 3. */
#define TALK_LINKS_UP "link 2 Bona 3 Jaquez\n"

/* Now, as the rig's clock begins. */
#define TALK_NOW "1621464828.223371889"

/* Answers of Places, by their results. */
#define TALK_JSON_0   "{\"results\":[],\"status\":\"OK\"}"
#define TALK_JSON_1   "{\"results\":[1],\"status\":\"OK\"}"
#define TALK_JSON_12  "{\"results\":[1,2],\"status\":\"OK\"}"
#define TALK_JSON_123 "{\"results\":[1,2,3],\"status\":\"OK\"}"
#define TALK_JSON_456 "{\"results\":[4,5,6],\"status\":\"OK\"}"
#define TALK_JSON_5   "{\"results\":[5],\"status\":\"OK\"}"
#define TALK_JSON_9   "{\"results\":[9],\"status\":\"OK\"}"

/* Eight different queries, as one line of a script less its end; and as many as one client
 * may have pending. */
#define TALK_ASK(client, km) "WHATSAT " client " " km " 1\\n"
#define TALK_ASK_8(client, tens)                                                           \
    TALK_ASK(client, tens "1")                                                             \
    TALK_ASK(client, tens "2")                                                             \
    TALK_ASK(client, tens "3")                                                             \
    TALK_ASK(client, tens "4")                                                             \
    TALK_ASK(client, tens "5")                                                             \
    TALK_ASK(client, tens "6")                                                             \
    TALK_ASK(client, tens "7")                                                             \
    TALK_ASK(client, tens "8")
#define TALK_ASK_32(client)                                                                \
    TALK_ASK_8(client, "")                                                                 \
    TALK_ASK_8(client, "1")                                                                \
    TALK_ASK_8(client, "2")                                                                \
    TALK_ASK_8(client, "3")
#define TALK_ASK_64 TALK_ASK_32("a") TALK_ASK_32("b")

/* An error of our own, as it stands after an AT line in a transcript. */
#define TALK_ERROR(status, why)                                                            \
    "{\\n   \"error_message\" : \"" why "\",\\n"                                           \
    "   \"html_attributions\" : [],\\n   \"results\" : [],\\n"                             \
    "   \"status\" : \"" status "\"\\n}\\n\n"

#define TALK_HTTP_ERROR "The Places server answered with an HTTP error."

#define TALK_SLOW_DOWN TALK_ERROR("OVER_QUERY_LIMIT", TALK_HTTP_ERROR)

#endif
