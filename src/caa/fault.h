/* What is wrong with an issue value, and at which octet: for the person who wrote it. The judge does not use it.
 * I1: CX_FAULT_NONE exactly for what cx_issue_value_parse finds well formed by RFC 8659. */
#ifndef CX_CAA_FAULT_H
#define CX_CAA_FAULT_H

#include "base/span.h"

enum cx_fault {
    CX_FAULT_NONE = 0,
#define X(name, word, sentence) CX_FAULT_##name,
#include "caa/faults.def"
#undef X
};

struct cx_value_fault {
    enum cx_fault fault;
    size_t octet; /* of the value, from 1; one past its end if something is missing there */
};

struct cx_value_fault cx_value_fault_of(cx_span value);

const char *cx_fault_word(enum cx_fault fault);
const char *cx_fault_sentence(enum cx_fault fault);

#endif
