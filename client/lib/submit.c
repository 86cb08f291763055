/* SPDX-License-Identifier: MIT */
/* submit - calls, commands and arrays as the user describes them become a
 * SUBMIT: <yon/yon.h>.
 *
 * What breaks a limit is told with the await, as everything else that can go
 * wrong with a job.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/lib/job_future.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rng.h"
#include "libcommon/sized.h"
#include "proto/bounds.h"
#include "proto/policy.h"
#include "proto/scan.h"
#include "proto/spec.h"
#include "proto/value.h"

#define MSGPACK_NIL "\xc0"

/* A longer struct that a program has from a newer library may set what lies
 * behind these: no padding. */
_Static_assert(sizeof(struct yon_policy) ==
                   offsetof(struct yon_policy, total_ms) + sizeof(int64_t),
               "ends with its last field");
_Static_assert(sizeof(struct yon_submit) ==
                   offsetof(struct yon_submit, policy) + sizeof(void *),
               "ends with its last field");

/* A SUBMIT that is being built: the operation borrows from the buffers. */
struct draft {
    struct op op;
    struct buf spec;
    struct buf items;
    char errmsg[ERRMSG_LEN];
};

static void draft_fini(struct draft *d)
{
    buf_fini(&d->spec);
    buf_fini(&d->items);
}

/* ---- names and keys ---- */

static enum err put_name(struct draft *d, const char *what, const char *text,
                         struct view *out)
{
    *out = view_str(text);
    if (out->len > NAME_LEN_MAX)
        return err_set(d->errmsg, ERR_LIMIT,
                       "the %s has %zu bytes, the limit is %d", what, out->len,
                       NAME_LEN_MAX);
    return ERR_NONE;
}

/* A key of the user may have been used before, by anyone. One that is fresh is
 * made by the client. */
static void put_key(struct draft *d, const char *text)
{
    if (text != NULL)
        hash_bytes128(view_str(text), d->op.u.submit.key.bytes);
    d->op.u.submit.fresh = text == NULL;
}

/* ---- calls ---- */

static enum err put_call(struct draft *d, const char *fn, struct view args)
{
    enum err err = put_name(d, "name of the function", fn, &d->op.u.submit.fn);

    if (err != ERR_NONE)
        return err;
    if (d->op.u.submit.fn.len == 0)
        return err_set(d->errmsg, ERR_RANGE, "the function has no name");
    if (args.len > SPEC_LEN_MAX)
        return err_set(d->errmsg, ERR_LIMIT,
                       "the arguments take %zu bytes, the limit is %u: pass "
                       "the name of a file instead",
                       args.len, SPEC_LEN_MAX);
    if (args.len == 0)
        args = view_str(MSGPACK_NIL);
    err = scan_one(args, VALUE_DEPTH_MAX);
    if (err != ERR_NONE)
        return err_set(d->errmsg, err,
                       "the arguments are not one msgpack "
                       "value nested at most %d deep",
                       VALUE_DEPTH_MAX);
    d->op.u.submit.kind = KIND_CALL;
    buf_add_view(&d->spec, args);
    return ERR_NONE;
}

/* ---- commands ---- */

static enum err count_argv(struct draft *d, const char *const *argv, size_t *n)
{
    size_t len = 0;

    for (*n = 0; argv[*n] != NULL && *n < ARGV_MAX; (*n)++)
        len += strlen(argv[*n]);
    if (*n == 0 || argv[0][0] == '\0')
        return err_set(d->errmsg, ERR_RANGE, "the command is empty");
    if (argv[*n] != NULL || len > SPEC_LEN_MAX)
        return err_set(d->errmsg, ERR_LIMIT,
                       "the command is too long: at most %d words and %u bytes",
                       ARGV_MAX, SPEC_LEN_MAX);
    return ERR_NONE;
}

static enum err put_command(struct draft *d, const char *const *argv,
                            const char *cwd)
{
    char *here = cwd == NULL ? getcwd(NULL, 0) : NULL;
    struct command_spec spec = { .cwd = view_str(cwd != NULL ? cwd : here) };
    struct view *words = NULL;
    enum err err = count_argv(d, argv, &spec.argv.n);

    if (err != ERR_NONE)
        goto out;
    words = xcalloc(spec.argv.n, sizeof *words);
    for (size_t i = 0; i < spec.argv.n; i++)
        words[i] = view_str(argv[i]);
    spec.argv.at = words;
    command_spec_encode(&d->spec, &spec);
    d->op.u.submit.kind = KIND_COMMAND;
    if (d->spec.len > SPEC_LEN_MAX)
        err = err_set(d->errmsg, ERR_LIMIT,
                      "the command takes %zu bytes, the limit is %u: put what "
                      "is long into a file",
                      d->spec.len, SPEC_LEN_MAX);
out:
    free(words);
    free(here);
    return err;
}

/* ---- arrays ---- */

static enum err check_n(struct draft *d, uint64_t n)
{
    if (n == 0)
        return err_set(d->errmsg, ERR_RANGE,
                       "the array is empty: it needs one item or more");
    if (n > ELEM_MAX)
        return err_set(d->errmsg, ERR_LIMIT,
                       "the array has %llu elements, the limit is %u: submit "
                       "it in parts",
                       (unsigned long long)n, ELEM_MAX);
    d->op.u.submit.n = (uint32_t)n;
    return ERR_NONE;
}

static enum err put_items(struct draft *d, const struct yon_submit *what)
{
    enum err err = check_n(d, what->n_items);
    uint64_t len = 0;

    for (uint32_t i = 0; err == ERR_NONE && i < what->n_items; i++) {
        len += what->item_lens[i] + 5; /* with the longest head */
        if (len > ITEMS_LEN_MAX)
            return err_set(d->errmsg, ERR_LIMIT,
                           "the items take more than %u bytes: submit them in "
                           "parts",
                           ITEMS_LEN_MAX);
        if (memchr(what->items[i], '\0', what->item_lens[i]) != NULL)
            return err_set(d->errmsg, ERR_RANGE, "item %u has a NUL byte",
                           i + 1);
    }
    for (uint32_t i = 0; err == ERR_NONE && i < what->n_items; i++)
        items_add(&d->items, view_of(what->items[i], what->item_lens[i]));
    return err;
}

static enum err put_range(struct draft *d, int64_t first, int64_t last,
                          int64_t step)
{
    bool is_upward = step > 0;
    uint64_t n;

    if (is_upward ? last < first : last > first)
        return check_n(d, 0);
    /* Unsigned: the distance of any two int64_t fits. */
    if (is_upward)
        n = ((uint64_t)last - (uint64_t)first) / (uint64_t)step;
    else
        n = ((uint64_t)first - (uint64_t)last) / (0 - (uint64_t)step);
    d->op.u.submit.first = first;
    d->op.u.submit.step = step;
    return check_n(d, n < UINT64_MAX ? n + 1 : n);
}

static enum err put_elements(struct draft *d, const struct yon_submit *what)
{
    if (what->items != NULL && what->step != 0)
        return err_set(d->errmsg, ERR_RANGE,
                       "an array has items or a range, not both");
    if (what->items != NULL)
        return put_items(d, what);
    if (what->step != 0)
        return put_range(d, what->first, what->last, what->step);
    return ERR_NONE;
}

/* ---- the whole ---- */

/* A member of the public struct as a field of its type: false when it is out of
 * range. */
static bool put_u32(uint32_t *to, uint32_t from)
{
    *to = from;
    return true;
}

static bool put_u64(uint64_t *to, int64_t from)
{
    *to = (uint64_t)from;
    return from >= 0;
}

static bool put_flag(bool *to, int from)
{
    *to = from != 0;
    return true;
}

static bool put_text(struct view *to, const char *from)
{
    *to = view_str(from);
    return true;
}

/* A struct of the program as one of ours. */
static enum err take_sized(struct draft *d, const char *macro, void *own,
                           size_t size, const void *theirs)
{
    enum err err = sized_check(theirs, size);

    if (err == ERR_NONE)
        sized_take(own, size, theirs);
    if (err == ERR_STATE)
        err_set(d->errmsg, err, "a struct without its size: make it with %s",
                macro);
    if (err == ERR_VERSION)
        err_set(d->errmsg, err,
                "%s sets a field that libyon %s does not know: it is older "
                "than the program",
                macro, YON_VERSION);
    return err;
}

/* The fields of POLICY_RECORD are the members of struct yon_policy. */
static enum err put_policy(struct draft *d, const struct yon_policy *theirs)
{
    struct policy *out = &d->op.u.submit.policy;
    struct yon_policy p;
    bool ok = true;
    enum err err;

    if (theirs == NULL)
        return ERR_NONE;
    err = take_sized(d, "YON_POLICY", &p, sizeof p, theirs);
    if (err != ERR_NONE)
        return err;
#define PUT_FIELD(type, name) ok = put_##type(&out->name, p.name) && ok;
    POLICY_RECORD(PUT_FIELD)
#undef PUT_FIELD
    if (!ok)
        return err_set(d->errmsg, ERR_RANGE, "a time limit below 0");
    return policy_check(out, d->errmsg);
}

static enum err draft_fill(struct draft *d, const struct yon_submit *what)
{
    enum err err;

    if ((what->fn != NULL) == (what->argv != NULL))
        return err_set(d->errmsg, ERR_RANGE,
                       "a job needs a function or a command, not both");
    if (what->argv != NULL && what->args_len > 0)
        return err_set(d->errmsg, ERR_RANGE,
                       "a command takes its arguments in argv");
    err = put_name(d, "name of the job", what->name, &d->op.u.submit.jobname);
    if (err == ERR_NONE && what->fn != NULL)
        err = put_call(d, what->fn, view_of(what->args, what->args_len));
    else if (err == ERR_NONE)
        err = put_command(d, what->argv, what->cwd);
    if (err == ERR_NONE)
        err = put_elements(d, what);
    if (err == ERR_NONE)
        err = put_policy(d, what->policy);
    put_key(d, what->key);
    d->op.u.submit.spec = buf_view(&d->spec);
    d->op.u.submit.items = buf_view(&d->items);
    return err;
}

/* args: instead of theirs; NULL: none. */
static enum err draft_init(struct draft *d, const struct yon_submit *theirs,
                           const struct view *args)
{
    struct yon_submit what;
    enum err err;

    *d = (struct draft){ .op = { .type = OP_SUBMIT } };
    d->op.u.submit.await = true;
    err = take_sized(d, "YON_SUBMIT", &what, sizeof what, theirs);
    if (args != NULL) {
        what.args = args->data;
        what.args_len = args->len;
    }
    return err != ERR_NONE ? err : draft_fill(d, &what);
}

/* The limits that the coordinator checks as well. */
static void draft_check(const struct draft *d)
{
    ASSERT(d->op.u.submit.spec.len > 0 &&
           d->op.u.submit.spec.len <= SPEC_LEN_MAX);
    ASSERT(d->op.u.submit.items.len <= ITEMS_LEN_MAX);
    ASSERT(d->op.u.submit.n <= ELEM_MAX);
    ASSERT_IF(d->op.u.submit.items.len > 0, d->op.u.submit.n > 0);
    ASSERT_IF(d->op.u.submit.step != 0, d->op.u.submit.items.len == 0);
}

/* ---- public: <yon/yon.h> ---- */

static yon_future *submit(yon_client *c, const struct yon_submit *what,
                          const struct view *args)
{
    struct draft d;
    enum err err = draft_init(&d, what, args);
    yon_future *f;

    if (err != ERR_NONE) {
        f = job_future_failed(c, err, d.errmsg);
    } else {
        draft_check(&d);
        f = job_future_submit(c, &d.op);
    }
    draft_fini(&d);
    return f;
}

yon_future *yon_submit(yon_client *c, const struct yon_submit *what)
{
    return submit(c, what, NULL);
}

/* `what` lacks only the arguments. */
static yon_future *submit_values(yon_client *c, const struct yon_submit *what,
                                 const char *format, va_list list)
{
    struct buf packed = { 0 };
    char errmsg[ERRMSG_LEN];
    enum err err = value_pack(&packed, format, list, errmsg);
    struct view args = buf_view(&packed);
    yon_future *f = err == ERR_NONE ? submit(c, what, &args)
                                    : job_future_failed(c, err, errmsg);

    buf_fini(&packed);
    return f;
}

yon_future *yon_submit_call(yon_client *c, const struct yon_submit *what,
                            const char *format, ...)
{
    yon_future *f;
    va_list list;

    va_start(list, format);
    f = submit_values(c, what, format, list);
    va_end(list);
    return f;
}

yon_future *yon_call(yon_client *c, const char *fn, const char *format, ...)
{
    yon_future *f;
    va_list list;

    va_start(list, format);
    f = submit_values(c, &YON_SUBMIT(.fn = fn), format, list);
    va_end(list);
    return f;
}

yon_future *yon_call_with(yon_client *c, const struct yon_policy *policy,
                          const char *fn, const char *format, ...)
{
    struct yon_submit what = YON_SUBMIT(.fn = fn, .policy = policy);
    yon_future *f;
    va_list list;

    va_start(list, format);
    f = submit_values(c, &what, format, list);
    va_end(list);
    return f;
}

yon_future *yon_call_raw(yon_client *c, const char *fn, const void *args,
                         size_t len)
{
    struct yon_submit what =
        YON_SUBMIT(.fn = fn, .args = args, .args_len = len);

    return yon_submit(c, &what);
}

yon_future *yon_command(yon_client *c, const char *const argv[])
{
    struct yon_submit what = YON_SUBMIT(.argv = argv);

    return yon_submit(c, &what);
}

yon_future *yon_attach(yon_client *c, uint64_t job, uint32_t elem)
{
    char errmsg[ERRMSG_LEN];

    if (job != 0 && job <= JOB_ID_MAX && elem <= ELEM_MAX)
        return job_future_attach(c, job, elem);
    err_set(errmsg, ERR_RANGE,
            "%llu.%u is no job: ids count from 1, elements end at %u",
            (unsigned long long)job, elem, ELEM_MAX);
    return job_future_failed(c, ERR_RANGE, errmsg);
}
