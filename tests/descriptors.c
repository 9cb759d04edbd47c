/* SPDX-License-Identifier: ISC */
#include "descriptors.h"

#include <stdio.h>
#include <sys/resource.h>

enum { RESERVE = 64 };

void descriptors_allow(int most)
{
    struct rlimit limit;
    rlim_t want = (rlim_t)most;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= want)
        return;
    limit.rlim_cur = limit.rlim_max < want ? limit.rlim_max : want;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int descriptors_for(int want, int each)
{
    struct rlimit limit;
    rlim_t need = (rlim_t)(want * each + RESERVE);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need)
        return want;
    int fits = limit.rlim_cur > RESERVE ? ((int)limit.rlim_cur - RESERVE) / each : 0;
    fprintf(stderr, "only %d of %d, since ulimit -n is %d: ", fits, want,
            (int)limit.rlim_cur);
    return fits;
}
