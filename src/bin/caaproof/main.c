#include "bin/caaproof/command.h"
#include "domain/suffix.h"
#include "resolve/live.h"
#include "resolve/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static const char usage[] =
    "usage: caaproof COMMAND ...\n"
    "\n"
    "Checks CAA (RFC 8659), and says why.\n"
    "\n"
    "  check NAME... --issuer D     may this CA issue for these names?\n"
    "  check --batch                the same for a stream of requests\n"
    "  check --cert FILE            the same for a certificate, precertificate or request\n"
    "  lint NAME | --zone FILE      mistakes in CAA records, and who may issue\n"
    "  contacts NAME                contacts for validation that CAA publishes\n"
    "  conformance --exec CMD       the golden table against any checker\n"
    "\n"
    "caaproof COMMAND --help explains a command; caaproof --version says what it is built on.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    { "check", command_check },
    { "lint", command_lint },
    { "contacts", command_contacts },
    { "conformance", command_conformance },
};

int
main(int argc, char **argv)
{
    if (argc < 2) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("caaproof %s\nlibunbound %s\nwire tap: %s\npublic suffixes: %s\n", CAAPROOF_VERSION,
               cx_live_version(), cx_tap_works() ? "on" : "unavailable",
               cx_public_suffix_version());
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "caaproof: no command \"%s\"\n\n%s", argv[1], usage);
    return EX_USAGE;
}
