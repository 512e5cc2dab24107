#include "bin/caaproof/command.h"
#include "domain/suffix.h"
#include "pki/ecdsa.h"
#include "resolve/library.h"
#include "resolve/live.h"
#include "resolve/nettle_p256.h"
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
    "  check --record STORE         any of them, kept as evidence; with --authority a permit to "
    "sign\n"
    "  permit verify | show         may this be signed now, by a check that is in the log?\n"
    "  show STORE ID                a recorded check, as it was\n"
    "  replay STORE                 all recorded checks through the judge of today\n"
    "  prevented STORE              issuances that CAA prevented, with the records that did\n"
    "  shadow STORE                 checks whose verdict is not the caller's own\n"
    "  log checkpoint|prove|...     the log as outsiders verify it\n"
    "  store init|check|seal|...    the folder that keeps it\n"
    "  reconcile STORE ...          which certificates were signed without a good permit\n"
    "  import ARCHIVE FILE...       what was kept of old checks: logs, captures, stores\n"
    "  triage ...                   after an incident: what is proven of which certificate, by "
    "when to act\n"
    "  report RUN                   the page, the incident report and the lists of a triage\n"
    "  explain RUN SERIAL|SHA256    one certificate's story\n"
    "  recheck RUN                  what DNS says now about the certificates of a triage\n"
    "  scope RUN ...                which verdicts other rules, names or code would change\n"
    "  lint NAME | --zone FILE      mistakes in CAA records, and who may issue\n"
    "  contacts NAME                contacts for validation that CAA publishes\n"
    "  status | stop | ack | drain  how the daemon is; stop all permits, and let them go on; end "
    "it\n"
    "  conformance --exec CMD       the golden table against any checker\n"
    "\n"
    "caaproof COMMAND --help explains a command; caaproof --version says what it is built on.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    { "check", command_check },       { "lint", command_lint },
    { "contacts", command_contacts }, { "conformance", command_conformance },
    { "show", command_show },         { "replay", command_replay },
    { "log", command_log },           { "store", command_store },
    { "permit", command_permit },     { "import", command_import },
    { "triage", command_triage },     { "report", command_report },
    { "explain", command_explain },   { "scope", command_scope },
    { "recheck", command_recheck },   { "reconcile", command_reconcile },
    { "shadow", command_shadow },     { "prevented", command_prevented },
    { "status", command_daemon },     { "stop", command_daemon },
    { "ack", command_daemon },        { "drain", command_daemon },
};

/* What answers and verdicts depend on beside this program. Nothing is sent. */
static void
print_version(void)
{
    printf("caaproof %s\nlibunbound %s, linked with %s%s\n", CAAPROOF_VERSION, cx_live_version(),
           cx_library_crypto_text(cx_library_crypto()),
           cx_library_is_supported() ? "" : ", unsupported: older than " CX_LIBRARY_OLDEST);
    if (cx_nettle_p256_works()) {
        printf("P-256 verification: OpenSSL %s, in place of nettle\n", cx_openssl_version());
    } else {
        printf("P-256 verification: libunbound's own\n");
    }
    printf("wire tap: %s\npublic suffixes: %s\n", cx_tap_works() ? "on" : "unavailable",
           cx_public_suffix_version());
}

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
        print_version();
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "caaproof: no command \"%s\"\n\n%s", argv[1], usage);
    return EX_USAGE;
}
