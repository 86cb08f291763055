/* SPDX-License-Identifier: MIT */
/* stdfiles - stdin, stdout and stderr, whatever the caller left of them. */
#ifndef STDFILES_H
#define STDFILES_H

/* What is closed of them becomes /dev/null; first thing in main. Otherwise the
 * next file or socket would get that number and be read, written and closed as
 * what it is not; libuv ends the process when it is to close one of them. */
void stdfiles_open(void);

#endif
