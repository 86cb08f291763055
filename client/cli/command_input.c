/* SPDX-License-Identifier: MIT */
/* command_input - the stdin of a command that is handed in. */
#include "client/cli/command_input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/surroundings.h"
#include "proto/bounds.h"

#define NONE "none"
#define READ_LEN 65536u

static bool is_stdin(const char *from)
{
    return strcmp(from, "-") == 0;
}

/* Returns 0 or an exit code. */
static int open_file(const struct cli *c, const char *path, int *fd)
{
    *fd = STDIN_FILENO;
    if (is_stdin(path))
        return EXITS_DONE;
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0)
        return cli_usage(c, "--stdin %s: %s", path, strerror(errno));
    return EXITS_DONE;
}

static void close_file(int fd)
{
    if (fd != STDIN_FILENO)
        close(fd);
}

/* ---- stored with the job ---- */

static int store_all(const struct cli *c, const char *from, int fd,
                     struct buf *out)
{
    ssize_t n;

    while ((n = read(fd, buf_room(out, READ_LEN), READ_LEN)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cli_usage(c, "--stdin %s: %s", from, strerror(errno));
        out->len += (size_t)n;
        if (out->len > SPEC_LEN_MAX)
            return cli_fail(c, (struct fault){ EXITS_REFUSED, ERR_LIMIT, "" },
                            "--stdin %s: command, environment and stdin may "
                            "have %u bytes; let the command read a file: "
                            "sh -c 'command < FILE'",
                            from, SPEC_LEN_MAX);
    }
    return EXITS_DONE;
}

static int store(const struct cli *c, const char *from, struct buf *out)
{
    const char *lines = options_text(&c->options, OPT_EACH_LINE, "");
    int fd, code;

    if (is_stdin(from) && is_stdin(lines))
        return cli_usage(c, "--stdin and --each-line cannot both be stdin");
    code = open_file(c, from, &fd);
    if (code != EXITS_DONE)
        return code;
    code = store_all(c, from, fd, out);
    close_file(fd);
    return code;
}

/* ---- given to the program ---- */

static int check_give(const struct cli *c, int fd)
{
    if (!surroundings_are_here(c))
        return cli_usage(c,
                         "stdin goes to programs of this machine only, not "
                         "yet through the coordinator of another: to store it "
                         "with the job (at most %u bytes) write yon submit -w "
                         "--stdin - -- COMMAND, then yon logs last; to go "
                         "without, yon run --stdin none -- COMMAND",
                         SPEC_LEN_MAX);
    if (options_number(&c->options, OPT_RETRY, 0) > 0 &&
        !give_stdin_can_repeat(fd))
        return cli_usage(c, "--retry needs a stdin that can be read again: a "
                            "file (< FILE), or --stdin none");
    return EXITS_DONE;
}

/* The descriptor is ours. */
static int give(const struct cli *c, int fd, struct command_input *out)
{
    int code = check_give(c, fd);
    int error = 0;

    if (code == EXITS_DONE)
        error = give_stdin_begin(fd, &out->ticket, &out->give);
    if (error != 0)
        code = cli_fail(c, (struct fault){ EXITS_FAILED, ERR_SYSTEM, "" },
                        "stdin: %s", strerror(error));
    if (out->give == NULL)
        close_file(fd);
    return code;
}

static int give_from(const struct cli *c, const char *from,
                     struct command_input *out)
{
    int fd = STDIN_FILENO;
    int code = from == NULL ? EXITS_DONE : open_file(c, from, &fd);
    bool as_it_is = from != NULL && is_stdin(from); /* a terminal, too */

    if (code != EXITS_DONE)
        return code;
    if (as_it_is || give_stdin_has_any(fd))
        return give(c, fd, out);
    close_file(fd);
    return EXITS_DONE;
}

/* ---- both ---- */

int command_input_begin(const struct cli *c, struct command_input *out)
{
    const char *from = options_text(&c->options, OPT_STDIN, NULL);

    if (from != NULL && *from == '\0') /* such as "$UNSET" */
        return cli_usage(c, "--stdin is empty: a file, - or none");
    if (from != NULL && strcmp(from, NONE) == 0)
        return EXITS_DONE;
    if (c->command->is_run)
        return give_from(c, from, out);
    return from == NULL ? EXITS_DONE : store(c, from, &out->stored);
}

void command_input_fini(struct command_input *in)
{
    buf_fini(&in->stored);
    give_stdin_end(in->give);
    *in = (struct command_input){ 0 };
}
