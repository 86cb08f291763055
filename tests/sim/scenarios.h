/* SPDX-License-Identifier: MIT */
/* scenarios - short stories with an expected trace, in a world that is quiet
 * but for what the story says. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include <stdbool.h>

/* Run all; print those that went otherwise. */
bool scenarios_run(void);

#endif
