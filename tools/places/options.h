/* SPDX-License-Identifier: ISC */
/* The command line. */
#ifndef PLACES_OPTIONS_H
#define PLACES_OPTIONS_H

#include "faults.h"

/* The texts are of the command line or constant. */
struct options {
    unsigned short port;
    const char *port_file; /* NULL: none */
    const char *log;       /* NULL: none */
    const char *dir;
    const char *key; /* NULL: any is right */
    long down_ms;
    bool instant;
    struct faults faults;
};

/* -1 to go on, else the exit status: help was printed, or a mistake on standard error. */
int options_read(int argc, char **argv, struct options *out);

#endif
