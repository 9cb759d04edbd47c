/* SPDX-License-Identifier: ISC */
/* The memory of libcurl: that of malloc(), overwritten before it is given back, since URLs
 * have locations and keys in them. */
#ifndef IO_FETCH_MEMORY_H
#define IO_FETCH_MEMORY_H

#include <curl/curl.h>

/* curl_global_init with this memory. */
CURLcode io_fetch_memory_init(void);

#endif
