/* SPDX-License-Identifier: MIT */
/* zmq_lazy - libzmq, loaded when the first of its functions is called.
 *
 * It brings fifteen other libraries along, which took six tenths of the time of
 * `yon --version`, a help text or a usage error. With all functions that yon
 * uses in here the linker leaves libzmq out (--as-needed); when one is missing
 * it links libzmq again, and the test cli_quiet fails.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "client/cli/exits.h"

/* Result, name, parameters, arguments. */
#define FUNCTIONS(X)                                                           \
    X(void *, zmq_ctx_new, (void), ())                                         \
    X(int, zmq_ctx_term, (void *context), (context))                           \
    X(void *, zmq_socket, (void *context, int type), (context, type))          \
    X(int, zmq_close, (void *s), (s))                                          \
    X(int, zmq_bind, (void *s, const char *address), (s, address))             \
    X(int, zmq_connect, (void *s, const char *address), (s, address))          \
    X(int, zmq_disconnect, (void *s, const char *address), (s, address))       \
    X(int, zmq_getsockopt, (void *s, int option, void *value, size_t *len),    \
      (s, option, value, len))                                                 \
    X(int, zmq_setsockopt,                                                     \
      (void *s, int option, const void *value, size_t len),                    \
      (s, option, value, len))                                                 \
    X(int, zmq_send, (void *s, const void *data, size_t len, int flags),       \
      (s, data, len, flags))                                                   \
    X(int, zmq_msg_init, (zmq_msg_t * m), (m))                                 \
    X(int, zmq_msg_close, (zmq_msg_t * m), (m))                                \
    X(int, zmq_msg_recv, (zmq_msg_t * m, void *s, int flags), (m, s, flags))   \
    X(void *, zmq_msg_data, (zmq_msg_t * m), (m))                              \
    X(size_t, zmq_msg_size, (const zmq_msg_t *m), (m))                         \
    X(int, zmq_msg_more, (const zmq_msg_t *m), (m))                            \
    X(const char *, zmq_msg_gets, (const zmq_msg_t *m, const char *name),      \
      (m, name))                                                               \
    X(int, zmq_recv, (void *s, void *data, size_t len, int flags),             \
      (s, data, len, flags))                                                   \
    X(int, zmq_socket_monitor, (void *s, const char *address, int events),     \
      (s, address, events))                                                    \
    X(int, zmq_curve_keypair, (char *public_key, char *secret),                \
      (public_key, secret))                                                    \
    X(int, zmq_curve_public, (char *public_key, const char *secret),           \
      (public_key, secret))                                                    \
    X(char *, zmq_z85_encode, (char *to, const uint8_t *from, size_t len),     \
      (to, from, len))                                                         \
    X(uint8_t *, zmq_z85_decode, (uint8_t * to, const char *from), (to, from)) \
    X(const char *, zmq_strerror, (int error), (error))

#define MEMBER(result, name, parameters, arguments) result(*name) parameters;
static struct {
    FUNCTIONS(MEMBER)
} real;

/* Without it there is nothing to say to a coordinator. */
static _Noreturn void give_up(void)
{
    fprintf(stderr, "yon: cannot load libzmq: %s\n", dlerror());
    _exit(EXITS_SELF);
}

static void load_one(void *library, const char *name, void *into)
{
    void *symbol = dlsym(library, name);

    if (symbol == NULL)
        give_up();
    memcpy(into, &symbol, sizeof symbol);
}

static void load(void)
{
    void *library = dlopen(YON_ZMQ_LIBRARY, RTLD_LAZY | RTLD_LOCAL);

    if (library == NULL)
        give_up();
#define LOAD(result, name, parameters, arguments) \
    load_one(library, #name, &real.name);
    FUNCTIONS(LOAD)
}

static void load_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, load);
}

#define DEFINE(result, name, parameters, arguments) \
    result name parameters                          \
    {                                               \
        load_once();                                \
        return real.name arguments;                 \
    }
FUNCTIONS(DEFINE)
