/* SPDX-License-Identifier: ISC */
/* Asks the processor to load the cache line of an address, because it will be read soon. A
 * hint: it changes nothing but the time taken, and any address is allowed. */
#ifndef HERD_BASE_PREFETCH_H
#define HERD_BASE_PREFETCH_H

#if defined(__GNUC__)
#define HERD_PREFETCH(address) __builtin_prefetch(address)
#else
#define HERD_PREFETCH(address) ((void)(address))
#endif

#endif
