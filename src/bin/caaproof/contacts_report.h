/* Contacts of a name, for a person and as JSON (docs/json.md, "Contacts"). */
#ifndef CAAPROOF_CONTACTS_REPORT_H
#define CAAPROOF_CONTACTS_REPORT_H

#include "base/json.h"
#include "caa/climb.h"
#include "caa/contact.h"

#include <stdio.h>

struct contacts_report {
    cx_str name; /* as it was given */
    cx_time date;
    const struct cx_search *search; /* ended */
    struct cx_contacts contacts;    /* none unless the search found a set */
};

void contacts_print(FILE *out, const struct contacts_report *report);
/* NULL when out of memory. */
struct cx_json *contacts_to_json(const struct contacts_report *report);

#endif
