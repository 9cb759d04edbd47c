/* SPDX-License-Identifier: ISC */
/* What the headers of the system shall show, by system: the only place with feature-test
 * macros. GNUmakefile includes it before the first line of every source (-include), since
 * they have to come before the first header.
 *
 * POSIX.1-2008 with XSI is what the code is written for, and where a system can show that
 * and nothing else, it is asked to, so that the use of an extension is a compile error.
 * macOS and the BSDs cannot be asked like that: with _POSIX_C_SOURCE they also hide what
 * POSIX leaves to the system, and what herd needs (INADDR_LOOPBACK, mkdtemp, SO_NOSIGPIPE,
 * TCP options, ioctl requests). Each of them has another way to ask for all. */
#ifndef HERD_BASE_FEATURE_MACROS_H
#define HERD_BASE_FEATURE_MACROS_H

#if defined(__APPLE__)
#define _DARWIN_C_SOURCE 1 /* sys/cdefs.h: raises the level above any _POSIX_C_SOURCE */
#elif defined(__FreeBSD__) || defined(__DragonFly__)
/* sys/_visible.h: shows all when no standard is asked for; nothing can be added to one. */
#elif defined(__NetBSD__)
#define _NETBSD_SOURCE 1 /* sys/featuretest.h: standards and NetBSD's own, their union */
#elif defined(__OpenBSD__)
#define _BSD_SOURCE 1 /* sys/cdefs.h: __BSD_VISIBLE, whatever else is asked for */
#elif defined(__linux__) && defined(HERD_LINUX_NAMESPACES)
#define _GNU_SOURCE 1 /* unshare() and setns(), for one file of the tests */
#else
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE   700
#endif

#endif
