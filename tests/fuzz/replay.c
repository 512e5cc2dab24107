/* Stands in for the fuzzer in the test run: gives every file of the folders in argv to the target, and each of its
 * prefixes of a few lengths, so that an input that ends early is tried as well. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The size is exact, so that a sanitizer sees the first octet read beyond it. */
static void
give(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size != 0 ? size : 1);

    if (copy == NULL) {
        abort();
    }
    memcpy(copy, data, size);
    (void)LLVMFuzzerTestOneInput(copy, size); /* always 0 */
    free(copy);
}

static int
replay_file(const char *path)
{
    static uint8_t data[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    size_t n;

    if (file == NULL) {
        perror(path);
        return -1;
    }
    n = fread(data, 1, sizeof(data), file);
    if (ferror(file) != 0 || fclose(file) != 0) {
        perror(path);
        return -1;
    }
    for (size_t part = 0; part < 8; part++) {
        give(data, n * part / 8);
    }
    give(data, n);
    return 0;
}

static int
replay_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    int n = 0;

    if (entries == NULL) {
        perror(folder);
        return -1;
    }
    while (n >= 0 && (entry = readdir(entries)) != NULL) {
        char path[4096];

        if (entry->d_name[0] == '.') {
            continue;
        }
        if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path) ||
            replay_file(path) != 0) {
            n = -1;
        } else {
            n++;
        }
    }
    closedir(entries);
    return n;
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int n = replay_folder(argv[i]);

        if (n <= 0) {
            fprintf(stderr, "%s: no inputs\n", argv[i]);
            return EXIT_FAILURE;
        }
        printf("%d inputs of %s\n", n, argv[i]);
    }
    return EXIT_SUCCESS;
}
