/* SPDX-License-Identifier: MIT */
/* stdfiles - stdin, stdout and stderr, whatever the caller left of them. */
#ifndef STDFILES_H
#define STDFILES_H

/* Open /dev/null for those that are closed; first thing in main. Otherwise the
 * next file or socket would get such a number and be used as what it is not;
 * libuv ends the process when it is to close one of them. Writing to a stdout
 * that was closed fails as before (EBADF): nothing is lost in silence. */
void stdfiles_open(void);

#endif
