/* SPDX-License-Identifier: MIT */
/* dial - address and access file make a connection. */
#include "libcommon/rt/zmq/dial.h"

#include <string.h>

#include "libcommon/rt/os/endpoint.h"
#include "libcommon/rt/zmq/access_file.h"

/* Where to look when nothing answers at `address`. */
static enum err add_others(struct sock *s, const struct access *a,
                           const char *address, char *errmsg)
{
    enum err err = ERR_NONE;
    bool is_ours = false;

    for (size_t i = 0; i < a->n_servers; i++)
        is_ours |= strcmp(a->servers[i], address) == 0;
    for (size_t i = 0; is_ours && err == ERR_NONE && i < a->n_servers; i++)
        if (strcmp(a->servers[i], address) != 0)
            err = sock_add_endpoint(s, a->servers[i], errmsg);
    return err;
}

enum err dial(uv_loop_t *loop, const char *address, sock_recv_fn *recv,
              void *arg, struct sock **out, char *errmsg)
{
    struct endpoint checked;
    struct sock_keys keys;
    struct sock *s = NULL;
    struct access a;
    enum err err;

    err = endpoint_for_connect(address, &checked, errmsg);
    if (err != ERR_NONE || checked.path != NULL)
        return sock_connect(loop, address, NULL, recv, arg, out, errmsg);
    err = access_file_read(&a, errmsg);
    if (err != ERR_NONE)
        return err;
    keys = (struct sock_keys){ .own = a.secret, .server = a.server };
    err = sock_connect(loop, address, &keys, recv, arg, &s, errmsg);
    explicit_bzero(&keys, sizeof keys);
    if (err == ERR_NONE)
        err = add_others(s, &a, address, errmsg);
    if (err == ERR_NONE) {
        *out = s;
        s = NULL; /* the caller owns it now */
    }
    sock_close(s, 0);
    access_wipe(&a);
    return err;
}
