/* SPDX-License-Identifier: MIT */
/* order - what the loop of a worker and a shim say to each other.
 *
 *      START --> FAILED
 *            --> EXITED                   nothing of it is left
 *            --> EXITED, left; CLEAR --> CLEARED
 *            SIGNAL; CLEAR --> EXITED     nothing of it is left
 *
 * Both are processes of one program on one machine, so structs travel as they
 * lie in memory, over a socket that keeps messages apart. SIGNAL and CLEAR that
 * cross the end of a program have no effect.
 */
#ifndef ORDER_H
#define ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/buf.h"
#include "worker/shell/exec/program.h"

enum order_type { ORDER_START = 1, ORDER_SIGNAL, ORDER_CLEAR };

#define ORDER_FDS 2 /* of START: stdout and stderr */

struct order {
    uint32_t type;
    int32_t signo; /* SIGNAL: for the group of the program */
    /* START: so many bytes, which are strings, each with its NUL: the
     * arguments, the environment, and the folder if there is one. */
    uint32_t body_len;
    uint32_t n_argv, n_envp;
    bool has_cwd;
};

enum report_type { REPORT_FAILED = 1, REPORT_EXITED, REPORT_CLEARED };

struct report {
    uint32_t type;
    int32_t err;   /* FAILED: enum err, and why */
    int32_t code;  /* EXITED ... */
    int32_t signo; /* ... by this signal; 0: by itself */
    bool asked;    /* EXITED: a SIGNAL has reached it before */
    bool left;     /* EXITED: something that it has started still runs */
    bool last;     /* FAILED: there will be no shim for the next program */
    char errmsg[ERRMSG_LEN];
};

/* Report that there is no shim, so that the program of the first order cannot
 * be started; `error` is an errno. Nobody there is no error. */
void report_no_shim(int sock, const char *what, int error);

/* The socket may be non-blocking, and is waited for. False: nobody reads at the
 * other end, for seconds or for ever. The descriptors stay the caller's. */
bool order_send_start(int sock, const struct program *program,
                      const int fds[ORDER_FDS]);
bool order_send(int sock, enum order_type type, int signo);

/* Wait for one. START: its descriptors are the caller's, and its body is in
 * *body. False: there will be none. */
bool order_receive(int sock, struct order *out, struct buf *body,
                   int fds[ORDER_FDS]);

/* Look into a body for START; false: it is none. The lists, ended by NULL, are
 * for the caller to free, the strings stay in the body. */
bool order_program(const struct order *order, const struct buf *body,
                   struct program *out);

#endif
