/* SPDX-License-Identifier: MIT */
/* sim - the three cores in a simulated world, for many seeds.
 *
 * Seeds run in child processes, so that the parent can tell of any end: a
 * broken invariant, a failed assertion of a core, a crash, an endless loop. It
 * then lets the seed run again with a trace.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "tests/sim/scenarios.h"
#include "tests/sim/world.h"

#define SHARDS_MAX 16
#define SEED_TIME_S 60 /* of a processor for one seed; beyond, it hangs */
/* From so many seeds on, everything must have occurred. */
#define COVER_SEEDS 200

struct options {
    uint64_t n_seeds, from;
    unsigned n_workers, n_clients; /* 0: as the seed says */
    unsigned n_shards;
    bool trace;  /* print all of it, in this process */
    bool survey; /* only tell how many seeds it takes to find something */
};

static const char usage[] =
    "usage: sim [--seeds N] [--from SEED] [--workers N] [--clients N]\n"
    "           [--shards N] [--trace] [--survey]\n"
    "\n"
    "Runs the scenarios, then N worlds (default 200), each from one seed.\n"
    "--trace runs them in one process and prints what happens.\n"
    "--survey runs no scenario, tells how many worlds it took to find what,\n"
    "and succeeds when one did: it is for code with a known bug in it.\n";

static unsigned draw(struct rng *r, unsigned most)
{
    return 1 + (unsigned)rng_below(r, most);
}

/* Most worlds are small, for in them the same things meet more often; some are
 * of any size, and a few are the largest. */
static struct world_config draw_world(const struct options *o, uint64_t seed)
{
    struct world_config config = { .seed = seed };
    struct rng r;
    uint64_t kind;

    rng_init(&r, hash_mix(seed));
    kind = rng_below(&r, 50);
    if (kind == 0) {
        config.n_workers = WORLD_WORKERS_MAX;
        config.n_clients = WORLD_CLIENTS_MAX;
    } else {
        config.n_workers = draw(&r, kind < 6 ? WORLD_WORKERS_MAX : 3);
        config.n_clients = draw(&r, kind < 6 ? WORLD_CLIENTS_MAX : 3);
    }
    if (o->n_workers > 0)
        config.n_workers = o->n_workers;
    if (o->n_clients > 0)
        config.n_clients = o->n_clients;
    return config;
}

static void run_seed(const struct options *o, uint64_t seed,
                     struct report *report)
{
    struct world_config config = draw_world(o, seed);
    struct world *w = world_new(&config, report);

    report->seed = seed;
    world_live(w);
    world_free(w);
}

/* Every n_shards-th seed from the first on. */
static void run_shard(const struct options *o, uint64_t first,
                      struct report *report)
{
    const struct itimerval limit = { .it_value.tv_sec = SEED_TIME_S };

    for (uint64_t i = first; i < o->n_seeds; i += o->n_shards) {
        setitimer(ITIMER_PROF, &limit, NULL);
        run_seed(o, o->from + i, report);
    }
}

static pid_t start(const struct options *o, uint64_t first,
                   struct report *report)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid < 0) {
        perror("fork");
        exit(EXIT_FAILURE);
    }
    if (pid > 0)
        return pid;
    run_shard(o, first, report);
    exit(EXIT_SUCCESS);
}

static bool has_succeeded(pid_t pid)
{
    int status;

    if (waitpid(pid, &status, 0) != pid)
        return false;
    if (WIFSIGNALED(status))
        printf("sim: ended by signal %d (%s)\n", WTERMSIG(status),
               WTERMSIG(status) == SIGPROF ? "a seed takes for ever"
                                           : "see above");
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static struct report *share_reports(unsigned n)
{
    void *memory = mmap(NULL, n * sizeof(struct report), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(EXIT_FAILURE);
    }
    return memory;
}

/* Once more, with a trace, and tell. */
static void tell(const struct options *o, const struct report *failed)
{
    struct report *again = share_reports(1);
    struct options one = *o;

    printf("\nseed %llu failed; its last events:\n",
           (unsigned long long)failed->seed);
    again->timeline.on = true;
    one.from = failed->seed;
    one.n_seeds = one.n_shards = 1;
    if (has_succeeded(start(&one, 0, again)))
        printf("sim: it did not fail when it was run again!\n");
    timeline_print(&again->timeline);
    printf("\nseed %llu", (unsigned long long)failed->seed);
    if (failed->broken)
        printf(", at %lld ms: %s\n  %s\n", (long long)failed->at_ms,
               invariant_sentence(failed->invariant), failed->what);
    else
        printf(": a core failed an assertion, crashed or hung, see above\n");
    printf("replay: tests/sim/run --seeds 1 --from %llu",
           (unsigned long long)failed->seed);
    if (o->n_workers > 0)
        printf(" --workers %u", o->n_workers);
    if (o->n_clients > 0)
        printf(" --clients %u", o->n_clients);
    printf(" --trace\n");
    munmap(again, sizeof *again);
}

static double real_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static bool sum_up(const struct options *o, const struct report *reports,
                   double seconds)
{
    struct cover sum = { 0 };

    for (unsigned i = 0; i < o->n_shards; i++)
        cover_add(&sum, &reports[i].cover);
    cover_print(&sum);
    printf("%llu seeds from %llu: %.0f virtual hours, %llu steps, %llu jobs, "
           "%llu outcomes, in %.1f s (%.0f seeds/s)\n",
           (unsigned long long)sum.seeds, (unsigned long long)o->from,
           (double)sum.virtual_ms / 3600e3, (unsigned long long)sum.steps,
           (unsigned long long)sum.jobs, (unsigned long long)sum.outcomes,
           seconds, (double)sum.seeds / seconds);
    return o->n_seeds < COVER_SEEDS || cover_is_whole(&sum);
}

static bool run_seeds(const struct options *o)
{
    struct report *reports = share_reports(o->n_shards);
    pid_t pids[SHARDS_MAX];
    double begin = real_seconds();
    const struct report *failed = NULL;
    bool whole;

    for (unsigned i = 0; i < o->n_shards; i++)
        pids[i] = start(o, i, &reports[i]);
    for (unsigned i = 0; i < o->n_shards; i++)
        if (!has_succeeded(pids[i]) && failed == NULL)
            failed = &reports[i];
    whole = sum_up(o, reports, real_seconds() - begin);
    if (failed != NULL)
        tell(o, failed);
    munmap(reports, o->n_shards * sizeof *reports);
    return failed == NULL && whole;
}

/* How many seeds it takes to find something. */
static bool survey_seeds(const struct options *o)
{
    struct report *reports = share_reports(o->n_shards);
    const struct report *found = NULL;
    pid_t pids[SHARDS_MAX];

    for (unsigned i = 0; i < o->n_shards; i++)
        pids[i] = start(o, i, &reports[i]);
    for (unsigned i = 0; i < o->n_shards; i++)
        if (!has_succeeded(pids[i]) &&
            (found == NULL || reports[i].seed < found->seed))
            found = &reports[i];
    if (found == NULL)
        printf("nothing found in %llu seeds\n", (unsigned long long)o->n_seeds);
    else
        printf("found in %llu seeds: %s\n",
               (unsigned long long)(found->seed - o->from + 1),
               found->broken ? invariant_sentence(found->invariant)
                             : "A core stopped itself, crashed or hung.");
    munmap(reports, o->n_shards * sizeof *reports);
    return found != NULL;
}

static bool trace_seeds(const struct options *o)
{
    struct report report = { .timeline = { .on = true, .print = true } };

    run_shard(o, 0, &report);
    return true;
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
    char *end;
    unsigned long long n = strtoull(text, &end, 10);

    if (*text == '\0' || *end != '\0' || n < least || n > most) {
        fprintf(stderr, "sim: %s is not a number from %llu to %llu\n", text,
                (unsigned long long)least, (unsigned long long)most);
        exit(2);
    }
    return n;
}

static void parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        { "seeds", required_argument, NULL, 's' },
        { "from", required_argument, NULL, 'f' },
        { "workers", required_argument, NULL, 'w' },
        { "clients", required_argument, NULL, 'c' },
        { "shards", required_argument, NULL, 'j' },
        { "trace", no_argument, NULL, 't' },
        { "survey", no_argument, NULL, 'y' },
        { 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 's')
            o->n_seeds = number(optarg, 1, UINT32_MAX);
        else if (c == 'f')
            o->from = number(optarg, 0, UINT64_MAX);
        else if (c == 'w')
            o->n_workers = (unsigned)number(optarg, 1, WORLD_WORKERS_MAX);
        else if (c == 'c')
            o->n_clients = (unsigned)number(optarg, 1, WORLD_CLIENTS_MAX);
        else if (c == 'j')
            o->n_shards = (unsigned)number(optarg, 1, SHARDS_MAX);
        else if (c == 't')
            o->trace = true;
        else if (c == 'y')
            o->survey = true;
        else {
            fputs(usage, stderr);
            exit(2);
        }
    }
}

static unsigned count_cpus(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    if (n < 1)
        return 1;
    return n > SHARDS_MAX ? SHARDS_MAX : (unsigned)n;
}

int main(int argc, char **argv)
{
    struct options o = { .n_seeds = 200, .from = 1, .n_shards = count_cpus() };
    bool good;

    parse(argc, argv, &o);
    if (o.survey)
        return survey_seeds(&o) ? EXIT_SUCCESS : EXIT_FAILURE;
    if (o.trace) {
        o.n_shards = 1;
        return trace_seeds(&o) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    good = scenarios_run();
    good = run_seeds(&o) && good;
    printf("sim: %s\n", good ? "passed" : "FAILED");
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
