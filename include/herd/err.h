/* SPDX-License-Identifier: ISC */
/* Error codes of the pure core and of the adapters.
 *
 * Every call that can fail returns HERD_OK (0) or one of these negative codes; the contract
 * of each call lists its codes. They are for wrong input and for failures of the system;
 * errors in the program itself are asserted. */
#ifndef HERD_ERR_H
#define HERD_ERR_H

/* X(name, code, text for people) */
#define HERD_ERRORS(X)                                                                     \
    X(HERD_ENOMEM, -1, "out of memory")                                                    \
    X(HERD_EFULL, -2, "a configured limit is reached")                                     \
    X(HERD_ETOOLONG, -3, "longer than allowed")                                            \
    X(HERD_EBAD, -4, "malformed")                                                          \
    X(HERD_ERANGE, -5, "out of range")                                                     \
    X(HERD_EUNKNOWN, -6, "unknown name")                                                   \
    X(HERD_ESYS, -7, "the operating system refused")

#define HERD_ERROR_ENUM(name, code, text) name = (code),
enum herd_err { HERD_OK = 0, HERD_ERRORS(HERD_ERROR_ENUM) };
#undef HERD_ERROR_ENUM

/* The text of a code for people, lower case, without a full stop; of any other number
 * "unknown error". Never NULL; static. */
const char *herd_strerror(int code);

enum { HERD_ERROR_TEXT_MAX = 512 }; /* bytes, NUL included */

/* Why a call failed, for people: one line, lower case, without a full stop. The caller owns
 * it. A call that takes one fills it when it fails, and does not change it when it
 * succeeds. */
struct herd_error_text {
    char text[HERD_ERROR_TEXT_MAX]; /* ends with NUL */
};

/* Fills it, printf-style; a text that does not fit is cut. */
void herd_error_set(struct herd_error_text *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
