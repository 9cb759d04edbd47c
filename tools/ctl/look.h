/* SPDX-License-Identifier: ISC */
/* Whether a server runs, as far as this machine and this user can tell. */
#ifndef CTL_LOOK_H
#define CTL_LOOK_H

#include "servers.h"

/* A server that runs makes its pid file and control socket anew within this time if
 * somebody has removed them: KEEP_MS of src/driver/run_files.c, and a turn. */
enum { LOOK_REMADE_MS = 3500 };

enum look_state {
    LOOK_RUNS,
    LOOK_DOWN,
    LOOK_ELSEWHERE, /* it does not run here, and it could not: its addresses are those of
                     * another machine */
    LOOK_UNKNOWN    /* there is no telling */
};

struct look {
    enum look_state state;
    pid_t pid; /* LOOK_RUNS: its process; 0: not known */
    bool lost; /* its pid file is missing: it may be made anew within LOOK_REMADE_MS */
    struct herd_error_text why; /* of LOOK_ELSEWHERE, of LOOK_UNKNOWN, and of a pid that is
                                 * not known; for people, with what they can do */
};

/* Looks for server `i` of the configuration: at its pid file; if that does not decide it,
 * at its control socket; then whether this machine has its addresses; and at last whether
 * something accepts connections at its client address. Waits for a second at most, and for
 * the resolver when an address is a name. */
void look_for(struct look *look, const struct servers *servers, uint32_t i);

#endif
