#include "base/alloc.h"
#include "base/limits.h"
#include "incident/report_priv.h"

#include <stdlib.h>

/* BR 4.9.5: who is told what. A row is held as text until all are there, since who is told first is known by the most urgent of
 * their certificates. What is said is the same for long runs of them, and held once for each run. */
struct notice {
    size_t whom; /* offsets of text */
    size_t said;
    size_t row; /* cells before what is said, then the hash behind it */
    uint32_t whom_n;
    uint32_t said_n;
    uint32_t row_n;
    uint32_t hash_n;
    size_t order; /* of the run */
    size_t group; /* order of the first one to the same */
};

struct cx_notices {
    struct cx_buf text;
    struct cx_buf row;
    struct cx_buf cell;
    struct notice *v;
    size_t n;
    size_t room;
};

static const char *const columns[] = {
    "To",
    "Account",
    "Subscriber",
    "Names",
    "Serial #",
    "Issuer",
    "Not after",
    "Must be revoked by (UTC)",
    "Rule",
    "Notice",
    "Certificate SHA-256 hash",
};

static cx_status
make_room(struct cx_notices *all, struct cx_detail *detail)
{
    struct notice *v;

    if (all->n < all->room) {
        return CX_SUCCESS;
    }
    all->room = all->room == 0 ? 1024 : all->room * 2;
    v = cx_realloc(all->v, all->room, sizeof(*v));
    if (v == NULL) {
        all->room = all->n;
        return cx_fail(detail, CX_E_NOMEM, "notices: no memory to group them");
    }
    all->v = v;
    return CX_SUCCESS;
}

/* Help for who has to replace it; never a reason to keep it (R-PRF-6). */
static void
put_outlook(struct cx_buf *cell, const struct cx_json *certificate)
{
    cx_str now = cx_report_string(cx_json_get(certificate, "now"), "state");

    if (cx_str_equal(now, CX_STR("PERMITS-NOW"))) {
        cx_buf_puts(cell, " When CAA was asked again it permitted a new certificate.");
    } else if (cx_str_equal(now, CX_STR("DENIES-NOW"))) {
        cx_buf_puts(
            cell,
            " When CAA was asked again it forbade this authority to issue: the records have to be "
            "changed before a new certificate can be issued here.");
    } else if (cx_str_equal(now, CX_STR("FAILS-NOW"))) {
        cx_buf_puts(cell, " When CAA was asked again the lookup failed: look at the name servers, "
                          "or a new certificate may be refused.");
    }
}

/* A fact, a duty, and what to do; no excuse. */
static void
put_notice(struct cx_buf *cell, const struct cx_json *certificate)
{
    cx_str deadline = cx_report_string(certificate, "deadline");
    cx_str rule = cx_report_duty_source(certificate);

    cx_buf_puts(cell,
                "The check of CAA records before this certificate was signed cannot be relied "
                "upon. It must be revoked by ");
    cx_report_put_visible(cell,
                          deadline.n != 0 ? deadline : CX_STR("a time that is not known yet"));
    if (rule.n != 0) {
        cx_buf_puts(cell, " (");
        cx_report_put_visible(cell, rule);
        cx_buf_puts(cell, ")");
    }
    cx_buf_puts(cell, ". Replace it before then.");
    put_outlook(cell, certificate);
}

static void
put_row(struct cx_notices *all, const struct cx_json *certificate, cx_str whom)
{
    static const char *const members[] = { "account", "subscriber" };
    static const char *const after[] = { "serial", "issuer", "not_after", "deadline", "rule" };

    cx_report_cell(&all->row, whom.n != 0 ? whom : CX_STR("not known: find out whom to tell"));
    for (size_t i = 0; i < CX_COUNT(members); i++) {
        cx_report_cell(&all->row, cx_report_string(certificate, members[i]));
    }
    cx_report_put_names(&all->cell, certificate);
    cx_report_cell_take(&all->row, &all->cell);
    for (size_t i = 0; i < CX_COUNT(after); i++) {
        cx_report_cell(&all->row, cx_report_string(certificate, after[i]));
    }
}

/* Into text, unless the notice before says the same. */
static void
put_said(struct cx_notices *all, struct notice *notice)
{
    const struct notice *before = all->n != 0 ? &all->v[all->n - 1] : NULL;
    cx_str said = cx_buf_str(&all->cell);

    if (!cx_buf_ok(&all->cell)) {
        cx_buf_fail(&all->text, all->cell.why);
    }
    notice->said_n = (uint32_t)said.n;
    if (before != NULL &&
        cx_str_equal(said, (cx_str){ all->text.p + before->said, before->said_n })) {
        notice->said = before->said;
    } else {
        notice->said = all->text.n;
        cx_buf_put(&all->text, said);
    }
}

static cx_status
take(struct cx_notices *all, const struct cx_json *certificate, struct cx_detail *detail)
{
    cx_str subscriber = cx_report_string(certificate, "subscriber");
    cx_str whom = subscriber.n != 0 ? subscriber : cx_report_string(certificate, "account");
    cx_str hash = cx_report_string(certificate, "certificate");
    struct notice *notice;

    CX_TRY(make_room(all, detail));
    notice = &all->v[all->n];
    *notice = (struct notice){ .whom = all->text.n, .whom_n = (uint32_t)whom.n, .order = all->n };
    cx_buf_put(&all->text, whom);
    put_notice(&all->cell, certificate);
    put_said(all, notice);
    cx_buf_clear(&all->cell);
    put_row(all, certificate, whom);
    notice->row = all->text.n;
    notice->row_n = (uint32_t)all->row.n;
    notice->hash_n = (uint32_t)hash.n;
    cx_buf_put(&all->text, cx_buf_str(&all->row));
    cx_buf_put(&all->text, hash);
    if (!cx_buf_ok(&all->row) || !cx_buf_ok(&all->text)) {
        const struct cx_buf *failed = cx_buf_ok(&all->row) ? &all->text : &all->row;

        return cx_fail(detail, cx_buf_status(failed).code,
                       "notices: more than fit into memory (docs/limits.md)");
    }
    cx_buf_clear(&all->row);
    all->n++;
    return CX_SUCCESS;
}

static int
compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int
compare_whom(const void *a, const void *b, void *ctx)
{
    const struct notice *x = a, *y = b;
    const char *text = ctx;
    size_t least = x->whom_n < y->whom_n ? x->whom_n : y->whom_n;
    int sign = least == 0 ? 0 : memcmp(text + x->whom, text + y->whom, least);

    sign = sign != 0 ? sign : compare_sizes(x->whom_n, y->whom_n);
    return sign != 0 ? sign : compare_sizes(x->order, y->order);
}

/* Whom we do not know comes last: nobody else waits for that. */
static int
compare_groups(const void *a, const void *b)
{
    const struct notice *x = a, *y = b;
    int sign = (x->whom_n == 0) - (y->whom_n == 0);

    sign = sign != 0 ? sign : compare_sizes(x->group, y->group);
    return sign != 0 ? sign : compare_sizes(x->order, y->order);
}

static void
sort(struct cx_notices *all)
{
    if (all->n == 0) {
        return;
    }
    qsort_r(all->v, all->n, sizeof(*all->v), compare_whom, all->text.p);
    for (size_t i = 0; i < all->n; i++) {
        struct notice *before = i == 0 ? NULL : &all->v[i - 1], *notice = &all->v[i];
        bool same =
            before != NULL && before->whom_n == notice->whom_n &&
            (notice->whom_n == 0 ||
             memcmp(all->text.p + before->whom, all->text.p + notice->whom, notice->whom_n) == 0);

        notice->group = same ? before->group : notice->order;
    }
    qsort(all->v, all->n, sizeof(*all->v), compare_groups);
}

cx_status
cx_notices_new(struct cx_notices **ret)
{
    struct cx_notices *all = cx_alloc(1, sizeof(*all));

    if (all == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    cx_buf_init(&all->text, CX_REPORT_NOTICES_MAX);
    cx_buf_init(&all->row, CX_LINE_MAX);
    cx_buf_init(&all->cell, CX_LINE_MAX);
    *ret = all;
    return CX_SUCCESS;
}

void
cx_notices_free(struct cx_notices *all)
{
    if (all != NULL) {
        cx_buf_done(&all->text);
        cx_buf_done(&all->row);
        cx_buf_done(&all->cell);
        cx_free(all->v);
        cx_free(all);
    }
}

cx_status
cx_notices_add(struct cx_notices *all, const struct cx_json *certificate, struct cx_detail *detail)
{
    return cx_report_has_duty(certificate) ? take(all, certificate, detail) : CX_SUCCESS;
}

static void
put_held(struct cx_notices *all, const struct notice *notice)
{
    const char *row = all->text.p + notice->row;

    cx_buf_put(&all->row, (cx_str){ row, notice->row_n });
    cx_report_cell(&all->row, (cx_str){ all->text.p + notice->said, notice->said_n });
    cx_report_cell(&all->row, (cx_str){ row + notice->row_n, notice->hash_n });
    cx_report_end_row(&all->row);
}

cx_status
cx_notices_write(struct cx_notices *all, FILE *out, struct cx_detail *detail)
{
    sort(all);
    cx_report_cells(&all->row, columns, CX_COUNT(columns));
    cx_report_end_row(&all->row);
    CX_TRY(cx_report_flush(&all->row, out, detail));
    for (size_t i = 0; i < all->n; i++) {
        put_held(all, &all->v[i]);
        CX_TRY(cx_report_flush(&all->row, out, detail));
    }
    return CX_SUCCESS;
}
