/* SPDX-License-Identifier: MIT */
/* fault_vfs - a disk under SQLite that fails when it is told to. */
#include "tests/unit/store/fault_vfs.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stddef.h>
#include <string.h>

struct fault_file {
    sqlite3_file file; /* first: SQLite sees this */
    sqlite3_file *real;
};

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t released;
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    int countdown; /* changes until the first that fails; 0: none */
    bool striking, struck;
    long room; /* bytes; -1: without end */
    bool hold;
    int syncs;
} disk = { .mutex = PTHREAD_MUTEX_INITIALIZER,
           .released = PTHREAD_COND_INITIALIZER,
           .room = -1 };

static sqlite3_file *real(sqlite3_file *file)
{
    return ((struct fault_file *)(void *)file)->real;
}

/* Shall this change, which lets files grow by so many bytes, go well? */
static int change(long growth, int failure)
{
    int rc = SQLITE_OK;

    pthread_mutex_lock(&disk.mutex);
    if (disk.countdown > 0 && --disk.countdown == 0)
        disk.striking = true;
    if (disk.striking) {
        disk.struck = true;
        rc = failure;
    } else if (disk.room >= 0 && growth > disk.room) {
        rc = SQLITE_FULL;
    } else if (disk.room >= 0 && growth > 0) {
        disk.room -= growth;
    }
    pthread_mutex_unlock(&disk.mutex);
    return rc;
}

/* ---- files ---- */

static int file_close(sqlite3_file *file)
{
    return real(file)->pMethods->xClose(real(file));
}

static int file_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
    return real(file)->pMethods->xRead(real(file), out, len, at);
}

static int file_write(sqlite3_file *file, const void *data, int len,
                      sqlite3_int64 at)
{
    sqlite3_int64 size = 0;
    int rc = real(file)->pMethods->xFileSize(real(file), &size);
    long growth = at + len > size ? (long)(at + len - size) : 0;

    if (rc == SQLITE_OK)
        rc = change(growth, SQLITE_IOERR_WRITE);
    if (rc != SQLITE_OK)
        return rc;
    return real(file)->pMethods->xWrite(real(file), data, len, at);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int rc = change(0, SQLITE_IOERR_TRUNCATE);

    if (rc != SQLITE_OK)
        return rc;
    return real(file)->pMethods->xTruncate(real(file), size);
}

static int file_sync(sqlite3_file *file, int flags)
{
    pthread_mutex_lock(&disk.mutex);
    disk.syncs++;
    while (disk.hold)
        pthread_cond_wait(&disk.released, &disk.mutex);
    pthread_mutex_unlock(&disk.mutex);
    int rc = change(0, SQLITE_IOERR_FSYNC);
    if (rc != SQLITE_OK)
        return rc;
    return real(file)->pMethods->xSync(real(file), flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *out)
{
    return real(file)->pMethods->xFileSize(real(file), out);
}

static int file_lock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xLock(real(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return real(file)->pMethods->xUnlock(real(file), level);
}

static int file_check_lock(sqlite3_file *file, int *out)
{
    return real(file)->pMethods->xCheckReservedLock(real(file), out);
}

static int file_control(sqlite3_file *file, int op, void *arg)
{
    return real(file)->pMethods->xFileControl(real(file), op, arg);
}

static int file_sector(sqlite3_file *file)
{
    return real(file)->pMethods->xSectorSize(real(file));
}

static int file_character(sqlite3_file *file)
{
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

static int shm_map(sqlite3_file *file, int page, int len, int extend,
                   void volatile **out)
{
    return real(file)->pMethods->xShmMap(real(file), page, len, extend, out);
}

static int shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}

static void shm_barrier(sqlite3_file *file)
{
    real(file)->pMethods->xShmBarrier(real(file));
}

static int shm_unmap(sqlite3_file *file, int delete)
{
    return real(file)->pMethods->xShmUnmap(real(file), delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* with shared memory, without mmap of the content */
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_character,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                    int flags, int *out_flags)
{
    struct fault_file *f = (struct fault_file *)(void *)file;

    (void)vfs;
    f->real = (sqlite3_file *)(void *)(f + 1);
    f->file.pMethods = NULL;
    int rc = disk.real->xOpen(disk.real, name, f->real, flags, out_flags);
    if (rc == SQLITE_OK)
        f->file.pMethods = &methods;
    return rc;
}

/* ---- control ---- */

void fault_vfs_install(void)
{
    if (disk.real != NULL)
        return;
    disk.real = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.real; /* what is not about files goes to it at once */
    disk.vfs.zName = "fault";
    disk.vfs.pNext = NULL;
    disk.vfs.szOsFile = (int)sizeof(struct fault_file) + disk.real->szOsFile;
    disk.vfs.xOpen = vfs_open;
    sqlite3_vfs_register(&disk.vfs, 1);
}

void fault_vfs_fail_from(int n)
{
    pthread_mutex_lock(&disk.mutex);
    disk.countdown = n;
    disk.striking = false;
    disk.struck = false;
    pthread_mutex_unlock(&disk.mutex);
}

bool fault_vfs_has_struck(void)
{
    pthread_mutex_lock(&disk.mutex);
    bool struck = disk.struck;
    pthread_mutex_unlock(&disk.mutex);
    return struck;
}

void fault_vfs_room(long bytes)
{
    pthread_mutex_lock(&disk.mutex);
    disk.room = bytes;
    pthread_mutex_unlock(&disk.mutex);
}

void fault_vfs_hold(bool hold)
{
    pthread_mutex_lock(&disk.mutex);
    disk.hold = hold;
    pthread_cond_broadcast(&disk.released);
    pthread_mutex_unlock(&disk.mutex);
}

int fault_vfs_syncs(void)
{
    pthread_mutex_lock(&disk.mutex);
    int syncs = disk.syncs;
    pthread_mutex_unlock(&disk.mutex);
    return syncs;
}
