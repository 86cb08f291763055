/* SPDX-License-Identifier: MIT */
/* shop - a loop with commands on it, and what became of one. */
#include "tests/unit/worker/shop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/mem.h"

static struct view copy(struct buf *to, struct view from)
{
    buf_clear(to);
    buf_add_view(to, from);
    return buf_view(to);
}

/* What was written and is not in the body, as a reader would put it there. */
static void read_spool(const struct spool *spool, struct buf *out)
{
    size_t len = (size_t)(spool->end - spool->from);

    buf_clear(out);
    assert_int_equal(pread(spool->fd, buf_room(out, len + 1), len, 0), len);
    out->len += len;
}

static void ended(void *arg, const struct outcome *o, struct spool spools[2],
                  const uint64_t taken[2])
{
    struct shop *s = arg;

    (void)taken;
    buf_clear(&s->spooled);
    if (spools[0].from < spools[0].end)
        read_spool(&spools[0], &s->spooled);
    s->n_running--;
    s->outcome = *o;
    s->outcome.body = copy(&s->packed, o->body);
    assert_int_equal(body_decode(s->outcome.body, &s->body, NULL), ERR_NONE);
    s->body.out = copy(&s->out, s->body.out);
    s->outcome.reason = copy(&s->reason, o->reason);
    s->outcome.message = copy(&s->message, o->message);
}

static void tailed(void *arg, uint64_t tail, uint64_t offset, struct view bytes,
                   bool end)
{
    struct shop *s = arg;

    s->n_gaps += offset - s->tailed_to;
    s->tailed_to = offset + bytes.len;
    s->tail_ended = end;
    buf_add_view(&s->tailed, bytes);
    if (s->keeps)
        command_keep(s->command, STREAM_OUT, s->tailed_to);
    if (s->follow && !end)
        command_tail(s->command, STREAM_OUT, tail, s->tailed_to, 50000);
}

static const struct command_events events = { .ended = ended, .tail = tailed };

static struct shop *shop_with(struct cgroup_root *root)
{
    struct shop *s = xcalloc(1, sizeof *s);

    assert_true(forkserver_start(&s->forkserver, root, NULL));
    assert_int_equal(uv_loop_init(&s->loop), 0);
    alarm_set_init(&s->alarms, &s->loop);
    s->env = (struct command_env){ .loop = &s->loop, .alarms = &s->alarms };
    assert_int_equal(
        processes_new(&s->loop, &s->forkserver, &s->env.processes, s->errmsg),
        ERR_NONE);
    s->source.id = (struct attempt_key){ 42, 7, 5, 9 };
    s->source.tries = 3;
    s->source.server = "ipc:///x";
    return s;
}

struct shop *shop_new(void)
{
    struct cgroup_root none;

    cgroup_root_none(&none);
    return shop_with(&none);
}

struct shop *shop_new_in(const char *cgroup)
{
    struct cgroup_root root;
    char errmsg[ERRMSG_LEN];

    if (cgroup_root_open(cgroup, &root, errmsg) != ERR_NONE)
        return NULL;
    return shop_with(&root);
}

void shop_free(struct shop *s)
{
    assert_int_equal(s->n_running, 0);
    processes_free(s->env.processes);
    alarm_set_fini(&s->alarms, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&s->loop), 0);
    buf_fini(&s->spec);
    buf_fini(&s->packed);
    buf_fini(&s->spooled);
    buf_fini(&s->out);
    buf_fini(&s->reason);
    buf_fini(&s->message);
    buf_fini(&s->tailed);
    free(s);
}

void shop_spec(struct shop *s, const struct command_spec *spec)
{
    buf_clear(&s->spec);
    command_spec_encode(&s->spec, spec);
    s->source.spec = buf_view(&s->spec);
}

void shop_argv(struct shop *s, ...)
{
    struct view argv[16];
    struct command_spec spec = { .argv = { argv, 0 } };
    const char *arg;
    va_list args;

    va_start(args, s);
    while ((arg = va_arg(args, const char *)) != NULL)
        argv[spec.argv.n++] = view_str(arg);
    va_end(args);
    shop_spec(s, &spec);
}

enum err shop_start(struct shop *s)
{
    enum err err =
        command_start(&s->env, &s->source, &events, s, &s->command, s->errmsg);

    s->n_running += err == ERR_NONE;
    return err;
}

void shop_wait(struct shop *s)
{
    while (s->n_running > 0)
        uv_run(&s->loop, UV_RUN_ONCE);
}

void shop_run(struct shop *s)
{
    assert_int_equal(shop_start(s), ERR_NONE);
    shop_wait(s);
}

enum err shop_start_script(struct shop *s, const char *script)
{
    shop_argv(s, "sh", "-c", script, NULL);
    return shop_start(s);
}

void shop_run_script(struct shop *s, const char *script)
{
    assert_int_equal(shop_start_script(s, script), ERR_NONE);
    shop_wait(s);
}

void shop_follow(struct shop *s)
{
    s->follow = true;
    command_tail(s->command, STREAM_OUT, 1, 0, 50000);
}

void shop_wait_for_output(struct shop *s, size_t n)
{
    while (s->tailed.len < n)
        uv_run(&s->loop, UV_RUN_ONCE);
}

const char *shop_out(struct shop *s)
{
    return buf_text(&s->out);
}
