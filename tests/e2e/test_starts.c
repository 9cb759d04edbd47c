/* SPDX-License-Identifier: ISC */
/* What may be in the way of a start. */
#include "check.h"
#include "files.h"
#include "herd_proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GOLOMAN = 0 };

static struct outcome start_goloman(const char *conf_path)
{
    const char *argv[] = {"herd", "-c", conf_path, "Goloman", NULL};
    return child_run("HERD_TEST_BIN", argv);
}

/* What a server that was killed has left behind. */
static void stale_files_are_replaced(void)
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
static void an_address_in_use_prevents_the_start(void)
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
static void a_readable_key_file_is_refused(void)
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

/* Refused in one line that names the option and has the words, but never the key. */
static void check_refused(const char *conf_path, const char *option, const char *words)
{
    struct outcome refused = start_goloman(conf_path);
    CHECK_INT(refused.status, 1);
    CHECK(bytes_have(refused.err, option) && bytes_have(refused.err, words));
    CHECK(!bytes_have(refused.err, "0123456789"));
    CHECK_INT((int64_t)bytes_count(refused.err, HERD_LIT("\n")), 1);
    CHECK_INT((int64_t)refused.out.len, 0);
    outcome_free(&refused);
}

static const char *key_of_children;

static void set_places_key(void)
{
    (void)setenv("HERD_PLACES_KEY", key_of_children, 1);
}

/* A server whose key is named and cannot be had does not go on without one. */
static void a_bad_herd_key_is_refused(void)
{
    static const struct {
        const char *bytes; /* NULL: there is no file */
        mode_t mode;
        const char *words;
    } cases[] = {
        {NULL, 0, "/herd.key: "},
        {"0123456789abcdef0123456789abcdef\n", 0644, "chmod 600"},
        {"0123456789abcdef0123456789abcdef\n", 0604, "chmod 600"},
        {"", 0600, "has 0 bytes, at least 32 are needed: make a key with  head -c 32"},
        {" \n", 0600, "has 0 bytes, at least 32 are needed"},
        {"0123456789abcdef0123456789abcde\n", 0600,
         "has 31 bytes, at least 32 are needed: make a key with  head -c 32"},
    };
    struct herd_proc herd;
    char path[HERD_PROC_PATH];
    static char large[1026];
    REQUIRE(herd_proc_open(&herd, "ucla-2018", "herd-key-file herd.key\n"));
    snprintf(path, sizeof path, "%s/herd.key", herd.dir);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *bytes = cases[i].bytes;
        CHECK_LABEL("key file %zu", i);
        CHECK(bytes == NULL ||
              (file_write(path, herd_slice_str(bytes)) && chmod(path, cases[i].mode) == 0));
        check_refused(herd.conf_path, "herd-key-file", cases[i].words);
        CHECK(bytes == NULL || unlink(path) == 0);
    }
    CHECK_LABEL("marked key");
    CHECK(file_write(path, HERD_LIT("\xef\xbb\xbf"
                                    "0123456789abcdef0123456789abcdef\n")) &&
          chmod(path, 0600) == 0);
    check_refused(herd.conf_path, "herd-key-file",
                  "begins with a byte order mark (U+FEFF)");
    CHECK_LABEL("large key");
    memset(large, 'k', sizeof large);
    CHECK(file_write(path, herd_slice(large, 1025)) && chmod(path, 0600) == 0);
    check_refused(herd.conf_path, "herd-key-file", "longer than 1024 bytes");
    CHECK_LABEL("good keys");
    large[1024] = '\n';
    CHECK(file_write(path, herd_slice(large, 1025)) && chmod(path, 0600) == 0);
    CHECK(herd_proc_start(&herd, GOLOMAN));
    CHECK_INT(herd_proc_stop(&herd, GOLOMAN, SIGTERM), 0);
    CHECK(file_write(path, HERD_LIT("0123456789abcdef0123456789abcdef\n")) &&
          chmod(path, 0600) == 0);
    CHECK(herd_proc_start(&herd, GOLOMAN));
    herd_proc_close(&herd);
}

/* An API key that something has got into would be refused by the provider, who bills. */
static void a_bad_places_key_is_refused(void)
{
    static const struct {
        const char *bytes, *words;
    } cases[] = {
        {"0123456789 abc\n", "byte 11 is white space: one word of visible ASCII"},
        {"0123456789\nabc\n", "byte 11 is white space"},
        {" 0123456789\n", "byte 1 is white space"},
        {"\xef\xbb\xbf"
         "0123456789\n",
         "begins with a byte order mark (U+FEFF)"},
        {"0123456789\xe2\x80\x8b\n", "byte 11 is not visible ASCII"},
        {"\n", "has 0 bytes, at least 1 are needed"},
    };
    struct herd_proc file, env;
    char path[HERD_PROC_PATH];
    REQUIRE(herd_proc_open(&file, "ucla-2018", "places-key-file key\n"));
    REQUIRE(herd_proc_open(&env, "ucla-2018", ""));
    snprintf(path, sizeof path, "%s/key", file.dir);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("key %zu", i);
        CHECK(file_write(path, herd_slice_str(cases[i].bytes)) && chmod(path, 0600) == 0);
        check_refused(file.conf_path, "places-key-file", cases[i].words);
        key_of_children = cases[i].bytes;
        child_prepare = set_places_key;
        check_refused(env.conf_path, "HERD_PLACES_KEY", cases[i].words);
        child_prepare = NULL;
    }
    CHECK_LABEL("%s", "");
    herd_proc_close(&env);
    herd_proc_close(&file);
}

/* Links leave this machine with a key only. The address is one that no machine has, so
 * with a key it is the system that says no, and not a word goes to the network. */
static void peers_beyond_loopback_need_a_key(void)
{
    static const struct {
        const char *conf, *who;
    } cases[] = {
        {"server Goloman client 127.0.0.1:0 peer 192.0.2.1:0\n"
         "server Hands client 127.0.0.1:0 peer 127.0.0.1:0\n",
         "peer address of Goloman: 192.0.2.1 is not on loopback"},
        {"server Goloman client 127.0.0.1:0 peer 127.0.0.1:0\n"
         "server Hands client 127.0.0.1:0 peer 192.0.2.1:9\nlink Goloman Hands\n",
         "peer address of Hands: 192.0.2.1 is not on loopback"},
    };
    char dir[CHILD_DIR], path[CHILD_DIR + 16], text[512];
    REQUIRE(child_dir_make(dir));
    snprintf(path, sizeof path, "%s/herd.key", dir);
    CHECK(file_write(path, HERD_LIT("0123456789abcdef0123456789abcdef\n")) &&
          chmod(path, 0600) == 0);
    snprintf(path, sizeof path, "%s/herd.conf", dir);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_LABEL("%s", cases[i].who);
        CHECK(file_write(path, herd_slice_str(cases[i].conf)));
        check_refused(path, "herd-key-file", cases[i].who);
    }
    CHECK_LABEL("with a key");
    snprintf(text, sizeof text, "%sherd-key-file herd.key\n", cases[0].conf);
    CHECK(file_write(path, herd_slice_str(text)));
    const char *argv[] = {"herd", "-c", path, "-t", NULL};
    struct outcome got = child_run("HERD_TEST_BIN", argv);
    CHECK_INT(got.status, 0);
    CHECK(bytes_have(got.out, "\nherd-key-file herd.key\n"));
    outcome_free(&got);
    got = start_goloman(path);
    CHECK_INT(got.status, 1);
    CHECK(bytes_have(got.err, "192.0.2.1") && !bytes_have(got.err, "loopback"));
    outcome_free(&got);
    child_dir_remove(dir);
}

extern const struct check_test test_starts[];
const struct check_test test_starts[] = {
    {"stale_files_are_replaced", stale_files_are_replaced},
    {"an_address_in_use_prevents_the_start", an_address_in_use_prevents_the_start},
    {"a_readable_key_file_is_refused", a_readable_key_file_is_refused},
    {"a_bad_herd_key_is_refused", a_bad_herd_key_is_refused},
    {"a_bad_places_key_is_refused", a_bad_places_key_is_refused},
    {"peers_beyond_loopback_need_a_key", peers_beyond_loopback_need_a_key},
    {NULL, NULL},
};
