/* SPDX-License-Identifier: MIT */
/* gate - the keyring behind ZAP, the file and SIGHUP. */
#include "coordinator/shell/gate.h"

#include <signal.h>
#include <stdlib.h>

#include "coordinator/shell/keyring.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/log.h"
#include "libcommon/rt/zmq/zap.h"

struct gate {
    struct keyring *keyring;
    struct zap *zap;
    uv_signal_t hup;
    uv_fs_event_t changed;
    uv_timer_t seconds;
    int n_handles;
    gate_revoked_fn *revoked;
    void *arg;
};

static uint32_t admit(void *arg, const struct curve_key *client)
{
    struct gate *g = arg;
    uint32_t number = keyring_admit(g->keyring, client, clock_wall_ms());
    char text[KEY_TEXT_LEN];

    if (number == 0) {
        key_format(KEY_PUBLIC, client, text);
        log_line(TRACE_WARN, "key-refused", "key=%s reason=%s", text,
                 "it is not in authorized_keys, or has expired");
    }
    return number;
}

static void read_again(struct gate *g)
{
    char errmsg[ERRMSG_LEN];

    if (keyring_reload(g->keyring, g->revoked, g->arg, errmsg) != ERR_NONE)
        log_line(TRACE_ERROR, "keys-not-read", "error=%s effect=%s", errmsg,
                 "the keys before stay");
    else
        log_line(TRACE_INFO, "keys-read", "keys=%zu", keyring_n(g->keyring));
}

static void hangup(uv_signal_t *handle, int number)
{
    (void)number;
    read_again(handle->data);
}

/* The file is replaced by a rename: only then it is whole. */
static void file_changed(uv_fs_event_t *handle, const char *name, int events,
                         int status)
{
    if (status == 0 && name != NULL && strcmp(name, KEYRING_LIST) == 0 &&
        (events & UV_RENAME) != 0)
        read_again(handle->data);
}

static void expire(struct gate *g)
{
    keyring_expire(g->keyring, clock_wall_ms(), g->revoked, g->arg);
}

static void a_second_has_passed(uv_timer_t *timer)
{
    expire(timer->data);
}

bool gate_look(struct gate *g, uint32_t number, struct principal *out)
{
    if (keyring_look(g->keyring, number, clock_wall_ms(), out))
        return true;
    expire(g);
    return false;
}

struct sock_keys gate_keys(const struct gate *g)
{
    return (struct sock_keys){ .own = *keyring_secret(g->keyring) };
}

static void handle_is_closed(uv_handle_t *handle)
{
    struct gate *g = handle->data;

    if (--g->n_handles > 0)
        return;
    keyring_free(g->keyring);
    free(g);
}

enum err gate_open(uv_loop_t *loop, const char *dir, gate_revoked_fn *revoked,
                   void *arg, struct gate **out, char *errmsg)
{
    struct gate *g = xcalloc(1, sizeof *g);
    enum err err = keyring_open(dir, &g->keyring, errmsg);
    int bad;

    if (err != ERR_NONE) {
        free(g);
        return err;
    }
    g->revoked = revoked;
    g->arg = arg;
    bad = uv_signal_init(loop, &g->hup);
    ASSERT(bad == 0); /* the loop has made all that it needs */
    uv_fs_event_init(loop, &g->changed);
    uv_timer_init(loop, &g->seconds);
    g->hup.data = g->changed.data = g->seconds.data = g;
    g->n_handles = 3;
    uv_timer_start(&g->seconds, a_second_has_passed, 1000, 1000);
    uv_signal_start(&g->hup, hangup, SIGHUP);
    if (uv_fs_event_start(&g->changed, file_changed, dir, 0) != 0)
        log_line(TRACE_WARN, "keys-not-watched", "effect=%s",
                 "send SIGHUP after a change of authorized_keys");
    err = zap_open(loop, admit, g, &g->zap, errmsg);
    if (err == ERR_NONE)
        *out = g;
    else
        gate_close(g);
    return err;
}

void gate_close(struct gate *g)
{
    if (g == NULL)
        return;
    zap_close(g->zap);
    uv_close((uv_handle_t *)&g->hup, handle_is_closed);
    uv_close((uv_handle_t *)&g->changed, handle_is_closed);
    uv_close((uv_handle_t *)&g->seconds, handle_is_closed);
}
