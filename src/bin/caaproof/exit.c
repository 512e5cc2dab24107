#include "bin/caaproof/exit.h"

#include "bin/caaproof/output.h"
#include "bin/caaproof/terminal.h"

#include <stdio.h>
#include <stdlib.h>

int
exit_of_verdict(enum cx_verdict verdict, const struct accepted *accepted)
{
    switch (verdict) {
    case CX_VERDICT_PERMIT:
        return EXIT_SUCCESS;
    case CX_VERDICT_DENY:
        return EXIT_DENY;
    case CX_VERDICT_FAIL:
    case CX_VERDICT_ARGUABLE:
    case CX_VERDICT_UNSET:
        return EXIT_FAIL;
    case CX_VERDICT_PERMIT_LF:
        return accepted->lf ? EXIT_SUCCESS : EXIT_PERMIT_LF;
    case CX_VERDICT_EXEMPT:
        return accepted->exempt ? EXIT_SUCCESS : EXIT_NOT_CHECKED;
    case CX_VERDICT_NA:
        return accepted->na ? EXIT_SUCCESS : EXIT_NOT_CHECKED;
    }
    return EXIT_FAIL;
}

int
exit_of_status(cx_status status)
{
    switch (cx_status_class(status)) {
    case CX_CLASS_USAGE:
        return EX_USAGE;
    case CX_CLASS_MALFORMED:
        return EX_DATAERR;
    case CX_CLASS_LIMIT:
    case CX_CLASS_NOMEM:
        return EX_OSERR;
    case CX_CLASS_IO:
        return EX_IOERR;
    case CX_CLASS_PEER:
        return EX_UNAVAILABLE;
    case CX_CLASS_CRYPTO:
        return EX_DATAERR;
    case CX_CLASS_STORE:
        return EX_CANTCREAT;
    case CX_CLASS_DENIED:
        return EX_NOPERM;
    case CX_CLASS_NONE:
    case CX_CLASS_INTERNAL:
        break;
    }
    return EX_SOFTWARE;
}

int
exit_with_output(int code)
{
    bool flushed = fflush(stdout) == 0;

    /* A failure on the way leaves only its mark: the buffer is empty by now, and flushes well. */
    return flushed && ferror(stdout) == 0 ? code : exit_with((cx_status){ CX_E_IO }, NULL);
}

int
exit_with(cx_status status, const struct cx_detail *detail)
{
    const char *text =
        detail != NULL && detail->text[0] != '\0' ? detail->text : cx_status_text(status);

    fputs("caaproof: ", stderr);
    output_plain(stderr, cx_str_of(text));
    if (detail != NULL && detail->rule != NULL) {
        fprintf(stderr, " (%s)", detail->rule);
    }
    fputc('\n', stderr);
    return exit_of_status(status);
}
