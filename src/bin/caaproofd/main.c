#include "bin/caaproofd/config.h"
#include "bin/caaproofd/parent_files.h"
#include "bin/caaproofd/role.h"
#include "bin/caaproofd/roles.h"
#include "domain/suffix.h"

#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const char usage[] =
    "usage: caaproofd -c FILE [-t | -T]\n"
    "\n"
    "Checks CAA for certification authorities over HTTP, keeps the evidence, and gives permits to "
    "sign.\n"
    "\n"
    "  -c, --config FILE   the configuration: caaproofd.yaml, docs/configuration.md\n"
    "  -t, --test          say whether it can be used, and end\n"
    "  -T, --dump          say what is in force by it, defaults too, and end\n"
    "      --version       what this is\n"
    "\n"
    "SIGHUP reads the configuration again, with certificates and tokens, and drops no request; "
    "a file\n"
    "with faults changes nothing. SIGTERM, or caaproof drain, ends the daemon when what was begun "
    "is done.\n"
    "Logs go to standard error.\n"
    "\n"
    "Exit status: 0 it ended as it was told, or the configuration can be used; 1 it could not run; "
    "64 wrong use.\n"
    "\n"
    "Try: caaproofd -c /etc/caaproof/caaproofd.yaml -t\n";

enum {
    OPT_ROLE = 256,
    OPT_PLACE,
    OPT_VERSION,
};

static const struct option long_options[] = {
    { "config", required_argument, NULL, 'c' },
    { "test", no_argument, NULL, 't' },
    { "dump", no_argument, NULL, 'T' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, OPT_VERSION },
    { "role", required_argument, NULL, OPT_ROLE },
    { "place", required_argument, NULL, OPT_PLACE },
    { NULL, 0, NULL, 0 },
};

struct arguments {
    const char *config;
    bool test;
    bool dump;
    enum role role; /* of a process that the parent started */
    unsigned place;
};

/* Certificates, keys and tokens are there, and TLS can be spoken with them. */
static cx_status
test_files(const struct arguments *a, const struct config *config)
{
    struct files files = { .n = 0 };
    struct cx_detail detail = { .text = "" };
    cx_status s = files_read(config, &files, &detail);

    if (cx_ok(s)) {
        (void)printf("%s can be used\n", a->config);
    } else {
        (void)fprintf(stderr, "%s: %s\n", a->config,
                      detail.text[0] != '\0' ? detail.text : cx_status_text(s));
    }
    files_close(&files);
    return s;
}

static int
test_config(const struct arguments *a)
{
    CX_AUTO(cx_buf_done) struct cx_buf text = { .max = CX_CONFIG_PRINTED_MAX };
    struct config_faults faults;
    struct config *config = NULL;
    cx_status s;

    config_faults_init(&faults);
    s = config_load(a->config, &config, &faults);
    if (!cx_ok(s)) {
        (void)fwrite(faults.text.p, 1, faults.text.n, stderr);
    } else if (a->dump) {
        s = config_print(config, &text);
        (void)fwrite(text.p, 1, text.n, stdout);
    } else {
        s = test_files(a, config);
    }
    config_faults_done(&faults);
    config_free(config);
    return cx_ok(s) && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A check of a hundred names takes 0.7 MB for its findings. The C library gives so much back to the kernel, and asks for it again page
 * by page: most of the front's time in such a batch. These amounts a process keeps when its checks have ended. */
static void
keep_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD,
                  32 << 20); /* an amount that is not understood changes nothing */
    (void)mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

static int
run_role(const struct arguments *a)
{
    keep_memory();
    switch (a->role) {
    case ROLE_FRONT:
        return run_front();
    case ROLE_RECORDER:
        return run_recorder();
    case ROLE_RESOLVER:
        return run_resolver(a->place);
    case ROLE_COURIER:
        return run_courier();
    case ROLE_UNSET:
    case ROLE_PARENT:
    case ROLES:
        break;
    }
    return EX_USAGE;
}

static int
run(const struct arguments *a)
{
    if (a->role != ROLE_UNSET) {
        return run_role(a);
    }
    if (a->config == NULL) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    return a->test || a->dump ? test_config(a) : run_parent(a->config);
}

int
main(int argc, char **argv)
{
    struct arguments a = { .role = ROLE_UNSET };
    int option;

    while ((option = getopt_long(argc, argv, "c:tTh", long_options, NULL)) != -1) {
        switch (option) {
        case 'c':
            a.config = optarg;
            break;
        case 't':
            a.test = true;
            break;
        case 'T':
            a.dump = true;
            break;
        case 'h':
            fputs(usage, stdout);
            return EXIT_SUCCESS;
        case OPT_VERSION:
            puts(SOFTWARE);
            return EXIT_SUCCESS;
        case OPT_ROLE:
            a.role = role_of_name(cx_str_of(optarg));
            break;
        case OPT_PLACE:
            a.place = (unsigned)strtoul(optarg, NULL, 10);
            break;
        default:
            fputs("see caaproofd --help\n", stderr);
            return EX_USAGE;
        }
    }
    return run(&a);
}
