/* SPDX-License-Identifier: MIT */
/* modules - shared objects with functions that others call. */
#include "worker/shell/call/modules.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib/function_list.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/eh.h"
#include "libcommon/rt/os/log.h"
#include "proto/bounds.h"

void modules_fini(struct modules *m)
{
    free(m->at);
    *m = (struct modules){ 0 };
}

static int compare(struct view a, struct view b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);

    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

static int compare_functions(const void *a, const void *b)
{
    return compare(((const struct module_function *)a)->name,
                   ((const struct module_function *)b)->name);
}

static int compare_key(const void *name, const void *function)
{
    return compare(*(const struct view *)name,
                   ((const struct module_function *)function)->name);
}

const struct module_function *modules_find(const struct modules *m,
                                           struct view name)
{
    return m->n == 0 ? NULL
                     : bsearch(&name, m->at, m->n, sizeof *m->at, compare_key);
}

enum err modules_get(const struct modules *m, struct view name,
                     const struct module_function **out, char *errmsg)
{
    *out = modules_find(m, name);
    if (*out != NULL)
        return ERR_NONE;
    return err_set(errmsg, ERR_ABSENT, "this worker has no function \"%.*s\"",
                   (int)name.len, (const char *)name.data);
}

/* A module that finds libraries beside itself ($ORIGIN) loads only from where
 * it lies. */
static void *open_in_place(const char *path)
{
    struct buf text = { 0 };
    void *handle;

    /* Without a slash it is a file here, not one of the system's libraries. */
    buf_addf(&text, "%s%s", strchr(path, '/') == NULL ? "./" : "", path);
    handle = dlopen(buf_text(&text), RTLD_NOW | RTLD_LOCAL);
    buf_fini(&text);
    if (handle != NULL)
        log_line(TRACE_WARN, "module-not-held", "module=%s effect=%s", path,
                 "it loads only from its place: when the file is replaced, a "
                 "process that starts later has another version");
    return handle;
}

/* The loader has no codes: its texts end with that of the system. */
static enum err load_error(const char *text)
{
    static const int shortages[] = { EAGAIN, EMFILE, ENFILE, ENOMEM };

    /* Code in memory may be forbidden here. */
    if (strstr(text, strerror(EPERM)) != NULL ||
        strstr(text, strerror(EACCES)) != NULL)
        return ERR_FORMAT;
    for (size_t i = 0; i < ARRAY_LEN(shortages); i++)
        if (strstr(text, strerror(shortages[i])) != NULL)
            return ERR_BUSY;
    return strstr(text, "failed to map segment") != NULL ? ERR_BUSY
                                                         : ERR_FORMAT;
}

static enum err open_module(const struct module_file *file, void **out,
                            char *errmsg)
{
    char copy[32];
    const char *text = NULL;

    snprintf(copy, sizeof copy, "/proc/self/fd/%d", file->fd);
    *out = dlopen(copy, RTLD_NOW | RTLD_LOCAL);
    if (*out == NULL)
        text = dlerror();
    if (text != NULL && load_error(text) != ERR_BUSY) {
        *out = open_in_place(file->path);
        text = *out == NULL ? dlerror() : NULL;
    }
    return text == NULL ? ERR_NONE
                        : err_set(errmsg, load_error(text),
                                  "cannot load the module: %s", text);
}

static enum err read_module(const struct module_file *file,
                            const struct yon_module **out, char *errmsg)
{
    const struct yon_module *module = NULL;
    void *handle = NULL;
    enum err err = open_module(file, &handle, errmsg);

    if (err != ERR_NONE)
        return err;
    eh_look_in(handle);
    module = dlsym(handle, "yon_module");
    if (module == NULL)
        return err_set(errmsg, ERR_FORMAT,
                       "%s is not a module of yon: it has no YON_MODULE(...)",
                       file->path);
    if (module->abi != YON_MODULE_ABI)
        return err_set(errmsg, ERR_VERSION,
                       "%s was built for modules of version %u, this worker "
                       "has %d: build it again",
                       file->path, module->abi, YON_MODULE_ABI);
    *out = module;
    return ERR_NONE;
}

static enum err check(const struct modules *m, const struct module_function *f,
                      char *errmsg)
{
    const struct module_function *other = modules_find(m, f->name);

    if (f->name.len == 0 || f->name.len > NAME_LEN_MAX || f->fn == NULL)
        return err_set(errmsg, ERR_RANGE,
                       "%s: function \"%.40s\" needs a name of 1 to %d bytes, "
                       "and a function",
                       f->file->path, (const char *)f->name.data, NAME_LEN_MAX);
    if (other != NULL)
        return err_set(errmsg, ERR_EXISTS,
                       "function \"%s\" is there twice: in %s and in %s",
                       (const char *)f->name.data, other->file->path,
                       f->file->path);
    if (m->n >= FUNCTIONS_MAX)
        return err_set(errmsg, ERR_RANGE,
                       "%s: a worker has at most %d functions", f->file->path,
                       FUNCTIONS_MAX);
    if (f->name.len > FUNCTIONS_LEN_MAX - m->names_len)
        return err_set(errmsg, ERR_RANGE,
                       "%s: the names of all functions of a worker have at "
                       "most %u bytes",
                       f->file->path, FUNCTIONS_LEN_MAX);
    return ERR_NONE;
}

static void add(struct modules *m, const struct module_function *f)
{
    m->at = xrealloc(m->at, (m->n + 1) * sizeof *m->at);
    ASSERT(m->n < FUNCTIONS_MAX);
    m->at[m->n++] = *f;
    m->names_len += f->name.len;
    qsort(m->at, m->n, sizeof *m->at, compare_functions);
}

enum err modules_load(struct modules *m, const struct module_file *file,
                      char *errmsg)
{
    const struct yon_module *module = NULL;
    struct yon_function it;
    enum err err = read_module(file, &module, errmsg);

    if (err != ERR_NONE)
        return err;
    for (size_t i = 0; function_list_at(module, i, &it); i++) {
        struct module_function f = { .name = view_str(it.name),
                                     .fn = it.fn,
                                     .cpu = it.cpu != 0,
                                     .file = file };

        err = check(m, &f, errmsg);
        if (err != ERR_NONE)
            return err;
        add(m, &f);
    }
    return ERR_NONE;
}
