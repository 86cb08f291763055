/* SPDX-License-Identifier: MIT */
/* embed - clients in the loops of others: <yon/uv.h>, and yon_fd of
 * <yon/yon.h>. */
#include <yon/uv.h>

#include "client/lib/contact.h"
#include "libcommon/rt/co/pollable.h"

int yon_uv_connect(struct uv_loop_s *loop, const char *server, yon_client **out)
{
    struct loop *l = loop_at(loop);
    char errmsg[ERRMSG_LEN];
    enum err err;

    loop_hold(l); /* it goes when there is no client after all */
    err = contact_open(l, server, out, errmsg);
    loop_drop(l);
    return -(int)err;
}

int yon_fd(yon_client *c)
{
    int fd = -1;
    enum err err = c->owns_loop ? pollable_fd(c->loop, &fd) : ERR_STATE;

    return err == ERR_NONE ? fd : -(int)err;
}

int yon_dispatch(yon_client *c)
{
    return c->owns_loop ? -(int)pollable_dispatch(c->loop) : YON_ESTATE;
}
