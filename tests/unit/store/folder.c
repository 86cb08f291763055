/* SPDX-License-Identifier: MIT */
/* folder - a temporary folder for a test, and files in it. */
#include "tests/unit/store/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

void folder_make(struct folder *f)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(f->path, sizeof f->path, "%s/yon-store-XXXXXX",
             tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->path));
}

void folder_shell(struct folder *f, const char *command)
{
    char line[1024];

    snprintf(line, sizeof line, "cd '%s' && { %s; }", f->path, command);
    assert_int_equal(system(line), 0);
}

void folder_remove(struct folder *f)
{
    char line[256];

    snprintf(line, sizeof line, "rm -rf '%s'", f->path); /* it may be gone */
    assert_int_equal(system(line), 0);
}

const char *folder_name(struct folder *f, const char *file)
{
    snprintf(f->name, sizeof f->name, "%s/%s", f->path, file);
    return f->name;
}

void folder_copy_database(struct folder *f, const char *from, const char *to)
{
    char command[512];

    snprintf(command, sizeof command,
             "cp %s %s && if [ -e %s-wal ]; then cp %s-wal %s-wal; fi", from,
             to, from, from, to);
    folder_shell(f, command);
}
