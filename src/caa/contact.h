/* Contacts for domain validation in CAA: contactemail and contactphone (R-TAG-4, R-TAG-5, R-TAG-11), and the methods
 * 3.2.2.4.13 and 3.2.2.4.17 that use them, by date (R-TAG-12). They never restrict; the judge does not use this.
 * Narrower than the texts: the domain of an address must be a name of two labels or more, not an address in brackets; and
 * no blank follows the + of a number.
 * I1: a zeroed contact is not usable.  I2: the contacts of a set do not depend on the order of its records, so that two
 * perspectives can be compared octet for octet (R-MPIC-21). */
#ifndef CX_CAA_CONTACT_H
#define CX_CAA_CONTACT_H

#include "base/arena.h"
#include "base/time.h"
#include "caa/tag.h"
#include "dns/answer.h"

enum cx_contact_problem {
    CX_CONTACT_UNSET = 0,
    CX_CONTACT_FITS,
#define X(name, word, rule, sentence) CX_CONTACT_##name,
#include "caa/contact.def"
#undef X
};

struct cx_contact_fault {
    enum cx_contact_problem problem;
    size_t
        octet; /* of the value, from 1; one past its end if something is missing there; 0 = none is to blame */
};

/* Empty for UNSET and FITS. */
const char *cx_contact_word(enum cx_contact_problem problem);
const char *cx_contact_rule(enum cx_contact_problem problem);
const char *cx_contact_sentence(enum cx_contact_problem problem);

/* The form of a value alone. property is CX_TAG_CONTACTEMAIL or CX_TAG_CONTACTPHONE; UNSET for any other. */
struct cx_contact_fault cx_contact_check(enum cx_tag property, cx_span value);

/* Whether a CA may use a method on a date. */
enum cx_standing {
    CX_STANDING_UNSET = 0,
    CX_STANDING_NOT_YET,
    CX_STANDING_MAY,
    CX_STANDING_SHOULD_NOT,
    CX_STANDING_MUST_NOT,
};

const char *cx_standing_word(enum cx_standing standing);

struct cx_contact_method {
    enum cx_tag property;
    const char *number;      /* section of the BR */
    const char *name;        /* in words */
    cx_time from;            /* first second, as the others */
    cx_time should_not_from; /* CX_TIME_MAX: not before it ends */
    cx_time must_not_from;
};

/* property as for cx_contact_check; a method that never was for any other. */
struct cx_contact_method cx_contact_method_of(enum cx_tag property);
enum cx_standing cx_contact_method_standing(const struct cx_contact_method *method, cx_time date);

struct cx_contact {
    enum cx_tag property;
    cx_span value; /* borrowed from the set */
    enum cx_standing standing;
    bool usable; /* the value fits, and a CA may use the method */
    struct cx_contact_fault fault;
};

struct cx_contacts {
    const struct cx_contact *v; /* by property, then by value; each once */
    size_t n;
    size_t n_usable;
};

/* set is the Relevant RRset, or NULL if there is none; a failed lookup is the caller's to report, and has no contacts
 * here. All memory is the arena's. Classes: NOMEM. */
cx_status cx_contacts_of(const struct cx_answer *set, cx_time date, struct cx_arena *arena,
                         struct cx_contacts *ret) CX_MUST;

#endif
