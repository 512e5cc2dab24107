/* What people are told of a finding, whatever they read it in. */
#ifndef CX_ENGINE_ADVICE_H
#define CX_ENGINE_ADVICE_H

#include "engine/check.h"

/* Room for the words of any answer. */
#define CX_ANSWER_WORDS 64

/* What an answer says. */
void cx_answer_words(const struct cx_answer *answer, char *ret, size_t room);
/* Appends the record that would make a denied name pass, as a line of a zone file. False: no record would by itself. */
bool cx_put_cure(const struct cx_request_name *name, const struct cx_finding *finding,
                 struct cx_buf *buf);

#endif
