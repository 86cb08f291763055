/* SPDX-License-Identifier: MIT */
/* cluster - a yond and a yon-worker in a directory of their own, for tests.
 *
 * A process that cannot be started ends the test with a message. The processes
 * die with the test, however it ends.
 */
#ifndef CLUSTER_H
#define CLUSTER_H

#include <sys/types.h>

struct cluster {
    char dir[64];
    char address[96]; /* of yond */
    pid_t yond;       /* 0: does not run */
    pid_t worker;
};

/* Start both; wait until a call of an example succeeds. */
void cluster_start(struct cluster *c);
/* kill -9, and wait until it has ended. */
void cluster_kill_yond(struct cluster *c);
void cluster_kill_worker(struct cluster *c);
/* Start it again; does not wait until it is ready. */
void cluster_start_yond(struct cluster *c);
void cluster_start_worker(struct cluster *c);
/* End both and remove the directory. */
void cluster_stop(struct cluster *c);

#endif
