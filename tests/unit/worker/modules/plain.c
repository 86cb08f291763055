/* SPDX-License-Identifier: MIT */
/* plain - a shared object that has nothing to do with yon. */
int plain(void);

int plain(void)
{
    return 0;
}
