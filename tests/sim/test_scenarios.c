/* SPDX-License-Identifier: ISC */
/* The scenarios of fixtures/sim: each file is a plan (see plan.h), a line of dashes, and
 * the transcript of what happens. HERD_SIM_REWRITE=1 writes the transcripts anew. */
#include "check.h"
#include "run.h"

#include <dirent.h>
#include <stdlib.h>

enum { FILES = 64, NAME = 512, TEXT = 1 << 18 };

static const char divider[] = "---- what happens ----\n";

struct text {
    char data[TEXT];
    size_t len;
};

static void add_line(void *ctx, const char *line)
{
    struct text *text = ctx;
    int len = snprintf(text->data + text->len, TEXT - text->len, "%s\n", line);
    if (len < 0 || (size_t)len >= TEXT - text->len)
        abort();
    text->len += (size_t)len;
}

static bool read_file(const char *path, struct text *text)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    text->len = fread(text->data, 1, TEXT - 1, file);
    text->data[text->len] = '\0';
    return fclose(file) == 0;
}

static void rewrite(const char *path, const struct text *before, size_t plan_len,
                    const struct text *transcript)
{
    FILE *file = fopen(path, "w");
    REQUIRE(file != NULL);
    fwrite(before->data, 1, plan_len, file);
    fputs(divider, file);
    fwrite(transcript->data, 1, transcript->len, file);
    CHECK_INT(fclose(file), 0);
}

/* The first line that differs is more useful than two long texts. */
static void compare(const struct text *got, const char *want)
{
    const char *at = got->data;
    for (int line = 1; *at != '\0' || *want != '\0'; line++) {
        size_t len = strcspn(at, "\n"), want_len = strcspn(want, "\n");
        if (!CHECK_SLICE(herd_slice(at, len), herd_slice(want, want_len))) {
            fprintf(stderr, "      line %d of the transcript\n", line);
            return;
        }
        at += len + (at[len] != '\0');
        want += want_len + (want[want_len] != '\0');
    }
}

static void play(const char *path)
{
    static struct text file, transcript;
    static struct plan plan;
    struct run_hooks hooks = {.note = add_line, .frames = true, .ctx = &transcript};
    struct run_result result;
    int line;
    CHECK_LABEL("%s", path);
    REQUIRE(read_file(path, &file));
    const char *why = plan_read(&plan, file.data, &line);
    if (why != NULL)
        fprintf(stderr, "\n    %s:%d: %s\n", path, line, why);
    REQUIRE(why == NULL);
    transcript.len = 0;
    run_plan(&plan, &hooks, &result);
    transcript.data[transcript.len] = '\0';
    CHECK_STR(result.why, "");
    const char *golden = strstr(file.data, divider);
    size_t plan_len = golden != NULL ? (size_t)(golden - file.data) : file.len;
    if (getenv("HERD_SIM_REWRITE") != NULL)
        rewrite(path, &file, plan_len, &transcript);
    else if (CHECK(golden != NULL))
        compare(&transcript, golden + strlen(divider));
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void scenarios(void)
{
    static char names[FILES][NAME];
    const char *fixtures = getenv("HERD_TEST_FIXTURES");
    char folder[NAME - 260];
    size_t count = 0;
    snprintf(folder, sizeof folder, "%s/sim", fixtures != NULL ? fixtures : "fixtures");
    DIR *dir = opendir(folder);
    REQUIRE(dir != NULL);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL && count < FILES;)
        if (strstr(entry->d_name, ".txt") != NULL)
            snprintf(names[count++], NAME, "%s/%s", folder, entry->d_name);
    closedir(dir);
    qsort(names, count, NAME, by_name);
    CHECK(count >= 8);
    for (size_t i = 0; i < count; i++)
        play(names[i]);
}

const struct check_test test_scenarios[] = {
    {"scenarios of fixtures/sim", scenarios},
    {NULL, NULL},
};
