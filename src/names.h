/* SPDX-License-Identifier: ISC */
/* The names in a configuration, as this machine knows them. */
#ifndef NAMES_H
#define NAMES_H

#include "herd/conf.h"

/* Looks all names up, within five seconds, and writes warnings to standard error: names
 * that are not known here, and those that mean 127.0.1.1. They are no errors: another
 * machine may know other names, and a name may become known. */
void names_warn(const struct herd_conf *conf);

#endif
