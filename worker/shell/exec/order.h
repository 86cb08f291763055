/* SPDX-License-Identifier: MIT */
/* order - what a loop of a worker orders a shim to do, and what that reports.
 *
 *      READY                            once, from each shim
 *      START --> FAILED
 *            --> STARTED, and then
 *            --> EXITED                   nothing of it is left
 *            --> EXITED, left; CLEAR --> CLEARED
 *            SIGNAL; CLEAR --> EXITED     nothing of it is left
 *
 * Both are processes of one program on one machine, so structs travel as they
 * lie in memory, over a socket that keeps messages apart. A SIGNAL or CLEAR
 * that crosses the end of a program has no effect.
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
    /* START: a body of strings, each with its NUL: the arguments, the
     * environment, the folder, the files for stdout and stderr; then the stdin
     * and its ticket. */
    uint32_t body_len;       /* bytes */
    uint32_t n_argv, n_envp; /* strings */
    bool has_cwd, has_out_file, has_err_file;
    bool append; /* to these files */
    uint32_t input_len, ticket_len;
    int32_t umask; /* -1: ours */
    struct rlimits limits;
};

enum report_type {
    REPORT_READY = 1,
    REPORT_FAILED,
    REPORT_EXITED,
    REPORT_CLEARED,
    REPORT_STARTED
};

struct report {
    uint32_t type;
    int32_t err;             /* FAILED: enum err */
    int32_t pid;             /* STARTED: of the program */
    int32_t code;            /* EXITED: exit code, when signo is 0 */
    int32_t signo;           /* EXITED: the signal that killed it, or 0 */
    bool asked;              /* EXITED: an order SIGNAL had reached it */
    bool left;               /* EXITED: something that it started still runs */
    bool last;               /* FAILED: the shim is gone, too */
    char errmsg[ERRMSG_LEN]; /* FAILED */
};

/* Report that there is no shim, which fails the first order. error: an errno.
 * It is no error when nobody reads that. */
void report_no_shim(int sock, const char *what, int error);

/* Send an order, waiting for room for some seconds. False: nobody reads at the
 * other end. The descriptors stay the caller's. */
bool order_send_start(int sock, const struct program *program,
                      const int fds[ORDER_FDS]);
bool order_send(int sock, enum order_type type, int signo);

/* Wait for an order. START: the caller owns its descriptors (-1: they did not
 * arrive), and *body has its body. False: no more orders will come. */
bool order_receive(int sock, struct order *out, struct buf *body,
                   int fds[ORDER_FDS]);

/* Read the body of a START. The caller frees the lists, which end with NULL;
 * strings and stdin stay in the body. False: it makes no sense. */
bool order_program(const struct order *order, const struct buf *body,
                   struct program *out);

#endif
