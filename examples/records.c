/* SPDX-License-Identifier: MIT */
/* records - passes a list of so many records to total.c, and reads the list
 * that comes back: records 5000 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <yon/yon.h>

static yon_builder *list_of(int64_t n)
{
    yon_builder *list = yon_builder_new();
    char name[32];

    yon_build_array(list);
    for (int64_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%" PRId64 ".dat", i);
        yon_build(list, "{sssI}", "name", name, "size", i % 1000);
    }
    yon_build_end(list);
    return list;
}

int main(int argc, char **argv)
{
    struct yon_submit what = YON_SUBMIT(.fn = "total", .name = "records");
    yon_builder *list = list_of(argc > 1 ? atoll(argv[1]) : 5000);
    yon_cursor largest, file;
    yon_client *client;
    yon_future *f;
    const char *name;
    int64_t bytes;
    int err;

    if (yon_connect(NULL, &client) != 0)
        return 1;
    /* An error of the builder, too, comes with the await. */
    f = yon_submit_call(client, &what, "{sV}", "files", list);
    yon_builder_free(list);
    err = yon_await(f);
    if (err == 0)
        err = yon_result(f, "{sIsV}", "bytes", &bytes, "largest", &largest);
    if (err == 0) {
        printf("%" PRId64 " bytes; the largest:", bytes);
        while (yon_cursor_next(&largest, &file) == 0 &&
               yon_cursor_read(&file, "s", &name) == 0)
            printf(" %s", name);
        printf("\n");
    } else {
        fprintf(stderr, "records: %s\n", yon_error(f));
    }
    yon_free(f);
    yon_close(client);
    return err == 0 ? 0 : 1;
}
