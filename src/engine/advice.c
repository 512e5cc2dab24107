#include "engine/advice.h"

#include "base/limits.h"

#include <stdio.h>

void
cx_answer_words(const struct cx_answer *answer, char *ret, size_t room)
{
    const char *words = "";

    switch (answer->outcome) {
    case CX_OUTCOME_RECORDS:
        (void)snprintf(ret, room, answer->type == CX_TYPE_DNAME ? "DNAME" : "%zu record%s",
                       answer->n_records, answer->n_records == 1 ? "" : "s");
        return;
    case CX_OUTCOME_NODATA:
        words = answer->type == CX_TYPE_DNAME ? "no DNAME here" : "no CAA here";
        break;
    case CX_OUTCOME_NXDOMAIN:
        words = "no such name";
        break;
    case CX_OUTCOME_TIMEOUT:
        words = "no answer in time";
        break;
    case CX_OUTCOME_SERVFAIL:
        words = "server failure";
        break;
    case CX_OUTCOME_REFUSED:
        words = "refused";
        break;
    case CX_OUTCOME_TRUNCATED:
        words = "cut off";
        break;
    case CX_OUTCOME_MALFORMED:
        words = "unreadable";
        break;
    case CX_OUTCOME_LOOP:
        words = "alias loop";
        break;
    case CX_OUTCOME_BOGUS:
        words = "DNSSEC bogus";
        break;
    case CX_OUTCOME_INDETERMINATE:
        words = "indeterminate";
        break;
    case CX_OUTCOME_DEADLINE:
        words = "our deadline";
        break;
    case CX_OUTCOME_ERROR:
    case CX_OUTCOME_UNSET:
        words = "could not be asked";
        break;
    }
    (void)snprintf(ret, room, "%s", words);
}

static const char *
restricting_property(const struct cx_request_name *name)
{
    return name->c->purpose == CX_PURPOSE_SMIME ? "issuemail"
           : name->c->purpose == CX_PURPOSE_VMC ? "issuevmc"
           : name->subject.wildcard             ? "issuewild"
                                                : "issue";
}

bool
cx_put_cure(const struct cx_request_name *name, const struct cx_finding *f, struct cx_buf *buf)
{
    char owner[CX_NAME_TEXT_MAX];

    if (f->verdict != CX_VERDICT_DENY || f->reason != CX_REASON_NO_MATCH || f->set == NULL ||
        name->c->n_own == 0) {
        return false;
    }
    cx_name_text(f->set->records_at, owner);
    cx_buf_puts(buf, owner);
    cx_buf_printf(buf, ". CAA 0 %s \"", restricting_property(name));
    cx_buf_put_escaped(buf, cx_span_of_str(name->c->own[0].name));
    cx_buf_putc(buf, '"');
    return true;
}
