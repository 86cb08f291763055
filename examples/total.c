/* SPDX-License-Identifier: MIT */
/* total - a function that takes a list of any length, for records.c.
 *
 *   yon up --load build/lib/total.so
 */
#include <yon/job.h>

/* { files: [{ name, size }, ...] } -> { bytes, largest: [names] } */
static int total(yon_job *job)
{
    yon_builder *largest = yon_builder_new();
    yon_cursor files, file;
    int64_t size, bytes = 0, most = -1;
    const char *name;
    int err = yon_args(job, "{sV}", "files", &files);

    yon_build_array(largest);
    while (err == 0 && (err = yon_cursor_next(&files, &file)) == 0) {
        err = yon_cursor_read(&file, "{sssI}", "name", &name, "size", &size);
        if (err != 0)
            break; /* "args.files[2].size: expected integer, got string" */
        bytes += size;
        if (size > most) {
            yon_builder_clear(largest);
            yon_build_array(largest);
            most = size;
        }
        if (size == most)
            yon_build_string(largest, name);
    }
    yon_build_end(largest);
    if (err == YON_EEXHAUSTED)
        err = yon_return(job, "{sIsV}", "bytes", bytes, "largest", largest);
    yon_builder_free(largest);
    return err;
}

YON_MODULE({ "total", total })
