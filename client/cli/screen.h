/* SPDX-License-Identifier: MIT */
/* screen - progress on stderr: redrawn in place on a terminal, a plain line now
 * and then elsewhere.
 */
#ifndef SCREEN_H
#define SCREEN_H

#include "client/cli/progress.h"

#define SCREEN_TTY_MS 200
#define SCREEN_PLAIN_MS 10000

struct screen {
    bool is_tty, utf8;
    size_t n_lines; /* drawn, and to be drawn over */
};

void screen_init(struct screen *s, bool utf8);
/* How often to draw. */
int64_t screen_period_ms(const struct screen *s);
void screen_draw(struct screen *s, const struct progress *p, int64_t now_ms);
/* Erase the lines, to make room for a message. */
void screen_clear(struct screen *s);
/* Leave the lines as they are. */
void screen_leave(struct screen *s);

#endif
