/* SPDX-License-Identifier: MIT */
/* sort_fruits - a program that sorts for us. */
#include <stdio.h>
#include <string.h>
#include <yon/io.h>

static const char fruits[] = "pear\napple\nfig\n";

static int sort(void *arg)
{
    const char *const argv[] = { "sort", NULL };
    struct yon_process_options o =
        YON_PROCESS(.argv = argv, .pipe_in = 1, .pipe_out = 1);
    yon_stream *in, *out;
    yon_process *p;
    const char *line;
    size_t len;
    int code = -1, err = yon_process_start(&o, &p);

    (void)arg;
    if (err != 0)
        return err;
    in = yon_process_stream(p, 0);
    out = yon_process_stream(p, 1);
    err = yon_write(in, fruits, strlen(fruits));
    if (err == 0)
        err = yon_shutdown(in);
    while (err == 0 && (err = yon_read_line(out, 100, &line, &len)) == 0)
        printf("%s\n", line);
    if (err == YON_EEXHAUSTED) /* that was the last line */
        err = yon_process_wait(p, &code, NULL);
    printf("exit code %d\n", code);
    yon_process_free(p);
    return err;
}

int main(void)
{
    return yon_run(sort, NULL) == 0 ? 0 : 1;
}
