/* The remedies side by side (R-PRF-7, R-PRF-8, R-P19-1 to R-P19-5, R-REV): what each is, and the sentence why it is or is not in line
 * with the rules of the date of awareness. */
#ifndef CX_INCIDENT_REMEDY_H
#define CX_INCIDENT_REMEDY_H

#include "incident/triage.h"

enum cx_in_line {
    CX_IN_LINE_NO = 0,
    CX_IN_LINE_ARGUABLE,
    CX_IN_LINE_YES,
};

const char *cx_in_line_word(enum cx_in_line in_line);
const char *cx_remedy_title(enum cx_remedy remedy);

struct cx_remedy_judgement {
    enum cx_in_line in_line;
    const char *why; /* a sentence, with the rule */
};

/* unused: the remedy spares certificates whose permissive answer was not consulted. */
struct cx_remedy_judgement cx_remedy_judge(enum cx_remedy remedy, enum cx_profile profile,
                                           cx_time aware, bool unused);

#endif
