/* SPDX-License-Identifier: MIT */
/* access_file - found by the environment, or in a place of its kind. */
#include "libcommon/rt/zmq/access_file.h"

#include <stdlib.h>
#include <unistd.h>

#include "libcommon/mem.h"
#include "libcommon/rt/os/private_file.h"

static const char *env_get(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The path of this user; empty: there is no home. */
static void add_own(struct buf *path)
{
    const char *config = env_get("XDG_CONFIG_HOME"), *home = env_get("HOME");

    if (config != NULL)
        buf_addf(path, "%s/yon/access", config);
    else if (home != NULL)
        buf_addf(path, "%s/.config/yon/access", home);
}

char *access_file_path(void)
{
    const char *named = env_get("YON_ACCESS");
    struct buf own = { 0 };
    char *path = NULL;

    if (named != NULL)
        return xstrdup(named);
    add_own(&own);
    if (own.len > 0 && access(buf_text(&own), F_OK) == 0)
        path = xstrdup(buf_text(&own));
    else if (access("/etc/yon/access", F_OK) == 0)
        path = xstrdup("/etc/yon/access");
    buf_fini(&own);
    return path;
}

enum err access_file_read(struct access *out, char *errmsg)
{
    char *path = access_file_path();
    struct buf text = { 0 };
    enum err err;

    if (path == NULL)
        return err_set(errmsg, ERR_REFUSED,
                       "a coordinator on tcp wants a key: name your access "
                       "file with --access FILE or YON_ACCESS (`yon key new` "
                       "makes it there)");
    err = private_file_read(path, ACCESS_FILE_MAX, &text, errmsg);
    if (err == ERR_NONE) {
        err = access_parse(buf_view(&text), out, errmsg);
        if (err != ERR_NONE)
            err_wrap(errmsg, err, "%.140s", path);
    }
    if (text.cap > 0)
        explicit_bzero(text.data, text.cap);
    buf_fini(&text);
    free(path);
    return err;
}
