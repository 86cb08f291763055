/* SPDX-License-Identifier: MIT */
/* program_files - stdout and stderr of a program, as files. */
#include "worker/shell/exec/program_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/mem.h"
#include "libcommon/rt/os/spawn.h"

/* Less what the umask takes. */
#define MODE 0666

static char *path_from(const char *cwd, const char *name)
{
    struct buf path = { 0 };
    char *out;

    if (name[0] != '/' && name[0] != '\0' && cwd != NULL)
        buf_addf(&path, "%s/", cwd);
    buf_add(&path, name, strlen(name));
    out = xmemdup0(path.data, path.len);
    buf_fini(&path);
    return out;
}

/* A pipe without a reader would hold this process up, so it is refused, and
 * what could be opened blocks as usual from then on. 0 or an errno. */
static int open_at_once(const char *path, bool append, int *fd)
{
    int how = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int flags, error = 0;

    *fd = open(path, how | (append ? O_APPEND : O_TRUNC), MODE);
    if (*fd < 0)
        return errno;
    flags = fcntl(*fd, F_GETFL);
    if (flags < 0 || fcntl(*fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
        error = errno;
    else
        error = spawn_raise_fd(fd);
    if (error != 0 && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    return error;
}

static enum err explain(const char *which, const char *path, int error,
                        char *errmsg)
{
    enum err err = spawn_error(error) == ERR_BUSY ? ERR_BUSY : ERR_CLOSED;

    if (error == ENXIO)
        return err_set(errmsg, err, "its %s: %.180s: nobody reads this pipe",
                       which, path);
    return err_set(errmsg, err, "its %s: cannot open %.160s: %s", which, path,
                   strerror(error));
}

static enum err open_file(const struct program *program, const char *which,
                          const char *name, int *fd, char *errmsg)
{
    char *path = path_from(program->cwd, name);
    int error = open_at_once(path, program->append, fd);
    enum err err = error == 0 ? ERR_NONE : explain(which, path, error, errmsg);

    free(path);
    return err;
}

static enum err open_both(const struct program *program,
                          struct program_files *out, char *errmsg)
{
    const char *name = program->out_file;
    enum err err = ERR_NONE;

    if (name != NULL)
        err = open_file(program, "stdout", name, &out->out, errmsg);
    if (err != ERR_NONE || program->err_file == NULL)
        return err;
    if (name != NULL && strcmp(name, program->err_file) == 0)
        out->err = out->out;
    else
        err =
            open_file(program, "stderr", program->err_file, &out->err, errmsg);
    return err;
}

enum err program_files_open(const struct program *program,
                            struct program_files *out, char *errmsg)
{
    mode_t ours = 0;
    enum err err;

    *out = (struct program_files){ -1, -1 };
    if (program->umask >= 0)
        ours = umask((mode_t)program->umask);
    err = open_both(program, out, errmsg);
    if (program->umask >= 0)
        umask(ours);
    if (err != ERR_NONE)
        program_files_close(out);
    return err;
}

void program_files_close(const struct program_files *files)
{
    if (files->out >= 0)
        close(files->out);
    if (files->err >= 0 && files->err != files->out)
        close(files->err);
}
