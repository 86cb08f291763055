/* SPDX-License-Identifier: MIT */
/* program_input - the stdin of a program, as a descriptor. */
#include "worker/shell/exec/program_input.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libcommon/rt/os/spawn.h"
#include "proto/spec.h"

_Static_assert(SPEC_TICKET_LEN == GIVE_TICKET_LEN, "one ticket");

/* A file without a name: a pipe would have room for a part only. 0 or errno. */
static int open_stored(struct view stored, int *fd)
{
    int error;

    *fd = memfd_create("yon-stdin", MFD_CLOEXEC);
    error = *fd < 0 ? errno : spawn_raise_fd(fd);
    while (error == 0 && stored.len > 0) {
        ssize_t n = write(*fd, stored.data, stored.len);

        if (n < 0)
            error = errno;
        else
            stored = view_of(stored.data + n, stored.len - (size_t)n);
    }
    if (error == 0 && lseek(*fd, 0, SEEK_SET) < 0)
        error = errno;
    if (error != 0 && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    return error;
}

enum err program_input_open(const struct program *program, int stop,
                            struct give_taken *out, char *errmsg)
{
    struct give_ticket ticket;
    enum err err = ERR_NONE;
    int error = 0;

    *out = (struct give_taken){ -1, -1 };
    if (program->ticket.len == sizeof ticket.bytes) {
        memcpy(ticket.bytes, program->ticket.data, sizeof ticket.bytes);
        err = give_fetch(&ticket, stop, out, errmsg);
    } else if (program->input.len > 0) {
        error = open_stored(program->input, &out->fd);
    }
    if (error != 0)
        err = err_set(errmsg,
                      spawn_error(error) == ERR_BUSY ? ERR_BUSY : ERR_CLOSED,
                      "%s", strerror(error));
    return err == ERR_NONE ? err : err_wrap(errmsg, err, "its stdin");
}
