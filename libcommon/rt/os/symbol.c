/* SPDX-License-Identifier: MIT */
/* symbol - reads /proc/self/maps and the symbol tables of ELF files. Files are
 * input from outside: each read is checked, and nothing in them is trusted. */
#include "libcommon/rt/os/symbol.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

#define NAME_LEN 256
/* How the maps begin and end the name of a file in memory. */
#define IN_MEMORY "/memfd:"
#define UNLINKED " (deleted)"
#define SYMBOLS_PER_READ 128
#define LINE_LEN 4400 /* of /proc/self/maps: a path has 4095 bytes at most */

#if __SIZEOF_POINTER__ == 8
#define ELF_CLASS ELFCLASS64
#else
#define ELF_CLASS ELFCLASS32
#endif

/* ---- images ---- */

static bool is_in_memory(const char *path)
{
    return strncmp(path, IN_MEMORY, sizeof IN_MEMORY - 1) == 0;
}

/* A line of /proc/self/maps; only lines that are code of a file count. */
static void add_image(struct image_list *l, char *line)
{
    unsigned long low, end;
    uint64_t offset, inode;
    char mode[8];
    char *end_of_name;
    int at = 0;

    if (sscanf(line, "%lx-%lx %7s %" SCNx64 " %*s %" SCNu64 " %n", &low, &end,
               mode, &offset, &inode, &at) != 5 ||
        at == 0 || mode[2] != 'x' || line[at] != '/')
        return;
    line[at + (int)strcspn(line + at, "\n")] = '\0';
    if (is_in_memory(line + at) && (end_of_name = strstr(line + at, UNLINKED)))
        *end_of_name = '\0';
    l->at = xrealloc(l->at, (l->n + 1) * sizeof *l->at);
    l->at[l->n++] =
        (struct image){ low, end, offset, inode, xstrdup(line + at) };
}

void image_list_read(struct image_list *l)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[LINE_LEN];

    *l = (struct image_list){ 0 };
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL)
        add_image(l, line);
    if (maps != NULL)
        fclose(maps);
}

void image_list_free(struct image_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free(l->at[i].path);
    free(l->at);
    *l = (struct image_list){ 0 };
}

const struct image *image_find(const struct image_list *l, uintptr_t address)
{
    for (size_t i = 0; i < l->n; i++)
        if (address >= l->at[i].low && address < l->at[i].end)
            return &l->at[i];
    return NULL;
}

/* What follows the last slash. */
static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (is_in_memory(path))
        return path + sizeof IN_MEMORY - 1;
    return slash == NULL ? path : slash + 1;
}

/* ---- files ---- */

struct elf {
    int fd;
    ElfW(Ehdr) head;
};

static bool read_at(int fd, uint64_t offset, void *out, size_t len)
{
    return offset <= INT64_MAX &&
           pread(fd, out, len, (off_t)offset) == (ssize_t)len;
}

/* On an overlay the maps may name the inode of the file below. */
static bool is_same_file(int fd, uint64_t inode)
{
    struct stat s;
    struct statfs fs;

    return fstat(fd, &s) == 0 &&
           (s.st_ino == inode ||
            (fstatfs(fd, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC));
}

/* A file in memory has no path, but a descriptor here. */
static int open_in_memory(uint64_t inode)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    struct stat s;
    int fd = -1;

    while (dir != NULL && fd < 0 && (entry = readdir(dir)) != NULL) {
        int number = atoi(entry->d_name);

        if (entry->d_name[0] != '.' && fstat(number, &s) == 0 &&
            s.st_ino == inode && fcntl(number, F_GET_SEALS) >= 0)
            fd = fcntl(number, F_DUPFD_CLOEXEC, 0);
    }
    if (dir != NULL)
        closedir(dir);
    return fd;
}

static bool elf_open(struct elf *e, const char *path, uint64_t inode)
{
    e->fd = is_in_memory(path) ? open_in_memory(inode)
                               : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return e->fd >= 0 && is_same_file(e->fd, inode) &&
           read_at(e->fd, 0, &e->head, sizeof e->head) &&
           memcmp(e->head.e_ident, ELFMAG, SELFMAG) == 0 &&
           e->head.e_ident[EI_CLASS] == ELF_CLASS &&
           e->head.e_phentsize == sizeof(ElfW(Phdr)) &&
           e->head.e_shentsize == sizeof(ElfW(Shdr));
}

/* Symbols speak of addresses, as the file wants to be loaded. */
static bool address_of(const struct elf *e, uint64_t offset, uint64_t *address)
{
    ElfW(Phdr) p;

    for (size_t i = 0; i < e->head.e_phnum; i++) {
        if (!read_at(e->fd, e->head.e_phoff + i * sizeof p, &p, sizeof p))
            return false;
        if (p.p_type == PT_LOAD && offset >= p.p_offset &&
            offset - p.p_offset < p.p_filesz) {
            *address = offset - p.p_offset + p.p_vaddr;
            return true;
        }
    }
    return false;
}

static bool read_section(const struct elf *e, size_t i, ElfW(Shdr) * out)
{
    return i < e->head.e_shnum &&
           read_at(e->fd, e->head.e_shoff + i * sizeof *out, out, sizeof *out);
}

/* The table with static functions, or the other one when the file has been
 * stripped; and the section with the names. */
static bool find_tables(const struct elf *e, ElfW(Shdr) * symbols,
                        ElfW(Shdr) * names)
{
    ElfW(Shdr) section;
    bool found = false;

    for (size_t i = 0; read_section(e, i, &section); i++) {
        if (section.sh_type != SHT_SYMTAB &&
            (found || section.sh_type != SHT_DYNSYM))
            continue;
        *symbols = section;
        found = true;
        if (section.sh_type == SHT_SYMTAB)
            break;
    }
    return found && read_section(e, symbols->sh_link, names);
}

static bool is_function_at(const ElfW(Sym) * s, uint64_t address)
{
    return (s->st_info & 0xf) == STT_FUNC && s->st_shndx != SHN_UNDEF &&
           address >= s->st_value && address - s->st_value < s->st_size;
}

static bool find_symbol(const struct elf *e, const ElfW(Shdr) * table,
                        uint64_t address, ElfW(Sym) * out)
{
    ElfW(Sym) some[SYMBOLS_PER_READ];
    uint64_t n = table->sh_size / sizeof *some;

    for (uint64_t at = 0; at < n; at += ARRAY_LEN(some)) {
        size_t n_here =
            n - at < ARRAY_LEN(some) ? (size_t)(n - at) : ARRAY_LEN(some);

        if (!read_at(e->fd, table->sh_offset + at * sizeof *some, some,
                     n_here * sizeof *some))
            return false;
        for (size_t i = 0; i < n_here; i++)
            if (is_function_at(&some[i], address)) {
                *out = some[i];
                return true;
            }
    }
    return false;
}

static bool read_name(const struct elf *e, uint64_t offset, char out[NAME_LEN])
{
    ssize_t n = offset > INT64_MAX
                    ? -1
                    : pread(e->fd, out, NAME_LEN - 1, (off_t)offset);

    if (n <= 0)
        return false;
    out[n] = '\0';
    return out[0] != '\0';
}

static bool symbol_find(const struct elf *e, uint64_t offset,
                        char name[NAME_LEN], uint64_t *into)
{
    ElfW(Shdr) symbols, names;
    ElfW(Sym) symbol;
    uint64_t address;

    if (!address_of(e, offset, &address) || !find_tables(e, &symbols, &names) ||
        !find_symbol(e, &symbols, address, &symbol))
        return false;
    *into = address - symbol.st_value;
    return read_name(e, names.sh_offset + symbol.st_name, name);
}

void symbol_add(struct buf *out, const char *path, uint64_t inode,
                uint64_t offset)
{
    struct elf e;
    char name[NAME_LEN];
    uint64_t into;

    if (elf_open(&e, path, inode) && symbol_find(&e, offset, name, &into))
        buf_addf(out, into == 0 ? "%s" : "%s+0x%" PRIx64, name, into);
    else
        buf_addf(out, "%s+0x%" PRIx64, file_name(path), offset);
    if (e.fd >= 0)
        close(e.fd);
}

void symbol_add_address(struct buf *out, const struct image_list *l,
                        uintptr_t address)
{
    const struct image *i = image_find(l, address);

    if (i == NULL)
        buf_addf(out, "0x%" PRIxPTR, address);
    else
        symbol_add(out, i->path, i->inode, address - i->low + i->offset);
}
