/* SPDX-License-Identifier: MIT */
/* address - the coordinator's address, from the environment when none is given.
 */
#include "libcommon/rt/zmq/address.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/buf.h"
#include "libcommon/mem.h"
#include "libcommon/rt/zmq/access_file.h"

#define IPC "ipc://"

/* A variable that is set and not empty, or NULL. */
static const char *env_get(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static char *join(const char *dir, const char *rest)
{
    struct buf b = { 0 };
    char *text;

    buf_addf(&b, "%s%s", dir, rest);
    text = xstrdup(buf_text(&b));
    buf_fini(&b);
    return text;
}

enum err address_directory(char **out, char *errmsg)
{
    const char *state = env_get("XDG_STATE_HOME");
    const char *home = env_get("HOME");

    if (state != NULL)
        *out = join(state, "/yon");
    else if (home != NULL)
        *out = join(home, "/.local/state/yon");
    else
        return err_set(errmsg, ERR_ABSENT,
                       "no default directory: set YON_SERVER, YON_DIR or HOME");
    return ERR_NONE;
}

/* ipc://DIR/yond.sock */
static enum err socket_in(const char *dir, char **out, char *errmsg)
{
    char *path = join(dir, "/yond.sock");
    enum err err = ERR_NONE;

    if (strlen(path) > ADDRESS_PATH_MAX)
        err = err_set(errmsg, ERR_RANGE,
                      "the path of a socket has at most %d bytes, %.100s... "
                      "has %zu: use a shorter directory",
                      ADDRESS_PATH_MAX, path, strlen(path));
    else
        *out = join(IPC, path);
    free(path);
    return err;
}

void address_use_access(const char *file)
{
    setenv("YON_ACCESS", file, 1);
    unsetenv("YON_SERVER");
    unsetenv("YON_DIR");
}

bool address_is_of_environment(const char *server)
{
    return (server == NULL || server[0] == '\0') &&
           env_get("YON_SERVER") != NULL;
}

/* Of the access file. */
static enum err first_server(char **out, char *errmsg)
{
    struct access a;
    enum err err = access_file_read(&a, errmsg);

    if (err == ERR_NONE)
        *out = xstrdup(a.servers[0]);
    access_wipe(&a);
    return err;
}

static bool has_access_file(void)
{
    char *path = access_file_path();
    bool has = path != NULL;

    free(path);
    return has;
}

/* Nothing was started here: is there a coordinator elsewhere? A fault of the
 * access file is told, for it is what this user has. */
static enum err prefer_access(char **address, char *errmsg)
{
    if (!has_access_file())
        return ERR_NONE;
    free(*address);
    *address = NULL;
    return first_server(address, errmsg);
}

enum err address_resolve(const char *server, char **out, char *errmsg)
{
    const char *named =
        server != NULL && server[0] != '\0' ? server : env_get("YON_SERVER");
    const char *dir = env_get("YON_DIR");
    char *by_default = NULL;
    enum err err;

    if (named != NULL) {
        *out = xstrdup(named);
        return ERR_NONE;
    }
    if (dir != NULL)
        return socket_in(dir, out, errmsg);
    if (env_get("YON_ACCESS") != NULL)
        return first_server(out, errmsg);
    err = address_directory(&by_default, errmsg);
    if (err == ERR_NONE)
        err = socket_in(by_default, out, errmsg);
    free(by_default);
    if (err == ERR_NONE && access(*out + strlen(IPC), F_OK) != 0)
        err = prefer_access(out, errmsg);
    return err;
}
