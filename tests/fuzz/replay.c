/* Runs a fuzz target over every file of a folder, each in a child process, and counts. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define INPUT_MAX ((size_t)1 << 20)

static int
run_file(const char *path)
{
    uint8_t *data = malloc(INPUT_MAX), *exact;
    FILE *f = fopen(path, "rb");
    size_t n = 0;

    if (f == NULL || data == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(2);
    }
    n = fread(data, 1, INPUT_MAX, f);
    (void)fclose(f);                /* read only */
    exact = malloc(n == 0 ? 1 : n); /* so that a sanitizer sees a read behind the end */
    if (exact == NULL) {
        exit(2);
    }
    memcpy(exact, data, n);
    free(data);
    n = (size_t)LLVMFuzzerTestOneInput(exact, n);
    free(exact);
    return (int)n;
}

static int
passes(const char *path)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        exit(run_file(path));
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

int
main(int argc, char **argv)
{
    unsigned passed = 0, failed = 0;
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;

    if (dir == NULL) {
        fprintf(stderr, "usage: %s folder\n", argv[0]);
        return 2;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[4096];
        int n = snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);

        if (entry->d_name[0] == '.' || n < 0 || (size_t)n >= sizeof(path)) {
            continue;
        }
        if (passes(path)) {
            passed++;
        } else {
            fprintf(stderr, "failed: %s\n", path);
            failed++;
        }
    }
    (void)closedir(dir); /* read only */
    printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 && passed != 0 ? 0 : 1;
}
