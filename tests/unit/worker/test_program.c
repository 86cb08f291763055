/* SPDX-License-Identifier: MIT */
/* A command with a compressed environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <zstd.h>

#include "libcommon/check.h"
#include "proto/spec.h"
#include "worker/shell/exec/program.h"

#define FRAME_MAX 4096

static enum err make(struct view frame, struct program *out, char *errmsg)
{
    struct view argv = view_str("ls");
    struct command_spec spec = { .argv = { &argv, 1 },
                                 .around.env_zstd = frame };
    struct buf bytes = { 0 };
    struct assignment from = { .server = "ipc://s" };
    enum err err;

    command_spec_encode(&bytes, &spec);
    from.spec = buf_view(&bytes);
    err = program_make(&from, out, errmsg);
    buf_fini(&bytes);
    return err;
}

/* Compress a packed map. Returns its length. */
static size_t pack(struct view map, uint8_t frame[FRAME_MAX])
{
    size_t n = ZSTD_compress(frame, FRAME_MAX, map.data, map.len, 3);

    assert_false(ZSTD_isError(n));
    return n;
}

static bool has(const struct program *p, const char *entry)
{
    for (char **e = p->envp; *e != NULL; e++)
        if (strcmp(*e, entry) == 0)
            return true;
    return false;
}

static void it_is_unpacked(void **state)
{
    struct label env[] = { { view_str("A"), view_str("1=2\n") },
                           { view_str("YON_JOB"), view_str("forged") } };
    struct labels labels = { env, ARRAY_LEN(env) };
    struct buf map = { 0 };
    uint8_t frame[FRAME_MAX];
    struct program p;

    (void)state;
    command_env_encode(&map, &labels);
    assert_int_equal(
        make(view_of(frame, pack(buf_view(&map), frame)), &p, NULL), ERR_NONE);
    assert_true(has(&p, "A=1=2\n"));
    assert_false(has(&p, "YON_JOB=forged"));
    program_fini(&p);
    buf_fini(&map);
}

static void what_is_damaged_is_refused(void **state)
{
    /* A frame that says that it has 2^40 bytes. */
    static const uint8_t huge[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0,
                                    0,    0,    0,    1,    0,    0 };
    struct label env = { view_str("A"), view_str("1") };
    struct labels labels = { &env, 1 };
    char errmsg[ERRMSG_LEN];
    struct buf map = { 0 };
    uint8_t frame[FRAME_MAX];
    struct program p;
    size_t len;

    (void)state;
    command_env_encode(&map, &labels);
    len = pack(buf_view(&map), frame);
    for (size_t cut = 1; cut < len; cut++) {
        assert_int_not_equal(make(view_of(frame, cut), &p, errmsg), ERR_NONE);
        assert_non_null(strstr(errmsg, "env"));
    }
    assert_int_equal(make(view_str("no frame"), &p, errmsg), ERR_FORMAT);
    assert_int_equal(make(view_of(huge, sizeof huge), &p, errmsg), ERR_FORMAT);
    len = pack(view_str("\xc0"), frame); /* nil */
    assert_int_equal(make(view_of(frame, len), &p, errmsg), ERR_TYPE);
    buf_fini(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_unpacked),
        cmocka_unit_test(what_is_damaged_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
