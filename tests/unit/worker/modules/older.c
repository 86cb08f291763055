/* SPDX-License-Identifier: MIT */
/* older - was built for another version of yon. */
#include <yon/job.h>

extern const struct yon_module yon_module
    __attribute__((visibility("default")));
const struct yon_module yon_module = { YON_MODULE_ABI + 1, 0, NULL };
