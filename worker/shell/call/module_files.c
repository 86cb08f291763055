/* SPDX-License-Identifier: MIT */
/* module_files - the modules of a worker as they were when it read them. */
#include "worker/shell/call/module_files.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/buf.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rng.h"

#define COPY_LEN (1 << 20) /* bytes at a time */
#define COPY_NAME_LEN 200  /* of its name, for stacks; memfds take 249 */

void module_files_fini(struct module_files *f)
{
    for (size_t i = 0; i < f->n; i++)
        close(f->at[i].fd);
    free(f->at);
    *f = (struct module_files){ 0 };
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

const char *module_file_name(const struct module_file *f)
{
    return name_of(f->path);
}

/* ---- which build it is ---- */

static void put_hex(struct view bytes, char build[MODULE_BUILD_LEN + 1])
{
    size_t n =
        bytes.len < MODULE_BUILD_LEN / 2 ? bytes.len : MODULE_BUILD_LEN / 2;

    for (size_t i = 0; i < n; i++)
        snprintf(build + 2 * i, 3, "%02x", bytes.data[i]);
}

/* The part of a file; empty: the file ends before it does. */
static struct view part(struct view file, uint64_t at, uint64_t len)
{
    if (at > file.len || len > file.len - at)
        return (struct view){ 0 };
    return view_of(file.data + at, (size_t)len);
}

static uint64_t padded(uint64_t len)
{
    return (len + 3) / 4 * 4;
}

/* Notes are a head, a name and a content, each padded to 4 bytes. */
static struct view find_id(struct view notes)
{
    static const char gnu[] = "GNU";
    ElfW(Nhdr) head;

    while (notes.len >= sizeof head) {
        struct view name, id;
        uint64_t id_at, end;

        memcpy(&head, notes.data, sizeof head);
        id_at = sizeof head + padded(head.n_namesz);
        end = id_at + padded(head.n_descsz);
        name = part(notes, sizeof head, head.n_namesz);
        id = part(notes, id_at, head.n_descsz);
        if (head.n_type == NT_GNU_BUILD_ID &&
            view_equal(name, view_of(gnu, sizeof gnu)))
            return id;
        if (end > notes.len)
            break;
        notes = part(notes, end, notes.len - end);
    }
    return (struct view){ 0 };
}

/* The file is input from outside: nothing in it is trusted. */
static struct view build_id(struct view file)
{
    struct view head_part = part(file, 0, sizeof(ElfW(Ehdr)));
    struct view id = { 0 };
    ElfW(Ehdr) head;
    ElfW(Phdr) p;

    if (head_part.len == 0 || memcmp(file.data, ELFMAG, SELFMAG) != 0)
        return id;
    memcpy(&head, head_part.data, sizeof head);
    for (size_t i = 0; i < head.e_phnum && id.len == 0; i++) {
        struct view at = part(file, head.e_phoff + i * sizeof p, sizeof p);

        if (at.len == 0)
            break;
        memcpy(&p, at.data, sizeof p);
        if (p.p_type == PT_NOTE)
            id = find_id(part(file, p.p_offset, p.p_filesz));
    }
    return id;
}

static void read_build(struct module_file *f)
{
    struct stat st;
    struct view file, id;
    uint8_t hash[16];
    void *map;

    f->build[0] = '\0';
    if (fstat(f->fd, &st) != 0 || st.st_size == 0)
        return;
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, f->fd, 0);
    if (map == MAP_FAILED)
        return;
    file = view_of(map, (size_t)st.st_size);
    id = build_id(file);
    if (id.len == 0) {
        hash_bytes128(file, hash);
        id = view_of(hash, sizeof hash);
    }
    put_hex(id, f->build);
    munmap(map, (size_t)st.st_size);
}

/* ---- the copy ---- */

static bool copy(int from, int to)
{
    uint8_t *bytes = xcalloc(COPY_LEN, 1);
    ssize_t len;

    while ((len = read(from, bytes, COPY_LEN)) > 0)
        if (write(to, bytes, (size_t)len) != len) {
            len = -1;
            break;
        }
    free(bytes);
    return len == 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Into `to`, which nobody can change afterwards. */
static enum err copy_file(const char *path, int from, int to, char *errmsg)
{
    struct stat before, after;

    if (fstat(from, &before) != 0 || !S_ISREG(before.st_mode))
        return err_set(errmsg, ERR_IO, "%s: not a file", path);
    if (!copy(from, to) || fstat(from, &after) != 0)
        return err_set(errmsg, ERR_IO, "%s: cannot copy it: %s", path,
                       strerror(errno));
    if (!is_same(&before, &after))
        return err_set(errmsg, ERR_BUSY,
                       "%s: it changes while it is read: try again", path);
    fcntl(to, F_ADD_SEALS,
          F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    return ERR_NONE;
}

void module_files_adopt(struct module_files *f, const char *path, int fd)
{
    struct module_file file = { .path = path, .fd = fd };

    ASSERT(f->n < MODULE_FILES_MAX);
    read_build(&file);
    f->at = xrealloc(f->at, (f->n + 1) * sizeof *f->at);
    f->at[f->n++] = file;
}

enum err module_files_read(struct module_files *f, const char *path,
                           char *errmsg)
{
    /* A pipe under that name must not hold us up. */
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), to;
    char name[COPY_NAME_LEN];
    enum err err;

    if (from < 0)
        return err_set(errmsg, errno == ENOENT ? ERR_ABSENT : ERR_IO,
                       "cannot load the module: %s: %s", path, strerror(errno));
    snprintf(name, sizeof name, "%s", name_of(path));
    to = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (to < 0)
        err = err_set(errmsg, ERR_SYSTEM, "%s: no memory for a copy: %s", path,
                      strerror(errno));
    else
        err = copy_file(path, from, to, errmsg);
    close(from);
    if (err == ERR_NONE)
        module_files_adopt(f, path, to);
    else if (to >= 0)
        close(to);
    return err;
}

bool module_files_raise(struct module_files *f, int low)
{
    for (size_t i = 0; i < f->n; i++) {
        int high = f->at[i].fd >= low
                       ? f->at[i].fd
                       : fcntl(f->at[i].fd, F_DUPFD_CLOEXEC, low);

        if (high < 0)
            return false;
        if (high != f->at[i].fd)
            close(f->at[i].fd);
        f->at[i].fd = high;
    }
    return true;
}
