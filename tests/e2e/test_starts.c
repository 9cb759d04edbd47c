/* What may be in the way of a start. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GOLOMAN = 0 };

static struct outcome start_goloman(const char *conf_path)
{
    const char *argv[] = {"herd", "-c", conf_path, "Goloman", NULL};
    return child_run("HERD_TEST_BIN", argv);
}

/* What a server that was killed has left behind. */
static void leftovers(void)
{
    struct herd_proc herd;
    char path[HERD_PROC_PATH], pid[32];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGKILL), -SIGKILL);
    herd_proc_path(&herd, path, "run", GOLOMAN, ".sock");
    CHECK(access(path, F_OK) == 0);
    herd_proc_path(&herd, path, "run", GOLOMAN, ".pid");
    CHECK(access(path, F_OK) == 0);
    CHECK(herd_proc_start(&herd, GOLOMAN));
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "clients_known"), 0);
    struct herd_slice bytes = file_read(path);
    snprintf(pid, sizeof pid, "%ld\n", (long)herd.server[GOLOMAN].pid);
    CHECK_SLICE(bytes, herd_slice_str(pid));
    file_free(bytes);
    herd_proc_close(&herd);
}

/* Another server of that name, out of another folder: one line says what is taken. */
static void an_address_that_is_taken(void)
{
    struct herd_proc herd;
    char path[HERD_PROC_PATH], address[64];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", ""));
    CHECK(herd_proc_start(&herd, GOLOMAN));
    struct herd_slice conf = file_read(herd.conf_path);
    snprintf(path, sizeof path, "%s/second", herd.dir);
    CHECK(mkdir(path, 0700) == 0);
    snprintf(path, sizeof path, "%s/second/herd.conf", herd.dir);
    CHECK(file_write(path, conf));
    file_free(conf);
    struct outcome second = start_goloman(path);
    CHECK_INT(second.status, 1);
    snprintf(address, sizeof address, "127.0.0.1:%u",
             (unsigned)herd.client[GOLOMAN].number);
    CHECK(bytes_have(second.err, address));
    CHECK_INT((int64_t)bytes_count(second.err, HERD_LIT("\n")), 1);
    CHECK_INT((int64_t)second.out.len, 0);
    outcome_free(&second);
    CHECK_INT(herd_proc_count(&herd, GOLOMAN, "clients_known"), 0);
    herd_proc_close(&herd);
}

/* A key that others can read, and one that is not there. */
static void a_key_file_that_is_open(void)
{
    struct herd_proc herd;
    char path[HERD_PROC_PATH];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "places-key-file key\n"));
    snprintf(path, sizeof path, "%s/key", herd.dir);
    CHECK(file_write(path, HERD_LIT("Secret1234\n")) && chmod(path, 0644) == 0);
    struct outcome refused = start_goloman(herd.conf_path);
    CHECK_INT(refused.status, 1);
    CHECK(bytes_have(refused.err, "places-key-file"));
    CHECK(!bytes_have(refused.err, "Secret1234"));
    outcome_free(&refused);
    CHECK(unlink(path) == 0);
    refused = start_goloman(herd.conf_path);
    CHECK_INT(refused.status, 1);
    CHECK(bytes_have(refused.err, "places-key-file"));
    outcome_free(&refused);
    CHECK(file_write(path, HERD_LIT("Secret1234\n")) && chmod(path, 0600) == 0);
    CHECK(herd_proc_start(&herd, GOLOMAN));
    herd_proc_close(&herd);
}

extern const struct check_test test_starts[];
const struct check_test test_starts[] = {
    {"leftovers", leftovers},
    {"an_address_that_is_taken", an_address_that_is_taken},
    {"a_key_file_that_is_open", a_key_file_that_is_open},
    {NULL, NULL},
};
