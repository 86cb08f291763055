/* SPDX-License-Identifier: MIT */
/* leftover - yond and workers that outlive a `yon up` that was killed. */
#ifndef LEFTOVER_H
#define LEFTOVER_H

#include <stdbool.h>
#include <sys/types.h>

#define LEFTOVERS_MAX 2048

struct leftovers {
    pid_t workers[LEFTOVERS_MAX];
    size_t n_workers;
    pid_t yond; /* 0: none */
};

/* Processes of ours that serve the endpoint `server`, as their command lines
 * say. */
void leftovers_find(const char *server, struct leftovers *out);
bool leftovers_are_none(const struct leftovers *l);

#endif
