/* SPDX-License-Identifier: MIT */
/* foreign - what other tools call things, as one table. */
#include "client/cli/foreign.h"

#include <string.h>

/* clang-format off */
const struct foreign foreign_commands[] = {
    { "list jobs job queue squeue qstat sacct sq ps top stat pstree tasks task",
      NULL, "yon ls, or yon show ID" },
    { "history", NULL, "yon ls --all" },
    { "sbatch qsub bsub add enqueue batch bulksubmit push put schedule map "
      "parallel array each foreach",
      NULL, "yon submit -- COMMAND, and -w to wait" },
    { "srun exec execute start-job interactive salloc alloc", NULL,
      "yon run -- COMMAND" },
    { "kill scancel qdel bkill del delete abort terminate remove rm unqueue "
      "end signal interrupt",
      NULL, "yon cancel JOBS" },
    { "log tail cat output out stdout stderr follow attach tailf less", NULL,
      "yon logs JOBS, and -f to follow" },
    { "info describe inspect details detail get view scontrol job-info print",
      NULL, "yon show JOBS" },
    { "results value return fetch", NULL, "yon result JOBS" },
    { "await join progress watch events trace bar", NULL,
      "yon wait -p JOBS" },
    { "restart rerun requeue resubmit again resume-failed repeat", NULL,
      "yon retry JOBS, for what failed" },
    { "start server serve daemon coordinator init launch boot", NULL,
      "yon up, and -d for the background" },
    { "stop shutdown halt quit exit", NULL,
      "yon down for all that yon up started, yon cancel JOBS for jobs" },
    { "worker nodes node sinfo hosts host pbsnodes machines executors pool",
      NULL, "yon workers" },
    { "function funcs methods modules list-functions admin gearadmin", NULL,
      "yon functions, yon status" },
    { "summary cluster ping health info-server limits", NULL,
      "yon status" },
    { "invoke do apply perform request gearman send", NULL,
      "yon call FUNCTION KEY=TEXT KEY:=JSON" },
    { "explain why", NULL, "yon show JOBS: its note says why a job waits" },
    { "clean clear purge forget prune gc reset archive", NULL,
      "what has ended goes by itself after some time (yond --keep)" },
    { "pause hold suspend stash unpause resume release continue cont switch "
      "edit move urgent swap prioritize send-to group",
      NULL, "jobs cannot be held or changed, only cancelled: yon cancel JOBS" },
    { "man manual usage", NULL, "yon help COMMAND" },
    { "config profile backup restore drain completion report", NULL,
      "it is not built yet" },
    { NULL, NULL, NULL },
};

#define JOBS "submit run call"

const struct foreign foreign_options[] = {
    /* What and where. */
    { "--cwd --chdir --workdir --work-dir --wd --working-directory --dir "
      "--directory --pwd -D -C",
      JOBS, "a command runs in the folder that yon is called in: cd DIR first" },
    { "--wrap --command --cmd --shell --line", "submit run", "--sh 'LINE'" },
    { "-c", "submit run",
      "--sh 'LINE' is a line of sh; needs, as of CPUs, are not built yet" },
    { "--export --environment --setenv --environ --env-var -e -x",
      "submit run", "--env NAME or --env NAME=VALUE; the others go along" },
    { "--ignore-environment --no-env", "run", "--clean-env" },
    { "--input --in --stdin-file --pipe -i", "submit",
      "--stdin FILE" },
    { "--input --in --stdin-file", "run", "--stdin FILE, or < FILE" },
    { "--output= --out --stdout-file --output-file --outfile --log --logfile",
      "submit run",
      "--stdout FILE; without it yon keeps the output: yon logs" },
    { "--error --err --stderr-file --errfile --error-file", "submit run",
      "--stderr FILE; without it yon keeps the output: yon logs --stderr" },
    { "--open-mode", "submit run", "--append" },
    { "--results --outputasfiles --files", "submit",
      "--stdout out.{#}; without it yon keeps the output: yon result --each" },
    { "--tty --pty --interactive -i -X", "run",
      "a command has no terminal here; yon run shows its output" },
    { "--job-name --title --label --jobname --tag -J -L", JOBS, "--name NAME" },
    { "--function --func --fn -f", "submit", "--call FUNCTION" },

    /* Items. */
    { "--array-file --arg-file --argfile --file --from-file --input-file "
      "--each --lines --items --list",
      "submit", "--each-line FILE" },
    { "-a", "submit", "--array 1-9, or --each-line FILE" },
    { "--range --indices --index --seq --tasks --count", "submit",
      "--array 1-9" },
    { "--null -0 --print0 --delimiter --arg-sep --arg-file-sep", "submit",
      "--each-line FILE for lines, or ::: \"${LIST[@]}\" for any texts" },
    { "--colsep --csv --columns --header --each-csv --each-json --from-json "
      "--link --xapply --max-args --max-lines",
      "submit",
      "one item, a line or a word, for each job; {} is all of it" },
    { "--replace", "submit", "-I STR" },
    { "--keep-order -k --ordered", "submit run",
      "yon result --each, which goes by the order of the items" },
    { "--shuf --xargs -m -X --group --line-buffer --ungroup -u", "submit",
      "there is one job for each item" },

    /* How many, and where. */
    { "--jobs --max-procs --parallel --concurrency --workers --max-workers "
      "--max-jobs --slots --procs -j -P",
      JOBS, "how many run at a time is the workers' business: yon up --slots N" },
    { "--jobs --max-procs --parallel --concurrency --max-jobs -j -P -n --num",
      "up", "--slots N, and --procs N for processes of the worker" },
    { "--workers --max-workers", "up", "--procs N" },
    { "--cpus --cores --ntasks --cpus-per-task --mem --memory --mem-per-cpu "
      "--gpus --gres --need --nodes --resource --resources --exclusive -N "
      "-g --tasks-per-node --limit-per",
      JOBS, "a job takes one slot of a worker (yon up --slots N); needs are not built yet" },
    { "--partition --queue --constraint --nodelist --host --hosts --node "
      "--sshlogin --sshloginfile --account --qos --cluster --reservation "
      "--worker --on -S -A",
      JOBS, "a job goes to any worker with a free slot" },
    { "--priority --nice --urgent", JOBS, "jobs have no priority yet" },

    /* When. */
    { "--dependency --after --afterok --afterany --depends --depends-on "
      "--wait-for --after-job",
      JOBS, "jobs do not wait for others yet: yon wait ID && yon submit ..." },
    { "-d -W", "submit",
      "jobs do not wait for others yet: yon wait ID && yon submit ..." },
    { "--begin --at --delay --start-after --defer --not-before --begin-time",
      JOBS, "a job starts as soon as it can: sleep, at or cron before yon" },
    { "--time --time-limit --timelimit --walltime --job-timeout --max-time "
      "--max-runtime --limit --ttl",
      JOBS, "--run-timeout DUR, as in 90s, 10m or 1.5h" },
    { "-t", JOBS,
      "--run-timeout DUR limits its time; a command has no terminal" },
    { "--hold --stashed --dry-run --test-only --dryrun --simulate --no-run",
      JOBS, "not built yet: try one item first, ::: ITEM" },
    { "--block --sync --wait-all --watch --follow --foreground --immediate",
      "submit", "-w, and -p for progress; or yon run" },
    { "--wait --progress -w -p", "run call", "it waits in any case" },
    { "--bar --eta --progress-bar --stats", "submit wait", "-p" },
    { "--background --detach --bg --async --no-wait --nowait -b -d", "run call",
      "yon submit, which does not wait" },
    { "--background --detach --bg --async --no-wait --nowait -b", "submit",
      "without -w it does not wait" },

    /* What follows. */
    { "--requeue --retries --max-retries --tries --attempts --restarts "
      "--max-attempts --crash-limit -r",
      JOBS, "--retry N" },
    { "--retry-delay --interval", JOBS, "--backoff MIN..MAX" },
    { "--no-requeue --no-retry", JOBS,
      "--at-most-once; without --retry nothing that failed runs again" },
    { "--halt --max-failures --fail-fast --failfast --stop-on-error "
      "--halt-on-error --exit-on-error",
      "submit", "--max-fails N or --max-fails P%" },
    { "--resume --joblog --resume-failed --skip-done", "submit",
      "yon retry ID, which runs what failed" },
    { "--mail-type --mail-user --notify --callback", JOBS,
      "yon wait ID && mail ..." },
    { "--uid --id --job-id --unique --idempotency-key -K", "submit",
      "--key STR: the same key is the same job" },

    /* Jobs that are there. */
    { "-a --history --everything", "ls", "--all" },
    { "--running --pending --queued --failed --finished --completed --done "
      "--filter --states --status -t",
      "ls cancel retry", "--state STATE" },
    { "--sort --user --me -u -l --long --columns --fields --limit -n",
      "ls", "yon ls --json, for jq" },
    { "--watch --loop --iterate", "ls", "yon wait -p all" },
    { "--all -a", "show result logs cancel retry",
      "the word all, as in yon show all" },
    { "-y --force --no-confirm", "cancel retry", "--yes" },
    { "-f --signal --kill --grace -9 -k", "cancel",
      "what does not end in time after SIGTERM is killed" },
    { "--tail --lines --head -n", "logs", "yon logs JOBS | tail -n N" },
    { "--tag --tagstring --label -t", "logs", "--prefix" },
    { "--since --timestamps --attempt", "logs", "it is not built yet" },
    { "--stdout --out", "logs", "it shows stdout, unless --stderr is given" },
    { "--err -e", "logs", "--stderr" },
    { "--max-time --time-limit --wait-timeout -t", "wait",
      "--timeout DUR" },
    { "--first --race", "wait", "--any" },
    { "--ignore-errors --no-fail", "wait logs", "--exit-zero" },

    /* The cluster. */
    { "--daemon --background --bg --daemonize -b", "up", "-d" },
    { "--bind --port --host --address -p", "up",
      "--listen [HOST][:PORT] takes peers from other machines" },
    { "--module --modules --plugin --import --library --preload", "up",
      "--load FILE.so" },
    { "--force --now --kill -f -9", "down",
      "a second yon down kills at once" },

    /* Everywhere. */
    { "--host --address --addr --url --socket --endpoint --connect "
      "--server-dir --coordinator -S -H",
      NULL, "--server ADDR" },
    { "--format --output-mode --output-format --json-lines -f", NULL,
      "-o table, json, jsonl or id" },
    { "--silent --no-progress", NULL, "--quiet" },
    { "--debug --trace", NULL,
      "-v; what yond and workers log: yon up --log-level debug" },
    { "--no-color --no-colour --colour", NULL, "--color never" },
    { "--wait-timeout --deadline-seconds --max-wait", NULL, "--timeout DUR" },
    { "--usage -?", NULL, "--help" },
    { "--key-file --profile --config --fields --no-input", NULL,
      "it is not built yet" },
    { NULL, NULL, NULL },
};
/* clang-format on */

bool foreign_has(const char *names, const char *word, size_t len)
{
    while (*names != '\0') {
        size_t n = strcspn(names, " ");

        if (n == len && strncmp(names, word, len) == 0)
            return true;
        names += n + (names[n] == ' ');
    }
    return false;
}

/* An option's row is for its commands; one for all comes last. */
static const char *find(const struct foreign *list, const char *command,
                        const char *name)
{
    for (; list->names != NULL; list++)
        if (foreign_has(list->names, name, strlen(name)) &&
            (list->where == NULL ||
             (command != NULL &&
              foreign_has(list->where, command, strlen(command)))))
            return list->here;
    return NULL;
}

const char *foreign_command(const char *name)
{
    return find(foreign_commands, NULL, name);
}

const char *foreign_option(const char *command, const char *name)
{
    return find(foreign_options, command, name);
}
