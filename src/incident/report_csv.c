#include "base/limits.h"
#include "incident/report_priv.h"

#include <inttypes.h>

/* R-INC-3: eleven columns in that order, ours to the right. */
static const char *const ccadb_columns[] = {
    "Precertificate SHA-256 hash",
    "Certificate SHA-256 hash",
    "Subject",
    "Issuer",
    "Not before",
    "Not after",
    "Serial #",
    "dNSNames",
    "Is revoked?",
    "Revocation date",
    "Revocation reason",
    "CAA checked at (UTC)",
    "Relevant RRset at",
    "CAA records",
    "Verdict then",
    "Verdict now",
    "Evidence grade",
    "Class",
    "Process",
    "Source",
};

/* CRLReason (RFC 5280 section 5.3.1); 7 is not used. */
static const char *const reasons[] = {
    "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
    "superseded",    "cessationOfOperation", "certificateHold", "",
    "removeFromCRL", "privilegeWithdrawn",   "aACompromise",
};

struct table {
    struct cx_buf row;
    struct cx_buf text; /* of the cell that is being made */
    const char *remedy; /* that revokes what the table is about; NULL: all */
    const struct list *list;
    FILE *out; /* NULL: not wanted */
};

/* A list with one line a certificate. */
struct list {
    const char *const *columns;
    size_t n_columns;
    bool (*has)(const struct table *t, const struct cx_json *certificate);
    void (*put)(struct table *t, const struct cx_json *certificate);
};

static void
member(struct table *t, const struct cx_json *certificate, const char *name)
{
    cx_report_cell(&t->row, cx_report_string(certificate, name));
}

static bool
is_to_be_revoked(const struct table *t, const struct cx_json *certificate)
{
    return cx_report_true(cx_json_get(certificate, "remedies"),
                          t->remedy != NULL ? t->remedy : "rules");
}

static bool
is_of_remedy(const struct table *t, const struct cx_json *certificate)
{
    return t->remedy == NULL || is_to_be_revoked(t, certificate);
}

/* A remedy of which nothing is known would give an empty list, which looks like good news. */
static cx_status
check_remedy(const struct table *t, const struct cx_json *certificate, struct cx_detail *detail)
{
    const struct cx_json *remedies = cx_json_get(certificate, "remedies");

    if (t->remedy == NULL || cx_json_kind_of(cx_json_get(remedies, t->remedy)) == CX_JSON_BOOL) {
        return CX_SUCCESS;
    }
    return cx_fail(detail, CX_E_USAGE,
                   "remedy \"%.20s\" is not known of the certificate on line %" PRId64
                   " of its list; run.json says under \"remedies\" whether it is available",
                   t->remedy, cx_report_integer(certificate, "line"));
}

static void
put_crl_reason(struct cx_buf *text, const struct cx_json *reason)
{
    cx_str word;
    int64_t n;

    if (cx_json_string(reason, &word)) {
        cx_report_put_visible(text, word);
    } else if (cx_json_integer(reason, &n) && n >= 0) {
        if (n < (int64_t)CX_COUNT(reasons) && reasons[n][0] != '\0') {
            cx_buf_puts(text, reasons[n]);
        } else {
            cx_buf_printf(text, "%" PRId64, n);
        }
    }
}

/* Is revoked?, Revocation date, Revocation reason: what was done, else by when it must be done. */
static void
revocation(struct table *t, const struct cx_json *certificate)
{
    static const char *const none[] = { "", "", "" };

    if (cx_report_is(certificate, "status", "revoked")) {
        cx_report_cell(&t->row, CX_STR("Yes"));
        member(t, certificate, "revoked");
        put_crl_reason(&t->text, cx_json_get(certificate, "revocation_reason"));
        cx_report_cell_take(&t->row, &t->text);
    } else if (cx_report_is(certificate, "status", "valid") && is_to_be_revoked(t, certificate)) {
        cx_report_cell(&t->row,
                       cx_report_true(certificate, "late") ? CX_STR("Delayed") : CX_STR("Planned"));
        member(t, certificate, "deadline");
        cx_report_cell(&t->row, CX_STR("superseded")); /* R-REV-3 */
    } else {
        cx_report_cells(&t->row, none, CX_COUNT(none));
    }
}

/* Of S/MIME, the domain that CAA is about: the rest is somebody's address. */
static cx_str
host_of(cx_str name)
{
    const char *at = name.n == 0 ? NULL : memrchr(name.p, '@', name.n);

    return at == NULL ? name : (cx_str){ at + 1, name.n - (size_t)(at + 1 - name.p) };
}

static void
put_records(struct cx_buf *text, const struct cx_json *name)
{
    const struct cx_json *records = cx_json_get(name, "records");

    for (size_t i = 0; i < cx_json_size(records); i++) {
        cx_str record = CX_STR("");

        (void)cx_json_string(cx_json_at(records, i), &record); /* else it stays empty */
        cx_buf_puts(text, i == 0 ? "" : " | ");
        cx_report_put_visible(text, record);
    }
    if (cx_json_size(records) == 0 && cx_report_string(name, "checked").n != 0) {
        cx_buf_puts(text, "none");
    }
}

static void
put_of_name(struct cx_buf *text, const struct cx_json *name, const char *of)
{
    size_t before = text->n;

    if (strcmp(of, "records") == 0) {
        put_records(text, name);
    } else {
        cx_report_put_visible(text, cx_report_string(name, of));
    }
    cx_buf_puts(text, text->n == before ? "N/A" : "");
}

/* Leaves the first name's in text. */
static bool
is_same_of_all(struct table *t, const struct cx_json *names, const char *of)
{
    bool same = true;
    size_t first;

    put_of_name(&t->text, cx_json_at(names, 0), of);
    first = t->text.n;
    for (size_t i = 1; i < cx_json_size(names) && same && cx_buf_ok(&t->text); i++) {
        put_of_name(&t->text, cx_json_at(names, i), of);
        same = t->text.n == 2 * first && memcmp(t->text.p, t->text.p + first, first) == 0;
        t->text.n = first;
    }
    return same;
}

/* What holds for each name, in the order of the names: once if it is the same of all, else with the name before it. */
static void
of_each_name(struct table *t, const struct cx_json *certificate, const char *of)
{
    const struct cx_json *names = cx_json_get(certificate, "names");

    if (!is_same_of_all(t, names, of)) {
        cx_buf_clear(&t->text);
        for (size_t i = 0; i < cx_json_size(names); i++) {
            const struct cx_json *name = cx_json_at(names, i);

            cx_buf_puts(&t->text, i == 0 ? "" : "; ");
            cx_report_put_visible(&t->text, host_of(cx_report_string(name, "name")));
            cx_buf_puts(&t->text, ": ");
            put_of_name(&t->text, name, of);
        }
    }
    cx_report_cell_take(&t->row, &t->text);
}

static void
ours(struct table *t, const struct cx_json *certificate)
{
    of_each_name(t, certificate, "checked");
    of_each_name(t, certificate, "found_at");
    of_each_name(t, certificate, "records");
    of_each_name(t, certificate, "verdict");
    member(t, cx_json_get(certificate, "now"), "state");
    member(t, certificate, "grade");
    member(t, certificate, "class");
    member(t, certificate, "process");
    cx_report_put_source(&t->text, certificate);
    cx_report_cell_take(&t->row, &t->text);
}

static void
ccadb_row(struct table *t, const struct cx_json *certificate)
{
    member(t, certificate, "precertificate");
    member(t, certificate, "certificate");
    /* Of S/MIME hashes and serial must do: the rest may be personal. */
    cx_report_cell(&t->row, cx_report_has_mailbox(certificate)
                                ? CX_STR("")
                                : cx_report_string(certificate, "subject"));
    member(t, certificate, "issuer");
    member(t, certificate, "not_before");
    member(t, certificate, "not_after");
    member(t, certificate, "serial");
    cx_report_put_hosts(&t->text, certificate);
    cx_report_cell_take(&t->row, &t->text);
    revocation(t, certificate);
    ours(t, certificate);
    cx_report_end_row(&t->row);
}

/* ---- links */

/* All but letters, digits and ".-*" would need care somewhere. */
static void
put_percent(struct cx_buf *buf, cx_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = (uint8_t)text.p[i];

        if (cx_ascii_alnum(c) || c == '.' || c == '-') {
            cx_buf_putc(buf, (char)c);
        } else {
            cx_buf_printf(buf, "%%%02X", (unsigned)c);
        }
    }
}

/* By the certificate's hash; what has none, by what it has, so that no certificate is left out. */
static void
link_row(struct table *t, const struct cx_json *certificate)
{
    const struct cx_json *names = cx_json_get(certificate, "names");
    cx_str hash = cx_report_string(certificate, "certificate");
    cx_str other = cx_report_string(certificate, "serial");

    if (hash.n == 0) {
        hash = cx_report_string(certificate, "precertificate");
    }
    if (other.n == 0) {
        other = cx_report_string(cx_json_at(names, 0), "name");
    }
    cx_buf_puts(&t->row, hash.n != 0 ? "https://crt.sh/?sha256=" : "https://crt.sh/?q=");
    put_percent(&t->row, hash.n != 0 ? hash : other);
    cx_buf_putc(&t->row, '\n');
}

/* ---- worklist */

static const char *const work_columns[] = {
    "Deadline (UTC)",
    "Late",
    "Duty",
    "Rule",
    "Do",
    "Serial #",
    "Issuer",
    "Names",
    "Not after",
    "Class",
    "DNS now",
    "Account",
    "Subscriber",
    "Source",
    "Certificate SHA-256 hash",
    "Precertificate SHA-256 hash",
};

static void
work_row(struct table *t, const struct cx_json *certificate)
{
    member(t, certificate, "deadline");
    cx_report_cell(&t->row, cx_report_true(certificate, "late") ? CX_STR("yes") : CX_STR("no"));
    member(t, certificate, "duty");
    member(t, certificate, "rule");
    cx_report_cell(&t->row, CX_STR("revoke, reason superseded (4)")); /* R-REV-3 */
    member(t, certificate, "serial");
    member(t, certificate, "issuer");
    cx_report_put_names(&t->text, certificate);
    cx_report_cell_take(&t->row, &t->text);
    member(t, certificate, "not_after");
    member(t, certificate, "class");
    member(t, cx_json_get(certificate, "now"), "state");
    member(t, certificate, "account");
    member(t, certificate, "subscriber");
    cx_report_put_source(&t->text, certificate);
    cx_report_cell_take(&t->row, &t->text);
    member(t, certificate, "certificate");
    member(t, certificate, "precertificate");
    cx_report_end_row(&t->row);
}

static bool
is_work(const struct table *t __attribute__((unused)), const struct cx_json *certificate)
{
    return cx_report_has_duty(certificate);
}

/* ---- all lists */

static const struct list ccadb_list = { ccadb_columns, CX_COUNT(ccadb_columns), is_of_remedy,
                                        ccadb_row };
static const struct list link_list = { NULL, 0, is_of_remedy, link_row };
static const struct list work_list = { work_columns, CX_COUNT(work_columns), is_work, work_row };

struct tables {
    struct table v[3];
    struct cx_notices *notices; /* NULL: not wanted */
};

static cx_status
begin_tables(struct tables *all, struct cx_detail *detail)
{
    for (size_t i = 0; i < CX_COUNT(all->v); i++) {
        struct table *t = &all->v[i];

        if (t->out != NULL && t->list->n_columns != 0) {
            cx_report_cells(&t->row, t->list->columns, t->list->n_columns);
            cx_report_end_row(&t->row);
            CX_TRY(cx_report_flush(&t->row, t->out, detail));
        }
    }
    return CX_SUCCESS;
}

static cx_status
take(struct tables *all, const struct cx_json *certificate, struct cx_detail *detail)
{
    for (size_t i = 0; i < CX_COUNT(all->v); i++) {
        struct table *t = &all->v[i];

        if (t->out == NULL) {
            continue;
        }
        CX_TRY(check_remedy(t, certificate, detail));
        if (t->list->has(t, certificate)) {
            t->list->put(t, certificate);
            CX_TRY(cx_report_flush(&t->row, t->out, detail));
        }
    }
    return all->notices != NULL ? cx_notices_add(all->notices, certificate, detail) : CX_SUCCESS;
}

static cx_status
take_all(struct tables *all, const struct cx_report_rows *rows, struct cx_detail *detail)
{
    const struct cx_json *certificate;

    CX_TRY(begin_tables(all, detail));
    for (;;) {
        CX_TRY(cx_report_next(rows, &certificate, detail));
        if (certificate == NULL) {
            return CX_SUCCESS;
        }
        CX_TRY(take(all, certificate, detail));
    }
}

cx_status
cx_report_lists(const struct cx_report_rows *rows, const char *remedy,
                const struct cx_report_lists *lists, struct cx_detail *detail)
{
    struct tables all = { .v = { { .list = &ccadb_list, .remedy = remedy, .out = lists->csv },
                                 { .list = &link_list, .remedy = remedy, .out = lists->links },
                                 { .list = &work_list, .out = lists->worklist } } };
    cx_status s = lists->notices != NULL ? cx_notices_new(&all.notices) : CX_SUCCESS;

    for (size_t i = 0; i < CX_COUNT(all.v); i++) {
        cx_buf_init(&all.v[i].row, CX_LINE_MAX);
        cx_buf_init(&all.v[i].text, CX_LINE_MAX);
    }
    if (cx_ok(s)) {
        s = take_all(&all, rows, detail);
    }
    if (cx_ok(s) && all.notices != NULL) {
        s = cx_notices_write(all.notices, lists->notices, detail);
    }
    for (size_t i = 0; i < CX_COUNT(all.v); i++) {
        cx_buf_done(&all.v[i].row);
        cx_buf_done(&all.v[i].text);
    }
    cx_notices_free(all.notices);
    return s;
}
