/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <elf.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "libcommon/rng.h"
#include "libcommon/rt/os/symbol.h"
#include "tests/support/io_rig.h"

__attribute__((noinline)) static int hidden(volatile int n)
{
    return n + n;
}

static const char *at(uintptr_t address)
{
    static char text[512];
    struct image_list l;
    struct buf b = { 0 };

    image_list_read(&l);
    symbol_add_address(&b, &l, address);
    snprintf(text, sizeof text, "%s", buf_text(&b));
    buf_fini(&b);
    image_list_free(&l);
    return text;
}

static void a_static_function_has_a_name(void **state)
{
    uintptr_t address = (uintptr_t)hidden;

    (void)state;
    assert_int_equal(hidden(1), 2);
    assert_string_equal(at(address), "hidden");
    assert_string_equal(at(address + 3), "hidden+0x3");
}

static void a_function_of_a_library_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(
        at((uintptr_t)dlsym(RTLD_DEFAULT, "_cmocka_run_group_tests")),
        "_cmocka_run_group_tests");
}

static void what_is_no_code_is_a_number(void **state)
{
    char text[32];

    (void)state;
    snprintf(text, sizeof text, "0x%zx", (size_t)text);
    assert_string_equal(at((uintptr_t)text), text);
}

/* ---- files that lie ---- */

/* Where `hidden` lies in which file. */
static struct image here(uint64_t *offset)
{
    struct image_list l;
    struct image image;
    const struct image *found;

    image_list_read(&l);
    found = image_find(&l, (uintptr_t)hidden);
    assert_non_null(found);
    image = *found;
    image.path = strdup(found->path);
    *offset = (uintptr_t)hidden - image.low + image.offset;
    image_list_free(&l);
    return image;
}

static const char *in_file(const char *path, uint64_t inode, uint64_t offset)
{
    static char text[512];
    struct buf b = { 0 };

    symbol_add(&b, path, inode, offset);
    snprintf(text, sizeof text, "%s", buf_text(&b));
    buf_fini(&b);
    return text;
}

static void another_file_at_that_path_is_not_asked(void **state)
{
    uint64_t offset;
    struct image image = here(&offset);
    struct statfs fs;

    (void)state;
    assert_string_equal(in_file(image.path, image.inode, offset), "hidden");
    assert_int_equal(statfs(image.path, &fs), 0);
    if (fs.f_type != OVERLAYFS_SUPER_MAGIC) {
        const char *text = in_file(image.path, image.inode + 1, offset);

        assert_non_null(strstr(text, "test_symbol+0x"));
    }
    free(image.path);
}

/* Returns its descriptor. */
static int copy_file(const char *from, const char *to, uint64_t *inode)
{
    static char bytes[1 << 16];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(to, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct stat s;
    ssize_t n;

    assert_true(in >= 0 && out >= 0);
    while ((n = read(in, bytes, sizeof bytes)) > 0)
        assert_int_equal(write(out, bytes, (size_t)n), n);
    close(in);
    assert_int_equal(fstat(out, &s), 0);
    *inode = s.st_ino;
    return out;
}

/* Other bytes in a header of the file, then the old ones. */
static void lie_at(int fd, uint64_t where, struct rng *rng, const char *path,
                   uint64_t inode, uint64_t offset)
{
    uint8_t before[8], after[8];

    assert_int_equal(pread(fd, before, 8, (off_t)where), 8);
    memcpy(after, before, 8);
    for (size_t i = 0, n = 1 + rng_below(rng, 8); i < n; i++)
        after[i] = (uint8_t)rng_next(rng);
    assert_int_equal(pwrite(fd, after, 8, (off_t)where), 8);
    assert_true(in_file(path, inode, offset)[0] != '\0');
    assert_int_equal(pwrite(fd, before, 8, (off_t)where), 8);
}

static void what_a_file_says_is_not_believed(void **state)
{
    uint64_t offset, inode;
    struct image image = here(&offset);
    char path[128];
    int fd = copy_file(image.path, in_dir(path, "copy"), &inode);
    Elf64_Ehdr head;
    struct rng rng;

    (void)state;
    rng_init(&rng, 1);
    assert_string_equal(in_file(path, inode, offset), "hidden");
    assert_int_equal(pread(fd, &head, sizeof head, 0), sizeof head);
    for (size_t i = 0; i < 500; i++) {
        lie_at(fd, rng_below(&rng, sizeof head - 8), &rng, path, inode, offset);
        lie_at(fd, head.e_phoff + rng_below(&rng, head.e_phnum * 56u - 8), &rng,
               path, inode, offset);
        lie_at(fd, head.e_shoff + rng_below(&rng, head.e_shnum * 64u - 8), &rng,
               path, inode, offset);
    }
    assert_string_equal(in_file(path, inode, offset), "hidden");
    for (uint64_t len = head.e_shoff + head.e_shnum * 64u; len > 0; len /= 2) {
        assert_int_equal(ftruncate(fd, (off_t)len - 1), 0);
        assert_true(in_file(path, inode, offset)[0] != '\0');
    }
    assert_non_null(strstr(in_file(path, inode, offset), "copy+0x"));
    close(fd);
    free(image.path);
}

static void a_file_that_is_gone_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(in_file("/no/such/module.so", 1, 0x123),
                        "module.so+0x123");
    assert_string_equal(in_file("/dev/null", 1, 1), "null+0x1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_static_function_has_a_name),
        cmocka_unit_test(a_function_of_a_library_has_a_name),
        cmocka_unit_test(what_is_no_code_is_a_number),
        cmocka_unit_test(another_file_at_that_path_is_not_asked),
        cmocka_unit_test_setup_teardown(what_a_file_says_is_not_believed,
                                        make_dir, remove_dir),
        cmocka_unit_test(a_file_that_is_gone_has_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
