/* SPDX-License-Identifier: MIT */
/* machine - which machine this is, since it was started last. */
#include "libcommon/rt/os/machine.h"

#include <stdio.h>
#include <string.h>

#define PATH "/proc/sys/kernel/random/boot_id"

/* "01234567-89ab-cdef-0123-456789abcdef" */
static bool parse(const char *text, boot_id *out)
{
    for (size_t i = 0; i < sizeof out->bytes; i++) {
        unsigned byte;

        text += *text == '-';
        if (strspn(text, "0123456789abcdef") < 2 ||
            sscanf(text, "%2x", &byte) != 1)
            return false;
        out->bytes[i] = (uint8_t)byte;
        text += 2;
    }
    return true;
}

boot_id machine_boot(void)
{
    FILE *file = fopen(PATH, "re");
    char text[64] = "";
    boot_id id;
    bool known = file != NULL && fgets(text, sizeof text, file) != NULL &&
                 parse(text, &id);

    if (file != NULL)
        fclose(file);
    return known ? id : (boot_id){ 0 };
}
