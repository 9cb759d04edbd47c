#include "herd/err.h"

const char *herd_strerror(int code)
{
    switch (code) {
    case HERD_OK: return "ok";
#define CASE(name, value, text)                                                            \
    case name: return text;
        HERD_ERRORS(CASE)
#undef CASE
    default: return "unknown error";
    }
}
