/* SPDX-License-Identifier: MIT */
/* uv.h - yon on a libuv loop of yours.
 *
 *   static void on_sum(void *arg, yon_future *f)
 *   {
 *       int64_t n;
 *       if (yon_result(f, "I", &n) == 0)
 *           printf("%lld\n", (long long)n);
 *       else
 *           fprintf(stderr, "%s\n", yon_error(f));
 *       yon_free(f);
 *       yon_close(arg);
 *   }
 *   ...
 *   yon_uv_connect(uv_default_loop(), NULL, &client);
 *   yon_then(yon_call(client, "add", "[ii]", 1, 2), on_sum, client);
 *   uv_run(uv_default_loop(), UV_RUN_DEFAULT);
 *
 * A call without outcome, or a coroutine that waits, keeps the loop alive. An
 * open client does not: uv_run returns when nothing is asked of it. After
 * yon_close run the loop once more, as after uv_close; then nothing of yon is
 * left on it. Awaiting outside of coroutines is YON_ESTATE, for the loop is not
 * ours to run. All of it belongs to the thread that runs the loop.
 *
 * For each of many as they complete, give each a callback; for all of them,
 * count in it. For mixtures with timers, threads and time limits, let a
 * coroutine wait (yon_uv_spawn), with a callback for its end.
 */
#ifndef YON_UV_H
#define YON_UV_H

#include <yon/co.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct uv_loop_s; /* uv_loop_t of <uv.h>, of the libuv that libyon has */

/* Like yon_connect, with a client that lives on `loop`. Any number on one loop.
 * YON_EFORMAT also for "local:", which is for coroutines. Never waits. */
int yon_uv_connect(struct uv_loop_s *loop, const char *server,
                   yon_client **out);
/* Start a coroutine on `loop`, where all of <yon/co.h> and <yon/io.h> works
 * while you run that loop; yon_connect in it makes a client there. It has no
 * parent. $YON_SLOW_MS and $YON_STACK_KB as with yon_run. Never NULL;
 * YON_ELIMIT at the future when no stack can be had. The caller frees the
 * future. Never waits. */
yon_future *yon_uv_spawn(struct uv_loop_s *loop, yon_fn *fn, void *arg);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
