/* SPDX-License-Identifier: MIT */
/* uv_rig - a client and a fake on a libuv loop of the user.
 *
 * At the end nothing may be left on the loop, and no descriptor open.
 */
#ifndef UV_RIG_H
#define UV_RIG_H

#include <string.h>

#include <uv.h>

#include <yon/uv.h>

#include "tests/unit/lib/fake.h"
#include "tests/unit/lib/seen.h"

struct bench {
    uv_loop_t uv;
    struct fake fake;
    yon_client *client; /* NULL: a test has closed it */
    size_t n_fds;
};

/* ---- the loop ---- */

static inline void assert_quiet(struct bench *b)
{
    assert_int_equal(uv_run(&b->uv, UV_RUN_DEFAULT), 0);
}

static inline void close_client(struct bench *b)
{
    yon_close(b->client);
    b->client = NULL;
}

/* Nobody listens yet. */
static inline int setup(void **state)
{
    static struct bench b;

    memset(&b, 0, sizeof b);
    fake_init(&b.fake);
    b.n_fds = open_fds();
    uv_loop_init(&b.uv);
    if (yon_uv_connect(&b.uv, b.fake.address, &b.client) != 0)
        return -1;
    *state = &b;
    return 0;
}

static inline int teardown(void **state)
{
    struct bench *b = *state;

    yon_close(b->client);
    fake_stop(&b->fake);
    assert_quiet(b);
    assert_int_equal(uv_loop_close(&b->uv), 0);
    assert_fds(b->n_fds);
    fake_fini(&b->fake);
    return 0;
}

/* The fake does not keep the loop alive: only the client may. */
static inline void listen_now(struct bench *b)
{
    fake_listen(&b->fake, loop_at(&b->uv));
    sock_keep_loop(b->fake.sock, false);
}

static inline int setup_listening(void **state)
{
    if (setup(state) != 0)
        return -1;
    listen_now(*state);
    return 0;
}

#endif
