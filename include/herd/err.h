/* Error codes of the pure core and of the adapters.
 *
 * Every call that can fail returns HERD_OK (0) or one of these negative codes; each
 * header lists the codes its calls can return. Codes say what is wrong with *their*
 * bytes or with the machine; our own mistakes are asserts. */
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

/* Text for people, lower case, without a full stop. Never NULL; lives for ever. */
const char *herd_strerror(int code);

enum { HERD_ERROR_TEXT_MAX = 512 }; /* bytes, NUL included */

/* Why a call failed, for people: one line, lower case, without a full stop. The caller owns
 * it; a call that can fill one says so, and leaves it alone when it succeeds. */
struct herd_error_text {
    char text[HERD_ERROR_TEXT_MAX]; /* ends with NUL */
};

/* Fills it from a printf() format; what does not fit is cut off. */
void herd_error_set(struct herd_error_text *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
