/* SPDX-License-Identifier: MIT */
/* end - the ways in which an attempt ends, and the sending of results. Pure. */
#ifndef END_H
#define END_H

#include "worker/core/worker_state.h"

/* It has ended with this outcome; worker, started_ms and ended_ms are filled in
 * here. Its result leaves now, or when the coordinator has confirmed that we
 * hold it. */
void end_with(struct worker *w, struct worker_attempt *a,
              struct outcome outcome);
/* The shell reports that a running attempt has ended with this outcome.
 * spooled: as of WORKER_ENDED. */
void end_reported(struct worker *w, struct worker_attempt *a,
                  const struct outcome *reported,
                  const struct spooled *spooled);
/* A queued attempt ends without having run. */
void end_unstarted(struct worker *w, struct worker_attempt *a, uint8_t state,
                   const char *reason, struct view message);
/* Ask a running attempt to end; once is enough. */
void end_ask(struct worker *w, struct worker_attempt *a, struct view reason);
/* A queued or running attempt is over this limit. */
void end_expire(struct worker *w, struct worker_attempt *a, enum limit limit);
/* The coordinator does not want it any more. Unless it runs, it is freed. */
void end_disown(struct worker *w, struct worker_attempt *a);

/* It has not started, and another worker may get it before this one is heard
 * again: say that it never began. A suspect is dropped: the coordinator may
 * take it for begun until then, and HELD shall not tell otherwise. */
void end_hand_back(struct worker *w, struct worker_attempt *a);

/* Hand back what has not started, and disown what runs. */
void end_disown_all(struct worker *w);
/* Kill the programs that were disowned and have not ended. `why`: for the
 * trace. */
void end_kill_all(struct worker *w, const char *why);

/* Send the result of an attempt that has ended, or what goes before it. */
void end_send(struct worker *w, struct worker_attempt *a);
/* Send once more the results that were not acked for a whole lease. */
void end_send_again(struct worker *w);

#endif
