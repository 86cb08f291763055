/* SPDX-License-Identifier: MIT */
/* any - the next of many futures that ends: yon_any and yon_each of
 * <yon/yon.h>.
 *
 * A program asks again and again for the next of the same array. Of a large one
 * an interest remembers between the calls what it has seen there, as epoll does
 * for descriptors: then a call costs the same however many are left. The array
 * stays the user's, who may change it between the calls. Slots that were taken
 * from are looked at in the next call; all of them at some calls, so that these
 * looks cost no more than the calls, and in a wait that lasts a little.
 */
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/map.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/any_check.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/future.h"

/* Up to so many are looked at in each call; and of more, as many in the mean.
 */
#define LOOKS 64
/* A wait of LATE_MS looks at the array once more; of a huge one, later. */
#define LATE_MS 1
#define LOOKS_PER_MS 65536

/* A slot of the array, as it was when it was looked at. */
struct interest_slot {
    yon_future *f;            /* NULL: nothing to wait for */
    struct future_watch look; /* at it */
    struct interest *of;
    bool is_foreign;  /* pending on another loop, or of another thread */
    struct list link; /* in `ended`, or in `taken` when f is NULL */
};

struct interest {
    yon_future *const *fs; /* the user's; may be gone outside of calls */
    size_t n;
    struct loop *loop;          /* NULL: the interest is forgotten */
    struct list of_loop;        /* in all of its loop */
    struct list ended;          /* slots, in the order of their ends */
    struct list taken;          /* slots to look at in the next call */
    struct list takers;         /* struct taker */
    size_t n_looks;             /* that the calls have paid for */
    size_t n_filled, n_foreign; /* slots */
    unsigned n_calls;           /* under way */
    struct interest_slot slots[];
};

/* A call that waits. */
struct taker {
    struct list link;
    struct interest *of;
    struct coro *co; /* NULL: the code that runs the loop */
    struct alarm late;
    bool is_late;
};

/* The interests of a loop, which end with it. */
struct interests {
    struct loop_part part;
    struct list all;
};

/* All interests of this thread. */
static _Thread_local struct map by_array;

static _Thread_local uint64_t n_looks;

uint64_t any_n_looks(void)
{
    return n_looks;
}

static uint64_t key_of(yon_future *const *fs, size_t n)
{
    return (uintptr_t)fs + n * UINT64_C(0x9E3779B97F4A7C15);
}

/* NULL: there is none. */
static struct interest *interest_find(yon_future *const *fs, size_t n)
{
    struct interest *in = map_get(&by_array, key_of(fs, n));

    return in != NULL && in->fs == fs && in->n == n ? in : NULL;
}

/* ---- slots ---- */

static void takers_wake(struct interest *in)
{
    LIST_EACH (it, save, &in->takers) {
        struct taker *t = LIST_ENTRY(it, struct taker, link);

        if (t->co != NULL)
            coro_wake(t->co);
    }
}

static void slot_set_foreign(struct interest_slot *s, bool is_foreign)
{
    s->of->n_foreign -= s->is_foreign;
    s->of->n_foreign += is_foreign;
    s->is_foreign = is_foreign;
}

static void slot_clear(struct interest_slot *s)
{
    if (s->f == NULL)
        return;
    slot_set_foreign(s, false);
    list_remove(&s->look.link);
    list_remove(&s->link);
    s->f = NULL;
    s->of->n_filled--;
}

static void interest_drop_unused(struct interest *in);

static void slot_ended(struct future_watch *look)
{
    struct interest_slot *s = CONTAINER_OF(look, struct interest_slot, look);

    slot_set_foreign(s, false);
    list_insert(&s->of->ended, &s->link);
    takers_wake(s->of);
}

static void slot_gone(struct future_watch *look)
{
    struct interest_slot *s = CONTAINER_OF(look, struct interest_slot, look);

    slot_clear(s);
    takers_wake(s->of);
    interest_drop_unused(s->of);
}

/* See what stands in the array now. */
static void slot_look(struct interest *in, size_t i)
{
    struct interest_slot *s = &in->slots[i];
    yon_future *f = in->fs[i];

    n_looks++;
    if (s->f == f)
        return;
    slot_clear(s);
    list_remove(&s->link);
    if (f == NULL)
        return;
    s->f = f;
    in->n_filled++;
    if (loop_is_elsewhere(f->loop)) { /* not to be touched */
        slot_set_foreign(s, true);
        return;
    }
    future_look(f, &s->look, slot_ended, slot_gone);
    if (f->done)
        list_insert(&in->ended, &s->link);
    else
        slot_set_foreign(s, f->loop != in->loop);
}

/* ---- interests ---- */

/* Nobody can find it any more. */
static void interest_forget(struct interest *in)
{
    if (in->loop == NULL)
        return;
    in->loop = NULL;
    list_remove(&in->of_loop);
    map_remove(&by_array, key_of(in->fs, in->n));
    if (by_array.n == 0)
        map_fini(&by_array);
    for (size_t i = 0; i < in->n; i++)
        slot_clear(&in->slots[i]);
}

static void interest_drop_unused(struct interest *in)
{
    if (in->n_calls > 0 || in->n_filled > 0)
        return;
    interest_forget(in);
    free(in);
}

static void interests_close(struct loop_part *part)
{
    struct interests *all = CONTAINER_OF(part, struct interests, part);

    LIST_EACH (it, save, &all->all) {
        struct interest *in = LIST_ENTRY(it, struct interest, of_loop);

        interest_forget(in);
        interest_drop_unused(in);
    }
    free(all);
}

static struct interests *interests_of(struct loop *l)
{
    struct loop_part *part = loop_part_find(l, interests_close);
    struct interests *all;

    if (part != NULL)
        return CONTAINER_OF(part, struct interests, part);
    all = xcalloc(1, sizeof *all);
    all->part.close = interests_close;
    list_init(&all->all);
    loop_part_add(l, &all->part);
    return all;
}

static struct interest *interest_new(struct loop *l, yon_future *const *fs,
                                     size_t n)
{
    struct interest *in = xcalloc(1, sizeof *in + n * sizeof in->slots[0]);

    in->fs = fs;
    in->n = n;
    in->loop = l;
    in->n_looks = n; /* the first look is on the house */
    list_init(&in->ended);
    list_init(&in->taken);
    list_init(&in->takers);
    list_insert(&interests_of(l)->all, &in->of_loop);
    map_put(&by_array, key_of(fs, n), in);
    for (size_t i = 0; i < n; i++) {
        in->slots[i].of = in;
        list_init(&in->slots[i].look.link);
        list_init(&in->slots[i].link);
    }
    return in;
}

/* The loop on which to wait for them; NULL: it is gone, and all have ended. */
static struct loop *loop_of(yon_future *const *fs, size_t n)
{
    struct loop *found = loop_current();

    for (size_t i = 0; found == NULL && i < n; i++)
        if (fs[i] != NULL && !fs[i]->done)
            found = fs[i]->loop;
    for (size_t i = 0; found == NULL && i < n; i++)
        if (fs[i] != NULL && loop_is_there(fs[i]->loop))
            found = fs[i]->loop;
    return found;
}

/* The interest in that array. NULL: none can be kept. */
static struct interest *interest_of(yon_future *const *fs, size_t n)
{
    struct interest *in = map_get(&by_array, key_of(fs, n));
    struct loop *loop = loop_current();

    if (in != NULL && in == interest_find(fs, n) &&
        (loop == NULL || loop == in->loop))
        return in;
    if (in != NULL) { /* of what stood at that address before */
        if (in->n_calls > 0)
            return NULL;
        interest_forget(in);
        interest_drop_unused(in);
    }
    loop = loop_of(fs, n);
    return loop != NULL ? interest_new(loop, fs, n) : NULL;
}

/* ---- a call ---- */

static void look_at_all(struct interest *in)
{
    in->n_looks = 0;
    for (size_t i = 0; i < in->n; i++)
        slot_look(in, i);
}

/* Slots that the last calls have emptied, and all of them when that is paid
 * for. */
static void look_at_some(struct interest *in)
{
    in->n_looks += LOOKS;
    if (in->n_looks >= in->n)
        look_at_all(in);
    while (!list_is_empty(&in->taken)) {
        struct interest_slot *s =
            LIST_ENTRY(in->taken.next, struct interest_slot, link);

        list_remove(&s->link);
        slot_look(in, (size_t)(s - in->slots));
    }
}

/* The first that has ended and still stands in the array; NULL: none has. */
static struct interest_slot *ended_first(struct interest *in)
{
    while (!list_is_empty(&in->ended)) {
        struct interest_slot *s =
            LIST_ENTRY(in->ended.next, struct interest_slot, link);
        size_t i = (size_t)(s - in->slots);

        if (in->fs[i] == s->f)
            return s;
        slot_look(in, i); /* what stands there now may have ended, too */
    }
    return NULL;
}

static void taker_is_late(struct alarm *a)
{
    struct taker *t = CONTAINER_OF(a, struct taker, late);

    t->is_late = true;
    if (t->co != NULL)
        coro_wake(t->co);
}

static bool taker_is_over(void *arg)
{
    const struct taker *t = arg;

    return t->is_late || t->of->loop == NULL || !list_is_empty(&t->of->ended) ||
           t->of->n_filled == 0;
}

static enum err taker_run_await(struct taker *t)
{
    enum err err = ERR_NONE;

    if (t->co == NULL)
        return loop_run_await(t->of->loop, taker_is_over, t);
    while (err == ERR_NONE && !taker_is_over(t))
        err = coro_await();
    return err;
}

/* Whether the running coroutine is one of them. */
static bool waits_for_itself(const struct interest *in)
{
    struct coro *co = coro_current();

    if (co == NULL || co->future == NULL)
        return false;
    LIST_EACH (it, save, &co->future->waiters) {
        struct future_watch *w = LIST_ENTRY(it, struct future_watch, link);
        const struct interest_slot *s =
            CONTAINER_OF(w, struct interest_slot, look);

        if (w->gone == slot_gone && s->of == in &&
            in->fs[s - in->slots] == s->f)
            return true;
    }
    return false;
}

/* Wait for an end; *looks: no longer than until it is time to look again. */
static enum err end_await(struct interest *in, bool *looks)
{
    struct taker t = { .of = in, .co = coro_current() };
    struct loop *loop = in->loop;
    enum err err;

    if (in->n_foreign > 0)
        return future_await_one(in->fs, in->n); /* or it says why not */
    if (waits_for_itself(in) || (t.co == NULL && !loop_can_run(loop)))
        return ERR_STATE;
    list_insert(&in->takers, &t.link);
    if (*looks)
        alarm_start(&loop->alarms, &t.late,
                    LATE_MS + (int64_t)(in->n / LOOKS_PER_MS), taker_is_late);
    err = taker_run_await(&t);
    alarm_clear(&loop->alarms, &t.late);
    list_remove(&t.link);
    if (t.co == NULL && loop->is_freed)
        loop_free(loop); /* a callback has closed the client it is of */
    if (err == ERR_NONE && t.is_late && in->loop != NULL) {
        *looks = false;
        look_at_all(in);
    }
    return err;
}

/* ERR_PENDING: the interest was forgotten meanwhile. */
static enum err interest_await(struct interest *in, size_t *which)
{
    bool looks = true;
    struct interest_slot *s;
    enum err err;

    look_at_some(in);
    while ((s = ended_first(in)) == NULL) {
        if (in->n_filled == 0 && in->n_looks > 0)
            look_at_all(in);
        else if (in->n_filled == 0)
            return ERR_EXHAUSTED;
        else if ((err = end_await(in, &looks)) != ERR_NONE)
            return err;
        if (in->loop == NULL)
            return ERR_PENDING;
    }
    *which = (size_t)(s - in->slots);
    return ERR_NONE;
}

static enum err any_of_many_await(yon_future *const *fs, size_t n,
                                  size_t *which)
{
    struct interest *in;
    enum err err;

    do {
        in = interest_of(fs, n);
        if (in == NULL)
            return ERR_PENDING;
        in->n_calls++;
        err = interest_await(in, which);
        in->n_calls--;
        interest_drop_unused(in);
    } while (err == ERR_PENDING);
    return err;
}

/* The slot gives its future away; a new one may come there at once. */
static void slot_take(yon_future **fs, size_t n, size_t i, yon_future **taken)
{
    struct interest *in = interest_find(fs, n);

    *taken = fs[i];
    fs[i] = NULL; /* owned by the caller, as *taken */
    if (in == NULL)
        return;
    slot_clear(&in->slots[i]);
    list_insert(&in->taken, &in->slots[i].link);
    if (in->n_filled == 0)
        takers_wake(in); /* no more will come for them */
    interest_drop_unused(in);
}

/* The first that has ended. ERR_EXHAUSTED: there are none at all. ERR_PENDING:
 * none has. ERR_STATE: none has, and one is of another thread. */
static enum err done_find(yon_future *const *fs, size_t n, size_t *which)
{
    enum err err = ERR_EXHAUSTED;

    for (size_t i = 0; i < n; i++) {
        if (fs[i] == NULL)
            continue;
        if (loop_is_elsewhere(fs[i]->loop)) {
            err = ERR_STATE;
            continue;
        }
        if (fs[i]->done) {
            *which = i;
            return ERR_NONE;
        }
        if (err == ERR_EXHAUSTED)
            err = ERR_PENDING;
    }
    return err;
}

/* ---- public: <yon/yon.h> ---- */

int yon_any(yon_future *const *fs, size_t n, size_t *which)
{
    enum err err = coro_refusal_await();

    if (err == ERR_NONE && n > LOOKS) {
        err = any_of_many_await(fs, n, which);
        if (err != ERR_PENDING)
            return -(int)err;
        err = ERR_NONE; /* there is no loop: all have ended */
    }
    /* Another coroutine may have taken what ended, with yon_each. */
    while (err == ERR_NONE && (err = done_find(fs, n, which)) == ERR_PENDING)
        err = future_await_one(fs, n);
    return -(int)err;
}

int yon_each(yon_future **fs, size_t n, size_t *which, yon_future **taken)
{
    int code = yon_any(fs, n, which);

    if (code == 0)
        slot_take(fs, n, *which, taken);
    return code;
}
