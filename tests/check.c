/* SPDX-License-Identifier: ISC */
#include "check.h"

#include "must.h"

#include <CUnit/Basic.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char label[256];
static CU_pTest labelled; /* the test that the label is of */

void check_label(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(label, sizeof label, format, args);
    va_end(args);
    labelled = CU_get_current_test();
}

/* Older versions of CUnit do not declare as constant what they do not change. */
static void tell_cunit(bool ok, const char *what, const char *file, int line)
{
    CU_assertImplementation(ok ? CU_TRUE : CU_FALSE, (unsigned)line, (char *)what,
                            (char *)file, (char *)"", CU_FALSE);
}

static void report(const char *what, const char *file, int line)
{
    bool has_label = label[0] != '\0' && labelled == CU_get_current_test();
    fprintf(stderr, "\n    %s:%d: %s%s%s%s\n", file, line, what, has_label ? " [" : "",
            has_label ? label : "", has_label ? "]" : "");
    tell_cunit(false, what, file, line);
}

static bool passed(int line, const char *what, const char *file)
{
    tell_cunit(true, what, file, line);
    return true;
}

bool check_true(bool ok, const char *what, const char *file, int line)
{
    if (ok)
        return passed(line, what, file);
    report(what, file, line);
    return false;
}

bool check_int(int64_t got, int64_t want, const char *what, const char *file, int line)
{
    if (got == want)
        return passed(line, what, file);
    report(what, file, line);
    fprintf(stderr, "      got    %" PRId64 "\n      wanted %" PRId64 "\n", got, want);
    return false;
}

static void print_bytes(const char *title, struct herd_slice s)
{
    enum { MOST = 600 };
    fprintf(stderr, "      %s \"", title);
    for (size_t i = 0; i < s.len && i < MOST; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if (c == '\n')
            fputs("\\n", stderr);
        else if (isprint(c))
            fputc(c, stderr);
        else
            fprintf(stderr, "\\x%02x", c);
    }
    fprintf(stderr, "\"%s (%zu bytes)\n", s.len > MOST ? "..." : "", s.len);
}

bool check_slice(struct herd_slice got, struct herd_slice want, const char *what,
                 const char *file, int line)
{
    if (herd_slice_eq(got, want))
        return passed(line, what, file);
    report(what, file, line);
    print_bytes("got   ", got);
    print_bytes("wanted", want);
    return false;
}

static void fail_the_test(const char *what, const char *file, int line)
{
    (void)check_true(false, what, file, line);
}

static bool is_in(const char *word, const char *suite, const char *test)
{
    return strstr(suite, word) != NULL || strstr(test, word) != NULL;
}

static bool selected(int argc, char **argv, const char *suite, const char *test)
{
    bool wanted = false, all = true;
    for (int i = 1; i < argc; i++) {
        bool without = argv[i][0] == '-';
        if (without && is_in(argv[i] + 1, suite, test))
            return false;
        wanted = wanted || (!without && is_in(argv[i], suite, test));
        all = all && without;
    }
    return wanted || all;
}

int check_main(int argc, char **argv, const struct check_suite *suites, size_t count)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    for (size_t i = 0; i < count; i++) {
        CU_pSuite suite = NULL;
        for (const struct check_test *t = suites[i].tests; t->name != NULL; t++) {
            if (!selected(argc, argv, suites[i].name, t->name))
                continue;
            if (suite == NULL)
                suite = CU_add_suite(suites[i].name, NULL, NULL);
            if (suite == NULL || CU_add_test(suite, t->name, t->run) == NULL)
                return 1;
        }
    }
    must_tell_to(fail_the_test);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    bool ok = CU_get_number_of_failures() == 0 && CU_get_number_of_tests_run() > 0;
    CU_cleanup_registry();
    return ok ? 0 : 1;
}
