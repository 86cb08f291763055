/* SPDX-License-Identifier: MIT */
/* run - where coroutines begin; the inside of yon_run. */
#ifndef RUN_H
#define RUN_H

#include <yon/co.h>

/* Like yon_run, for a program that sees to SIGINT by itself. */
int run_without_sigint(yon_fn *fn, void *arg);

#endif
