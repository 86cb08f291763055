/* SPDX-License-Identifier: MIT */
/* command_files - --stdout, --stderr and --append, and whether each element of
 * an array has files of its own; --output-limit. */
#include "client/cli/command_files.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/placeholder.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rng.h"
#include "proto/render.h"

static const struct {
    int id;
    const char *name;
} options[] = { { OPT_STDOUT, "--stdout" }, { OPT_STDERR, "--stderr" } };

static const char *file_of(const struct cli *c, size_t which)
{
    return options_text(&c->options, options[which].id, NULL);
}

static bool has_files(const struct cli *c)
{
    return file_of(c, 0) != NULL || file_of(c, 1) != NULL;
}

int command_files_read(const struct cli *c, struct command_spec *spec)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (file_of(c, i) != NULL && *file_of(c, i) == '\0')
            return cli_usage(c, "%s is empty: name a file", options[i].name);
    if (options_has(&c->options, OPT_APPEND) && !has_files(c))
        return cli_usage(c, "--append needs --stdout or --stderr");
    if (options_has(&c->options, OPT_IDLE_TIMEOUT) && has_files(c))
        return cli_usage(c, "--idle-timeout goes by the output that yon reads: "
                            "it cannot be used with --stdout or --stderr");
    spec->out_file = view_str(file_of(c, 0));
    spec->err_file = view_str(file_of(c, 1));
    spec->append = options_has(&c->options, OPT_APPEND);
    spec->output_limit =
        (uint64_t)options_size(&c->options, OPT_OUTPUT_LIMIT, 0);
    return EXITS_DONE;
}

/* ---- a file for each element ---- */

static bool has_placeholder(const char *name)
{
    for (; *name != '\0'; name++)
        if (placeholder_len(name) > 0)
            return true;
    return false;
}

static int refuse_placeholders(const struct cli *c)
{
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (file_of(c, i) != NULL && has_placeholder(file_of(c, i)))
            return cli_usage(c,
                             "%s %s: there are no items; they come from :::, "
                             "--each-line or --array of yon submit",
                             options[i].name, file_of(c, i));
    return EXITS_DONE;
}

/* The file of an element, as a hash: names are not kept. */
struct element_file {
    uint8_t hash[16];
    uint32_t elem; /* 1 .. n */
};

static int compare_files(const void *a, const void *b)
{
    const struct element_file *x = a, *y = b;
    int order = memcmp(x->hash, y->hash, sizeof x->hash);

    if (order != 0)
        return order;
    return (x->elem > y->elem) - (x->elem < y->elem);
}

/* The next item off the front of `packed`, or of the range. */
static struct view next_item(const struct items *items, uint32_t elem,
                             struct view *packed, char text[RANGE_TEXT_LEN])
{
    if (items->packed.len > 0)
        return items_take(packed);
    return view_of(text, range_text(items->first, items->step, elem, text));
}

/* Names of all elements, sorted, so that the same ones are neighbours. */
static struct element_file *files_new(const struct cli *c,
                                      const struct items *items, size_t *n)
{
    size_t max = (size_t)items->n * ARRAY_LEN(options);
    struct element_file *files = xcalloc(max, sizeof *files);
    struct view packed = buf_view(&items->packed);
    struct buf name = { 0 };

    *n = 0;
    for (uint32_t elem = 1; elem <= items->n; elem++) {
        char text[RANGE_TEXT_LEN], number[RANGE_TEXT_LEN];
        struct render with = { .len_max = PATH_MAX };

        with.item = next_item(items, elem, &packed, text);
        with.number = view_of(number, range_text(1, 1, elem, number));
        if (items->packed.len == 0)
            with.number = with.item;
        for (size_t i = 0; i < ARRAY_LEN(options); i++) {
            if (file_of(c, i) == NULL)
                continue;
            buf_clear(&name);
            /* One that is too long fails its element. */
            if (render_text(&name, view_str(file_of(c, i)), &with) != ERR_NONE)
                continue;
            files[*n].elem = elem;
            hash_bytes128(buf_view(&name), files[(*n)++].hash);
        }
    }
    buf_fini(&name);
    qsort(files, *n, sizeof *files, compare_files);
    return files;
}

static int refuse_same(const struct cli *c, uint32_t a, uint32_t b)
{
    const char *name = file_of(c, file_of(c, 0) == NULL);

    return cli_usage(c,
                     "jobs %" PRIu32 " and %" PRIu32
                     " of the array would write to the same file, and lose "
                     "what the other wrote: give each its own, as in %s.{#}, "
                     "or --append",
                     a, b, name);
}

int command_files_check(const struct cli *c, const struct items *items)
{
    struct element_file *files;
    int code = EXITS_DONE;
    size_t n;

    if (!has_files(c))
        return EXITS_DONE;
    if (items->n == 0)
        return refuse_placeholders(c);
    if (options_has(&c->options, OPT_APPEND))
        return EXITS_DONE;
    files = files_new(c, items, &n);
    for (size_t i = 1; i < n && code == EXITS_DONE; i++)
        if (memcmp(files[i - 1].hash, files[i].hash, sizeof files[i].hash) ==
                0 &&
            files[i - 1].elem != files[i].elem)
            code = refuse_same(c, files[i - 1].elem, files[i].elem);
    free(files);
    return code;
}
