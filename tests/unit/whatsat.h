/* SPDX-License-Identifier: ISC */
/* What the conversations about WHATSAT are made of: client `a` is at 0,0. */
#ifndef TESTS_UNIT_WHATSAT_H
#define TESTS_UNIT_WHATSAT_H

#include "rig/talk.h"

/* Connection 1 says where it is. */
#define A_SAYS "open 1\n1< IAMAT a +0+0 " TALK_NOW "\n"
#define A_AT   "AT Clark +0.000000000 a +0+0 " TALK_NOW

/* What Places is asked, by kilometres. */
#define ASKS_1 "location=0,0&radius=1000"
#define ASKS_2 "location=0,0&radius=2000"

/* How a reply begins, to the connection of that number, and how it ends. */
#define TO_1 "  1> " A_AT "\\n"
#define TO_2 "  2> " A_AT "\\n"
#define END  "\\n\n"

/* The error of an answer that makes no sense. */

#endif
