/* SPDX-License-Identifier: ISC */
/* Whether this libcurl can serve a plan, and the options that tell libcurl about it. For
 * fetch.c, fetch_transfer.c and tests only. */
#ifndef IO_FETCH_OPTIONS_H
#define IO_FETCH_OPTIONS_H

#include "fetch_plan.h"
#include "herd/err.h"

#include <curl/curl.h>
#include <stdbool.h>

/* The least libcurl that can run: 7.81.0, and 7.85.0 for a program that was compiled with
 * the headers of that or a newer one, whose options it uses. GNUmakefile and
 * tools/install-deps ask for the same when herd is built. */
#if LIBCURL_VERSION_NUM < 0x075500
#define IO_FETCH_LIBCURL_OLDEST      0x075100U /* as LIBCURL_VERSION_NUM */
#define IO_FETCH_LIBCURL_OLDEST_TEXT "7.81"
#else
#define IO_FETCH_LIBCURL_OLDEST      0x075500U
#define IO_FETCH_LIBCURL_OLDEST_TEXT "7.85"
#endif

/* Initialises libcurl, once per process; from one thread. False with `error`. */
bool io_fetch_options_start(struct herd_error_text *error);

/* Whether the libcurl that runs can serve the plan and has all options, so that a lack
 * shows at the start and not at the first transfer. False with `error`. */
bool io_fetch_options_check(const struct io_fetch_plan *plan,
                            struct herd_error_text *error);

/* Why the libcurl of `info` cannot serve the plan, or NULL; lives for ever. */
const char *io_fetch_options_unfit(const struct io_fetch_plan *plan,
                                   const curl_version_info_data *info);

/* Sets all options that do not depend on the transfer; `plan` outlives `easy`. False when
 * libcurl refuses one, or memory is out. */
bool io_fetch_options_apply(const struct io_fetch_plan *plan, CURL *easy);

#endif
