/* SPDX-License-Identifier: ISC */
#include "fault_vfs.h"

#include "check.h"

#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fault_file {
    sqlite3_file file;
    int part; /* of the database, see suffixes */
    sqlite3_file *real;
};

static const char *const suffixes[] = {"", "-wal", "-journal"};
enum { PARTS = 3, NO_PART = PARTS };

enum op_kind { OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_DELETE, OP_PROMISE };

struct op {
    enum op_kind kind;
    int part;
    unsigned long long at; /* offset, size, or promise */
    unsigned char *bytes;  /* of a write */
    size_t len;
};

enum { OPS_MAX = 1 << 16, SECTOR = 512 };

static struct op ops[OPS_MAX];
static size_t op_count;
static bool logging, read_only;

static struct {
    enum fault_kind kind;
    size_t left, more, failed;
} fault;

static sqlite3_vfs *base;
static sqlite3_vfs layer;

void fault_arm(enum fault_kind kind, size_t n, size_t more)
{
    fault.kind = kind;
    fault.left = n;
    fault.more = more;
    fault.failed = 0;
}

size_t fault_failed(void)
{
    return fault.failed;
}

void fault_read_only(bool on)
{
    read_only = on;
}

static bool fails(enum fault_kind kind)
{
    if (fault.kind != kind)
        return false;
    if (fault.left > 1) {
        fault.left--;
        return false;
    }
    if (fault.failed > fault.more)
        return false;
    fault.failed++;
    return true;
}

static void log_op(enum op_kind kind, int part, unsigned long long at, const void *bytes,
                   size_t len)
{
    if (!logging || part == NO_PART || op_count == OPS_MAX)
        return;
    struct op *op = &ops[op_count++];
    *op = (struct op){.kind = kind, .part = part, .at = at, .len = len};
    if (len > 0 && (op->bytes = malloc(len)) != NULL)
        memcpy(op->bytes, bytes, len);
}

/* ---- methods ---- */

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct fault_file *)(void *)file)->real;
}

static int part_of(sqlite3_file *file)
{
    return ((struct fault_file *)(void *)file)->part;
}

static int x_close(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    int rc = real->pMethods->xClose(real);
    sqlite3_free(real);
    return rc;
}

static int x_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
    if (fails(FAULT_READ))
        return SQLITE_IOERR_READ;
    return real_of(file)->pMethods->xRead(real_of(file), bytes, len, at);
}

static int x_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    sqlite3_file *real = real_of(file);
    if (fails(FAULT_FULL))
        return SQLITE_FULL;
    if (fails(FAULT_WRITE))
        return SQLITE_IOERR_WRITE;
    if (fails(FAULT_SHORT)) {
        (void)real->pMethods->xWrite(real, bytes, len / 2, at);
        return SQLITE_FULL;
    }
    log_op(OP_WRITE, part_of(file), (unsigned long long)at, bytes, (size_t)len);
    return real->pMethods->xWrite(real, bytes, len, at);
}

static int x_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (fails(FAULT_TRUNCATE))
        return SQLITE_IOERR_TRUNCATE;
    log_op(OP_TRUNCATE, part_of(file), (unsigned long long)size, NULL, 0);
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int x_sync(sqlite3_file *file, int flags)
{
    if (fails(FAULT_SYNC))
        return SQLITE_IOERR_FSYNC;
    (void)flags; /* a real one takes time, and no power is cut here */
    log_op(OP_SYNC, part_of(file), 0, NULL, 0);
    return SQLITE_OK;
}

static int x_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int x_lock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xLock(real_of(file), lock);
}

static int x_unlock(sqlite3_file *file, int lock)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), lock);
}

static int x_reserved(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int x_control(sqlite3_file *file, int op, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int x_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

/* Nothing is promised about what a power cut leaves. */
static int x_device(sqlite3_file *file)
{
    (void)file;
    return 0;
}

static int x_shm_map(sqlite3_file *file, int page, int size, int extend,
                     void volatile **out)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int x_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void x_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int x_shm_unmap(sqlite3_file *file, int remove_it)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove_it);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = x_close,
    .xRead = x_read,
    .xWrite = x_write,
    .xTruncate = x_truncate,
    .xSync = x_sync,
    .xFileSize = x_file_size,
    .xLock = x_lock,
    .xUnlock = x_unlock,
    .xCheckReservedLock = x_reserved,
    .xFileControl = x_control,
    .xSectorSize = x_sector,
    .xDeviceCharacteristics = x_device,
    .xShmMap = x_shm_map,
    .xShmLock = x_shm_lock,
    .xShmBarrier = x_shm_barrier,
    .xShmUnmap = x_shm_unmap,
};

static int part_of_name(const char *name)
{
    size_t len = name == NULL ? 0 : strlen(name);
    if (len == 0)
        return NO_PART;
    for (int part = PARTS - 1; part > 0; part--) {
        size_t suffix = strlen(suffixes[part]);
        if (len > suffix && strcmp(name + len - suffix, suffixes[part]) == 0)
            return part;
    }
    return 0;
}

static int x_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                  int *out_flags)
{
    struct fault_file *own = (struct fault_file *)(void *)file;
    (void)vfs;
    if (read_only && (flags & SQLITE_OPEN_MAIN_DB) != 0)
        flags =
            (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
    own->file.pMethods = NULL;
    own->part = part_of_name(name);
    own->real = sqlite3_malloc(base->szOsFile);
    if (own->real == NULL)
        return SQLITE_NOMEM;
    memset(own->real, 0, (size_t)base->szOsFile);
    int rc = base->xOpen(base, name, own->real, flags, out_flags);
    if (rc == SQLITE_OK)
        own->file.pMethods = &methods;
    else
        sqlite3_free(own->real);
    return rc;
}

static int x_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
    (void)vfs;
    log_op(OP_DELETE, part_of_name(name), 0, NULL, 0);
    return base->xDelete(base, name, sync_dir);
}

const char *fault_vfs(void)
{
    if (base == NULL) {
        base = sqlite3_vfs_find(NULL);
        layer = *base;
        layer.zName = "herd-fault";
        layer.pNext = NULL;
        layer.szOsFile = (int)sizeof(struct fault_file);
        layer.xOpen = x_open;
        layer.xDelete = x_delete;
        (void)sqlite3_vfs_register(&layer, 0);
    }
    fault_arm(FAULT_NONE, 0, 0);
    fault_read_only(false);
    return layer.zName;
}

/* ---- power cuts ---- */

void fault_log_free(void)
{
    for (size_t i = 0; i < op_count; i++)
        free(ops[i].bytes);
    op_count = 0;
}

void fault_log_stop(void)
{
    logging = false;
}

void fault_log_start(void)
{
    fault_log_free();
    logging = true;
}

void fault_log_promise(unsigned long long what)
{
    log_op(OP_PROMISE, 0, what, NULL, 0);
}

size_t fault_log_len(void)
{
    return op_count;
}

static unsigned dice(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

/* The first operation on the part after its last sync before `len`. */
static size_t last_sync(int part, size_t len)
{
    for (size_t i = len; i > 0; i--)
        if (ops[i - 1].part == part && ops[i - 1].kind == OP_SYNC)
            return i;
    return 0;
}

/* What was not synced may be there, or not, or up to some sector. */
static void replay_write(FILE *file, const struct op *op, bool synced, unsigned *seed)
{
    size_t len = op->len;
    if (!synced) {
        unsigned fate = dice(seed) % 3;
        if (fate == 0)
            return;
        if (fate == 1)
            len = len / SECTOR > 0 ? dice(seed) % (len / SECTOR) * SECTOR : 0;
    }
    CHECK(fseek(file, (long)op->at, SEEK_SET) == 0);
    CHECK(fwrite(op->bytes, 1, len, file) == len);
}

static void replay_part(const char *path, int part, size_t len, unsigned *seed)
{
    char name[256];
    size_t synced = last_sync(part, len);
    FILE *file = NULL;
    snprintf(name, sizeof name, "%s%s", path, suffixes[part]);
    (void)unlink(name);
    for (size_t i = 0; i < len; i++) {
        if (ops[i].part != part)
            continue;
        if (file == NULL && ops[i].kind == OP_WRITE)
            file = fopen(name, "wb+");
        if (file != NULL && ops[i].kind == OP_WRITE)
            replay_write(file, &ops[i], i < synced, seed);
        if (file != NULL && ops[i].kind == OP_TRUNCATE)
            CHECK(fflush(file) == 0 && ftruncate(fileno(file), (off_t)ops[i].at) == 0);
        if (file != NULL && ops[i].kind == OP_DELETE) {
            (void)fclose(file);
            file = NULL;
            (void)unlink(name);
        }
    }
    if (file != NULL)
        (void)fclose(file);
}

unsigned long long fault_log_replay(const char *path, size_t len, unsigned seed)
{
    unsigned long long promise = 0;
    char name[256];
    for (size_t i = 0; i < len; i++)
        if (ops[i].kind == OP_PROMISE)
            promise = ops[i].at;
    for (int part = 0; part < PARTS; part++)
        replay_part(path, part, len, &seed);
    snprintf(name, sizeof name, "%s-shm", path);
    (void)unlink(name);
    return promise;
}
