/* SPDX-License-Identifier: MIT */
/* Programs that a worker runs: real processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/rt/os/give_fd.h"
#include "tests/unit/worker/shop.h"
#include "worker/shell/exec/capture.h"
#include "worker/shell/exec/program_output.h"

static int setup(void **state)
{
    *state = shop_new();
    return 0;
}

static int teardown(void **state)
{
    shop_free(*state);
    return 0;
}

static void expect_view(struct view got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.data, want, got.len);
}

static void expect_no_start(struct shop *s, int code, const char *why)
{
    shop_run(s);
    assert_int_equal(s->outcome.state, STATE_FAILED);
    expect_view(s->outcome.reason, "start");
    assert_int_equal(s->outcome.code, code);
    if (strstr(buf_text(&s->message), why) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", why, buf_text(&s->message));
}

/* ---- how it ends ---- */

static void exit_0_is_done(void **state)
{
    struct shop *s = *state;

    shop_run_script(s, "echo out; echo err >&2");
    assert_int_equal(s->outcome.state, STATE_DONE);
    expect_view(s->outcome.reason, "");
    expect_view(s->body.out, "out\n");
    expect_view(s->body.err, "err\n");
    assert_int_equal(s->body.out_len, 4);
    assert_int_equal(s->body.out_head, 4);
}

static void another_exit_is_failed_and_says_the_last_of_stderr(void **state)
{
    struct shop *s = *state;

    shop_run_script(s, "echo first >&2; echo singular matrix >&2; exit 3");
    assert_int_equal(s->outcome.state, STATE_FAILED);
    expect_view(s->outcome.reason, "exit");
    expect_view(s->outcome.message, "singular matrix");
    assert_int_equal(s->outcome.code, 3);
    assert_int_equal(s->outcome.signal, 0);
}

static void a_signal_is_failed_with_its_number(void **state)
{
    struct shop *s = *state;

    shop_run_script(s, "kill -SEGV $$");
    assert_int_equal(s->outcome.state, STATE_FAILED);
    expect_view(s->outcome.reason, "signal");
    expect_view(s->outcome.message, "killed by signal 11 (Segmentation fault)");
    assert_int_equal(s->outcome.signal, SIGSEGV);
}

static void many_at_once_all_end(void **state)
{
    struct shop *s = *state;

    for (int i = 0; i < 40; i++)
        assert_int_equal(shop_start_script(s, "echo x; cat; echo y >&2"),
                         ERR_NONE);
    shop_wait(s);
    assert_int_equal(s->outcome.state, STATE_DONE);
}

static size_t count_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

static void hundreds_in_sequence_leave_no_file_open(void **state)
{
    struct shop *s = *state;
    size_t before;

    shop_run_script(s, ":");
    before = count_files();
    for (int i = 0; i < 300; i++) {
        shop_argv(s, "true", NULL);
        shop_run(s);
    }
    shop_argv(s, "no such program", NULL);
    shop_run(s);
    assert_int_equal(s->outcome.code, PROCESS_CODE_ABSENT);
    assert_int_equal(count_files(), before);
}

/* ---- how it starts ---- */

static void arguments_are_any_bytes(void **state)
{
    struct shop *s = *state;

    shop_argv(s, "printf", "[%s]", "", " a  b ", "new\nline", "\xff\x80'\"$x",
              "{}", NULL);
    shop_run(s);
    expect_view(s->body.out, "[][ a  b ][new\nline][\xff\x80'\"$x][{}]");
}

static void an_element_has_its_placeholders_and_variables(void **state)
{
    struct shop *s = *state;

    s->source.array = true;
    s->source.item = view_str("dir/na me.txt");
    shop_argv(s, "sh", "-c",
              "echo \"$1 $YON_JOB $YON_INDEX $YON_ITEM $YON_ATTEMPT "
              "$YON_TRIES $YON_SERVER\"",
              "sh", "{/.}-{#}", NULL);
    shop_run(s);
    expect_view(s->body.out, "na me-7 42.7 7 dir/na me.txt 5.9 3 ipc:///x\n");
}

static void a_single_job_has_neither(void **state)
{
    struct shop *s = *state;

    shop_argv(s, "sh", "-c",
              "echo \"$1 $YON_JOB ${YON_INDEX-none} ${YON_ITEM-none}\"", "sh",
              "{}", NULL);
    shop_run(s);
    expect_view(s->body.out, "{} 42 none none\n");
}

static void the_environment_is_clean(void **state)
{
    struct shop *s = *state;
    struct view argv = view_str("env");
    struct label env[] = { { view_str("MINE"), view_str("1 2") },
                           { view_str("HOME"), view_str("/elsewhere") },
                           { view_str("YON_JOB"), view_str("1") } };
    struct command_spec spec = { .argv = { &argv, 1 }, .env = { env, 3 } };

    setenv("LEAK", "secret", 1);
    setenv("TZ", "Mars", 1);
    setenv("HOME", "/home/worker", 1);
    shop_spec(s, &spec);
    shop_run(s);
    assert_null(strstr(shop_out(s), "LEAK"));
    assert_non_null(strstr(shop_out(s), "TZ=Mars\n"));
    assert_non_null(strstr(shop_out(s), "PATH="));
    assert_non_null(strstr(shop_out(s), "MINE=1 2\n"));
    assert_non_null(strstr(shop_out(s), "HOME=/elsewhere\n"));
    assert_null(strstr(shop_out(s), "HOME=/home/worker"));
    assert_non_null(strstr(shop_out(s), "YON_JOB=42\n"));
    assert_null(strstr(shop_out(s), "YON_JOB=1\n"));
}

static void the_environment_of_the_submitter_is_all_of_it(void **state)
{
    struct shop *s = *state;
    struct view argv[] = { view_str("sh"), view_str("-c"),
                           view_str("env -0 | sort -z | tr '\\0' '|'") };
    struct view pass[] = { view_str("TZ"), view_str("YON_WORKER"),
                           view_str("NOWHERE") };
    struct label theirs[] = { { view_str("THEIRS"), view_str("1\n=\xff") },
                              { view_str("PATH"), view_str("/usr/bin:/bin") },
                              { view_str("YON_JOB"), view_str("1") },
                              { view_str("YON_INDEX"), view_str("1") } };
    struct label env = { view_str("MINE"), view_str("") };
    struct command_spec spec = {
        .argv = { argv, 3 },
        .cwd = view_str("/"),
        .env = { &env, 1 },
        .around = { .has_env = true, .env = { theirs, 4 }, .pass = { pass, 3 } }
    };

    setenv("LEAK", "secret", 1);
    setenv("TZ", "Mars", 1);
    setenv("HOME", "/home/worker", 1);
    unsetenv("YON_WORKER");
    shop_spec(s, &spec);
    shop_run(s);
    expect_view(s->body.out,
                "MINE=|PATH=/usr/bin:/bin|PWD=/|THEIRS=1\n=\xff|TZ=Mars|"
                "YON_ATTEMPT=5.9|YON_JOB=42|YON_SERVER=ipc:///x|YON_TRIES=3|");
}

static void umask_and_limits_of_the_submitter_are_kept(void **state)
{
    struct shop *s = *state;
    struct view argv[] = { view_str("sh"), view_str("-c"),
                           view_str("umask; ulimit -Sn; ulimit -Hn; "
                                    "ulimit -c") };
    struct command_ulimit limits[] = {
        { view_str("nofile"), 33, 44 },
        { view_str("core"), 0, 0 },
        { view_str("of another system"), 1, 1 },
    };
    struct command_spec spec = {
        .argv = { argv, 3 },
        .around = { .has_umask = true, .umask = 0037, .ulimits = { limits, 3 } }
    };

    shop_spec(s, &spec);
    shop_run(s);
    expect_view(s->body.out, "0037\n33\n44\n0\n");
    /* The next program in the same shim has its own. */
    shop_argv(s, "sh", "-c", "[ $(umask) = 0037 ] || [ $(ulimit -n) = 33 ]",
              NULL);
    shop_run(s);
    assert_int_equal(s->outcome.code, 1);
}

static void a_limit_above_the_workers_is_the_workers(void **state)
{
    struct shop *s = *state;
    struct view argv[] = { view_str("sh"), view_str("-c"),
                           view_str("ulimit -Sn") };
    struct command_ulimit limit = { view_str("nofile"), UINT64_MAX,
                                    UINT64_MAX };
    struct command_spec spec = { .argv = { argv, 3 },
                                 .around = { .ulimits = { &limit, 1 } } };
    struct rlimit ours;
    char text[32];

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &ours), 0);
    snprintf(text, sizeof text, "%llu\n", (unsigned long long)ours.rlim_max);
    shop_spec(s, &spec);
    shop_run(s);
    expect_view(s->body.out, text);
}

static void the_jobs_path_finds_the_program(void **state)
{
    struct shop *s = *state;
    struct view argv = view_str("true");
    struct label env = { view_str("PATH"), view_str("/nowhere:relative") };
    struct command_spec spec = { .argv = { &argv, 1 }, .env = { &env, 1 } };

    shop_spec(s, &spec);
    expect_no_start(s, PROCESS_CODE_ABSENT,
                    "cannot start \"true\": no such program in "
                    "PATH=/nowhere:relative");
}

static void stdin_is_empty(void **state)
{
    struct shop *s = *state;

    shop_argv(s, "cat", NULL);
    shop_run(s);
    assert_int_equal(s->outcome.state, STATE_DONE);
    assert_int_equal(s->body.out_len, 0);
}

static void a_stored_stdin_is_read_to_its_end(void **state)
{
    struct shop *s = *state;
    size_t len = 300000; /* more than a pipe takes, and than one message */
    uint8_t *bytes = malloc(len);
    struct view argv = view_str("cat");
    struct command_spec spec = { .argv = { &argv, 1 },
                                 .input = view_of(bytes, len) };

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    shop_spec(s, &spec);
    for (int i = 0; i < 2; i++) { /* each start gets all of it */
        shop_run(s);
        assert_int_equal(s->body.out_len, len);
        assert_memory_equal(s->body.out.data, bytes, len);
    }
    free(bytes);
}

static void
without_the_stdin_that_it_was_to_have_it_does_not_start(void **state)
{
    struct shop *s = *state;
    struct view argv = view_str("cat");
    uint8_t ticket[SPEC_TICKET_LEN] = { 1, 2, 3 };
    struct command_spec spec = { .argv = { &argv, 1 },
                                 .ticket = view_of(ticket, sizeof ticket) };

    shop_spec(s, &spec);
    expect_no_start(s, PROCESS_CODE_NO_STREAM,
                    "its stdin: the process that had it has ended, or is on "
                    "another machine");
}

/* One who knows the address and not the token gets nothing, and nobody else
 * loses by it. */
static void a_stdin_is_given_for_its_token(void **state)
{
    struct shop *s = *state;
    struct view argv = view_str("cat");
    struct give_ticket ticket, wrong;
    struct command_spec spec = { .argv = { &argv, 1 },
                                 .ticket = view_of(&wrong, sizeof wrong) };
    struct pollfd look = { .events = POLLIN };
    int sock, asker;

    assert_int_equal(give_listen(&ticket, &look.fd), 0);
    wrong = ticket;
    wrong.bytes[SPEC_TICKET_LEN - 1] ^= 1;
    shop_spec(s, &spec);
    assert_int_equal(shop_start(s), ERR_NONE);
    assert_int_equal(poll(&look, 1, -1), 1);
    sock = look.fd;
    asker = accept(sock, NULL, NULL);
    assert_true(asker >= 0);
    look.fd = asker;
    assert_int_equal(poll(&look, 1, -1), 1);
    assert_false(give_is_token(asker, &ticket));
    close(asker);
    shop_wait(s);
    assert_int_equal(s->outcome.code, PROCESS_CODE_NO_STREAM);
    close(sock);
}

/* ---- files for its output ---- */

/* A folder of the test's own; *spec writes there. */
static void run_to_files(struct shop *s, struct command_spec *spec,
                         const char *script)
{
    struct view argv[] = { view_str("sh"), view_str("-c"), view_str(script) };

    spec->argv = (struct names){ argv, 3 };
    shop_spec(s, spec);
    shop_run(s);
}

static void expect_file(const char *folder, const char *name, const char *text)
{
    char path[128], bytes[128] = "";
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "re");
    assert_non_null(file);
    (void)!fread(bytes, 1, sizeof bytes - 1, file);
    fclose(file);
    assert_string_equal(bytes, text);
    assert_int_equal(unlink(path), 0);
}

static void its_output_goes_to_files_of_its_folder(void **state)
{
    struct shop *s = *state;
    char folder[] = "/tmp/yon-files.XXXXXX";
    struct command_spec spec = { .out_file = view_str("out.{#}"),
                                 .err_file = view_str("err {/}"),
                                 .around = { .has_umask = true,
                                             .umask = 0137 } };

    assert_non_null(mkdtemp(folder));
    spec.cwd = view_str(folder);
    s->source.array = true;
    s->source.item = view_str("a/{}");
    s->source.number = view_str("7");
    run_to_files(s, &spec,
                 "echo first; echo second >&2; stat -L -c %a "
                 "/dev/stdout; stat -L -c %F /dev/stderr");
    assert_int_equal(s->outcome.state, STATE_DONE);
    assert_int_equal(s->body.out_len + s->body.err_len, 0);
    expect_file(folder, "err {}", "second\n");
    expect_file(folder, "out.7", "first\n640\nregular file\n");
    assert_int_equal(rmdir(folder), 0);
}

static void the_same_file_for_both_is_one(void **state)
{
    struct shop *s = *state;
    char folder[] = "/tmp/yon-files.XXXXXX";
    struct command_spec spec = { .out_file = view_str("both"),
                                 .err_file = view_str("both") };

    assert_non_null(mkdtemp(folder));
    spec.cwd = view_str(folder);
    run_to_files(s, &spec, "echo 1; echo 2 >&2; echo 3");
    run_to_files(s, &spec, "echo 4; echo 5 >&2; echo 6"); /* empties it */
    spec.append = true;
    run_to_files(s, &spec, "echo 7; echo 8 >&2");
    expect_file(folder, "both", "4\n5\n6\n7\n8\n");
    assert_int_equal(rmdir(folder), 0);
}

static void without_its_files_it_does_not_start(void **state)
{
    struct shop *s = *state;
    struct view argv = view_str("ls");
    char folder[] = "/tmp/yon-files.XXXXXX", pipe[64], why[128];
    struct command_spec spec = { .argv = { &argv, 1 },
                                 .out_file = view_str("/no/folder/x") };

    shop_spec(s, &spec);
    expect_no_start(s, PROCESS_CODE_NO_STREAM,
                    "its stdout: cannot open /no/folder/x: No such file or "
                    "directory");
    spec.out_file = view_str("");
    spec.err_file = view_str("/");
    shop_spec(s, &spec);
    expect_no_start(s, PROCESS_CODE_NO_STREAM,
                    "its stderr: cannot open /: Is a directory");
    /* One that nobody reads would hold its shim. */
    assert_non_null(mkdtemp(folder));
    snprintf(pipe, sizeof pipe, "%s/pipe", folder);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    spec.err_file = view_str(pipe);
    shop_spec(s, &spec);
    snprintf(why, sizeof why, "its stderr: %s: nobody reads this pipe", pipe);
    expect_no_start(s, PROCESS_CODE_NO_STREAM, why);
    assert_int_equal(unlink(pipe), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void it_starts_in_its_folder(void **state)
{
    struct shop *s = *state;
    struct view argv = view_str("pwd");
    struct command_spec spec = { .argv = { &argv, 1 },
                                 .cwd = view_str("/usr/bin") };

    shop_spec(s, &spec);
    shop_run(s);
    expect_view(s->body.out, "/usr/bin\n");
}

static void no_file_of_the_worker_reaches_it(void **state)
{
    struct shop *s = *state;
    int leaky = open("/dev/null", O_RDONLY);

    assert_true(leaky > 2);
    shop_run_script(s, "for f in 3 4 5 6 7 8 9; do"
                       " (eval \": <&$f\") 2>&- && echo open $f; done; :");
    close(leaky);
    expect_view(s->body.out, "");
}

static void signals_are_as_a_program_expects_them(void **state)
{
    struct shop *s = *state;
    unsigned long long blocked, ignored;
    sigset_t usr1;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    shop_argv(s, "grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status", NULL);
    shop_run(s);
    sigprocmask(SIG_UNBLOCK, &usr1, NULL);
    assert_int_equal(
        sscanf(shop_out(s), "SigBlk: %llx SigIgn: %llx", &blocked, &ignored),
        2);
    assert_int_equal(blocked, 0);
    /* glibc lets its own two, 32 and 33, be ignored. */
    assert_int_equal(ignored & ~(3ull << 31), 0);
}

static void it_leads_a_group_and_a_session(void **state)
{
    struct shop *s = *state;
    int pid, group, session;

    shop_run_script(s, "read a b c d group session e < /proc/$$/stat;"
                       " echo $$ $group $session");
    assert_int_equal(sscanf(shop_out(s), "%d %d %d", &pid, &group, &session),
                     3);
    assert_int_equal(pid, group);
    assert_int_equal(pid, session);
}

/* The worker raises its own limit later. */
static void programs_get_the_limits_of_the_forkserver(void **state)
{
    struct rlimit before, limit;
    struct shop *s;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = before;
    limit.rlim_cur = before.rlim_cur - 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    s = shop_new();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    shop_run_script(s, "ulimit -n");
    assert_int_equal(atoll(shop_out(s)), limit.rlim_cur);
    shop_free(s);
}

/* ---- what cannot start ---- */

static void an_absent_program_is_named(void **state)
{
    struct shop *s = *state;

    setenv("PATH", "/usr/bin:/bin", 1);
    shop_argv(s, "sha257sum", NULL);
    expect_no_start(s, PROCESS_CODE_ABSENT,
                    "cannot start \"sha257sum\": no such program in "
                    "PATH=/usr/bin:/bin");
    setenv("PATH",
           "/a-long-one/0123456789/0123456789/0123456789/0123456789/0123456789/"
           "0123456789/0123456789/0123456789/0123456789/012345678:/bin",
           1);
    shop_argv(s, "sha257sum", NULL);
    expect_no_start(s, PROCESS_CODE_ABSENT,
                    "cannot start \"sha257sum\": no such program in "
                    "PATH=/a-long-one/0123456789/0123456789/0123456789/"
                    "0123456789/0123456789/0123456789/0123456789/0123456789/"
                    "0123456789/012345678...");
    setenv("PATH", "/usr/bin:/bin", 1);
    shop_argv(s, "/no/such", NULL);
    expect_no_start(s, PROCESS_CODE_ABSENT,
                    "cannot start \"/no/such\": No such file or directory");
    shop_argv(s, "", NULL);
    expect_no_start(s, PROCESS_CODE_ABSENT, "whose name is empty");
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, mode);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void a_file_that_is_no_program_is_explained(void **state)
{
    struct shop *s = *state;
    char dir[] = "/tmp/yon-command-XXXXXX";
    char path[64];

    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/file", dir);
    shop_argv(s, path, NULL);

    write_file(path, "echo hi\n", 0600);
    expect_no_start(s, PROCESS_CODE_CANNOT, "it may not be run; chmod +x");
    chmod(path, 0700);
    expect_no_start(s, PROCESS_CODE_CANNOT, "without a #! line");
    write_file(path, "#!/no/such/interpreter\n", 0700);
    expect_no_start(s, PROCESS_CODE_CANNOT, "#! line names is not there");
    unlink(path);
    rmdir(dir);
}

static void a_missing_folder_is_named(void **state)
{
    struct shop *s = *state;
    struct view argv = view_str("true");
    struct command_spec spec = { .argv = { &argv, 1 } };

    spec.cwd = view_str("/no/such/folder");
    shop_spec(s, &spec);
    expect_no_start(s, PROCESS_CODE_CANNOT,
                    "in /no/such/folder: No such file or directory");
    spec.cwd = view_str("/etc/passwd");
    shop_spec(s, &spec);
    expect_no_start(s, PROCESS_CODE_CANNOT, "not a folder");
}

static void arguments_beyond_the_limits_are_refused(void **state)
{
    struct shop *s = *state;
    char *text = malloc(300000);
    struct view argv[] = { view_str("true"), view_of(text, 300000) };
    struct command_spec spec = { .argv = { argv, 2 } };

    memset(text, 'x', 300000);
    shop_spec(s, &spec);
    expect_no_start(s, PROCESS_CODE_CANNOT, "too long for the kernel");
    memset(text, '{', 300000);
    for (size_t i = 1; i < 300000; i += 2)
        text[i] = '}';
    shop_spec(s, &spec);
    s->source.array = true;
    s->source.item = view_of(text, 100);
    assert_int_equal(shop_start(s), ERR_LIMIT);
    assert_non_null(strstr(s->errmsg, "longer than 2097152 bytes"));
    free(text);
}

static void a_spec_that_is_none_is_refused(void **state)
{
    struct shop *s = *state;

    s->source.spec = view_str("nonsense");
    assert_int_not_equal(shop_start(s), ERR_NONE);
    assert_non_null(strstr(s->errmsg, "cannot start the command: "));
}

/* ---- output ---- */

static void output_is_bounded(void **state)
{
    struct shop *s = *state;

    shop_run_script(s, "head -c 3000000 /dev/zero; printf end");
    assert_int_equal(s->body.out_len, 3000003);
    assert_int_equal(s->body.out.len, OUTPUT_LEN_MAX);
    assert_int_equal(s->body.out_head, CAPTURE_HEAD_MAX);
    assert_memory_equal(s->body.out.data + OUTPUT_LEN_MAX - 3, "end", 3);
}

static void who_reads_along_gets_what_was_written_as_it_comes(void **state)
{
    struct shop *s = *state;

    assert_int_equal(shop_start_script(s, "echo one; exec sleep 1000"),
                     ERR_NONE);
    shop_follow(s);
    shop_wait_for_output(s, 4);
    assert_string_equal(buf_text(&s->tailed), "one\n");
    command_kill(s->command);
    shop_wait(s);
    assert_true(s->tail_ended);
}

/* Five times what is kept: the program has to wait for the reader. */
static void who_reads_along_loses_nothing(void **state)
{
    struct shop *s = *state;

    assert_int_equal(shop_start_script(s, "seq 1 800000"), ERR_NONE);
    shop_follow(s);
    shop_wait(s);
    assert_true(s->body.out_len > 5 * OUTPUT_LEN_MAX);
    assert_int_equal(s->n_gaps, 0);
    assert_int_equal(s->tailed.len, s->body.out_len);
    assert_true(s->tail_ended);
    assert_string_equal(buf_text(&s->tailed) + s->tailed.len - 14,
                        "799999\n800000\n");
}

static uint64_t kept[2];

/* The reader comes when the program has long filled what is kept. */
static void what_is_followed_waits_for_its_reader(void **state)
{
    struct shop *s = *state;

    s->source.follow = STREAM_BITS;
    assert_int_equal(shop_start_script(s, "seq 1 800000"), ERR_NONE);
    while (command_n_written(s->command) <
           OUTPUT_LEN_MAX - CAPTURE_HEAD_MAX / 2)
        uv_run(&s->loop, UV_RUN_ONCE);
    for (int i = 0; i < 100; i++)
        uv_run(&s->loop, UV_RUN_NOWAIT);
    assert_true(command_n_written(s->command) <= OUTPUT_LEN_MAX);
    s->keeps = true;
    shop_follow(s);
    shop_wait(s);
    assert_int_equal(s->n_gaps, 0);
    assert_true(s->body.out_len > 5 * OUTPUT_LEN_MAX);
    assert_int_equal(s->outcome.dropped, 0);
    /* What was not read is all in there. */
    assert_true(s->tailed_to + CAPTURE_REST_MAX >= s->body.out_len);
}

static void the_end_does_not_wait_for_a_follower(void **state)
{
    struct shop *s = *state;

    s->source.follow = STREAM_BITS;
    shop_run_script(s, "head -c 1000000 /dev/zero; head -c 900000 /dev/zero "
                       ">&2");
    assert_int_equal(s->outcome.state, STATE_DONE);
    assert_int_equal(s->body.out.len, 1000000);
    assert_int_equal(s->body.err_len, 900000);
}

/* What the pipe held is kept as well. */
static void nor_does_its_kill(void **state)
{
    struct shop *s = *state;

    s->source.follow = STREAM_BITS;
    assert_int_equal(shop_start_script(s, "exec cat /dev/zero"), ERR_NONE);
    while (command_n_written(s->command) < OUTPUT_LEN_MAX - 65536)
        uv_run(&s->loop, UV_RUN_ONCE);
    for (int i = 0; i < 100; i++)
        uv_run(&s->loop, UV_RUN_NOWAIT);
    assert_int_equal(command_n_written(s->command), OUTPUT_LEN_MAX - 65536);
    command_kill(s->command);
    shop_wait(s);
    assert_int_equal(s->body.out_len, OUTPUT_LEN_MAX);
    assert_int_equal(s->body.out.len, OUTPUT_LEN_MAX);
    assert_int_equal(s->outcome.dropped, 0);
}

/* One that has asked, and asks no more: it is not given its time. */
static void nor_for_one_that_reads_no_more(void **state)
{
    struct shop *s = *state;
    uint64_t before_ns;

    s->source.follow = STREAM_BITS;
    assert_int_equal(shop_start_script(s, "exec cat /dev/zero"), ERR_NONE);
    command_tail(s->command, STREAM_OUT, 1, 0, 10);
    while (command_n_written(s->command) < OUTPUT_LEN_MAX - 65536)
        uv_run(&s->loop, UV_RUN_ONCE);
    for (int i = 0; i < 100; i++)
        uv_run(&s->loop, UV_RUN_NOWAIT);
    before_ns = uv_hrtime();
    command_kill(s->command);
    shop_wait(s);
    assert_true(uv_hrtime() - before_ns <
                PROGRAM_OUTPUT_TAIL_PATIENCE_MS * UINT64_C(500000));
    assert_int_equal(s->outcome.dropped, 0);
}

/* ---- beyond what memory has room for ---- */

/* The lines of seq n, as they come out of the body and what was spooled. */
static void expect_whole(struct shop *s, size_t len)
{
    struct buf all = { 0 };
    unsigned next = 1;
    size_t at = 0;

    assert_int_equal(s->body.out_head, CAPTURE_HEAD_MAX);
    buf_add(&all, s->body.out.data, CAPTURE_HEAD_MAX);
    buf_add_view(&all, buf_view(&s->spooled));
    buf_add(&all, s->body.out.data + CAPTURE_HEAD_MAX,
            s->body.out.len - CAPTURE_HEAD_MAX);
    assert_int_equal(all.len, len);
    for (char *text = (char *)all.data; at < len; next++) {
        assert_int_equal(strtoul(text + at, NULL, 10), next);
        at += strcspn(text + at, "\n") + 1;
    }
    buf_fini(&all);
}

static void large_output_is_spooled(void **state)
{
    struct shop *s = *state;

    s->env.output_max = 64u << 20;
    shop_run_script(s, "seq 700000"); /* 4.8 MB */
    assert_int_equal(s->outcome.dropped, 0);
    assert_int_equal(s->body.out_stored, s->spooled.len);
    assert_int_equal(s->body.out_len, 4788895);
    expect_whole(s, 4788895);
}

static void a_late_reader_gets_what_is_spooled(void **state)
{
    struct shop *s = *state;

    s->env.output_max = 64u << 20;
    assert_int_equal(shop_start_script(s, "seq 700000; exec sleep 60"),
                     ERR_NONE);
    while (command_n_written(s->command) < 4788895)
        uv_run(&s->loop, UV_RUN_ONCE);
    shop_follow(s);
    shop_wait_for_output(s, 4788895);
    assert_int_equal(s->n_gaps, 0);
    command_kill(s->command);
    shop_wait(s);
}

static void no_more_is_spooled_than_is_wanted_or_may_be(void **state)
{
    struct shop *s = *state;
    struct view argv[] = { view_str("seq"), view_str("700000") };
    struct command_spec spec = { .argv = { argv, 2 }, .output_limit = 3000000 };

    s->env.output_max = 64u << 20;
    shop_spec(s, &spec);
    shop_run(s);
    assert_int_equal(s->body.out_stored, 3000000 - OUTPUT_LEN_MAX);
    assert_int_equal(s->outcome.dropped, 4788895 - 3000000);
    s->env.output_max = 2000000;
    shop_run(s);
    assert_int_equal(s->body.out_stored, 2000000 - OUTPUT_LEN_MAX);
    assert_int_equal(s->outcome.dropped, 4788895 - 2000000);
}

static void without_a_file_for_it_the_rest_is_dropped_and_counted(void **state)
{
    struct shop *s = *state;

    s->env.output_max = 64u << 20;
    s->env.spool_dir = "/no/such/folder";
    shop_run_script(s, "seq 700000");
    assert_int_equal(s->body.out_stored, 0);
    assert_int_equal(s->outcome.dropped, 4788895 - OUTPUT_LEN_MAX);
}

static void what_is_followed_no_more_is_dropped_and_counted(void **state)
{
    struct shop *s = *state;

    s->source.follow = STREAM_BITS;
    assert_int_equal(shop_start_script(s, "head -c 3000000 /dev/zero"),
                     ERR_NONE);
    command_keep(s->command, STREAM_OUT, 700000);
    command_follow(s->command, 0, kept);
    shop_wait(s);
    assert_int_equal(s->body.out_len, 3000000);
    assert_int_equal(s->outcome.dropped, 3000000 - CAPTURE_REST_MAX - 700000);
}

static void a_stream_that_is_none_has_ended(void **state)
{
    struct shop *s = *state;

    assert_int_equal(shop_start_script(s, ":"), ERR_NONE);
    command_tail(s->command, 7, 1, 0, 10);
    assert_true(s->tail_ended);
    shop_wait(s);
}

/* ---- grandchildren ---- */

/* Wait until a process that is not our child is dead. */
static void wait_for_death(int pidfd)
{
    struct pollfd p = { .fd = pidfd, .events = POLLIN };

    assert_int_equal(poll(&p, 1, 30000), 1);
    close(pidfd);
}

static int pidfd_of_output(struct shop *s)
{
    shop_follow(s);
    do
        shop_wait_for_output(s, s->tailed.len + 1);
    while (memchr(s->tailed.data, '\n', s->tailed.len) == NULL);
    return (int)syscall(SYS_pidfd_open, atoi(buf_text(&s->tailed)), 0);
}

static void a_grandchild_that_holds_the_pipes_is_killed(void **state)
{
    struct shop *s = *state;
    int pidfd;

    assert_int_equal(shop_start_script(s, "sleep 1000 & echo $!; exit 4"),
                     ERR_NONE);
    pidfd = pidfd_of_output(s);
    shop_wait(s);
    assert_int_equal(s->outcome.code, 4);
    wait_for_death(pidfd);
}

/* It left the group, keeps the pipe and writes as fast as it can. */
static void a_grandchild_that_escaped_does_not_hold_the_job(void **state)
{
    struct shop *s = *state;
    int pidfd;

    assert_int_equal(
        shop_start_script(s, "setsid sh -c 'echo $$; exec yes' & wait $!"),
        ERR_NONE);
    pidfd = pidfd_of_output(s);
    command_kill(s->command);
    shop_wait(s);
    assert_int_equal(s->outcome.signal, SIGKILL);
    wait_for_death(pidfd); /* by SIGPIPE: nobody reads any more */
}

/* ---- stop ---- */

static void stop_asks_the_group_to_end(void **state)
{
    struct shop *s = *state;

    assert_int_equal(shop_start_script(s, "echo ready; sleep 1000; :"),
                     ERR_NONE);
    shop_follow(s);
    shop_wait_for_output(s, 6);
    command_stop(s->command, view_str("not needed"));
    command_stop(s->command, view_str("twice"));
    shop_wait(s);
    assert_int_equal(s->outcome.state, STATE_CANCELLED);
    expect_view(s->outcome.reason, "cancelled");
    expect_view(s->outcome.message, "not needed");
    assert_int_equal(s->outcome.signal, SIGTERM);
}

static void who_does_not_listen_can_be_killed(void **state)
{
    struct shop *s = *state;

    assert_int_equal(shop_start_script(s, "trap '' TERM; echo ready;"
                                          "sleep 1000; :"),
                     ERR_NONE);
    shop_follow(s);
    shop_wait_for_output(s, 6);
    command_stop(s->command, view_str(""));
    command_kill(s->command);
    shop_wait(s);
    assert_int_equal(s->outcome.state, STATE_CANCELLED);
    assert_int_equal(s->outcome.signal, SIGKILL);
}

static void who_ends_well_after_a_stop_is_cancelled_too(void **state)
{
    struct shop *s = *state;

    /* It is ready when the sleep can be asked: a signal between its fork and
     * its exec would be lost. */
    assert_int_equal(
        shop_start_script(s, "trap 'exit 0' TERM;"
                             "sh -c 'echo ready; exec sleep 1000' & wait"),
        ERR_NONE);
    shop_follow(s);
    shop_wait_for_output(s, 6);
    command_stop(s->command, view_str(""));
    shop_wait(s);
    assert_int_equal(s->outcome.state, STATE_CANCELLED);
    assert_int_equal(s->outcome.signal, 0);
}

/* Its shell dies at once. */
static void who_was_asked_with_the_group_may_save_its_work(void **state)
{
    struct shop *s = *state;

    assert_int_equal(
        shop_start_script(s, "sh -c 'trap \"sleep 0.5; echo saved; exit\" TERM;"
                             "echo ready; while :; do sleep 0.02; done'; :"),
        ERR_NONE);
    shop_follow(s);
    shop_wait_for_output(s, 6);
    command_stop(s->command, view_str("not needed"));
    shop_wait(s);
    assert_int_equal(s->outcome.state, STATE_CANCELLED);
    assert_int_equal(s->outcome.signal, SIGTERM);
    assert_string_equal(shop_out(s), "ready\nsaved\n");
}

/* What left the group was not asked, so nothing is waited for. */
static void who_left_the_group_gets_no_grace(void **state)
{
    struct shop *s = *state;
    int pidfd;

    assert_int_equal(shop_start_script(s,
                                       "setsid sh -c 'trap \"\" TERM; echo $$;"
                                       "sleep 1000; :' & wait"),
                     ERR_NONE);
    pidfd = pidfd_of_output(s);
    command_stop(s->command, view_str(""));
    shop_wait(s);
    assert_int_equal(s->outcome.signal, SIGTERM);
    wait_for_death(pidfd);
}

static void a_result_that_was_there_before_the_stop_stays(void **state)
{
    struct shop *s = *state;
    int pidfd;

    assert_int_equal(shop_start_script(s, "echo $$; exit 5"), ERR_NONE);
    pidfd = pidfd_of_output(s);
    if (pidfd >= 0)
        wait_for_death(pidfd);
    if (s->n_running > 0)
        command_stop(s->command, view_str("too late"));
    shop_wait(s);
    assert_int_equal(s->outcome.state, STATE_FAILED);
    assert_int_equal(s->outcome.code, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(exit_0_is_done),
        TEST(another_exit_is_failed_and_says_the_last_of_stderr),
        TEST(a_signal_is_failed_with_its_number),
        TEST(many_at_once_all_end),
        TEST(hundreds_in_sequence_leave_no_file_open),
        TEST(arguments_are_any_bytes),
        TEST(an_element_has_its_placeholders_and_variables),
        TEST(a_single_job_has_neither),
        TEST(a_stored_stdin_is_read_to_its_end),
        TEST(without_the_stdin_that_it_was_to_have_it_does_not_start),
        TEST(a_stdin_is_given_for_its_token),
        TEST(the_environment_is_clean),
        TEST(the_environment_of_the_submitter_is_all_of_it),
        TEST(umask_and_limits_of_the_submitter_are_kept),
        TEST(a_limit_above_the_workers_is_the_workers),
        TEST(the_jobs_path_finds_the_program),
        TEST(stdin_is_empty),
        TEST(its_output_goes_to_files_of_its_folder),
        TEST(the_same_file_for_both_is_one),
        TEST(without_its_files_it_does_not_start),
        TEST(it_starts_in_its_folder),
        TEST(no_file_of_the_worker_reaches_it),
        TEST(signals_are_as_a_program_expects_them),
        TEST(it_leads_a_group_and_a_session),
        cmocka_unit_test(programs_get_the_limits_of_the_forkserver),
        TEST(an_absent_program_is_named),
        TEST(a_file_that_is_no_program_is_explained),
        TEST(a_missing_folder_is_named),
        TEST(arguments_beyond_the_limits_are_refused),
        TEST(a_spec_that_is_none_is_refused),
        TEST(output_is_bounded),
        TEST(who_reads_along_gets_what_was_written_as_it_comes),
        TEST(who_reads_along_loses_nothing),
        TEST(what_is_followed_waits_for_its_reader),
        TEST(the_end_does_not_wait_for_a_follower),
        TEST(nor_does_its_kill),
        TEST(nor_for_one_that_reads_no_more),
        TEST(large_output_is_spooled),
        TEST(a_late_reader_gets_what_is_spooled),
        TEST(no_more_is_spooled_than_is_wanted_or_may_be),
        TEST(without_a_file_for_it_the_rest_is_dropped_and_counted),
        TEST(what_is_followed_no_more_is_dropped_and_counted),
        TEST(a_stream_that_is_none_has_ended),
        TEST(a_grandchild_that_holds_the_pipes_is_killed),
        TEST(a_grandchild_that_escaped_does_not_hold_the_job),
        TEST(stop_asks_the_group_to_end),
        TEST(who_does_not_listen_can_be_killed),
        TEST(who_ends_well_after_a_stop_is_cancelled_too),
        TEST(who_was_asked_with_the_group_may_save_its_work),
        TEST(who_left_the_group_gets_no_grace),
        TEST(a_result_that_was_there_before_the_stop_stays),
    };

    setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
