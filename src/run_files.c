/* SPDX-License-Identifier: ISC */
#include "run_files.h"

#include "io/file.h"

#include <errno.h>
#include <sys/stat.h>

/* Its error is that of whatever is made inside of it next. */
static void make_dir_if_missing(const char *dir)
{
    struct herd_error_text error;
    struct stat st;
    if (lstat(dir, &st) != 0 && errno == ENOENT)
        (void)io_file_make_dir(dir, &error);
}

static void note_failure(struct herd_error_text *note, const struct herd_error_text *error)
{
    herd_error_set(note, "not made anew: %.400s", error->text);
}

/* The key comes last: a server that has lost its name to another one leaves all alone. */
static void keep_key(const struct run_files *files, struct herd_error_text *note)
{
    struct herd_error_text error;
    struct stat st;
    if (files->key_path == NULL || lstat(files->key_path, &st) == 0 || errno != ENOENT)
        return;
    struct herd_error_text before = *note;
    if (secrets_restore_key(files->secrets, files->key_path, &error) != HERD_OK)
        note_failure(note, &error);
    else
        herd_error_set(note, "%.240s%s%.200s was removed: made anew", before.text,
                       before.text[0] != '\0' ? "; " : "", files->key_path);
}

bool run_files_keep(void *arg, struct herd_error_text *note)
{
    struct run_files *files = arg;
    struct herd_error_text error;
    int rc = io_pidfile_keep(&files->pidfile, &error);
    if (rc < 0) {
        make_dir_if_missing(files->dir);
        rc = io_pidfile_keep(&files->pidfile, &error);
    }
    if (rc == IO_PIDFILE_REMADE)
        herd_error_set(note, "%.200s was removed or replaced: made anew",
                       files->pidfile.path);
    if (rc < 0)
        note_failure(note, &error);
    if (rc == IO_PIDFILE_USURPED)
        herd_error_set(note,
                       "another server of this name has been started: %.300s; stop one of "
                       "the two",
                       error.text);
    if (rc < 0 || rc == IO_PIDFILE_USURPED)
        return false;
    keep_key(files, note);
    return true;
}
