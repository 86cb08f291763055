/* SPDX-License-Identifier: MIT */
/* replay - feeds former findings of a fuzzer to its target, as a test.
 *
 *   fuzz_NOUN FILE-OR-DIRECTORY...
 *
 * A directory that is missing or empty is an error: a test of nothing must not
 * pass.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fail(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    return -1;
}

/* The memory is exactly as long as the bytes, so that sanitizers see a read
 * beyond. */
static int replay_file(const char *path, size_t size)
{
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    FILE *file = fopen(path, "rb");
    int ret = 1;

    if (bytes == NULL || file == NULL)
        ret = fail(path, strerror(errno));
    else if (fread(bytes, 1, size, file) != size)
        ret = fail(path, "cannot be read");
    else
        LLVMFuzzerTestOneInput(bytes, size);
    if (file != NULL)
        fclose(file);
    free(bytes);
    return ret;
}

static int replay(const char *path);

static int replay_directory(const char *path)
{
    struct dirent **names;
    int n = scandir(path, &names, NULL, alphasort), n_files = 0;

    if (n < 0)
        return fail(path, strerror(errno));
    for (int i = 0; i < n; i++) {
        char file[4096];

        snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.' && n_files >= 0) {
            int ret = replay(file);

            n_files = ret < 0 ? ret : n_files + ret;
        }
        free(names[i]);
    }
    free(names);
    return n_files != 0 ? n_files : fail(path, "no files inside");
}

/* The number of inputs; -1 on error, which was reported. */
static int replay(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return fail(path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return replay_directory(path);
    return replay_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
    int n_all = 0;

    for (int i = 1; i < argc; i++) {
        int n = replay(argv[i]);

        if (n < 0)
            return 1;
        n_all += n;
    }
    if (n_all == 0)
        return fail(argv[0], "give files or directories to replay"), 1;
    printf("%d inputs replayed\n", n_all);
    return 0;
}
