/* SPDX-License-Identifier: MIT */
/* vectors - reads the golden vectors of tests/data/vectors: frames as text and
 * as bytes, for the tests of any implementation.
 *
 *   name: a claim
 *   head: version=1 epoch=3 session=17     none: the head is refused
 *   op: BEAT seq=7 asked_hi=0              as op_print() prints it; any number
 *   error: RANGE                           how the reading ends; none: well
 *   canonical: no                          a writer writes other bytes
 *   hex:                                   the bytes, to an empty line
 */
#ifndef VECTORS_H
#define VECTORS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/buf.h"

struct vector {
    char name[128];
    struct buf text;  /* head and ops, as in the file */
    struct buf error; /* name of the error, or empty */
    struct buf bytes;
    bool canonical;
    bool any; /* a line was read */
};

static inline void vector_clear(struct vector *v)
{
    buf_clear(&v->text);
    buf_clear(&v->error);
    buf_clear(&v->bytes);
    v->canonical = true;
    v->any = false;
    v->name[0] = 0;
}

static inline void vector_fini(struct vector *v)
{
    buf_fini(&v->text);
    buf_fini(&v->error);
    buf_fini(&v->bytes);
}

static inline void read_hex(struct vector *v, const char *line)
{
    unsigned byte;
    int len;

    while (sscanf(line, " %2x%n", &byte, &len) == 1) {
        uint8_t b = (uint8_t)byte;

        buf_add(&v->bytes, &b, 1);
        line += len;
    }
    assert_string_equal(line + strspn(line, " "), "");
}

/* The text behind the key, or NULL. */
static inline const char *value_of(const char *line, const char *key)
{
    size_t len = strlen(key);

    return strncmp(line, key, len) == 0 ? line + len : NULL;
}

/* The next vector of the file; false at its end. */
static inline bool vector_read(struct vector *v, FILE *file)
{
    static char line[65536];
    bool hex = false;

    vector_clear(v);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = 0;
        if (line[0] == '#' || (line[0] == 0 && !v->any))
            continue;
        if (line[0] == 0)
            return true;
        v->any = true;
        if (hex)
            read_hex(v, line);
        else if (value_of(line, "name: "))
            snprintf(v->name, sizeof v->name, "%.100s",
                     value_of(line, "name: "));
        else if (value_of(line, "head: ") || value_of(line, "op: "))
            buf_addf(&v->text, "%s\n", line);
        else if (value_of(line, "error: "))
            buf_addf(&v->error, "%s", value_of(line, "error: "));
        else if (value_of(line, "canonical: "))
            v->canonical = strcmp(value_of(line, "canonical: "), "yes") == 0;
        else if (strcmp(line, "hex:") == 0)
            hex = true;
        else
            fail_msg("not understood: %s", line);
    }
    return v->any;
}

#define VECTORS(name) TEST_DATA "/vectors/" name ".txt"

/* Call `check` with each vector of a file. */
static inline void vectors_each(const char *path,
                                void (*check)(struct vector *v, void *arg),
                                void *arg)
{
    FILE *file = fopen(path, "r");
    struct vector v = { 0 };
    size_t n = 0;

    print_message("%s\n", path);
    assert_non_null(file);
    for (; vector_read(&v, file); n++) {
        print_message("%s\n", v.name);
        check(&v, arg);
    }
    assert_true(n > 0);
    fclose(file);
    vector_fini(&v);
}

#endif
