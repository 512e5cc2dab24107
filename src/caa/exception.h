/* Exceptions of the Baseline Requirements by date (R-EXC), decided on recorded facts alone. */
#ifndef CX_CAA_EXCEPTION_H
#define CX_CAA_EXCEPTION_H

#include "caa/case.h"

enum cx_exception {
    CX_EXCEPTION_NONE = 0,
    CX_EXCEPTION_EXEMPT,
    CX_EXCEPTION_ARGUABLE, /* one reading of the text exempts */
};

/* rules gets what exempted, or was tried. */
enum cx_exception cx_exception_of(const struct cx_case *c, struct cx_rules *rules);

#endif
