/* SPDX-License-Identifier: MIT */
/* listening - yon up --listen. */
#include "client/cli/listening.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/text.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/endpoint.h"

#define ALL "0.0.0.0"
#define PORT ":7667" /* when none is told */
#define WORKER "worker"
#define ADMIN "admin"

/* ":PORT" of an endpoint. */
static const char *port_of(const char *endpoint)
{
    return strrchr(endpoint, ':');
}

/* "HOST", "HOST:PORT", ":PORT" or "PORT", "tcp://" before it or not, as an
 * endpoint; `host` and `port` (":PORT") are what is missing. */
static char *complete(const char *text, const char *host, const char *port)
{
    const char *colon, *bracket;
    struct buf b = { 0 };
    char *endpoint;

    if (strncmp(text, "tcp://", 6) == 0)
        text += 6;
    colon = strrchr(text, ':');
    bracket = strrchr(text, ']');
    if (text[0] != '\0' && text[strspn(text, "0123456789")] == '\0')
        buf_addf(&b, "tcp://%s:%s", host, text);
    else if (colon == text)
        buf_addf(&b, "tcp://%s%s", host, text);
    else if (colon == NULL || (bracket != NULL && colon < bracket))
        buf_addf(&b, "tcp://%s%s", text, port);
    else
        buf_addf(&b, "tcp://%s", text);
    endpoint = xstrdup(buf_text(&b));
    buf_fini(&b);
    return endpoint;
}

static bool listens_everywhere(const struct listening *l)
{
    static const char *const all[] = { "tcp://" ALL ":", "tcp://[::]:" };

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (strncmp(l->endpoint, all[i], strlen(all[i])) == 0)
            return true;
    return false;
}

/* The address that others can use when none is told. The caller frees it. */
static char *own_address(const struct listening *l)
{
    char host[256] = "localhost", text[300];

    if (!listens_everywhere(l))
        return xstrdup(l->endpoint);
    gethostname(host, sizeof host - 1);
    snprintf(text, sizeof text, "tcp://%s%s", host, port_of(l->endpoint));
    return xstrdup(text);
}

static int advertise(const struct cli *c, struct listening *l)
{
    const struct options *o = &c->options;
    char errmsg[ERRMSG_LEN];
    struct endpoint parsed;
    char *address;

    for (size_t i = 0; i < o->n_given; i++) {
        if (o->given[i].option->id != OPT_ADVERTISE)
            continue;
        if (l->n_addresses == ARRAY_LEN(l->addresses))
            return cli_usage(c, "--advertise: at most %d", ACCESS_SERVERS_MAX);
        address = complete(o->given[i].text, "", port_of(l->endpoint));
        l->addresses[l->n_addresses++] = address; /* owned by l */
        if (endpoint_for_connect(address, &parsed, errmsg) != ERR_NONE)
            return cli_usage(c, "--advertise: %s", errmsg);
    }
    if (l->n_addresses == 0)
        l->addresses[l->n_addresses++] = own_address(l);
    return EXITS_DONE;
}

int listening_read(const struct cli *c, struct listening *out)
{
    const char *text = options_text(&c->options, OPT_LISTEN, NULL);
    char errmsg[ERRMSG_LEN];
    struct endpoint parsed;

    *out = (struct listening){ 0 };
    if (text == NULL)
        return options_has(&c->options, OPT_ADVERTISE)
                   ? cli_usage(c, "--advertise goes with --listen")
                   : EXITS_DONE;
    out->endpoint = complete(text, ALL, PORT);
    if (endpoint_for_bind(out->endpoint, &parsed, errmsg) != ERR_NONE)
        return cli_usage(c, "--listen: %s", errmsg);
    if (strcmp(port_of(out->endpoint), ":0") == 0)
        return cli_usage(c, "--listen: peers need to know the port");
    return advertise(c, out);
}

static int add_first(const struct cli *c, const struct rundir *r,
                     struct keydir *k, const char *name, unsigned roles)
{
    struct key_entry e = { .roles = roles, .expires_ms = INT64_MAX };
    char path[4200];

    if (key_list_named(&k->list, name) != NULL)
        return EXITS_DONE;
    snprintf(e.name, sizeof e.name, "%s", name);
    snprintf(path, sizeof path, "%s/%s.access", r->dir, name);
    unlink(path); /* no key of the list is in it */
    return keydir_add(c, k, e, path);
}

int listening_prepare(const struct cli *c, const struct rundir *r,
                      struct listening *l)
{
    struct keydir k = { .lock_fd = -1 };
    bool is_first;
    int code;

    if (l->endpoint == NULL)
        return EXITS_DONE;
    code = keydir_open(c, r, &k);
    is_first = k.n_addresses == 0;
    keydir_set_addresses(&k, l->addresses, l->n_addresses);
    if (code == EXITS_DONE && is_first)
        code = add_first(c, r, &k, WORKER, KEY_ROLE_WORK);
    if (code == EXITS_DONE && is_first)
        code = add_first(c, r, &k, ADMIN, KEY_ROLE_ADMIN);
    /* Last: until then the next start makes the first keys that are missing. */
    if (code == EXITS_DONE)
        code = keydir_write_addresses(c, &k);
    if (code == EXITS_DONE)
        l->keys = xstrdup(k.path);
    keydir_close(&k);
    return code;
}

void listening_say(const struct cli *c, const struct rundir *r,
                   const struct listening *l)
{
    struct buf dir = { 0 };

    if (l->endpoint == NULL)
        return;
    text_add_shellword(&dir, view_str(r->dir));
    cli_say(c, "     it listens at %s for the keys of: yon key ls",
            l->addresses[0]);
    cli_say(c,
            "     a worker elsewhere: scp %s/" WORKER
            ".access HOST:    there: yon-worker --access " WORKER ".access",
            buf_text(&dir));
    cli_say(c,
            "     commands elsewhere: scp %s/" ADMIN
            ".access HOST:     there: yon --access " ADMIN ".access status",
            buf_text(&dir));
    buf_fini(&dir);
}

void listening_fini(struct listening *l)
{
    free(l->endpoint);
    free(l->keys);
    for (size_t i = 0; i < l->n_addresses; i++)
        free(l->addresses[i]);
    *l = (struct listening){ 0 };
}
