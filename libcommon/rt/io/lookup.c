/* SPDX-License-Identifier: MIT */
/* lookup - getaddrinfo on a thread of libuv. */
#include "libcommon/rt/io/lookup.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/io/iowait.h"

/* Outlives the caller: a thread of libuv may be using it. */
struct lookup {
    uv_getaddrinfo_t req;
    struct iowait *waiter; /* NULL: the caller is gone */
    int status;
};

static void lookup_free(struct lookup *l)
{
    uv_freeaddrinfo(l->req.addrinfo);
    free(l);
}

static void looked_up(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
    struct lookup *l = CONTAINER_OF(req, struct lookup, req);

    (void)found; /* it stays in the request */
    l->status = status;
    if (l->waiter != NULL)
        iowait_end(l->waiter);
    else
        lookup_free(l);
}

static size_t copy(const struct addrinfo *found, struct sockaddr_storage *out,
                   size_t max)
{
    size_t n = 0;

    for (; found != NULL && n < max; found = found->ai_next) {
        out[n] = (struct sockaddr_storage){ 0 };
        memcpy(&out[n++], found->ai_addr, found->ai_addrlen);
    }
    return n;
}

/* The request has begun. On error it frees itself. */
static enum err answer_await(struct lookup *l)
{
    struct iowait w = { 0 };
    enum err err;

    l->waiter = &w;
    err = iowait_await(&w);
    l->waiter = NULL;
    if (err != ERR_NONE && w.missed)
        lookup_free(l); /* it has the answer */
    else if (err != ERR_NONE)
        uv_cancel((uv_req_t *)&l->req); /* too late when it runs */
    return err;
}

enum err lookup_await(const char *host, const char *service,
                      struct sockaddr_storage *out, size_t max, size_t *n)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct lookup *l;
    enum err err = io_begin_await();
    int error;

    *n = 0;
    if (err != ERR_NONE)
        return err;
    l = xcalloc(1, sizeof *l);
    error = uv_getaddrinfo(loop_uv(loop_current()), &l->req, looked_up, host,
                           service, &hints);
    if (error == 0 && (err = answer_await(l)) != ERR_NONE)
        return err; /* l is gone */
    if (error == 0)
        error = l->status;
    if (error == 0)
        *n = copy(l->req.addrinfo, out, max);
    lookup_free(l);
    if (error != 0)
        err = io_fail(error, "cannot look up %s, %s", host,
                      service == NULL ? "no service" : service);
    return err;
}

int yon_lookup(const char *host, const char *service,
               struct sockaddr_storage *out, size_t max, size_t *n)
{
    return -(int)lookup_await(host, service, out, max, n);
}
