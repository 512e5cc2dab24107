#include "base/limits.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/contacts_report.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "domain/subject.h"

#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: caaproof contacts NAME [--date T] [options]\n"
    "\n"
    "Shows the contacts for domain validation that CAA publishes for a name: contactemail for\n"
    "method 3.2.2.4.13 of the Baseline Requirements, contactphone for 3.2.2.4.17. They are those "
    "of\n"
    "the set of records that check finds (RFC 8659 section 3). Each is usable or not: its value "
    "must\n"
    "be one e-mail address or one global telephone number and nothing else, and the method must "
    "be\n"
    "one that a CA may use on the date.\n"
    "\n"
    "  --date T           the methods as of this moment (2027-03-15 or 2027-03-15T12:00:00Z)\n"
    "  --zone FILE        zone file, to look before it is published (repeatable)\n"
    "  --answers FILE     recorded answers, one JSON object a line\n" OPTIONS_LIVE_HELP
    "  --json             one object (docs/json.md, \"Contacts\")\n"
    "\n"
    "Exit status: 0 a contact is usable; 1 none is; 11 a lookup failed, so nobody knows; 64-78 "
    "errors.\n"
    "\n"
    "Try: caaproof contacts example.org\n";

/* One name being looked for; the arena goes after the source. */
struct looking {
    const struct options *options;
    struct cx_arena arena;
    struct cx_source source;
    struct cx_policy policy;
    struct cx_facts facts;
    struct cx_epoch epoch;
    struct cx_case c;
    struct cx_subject subject;
    struct cx_answers answers;
    struct cx_search search;
    size_t open;
    bool out_of_memory;
};

static cx_status
take_date(struct looking *l, struct cx_detail *detail)
{
    const struct cx_json *json = cx_json_get(l->options->request, "date");
    cx_str text = { NULL, 0 };

    l->c.date = cx_time_now();
    if (json == NULL) {
        return CX_SUCCESS;
    }
    return cx_json_string(json, &text) && cx_ok(cx_time_parse(text, &l->c.date))
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_USAGE,
                         "--date takes a moment such as 2027-03-15 or 2027-03-15T12:00:00Z");
}

/* R-TAG-12: the search of RFC 8659 on every date; else as check does by default, so that no failure is passed over. */
static cx_status
take_case(struct looking *l, const char *name, struct cx_detail *detail)
{
    CX_TRY(take_date(l, detail));
    l->policy = cx_policy_default();
    l->epoch = *cx_epoch_at(CX_PROFILE_TLS_BR, l->c.date);
    l->epoch.algorithm = CX_ALGORITHM_RFC8659;
    l->c.purpose = CX_PURPOSE_TLS;
    l->c.order = CX_ORDER_BOTTOM_UP;
    l->c.epoch = &l->epoch;
    l->c.policy = &l->policy;
    l->c.facts = &l->facts;
    CX_TRY(cx_subject_from_text(cx_str_of(name), CX_PURPOSE_TLS, &l->c, &l->arena, &l->subject,
                                detail));
    return l->subject.kind == CX_SUBJECT_DNS
               ? CX_SUCCESS
               : cx_fail(detail, CX_E_NAME, "IP addresses and onion names have no contacts in CAA");
}

static void
answered(void *ctx, const struct cx_answer *answer)
{
    struct looking *l = ctx;

    l->open--;
    if (answer == NULL || !cx_ok(cx_answers_add(&l->answers, &l->arena, answer))) {
        l->out_of_memory = true;
    }
}

static cx_status
climb(struct looking *l, struct cx_detail *detail)
{
    for (size_t round = 0; round <= CX_LABELS_MAX; round++) {
        cx_climb(&l->c, &l->subject, &l->answers, true, &l->search);
        if (l->search.state != CX_SEARCH_NEEDS) {
            return CX_SUCCESS;
        }
        for (size_t i = 0; i < l->search.n_need; i++) {
            l->open++;
            cx_source_ask(&l->source, &l->search.need[i], &l->arena, answered, l);
        }
        while (l->open != 0) {
            CX_TRY(cx_source_wait(&l->source));
        }
        if (l->out_of_memory) {
            return (cx_status){ CX_E_NOMEM };
        }
    }
    return cx_fail(detail, CX_E_INTERNAL, "the search does not end");
}

static cx_status
print_json(const struct contacts_report *report)
{
    struct cx_json *json = contacts_to_json(report);
    cx_status s = output_json(json);

    cx_json_free(json);
    return s;
}

static cx_status
look(struct looking *l, const char *name, size_t *ret_usable, struct cx_detail *detail)
{
    struct contacts_report report = { .name = cx_str_of(name), .search = &l->search };

    CX_TRY(take_case(l, name, detail));
    CX_TRY(options_source(l->options, &l->source, detail));
    CX_TRY(climb(l, detail));
    report.date = l->c.date;
    CX_TRY(cx_contacts_of(l->search.state == CX_SEARCH_FOUND ? l->search.answer : NULL, l->c.date,
                          &l->arena, &report.contacts));
    if (l->options->json) {
        CX_TRY(print_json(&report));
    } else {
        contacts_print(stdout, &report);
    }
    *ret_usable = report.contacts.n_usable;
    return CX_SUCCESS;
}

static int
contacts_with(const struct options *o, int argc, char **argv, int first)
{
    static const char *const used[] = { "date", NULL };
    const char *wrong = options_misplaced(o, used);
    struct looking l = { .options = o };
    struct cx_detail detail = { .text = "" };
    size_t usable = 0;
    cx_status s;

    cx_arena_init(&l.arena, CX_CHECK_MEMORY);
    if (wrong != NULL) {
        s = cx_fail(&detail, CX_E_USAGE,
                    "contacts has no use for --%s; see caaproof contacts --help", wrong);
    } else if (argc - first != 1) {
        s = cx_fail(&detail, CX_E_USAGE, "one name is needed; see caaproof contacts --help");
    } else {
        s = look(&l, argv[first], &usable, &detail);
    }
    cx_source_close(&l.source);
    cx_arena_done(&l.arena);
    if (!cx_ok(s)) {
        return exit_with(s, &detail);
    }
    if (l.search.state == CX_SEARCH_FOUND || l.search.state == CX_SEARCH_EMPTY) {
        return usable != 0 ? EXIT_SUCCESS : 1;
    }
    return EXIT_FAIL;
}

int
command_contacts(int argc, char **argv)
{
    struct options options;
    int first = options_parse(argc, argv, usage, &options);
    int code = first < 0 ? options.exit : contacts_with(&options, argc, argv, first);

    options_done(&options);
    return fflush(stdout) != 0 ? EX_IOERR : code;
}
