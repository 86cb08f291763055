/* SPDX-License-Identifier: MIT */
/* Copies of modules, and which build they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker/shell/call/module_files.h"

static char errmsg[ERRMSG_LEN];
static char path[] = "/tmp/yon-module-XXXXXX";

static void write_file(const void *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_TRUNC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

static int setup(void **state)
{
    (void)state;
    close(mkstemp(path));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static const char *read_build(struct module_files *f)
{
    module_files_fini(f);
    assert_int_equal(module_files_read(f, path, errmsg), ERR_NONE);
    return f->at[0].build;
}

static void a_copy_stays_as_it_was(void **state)
{
    struct module_files f = { 0 };
    char seen[8] = "";

    (void)state;
    write_file("before", 6);
    read_build(&f);
    write_file("behind", 6);
    assert_int_equal(pread(f.at[0].fd, seen, 6, 0), 6);
    assert_string_equal(seen, "before");
    assert_int_equal(pwrite(f.at[0].fd, "x", 1, 0), -1);
    module_files_fini(&f);
}

static void what_has_no_id_goes_by_its_content(void **state)
{
    struct module_files f = { 0 };
    char one[MODULE_BUILD_LEN + 1];

    (void)state;
    write_file("one", 3);
    strcpy(one, read_build(&f));
    assert_int_equal(strlen(one), MODULE_BUILD_LEN);
    write_file("two", 3);
    assert_string_not_equal(read_build(&f), one);
    write_file("one", 3);
    assert_string_equal(read_build(&f), one);
    module_files_fini(&f);
}

/* A file with one note, the fields of which are told. */
struct small_elf {
    ElfW(Ehdr) head;
    ElfW(Phdr) part;
    ElfW(Nhdr) note;
    char name[4];
    uint8_t id[20];
};

static struct small_elf small_elf(void)
{
    struct small_elf e = { .name = "GNU" };

    memcpy(e.head.e_ident, ELFMAG, SELFMAG);
    e.head.e_phoff = offsetof(struct small_elf, part);
    e.head.e_phnum = 1;
    e.part.p_type = PT_NOTE;
    e.part.p_offset = offsetof(struct small_elf, note);
    e.part.p_filesz = sizeof e.note + sizeof e.name + sizeof e.id;
    e.note.n_type = NT_GNU_BUILD_ID;
    e.note.n_namesz = sizeof e.name;
    e.note.n_descsz = sizeof e.id;
    for (size_t i = 0; i < sizeof e.id; i++)
        e.id[i] = (uint8_t)(0xa0 + i);
    return e;
}

static void the_id_of_the_linker_is_taken(void **state)
{
    struct module_files f = { 0 };
    struct small_elf e = small_elf();

    (void)state;
    write_file(&e, sizeof e);
    assert_string_equal(read_build(&f), "a0a1a2a3a4a5");
    module_files_fini(&f);
}

/* Lengths that lie, and each shorter file. */
static void nothing_in_a_file_is_trusted(void **state)
{
    struct module_files f = { 0 };
    struct small_elf e = small_elf(), lie;

    (void)state;
    for (size_t len = 0; len < offsetof(struct small_elf, id) + 20; len++) {
        write_file(&e, len);
        assert_string_not_equal(read_build(&f), "a0a1a2a3a4a5");
    }
    lie = e;
    lie.note.n_descsz = UINT32_MAX;
    write_file(&lie, sizeof lie);
    assert_int_equal(strlen(read_build(&f)), MODULE_BUILD_LEN);
    lie = e;
    lie.note.n_namesz = UINT32_MAX - 2;
    write_file(&lie, sizeof lie);
    assert_int_equal(strlen(read_build(&f)), MODULE_BUILD_LEN);
    lie = e;
    lie.part.p_offset = (ElfW(Off)) - 8;
    write_file(&lie, sizeof lie);
    assert_int_equal(strlen(read_build(&f)), MODULE_BUILD_LEN);
    lie = e;
    lie.head.e_phoff = (ElfW(Off)) - 8;
    lie.head.e_phnum = UINT16_MAX;
    write_file(&lie, sizeof lie);
    assert_int_equal(strlen(read_build(&f)), MODULE_BUILD_LEN);
    module_files_fini(&f);
}

static void what_is_no_file_is_refused(void **state)
{
    struct module_files f = { 0 };

    (void)state;
    assert_int_equal(module_files_read(&f, "/nowhere/at.so", errmsg),
                     ERR_ABSENT);
    assert_string_equal(errmsg, "cannot load the module: /nowhere/at.so: No "
                                "such file or directory");
    assert_int_equal(module_files_read(&f, "/tmp", errmsg), ERR_IO);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(module_files_read(&f, path, errmsg), ERR_IO);
    unlink(path);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(f.n, 0);
}

static void descriptors_are_raised(void **state)
{
    struct module_files f = { 0 };

    (void)state;
    write_file("one", 3);
    read_build(&f);
    assert_int_equal(module_files_read(&f, path, errmsg), ERR_NONE);
    assert_true(module_files_raise(&f, 100));
    assert_true(f.at[0].fd >= 100 && f.at[1].fd > 100);
    assert_int_equal(fcntl(f.at[1].fd, F_GETFD), FD_CLOEXEC);
    module_files_fini(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_stays_as_it_was),
        cmocka_unit_test(what_has_no_id_goes_by_its_content),
        cmocka_unit_test(the_id_of_the_linker_is_taken),
        cmocka_unit_test(nothing_in_a_file_is_trusted),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(descriptors_are_raised),
    };
    return cmocka_run_group_tests_name("module_files", tests, setup, teardown);
}
