/* SPDX-License-Identifier: MIT */
/* give_stdin - the stdin of yon run, given to the program itself: what that
 * does not read stays for others, and nothing stands between.
 *
 * An attempt that starts after another gets a file from the same place on; of a
 * pipe it would miss what was read, so it is refused.
 */
#ifndef GIVE_STDIN_H
#define GIVE_STDIN_H

#include "client/cli/cli.h"
#include "libcommon/rt/os/give_fd.h"

struct give_stdin; /* opaque */

/* Whether a descriptor has anything to give: a file that is not at its end, a
 * pipe or socket that may still bring something; no terminal, no /dev/null, and
 * none that was closed. */
bool give_stdin_has_any(int fd);
/* Whether a second attempt could have all of it. */
bool give_stdin_can_repeat(int fd);

/* Give it to whoever shows the ticket; the descriptor becomes ours, but for 0.
 * Returns 0 or an errno. Inside a coroutine. */
int give_stdin_begin(int fd, struct give_ticket *ticket,
                     struct give_stdin **out);
void give_stdin_end(struct give_stdin *g); /* NULL is fine */

#endif
