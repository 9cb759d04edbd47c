/* SPDX-License-Identifier: ISC */
/* Replies to WHATSAT, looked at by means that the server does not use. */
#ifndef TESTS_E2E_ANSWER_H
#define TESTS_E2E_ANSWER_H

#include "herd/slice.h"

#include <stdbool.h>

enum { ANSWER_STATUS = 32 };

/* The JSON of a reply that must be `at`, LF, JSON and an empty line; empty, and a failed
 * check, when it is not. */
struct herd_slice answer_json(struct herd_slice reply, struct herd_slice at);

/* Whether it is a complete answer in the shape of Nearby Search (legacy): one JSON object,
 * html_attributions and at most 20 results as arrays, a status of that API. */
bool answer_is_legacy(struct herd_slice json, char status[ANSWER_STATUS]);

/* A body without all but its first `bound` results, found by matching brackets; runs of
 * newlines are one, there are none at the end. Anything else keeps its bytes. To be freed
 * with file_free. */
struct herd_slice answer_cut(struct herd_slice body, unsigned bound);

#endif
