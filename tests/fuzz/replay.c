/* SPDX-License-Identifier: ISC */
/* All fuzzers as tests: each gets its seeds, and then damaged copies of them, the same ones
 * every time. HERD_FUZZ_RUNS= is how many more copies than usual, as a factor.
 *
 * With HERD_FUZZ_FILE= only that file is given to the one fuzzer that the arguments select:
 * a crash is looked at without libFuzzer. */
#include "check.h"
#include "fuzz.h"
#include "must.h"
#include "mutate.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEEDS_MAX = 256, PATH_LEN = 4096, FOLDER_LEN = 3000, HANG_S = 60 };

/* X(name, damaged copies): so many that each takes a fraction of a second. */
#define FUZZERS(X)                                                                         \
    X(client, 300)                                                                         \
    X(conf, 1000)                                                                          \
    X(control, 500)                                                                        \
    X(conversation, 300)                                                                   \
    X(escape, 20000)                                                                       \
    X(follow, 3000)                                                                        \
    X(frame, 3000)                                                                         \
    X(http, 3000)                                                                          \
    X(json, 3000)                                                                          \
    X(line, 3000)                                                                          \
    X(pair, 100)                                                                           \
    X(peer, 500)                                                                           \
    X(status, 3000)                                                                        \
    X(translate, 2000)                                                                     \
    X(words, 10000)

typedef int fuzzer(const uint8_t *data, size_t size);

#define DECLARE(name, runs) fuzzer fuzz_##name;
FUZZERS(DECLARE)
#undef DECLARE

/* ---- files ---- */

static bool read_file(const char *path, struct herd_slice *bytes)
{
    static char data[MUTATE_MAX];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    *bytes = fuzz_copy(herd_slice(data, fread(data, 1, sizeof data, file)));
    return fclose(file) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static char paths[SEEDS_MAX][PATH_LEN];

/* Adds the files of a folder, and of those in it, to `paths`. */
static void list_files(const char *folder, size_t *count)
{
    const struct dirent *entry;
    DIR *dir = opendir(folder);
    while (dir != NULL && *count < SEEDS_MAX && (entry = readdir(dir)) != NULL) {
        char path[PATH_LEN];
        int len = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || len >= (int)sizeof path)
            continue;
        DIR *inner = opendir(path);
        if (inner != NULL && closedir(inner) == 0)
            list_files(path, count);
        else
            memcpy(paths[(*count)++], path, (size_t)len + 1);
    }
    if (dir != NULL)
        closedir(dir);
}

/* In the order of their names, which folders do not have. */
static void read_seeds(const char *folder, struct mutate_seeds *seeds)
{
    size_t count = 0;
    list_files(folder, &count);
    qsort(paths, count, sizeof paths[0], by_name);
    for (size_t i = 0; i < count; i++)
        seeds->count += read_file(paths[i], &seeds->list[seeds->count]);
}

/* ---- running ---- */

struct job {
    const char *name;
    fuzzer *run;
    uint64_t copies;
    struct mutate_seeds seeds;
    int progress; /* a file that holds the number of the input that is tried */
};

/* The seeds come first. */
static struct herd_slice input_of(const struct job *job, uint64_t n)
{
    static char out[MUTATE_MAX];
    if (n < job->seeds.count)
        return job->seeds.list[n];
    return herd_slice(out, mutate(&job->seeds, n, out));
}

/* In a process of its own, so that one which crashes does not take the others along. */
static void run_all(const struct job *job)
{
    alarm(HANG_S);
    must_tell_to(NULL);
    for (uint64_t n = 0; n < job->seeds.count + job->copies; n++) {
        if (pwrite(job->progress, &n, sizeof n, 0) != (ssize_t)sizeof n)
            _exit(2);
        struct herd_slice copy = fuzz_copy(input_of(job, n));
        job->run((const uint8_t *)copy.data, copy.len);
        fuzz_drop(copy);
    }
}

static void keep_input(const struct job *job, uint64_t n)
{
    const char *folder = getenv("HERD_TEST_BIN");
    char path[PATH_LEN];
    struct herd_slice input = input_of(job, n);
    (void)snprintf(path, sizeof path, "%s/fuzz-%s.crash", folder != NULL ? folder : ".",
                   job->name);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return;
    (void)fwrite(input.data, 1, input.len, file);
    (void)fclose(file);
    fprintf(stderr, "\n    input %llu of %s is kept in %s\n", (unsigned long long)n,
            job->name, path);
}

static void try_job(struct job *job)
{
    FILE *file = tmpfile();
    uint64_t n = 0;
    int status = 0;
    REQUIRE(file != NULL);
    job->progress = fileno(file);
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        run_all(job);
        _exit(0);
    }
    REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid);
    if (!CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0) &&
        pread(job->progress, &n, sizeof n, 0) == (ssize_t)sizeof n)
        keep_input(job, n);
    (void)fclose(file);
}

static void replay(const char *name, fuzzer *run, uint64_t copies)
{
    struct herd_slice seeds[SEEDS_MAX];
    char folder[FOLDER_LEN];
    const char *fixtures = getenv("HERD_TEST_FIXTURES");
    const char *file = getenv("HERD_FUZZ_FILE");
    const char *factor = getenv("HERD_FUZZ_RUNS");
    struct job job = {.name = name, .run = run, .copies = copies, .seeds = {seeds, 0}};
    /* Conversations are at home elsewhere. */
    (void)snprintf(
        folder, sizeof folder, "%s/%s%s", fixtures != NULL ? fixtures : "fixtures",
        run == fuzz_conversation ? "" : "fuzz/", run == fuzz_conversation ? "core" : name);
    if (factor != NULL && factor[0] != '\0')
        job.copies *= strtoull(factor, NULL, 10);
    if (file != NULL && file[0] != '\0') {
        REQUIRE(read_file(file, &seeds[0]));
        job.seeds.count = 1;
        job.copies = 0;
    } else {
        read_seeds(folder, &job.seeds);
    }
    CHECK_LABEL("%s", name);
    if (CHECK(job.seeds.count > 0))
        try_job(&job);
    for (size_t i = 0; i < job.seeds.count; i++)
        fuzz_drop(seeds[i]);
}

#define TEST(name, runs)                                                                   \
    static void test_##name(void)                                                          \
    {                                                                                      \
        replay(#name, fuzz_##name, runs);                                                  \
    }
FUZZERS(TEST)
#undef TEST

static const struct check_test tests[] = {
#define ROW(name, runs) {#name, test_##name},
    FUZZERS(ROW)
#undef ROW
        {NULL, NULL},
};

int main(int argc, char **argv)
{
    static const struct check_suite suite = {"fuzz", tests};
    return check_main(argc, argv, &suite, 1);
}
