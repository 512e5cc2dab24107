#include "incident/issued_row.h"

#include "base/utf8.h"
#include "incident/cell_time.h"
#include "incident/issued_names.h"
#include "pki/base64.h"
#include "pki/digest.h"
#include "pki/pem.h"

/* A SHA-256 with a colon between any two octets; what is longer is a certificate. */
#define HASH_CELL_MAX 95
/* ---- cells */

struct row {
    struct cx_issued_build *build;
    const struct cx_cells *cells;
    cx_str cell[CX_COLUMNS]; /* of cells, bare */
    struct cx_issued_record *record;
    struct cx_issued *issued; /* of record */
};

static bool
refuse(const struct row *row, enum cx_column column, const char *why)
{
    cx_str cell = row->cells->v[column];

    cx_issued_reject(row->record, row->cells->whole, "%s \"%.*s\": %s", cx_column_names(column)[0],
                     (int)(cell.n < 60 ? cell.n : 60), cell.p, why);
    return false;
}

static void
note(const struct row *row, enum cx_column column, const char *what)
{
    cx_issued_note(row->record, "%s: %s", cx_column_names(column)[0], what);
}

static bool
is_word(cx_str cell, const char *const *words)
{
    while (*words != NULL &&
           !cx_span_equal_fold(cx_span_of_str(cell), cx_span_of_str(cx_str_of(*words)))) {
        words++;
    }
    return *words != NULL;
}

/* Without blanks around, and without what keeps a spreadsheet from taking it for a number; empty for "not applicable". */
static void
take_bare(struct row *row, enum cx_column column)
{
    static const char *const nothing[] = { "N/A", "NA", "NULL", "none", "-", "\\N", NULL };
    cx_str cell = row->cells->v[column];

    while (cell.n != 0 && memchr(" \t\r\n", cell.p[0], 4) != NULL) {
        cell = (cx_str){ cell.p + 1, cell.n - 1 };
    }
    while (cell.n != 0 && memchr(" \t\r\n", cell.p[cell.n - 1], 4) != NULL) {
        cell.n--;
    }
    if (cell.n >= 3 && memcmp(cell.p, "=\"", 2) == 0 && cell.p[cell.n - 1] == '"') {
        cell = (cx_str){ cell.p + 2, cell.n - 3 };
        note(row, column, "=\"\" removed");
    } else if (cell.n >= 2 && cell.p[0] == '\'') {
        cell = (cx_str){ cell.p + 1, cell.n - 1 };
        note(row, column, "apostrophe in front removed");
    }
    row->cell[column] = is_word(cell, nothing) ? (cx_str){ NULL, 0 } : cell;
}

struct hex {
    uint8_t octets[CX_SERIAL_MAX];
    size_t n;
    bool plain; /* nothing stood between the digits */
};

/* Hexadecimal digits as octets, ":" and blanks between them passed over; false if there is anything else, nothing, or too much. */
static bool
take_hex(cx_str text, struct hex *ret)
{
    size_t digits = 0, at;

    *ret = (struct hex){ .plain = true };
    for (size_t i = 0; i < text.n; i++) {
        if (cx_ascii_hex((uint8_t)text.p[i]) >= 0) {
            digits++;
        } else if (text.p[i] == ':' || text.p[i] == ' ') {
            ret->plain = false;
        } else {
            return false;
        }
    }
    if (digits == 0 || digits > 2 * sizeof(ret->octets)) {
        return false;
    }
    at = digits % 2; /* half of the first octet is not written */
    for (size_t i = 0; i < text.n; i++) {
        int digit = cx_ascii_hex((uint8_t)text.p[i]);

        if (digit >= 0) {
            ret->octets[at / 2] = (uint8_t)(ret->octets[at / 2] << 4 | digit);
            at++;
        }
    }
    ret->n = at / 2;
    return true;
}

static bool
take_hash(const struct row *row, enum cx_column column, cx_str cell, struct cx_hash *ret)
{
    struct hex hex;

    if (!take_hex(cell, &hex) || hex.n != CX_HASH_SIZE) {
        return refuse(row, column, "not a SHA-256 in hexadecimal");
    }
    if (!hex.plain) {
        note(row, column, "colons removed");
    }
    memcpy(ret->b, hex.octets, sizeof(ret->b));
    return true;
}

/* What a spreadsheet leaves of a serial number is no serial number: 1.2E+37, 123456789012345000. */
static bool
take_serial(const struct row *row)
{
    cx_str cell = row->cell[CX_COLUMN_SERIAL];
    cx_span octets;
    struct hex hex;

    if (cell.n == 0) {
        return true;
    }
    if (cell.n > 2 && cell.p[0] == '0' && (cell.p[1] == 'x' || cell.p[1] == 'X')) {
        cell = (cx_str){ cell.p + 2, cell.n - 2 };
        note(row, CX_COLUMN_SERIAL, "0x removed");
    }
    if (memchr(cell.p, '+', cell.n) != NULL || memchr(cell.p, '.', cell.n) != NULL) {
        return refuse(row, CX_COLUMN_SERIAL,
                      "digits lost to a spreadsheet; export it as text, in hexadecimal");
    }
    if (!take_hex(cell, &hex)) {
        return refuse(row, CX_COLUMN_SERIAL, "not a serial number in hexadecimal");
    }
    if (!hex.plain) {
        note(row, CX_COLUMN_SERIAL, "colons removed");
    } else if (cell.n % 2 != 0) {
        note(row, CX_COLUMN_SERIAL, "a leading zero was missing");
    }
    memcpy(row->build->serial, hex.octets, hex.n);
    octets = cx_issued_serial((cx_span){ row->build->serial, hex.n });
    if (row->issued->serial.n != 0 && !cx_span_equal(row->issued->serial, octets)) {
        return refuse(row, CX_COLUMN_SERIAL, "the certificate itself has another");
    }
    row->issued->serial = octets;
    return true;
}

/* In milliseconds; 0 with *ret_has false: nothing there. */
static bool
take_moment(struct row *row, enum cx_column column, int64_t *ret_ms, bool *ret_has,
            bool *ret_date_only)
{
    cx_str cell = row->cell[column];
    struct cx_cell_moment moment = { .ms = 0 };

    *ret_has = cell.n != 0;
    if (cell.n == 0) {
        return true;
    }
    switch (cx_cell_time_read(cell, &moment)) {
    case CX_CELL_TIME_AMBIGUOUS:
        return refuse(row, column, "day or month first? write 2026-11-22");
    case CX_CELL_TIME_UNREADABLE:
        return refuse(row, column, "not a time; write 2026-11-22T12:00:00Z");
    case CX_CELL_TIME_READ:
        break;
    }
    if (!moment.has_zone) {
        moment.ms -= row->cells->zone_s * INT64_C(1000);
        if (!row->cells->says_zone && !row->record->assumed_utc) {
            cx_issued_note(row->record, "times without a zone taken for UTC");
            row->record->assumed_utc = true;
        }
    }
    if (!moment.usual && !row->cells->says_zone) {
        char text[CX_TIME_TEXT];

        cx_time_format(moment.ms / 1000, text);
        cx_issued_note(row->record, "%s: read as %s", cx_column_names(column)[0], text);
    }
    *ret_ms = moment.ms;
    *ret_date_only = moment.date_only;
    return true;
}

/* end_of_day: a date means its last second. */
static bool
take_time(struct row *row, enum cx_column column, bool end_of_day, cx_time *ret)
{
    bool has, date_only;
    int64_t ms;

    if (!take_moment(row, column, &ms, &has, &date_only)) {
        return false;
    }
    if (!has) {
        return true;
    }
    *ret = ms / 1000;
    if (date_only) {
        *ret += end_of_day ? 86399 : 0;
        note(row, column,
             end_of_day ? "a date, taken for its last second"
                        : "a date, taken for its first second");
    }
    return true;
}

/* ---- what the cells say */

/* The hexadecimal digits of https://crt.sh/?sha256=...; an ?id= says nothing outside that site. */
static bool
take_link(const struct row *row)
{
    static const char parameter[] = "sha256=";
    cx_str cell = row->cell[CX_COLUMN_LINK], hex;
    const char *at = cell.n == 0 ? NULL : memmem(cell.p, cell.n, parameter, sizeof(parameter) - 1);
    struct cx_hash hash;

    if (at == NULL) {
        return true;
    }
    at += sizeof(parameter) - 1;
    hex = (cx_str){ at, (size_t)(cell.p + cell.n - at) };
    for (size_t i = 0; i < hex.n; i++) {
        if (hex.p[i] == '&' || hex.p[i] == '#') {
            hex.n = i;
        }
    }
    if (!take_hash(row, CX_COLUMN_LINK, hex, &hash)) {
        return false;
    }
    if (row->issued->has_digest && !cx_hash_equal(&hash, &row->issued->digest) &&
        !(row->issued->has_precertificate && cx_hash_equal(&hash, &row->issued->precertificate))) {
        return refuse(row, CX_COLUMN_LINK, "another certificate than the row's");
    }
    if (!row->issued->has_digest) {
        row->issued->digest = hash;
        row->issued->has_digest = true;
        note(row, CX_COLUMN_LINK, "SHA-256 taken from it");
    }
    return true;
}

/* "\\x3082...", as databases export octets. */
static cx_status
der_of_hex(cx_str digits, struct cx_arena *arena, cx_span *ret)
{
    uint8_t *p = cx_arena_get(arena, digits.n / 2 + 1, 1);

    if (p == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < digits.n; i++) {
        int digit = cx_ascii_hex((uint8_t)digits.p[i]);

        if (digit < 0) {
            return (cx_status){ CX_E_ARCHIVE };
        }
        p[i / 2] = (uint8_t)(p[i / 2] << 4 | digit);
    }
    *ret = (cx_span){ p, digits.n / 2 };
    return digits.n % 2 == 0 ? CX_SUCCESS : (cx_status){ CX_E_ARCHIVE };
}

/* Base64, in lines or not. */
static cx_status
der_of_base64(cx_str text, struct cx_arena *arena, cx_span *ret)
{
    char *p = cx_arena_get(arena, text.n + 1, 1);
    size_t n = 0;

    if (p == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < text.n; i++) {
        if (memchr(" \t\r\n", text.p[i], 4) == NULL) {
            p[n++] = text.p[i];
        }
    }
    return cx_base64_get((cx_str){ p, n }, arena, ret);
}

static cx_status
der_of_cell(cx_str cell, struct cx_arena *arena, cx_span *ret)
{
    static const char *const kinds[] = { "CERTIFICATE", "X509 CERTIFICATE", NULL };

    if (cell.p[0] == '-') {
        return cx_pem_first(cx_span_of_str(cell), kinds, arena, ret, NULL);
    }
    if (cell.p[0] == '\\' && cell.p[1] == 'x') {
        return der_of_hex((cx_str){ cell.p + 2, cell.n - 2 }, arena, ret);
    }
    return der_of_base64(cell, arena, ret);
}

/* Then the certificate speaks, and the other cells add what it cannot say. */
static cx_status
take_certificate(const struct row *row, cx_str cell, bool *ret_ok)
{
    cx_span der = { NULL, 0 };
    cx_status s = der_of_cell(cell, &row->build->arena, &der);

    if (cx_status_class(s) == CX_CLASS_MALFORMED || (cx_ok(s) && der.n == 0)) {
        *ret_ok = refuse(row, CX_COLUMN_CERTIFICATE,
                         "neither SHA-256 nor a certificate in PEM, base64 or \\x hexadecimal");
        return CX_SUCCESS;
    }
    CX_TRY(s);
    CX_TRY(cx_issued_take_der(row->build, der, row->record));
    *ret_ok = row->record->fate == CX_FATE_OBSERVED;
    if (row->record->fate == CX_FATE_REJECTED) {
        row->record->text = row->cells->whole;
    }
    return CX_SUCCESS;
}

static bool
take_kind(const struct row *row)
{
    static const char *const pre[] = { "precertificate", "precert", "pre", NULL };
    static const char *const final[] = { "certificate", "leaf certificate", "final", "leaf", NULL };
    cx_str cell = row->cell[CX_COLUMN_KIND];
    enum cx_issued_kind kind = is_word(cell, pre)     ? CX_ISSUED_PRE
                               : is_word(cell, final) ? CX_ISSUED_FINAL
                                                      : CX_ISSUED_UNSET;

    if (cell.n == 0) {
        return true;
    }
    if (kind == CX_ISSUED_UNSET) {
        return refuse(row, CX_COLUMN_KIND, "neither \"certificate\" nor \"precertificate\"");
    }
    if (row->issued->kind != CX_ISSUED_UNSET && row->issued->kind != kind) {
        return refuse(row, CX_COLUMN_KIND, "the certificate itself says otherwise");
    }
    row->issued->kind = kind;
    return true;
}

/* A row with a hash under "precertificate" alone is a precertificate. */
static bool
take_precertificate(const struct row *row, cx_str cell)
{
    struct cx_issued *issued = row->issued;
    struct cx_hash hash;

    if (!take_hash(row, CX_COLUMN_PRECERTIFICATE, cell, &hash)) {
        return false;
    }
    if (issued->has_digest && issued->kind != CX_ISSUED_PRE) {
        issued->precertificate = hash;
        issued->has_precertificate = true;
        issued->kind = CX_ISSUED_FINAL;
        return true;
    }
    if (issued->has_digest && !cx_hash_equal(&hash, &issued->digest)) {
        return refuse(row, CX_COLUMN_PRECERTIFICATE, "the row has another precertificate");
    }
    issued->digest = hash;
    issued->has_digest = true;
    issued->kind = CX_ISSUED_PRE;
    return true;
}

static cx_status
take_identity(const struct row *row, bool *ret_ok)
{
    cx_str pre = row->cell[CX_COLUMN_PRECERTIFICATE], cell = row->cell[CX_COLUMN_CERTIFICATE];

    *ret_ok = true;
    if (cell.n > HASH_CELL_MAX) {
        CX_TRY(take_certificate(row, cell, ret_ok));
    } else if (cell.n != 0) {
        *ret_ok = take_hash(row, CX_COLUMN_CERTIFICATE, cell, &row->issued->digest);
        row->issued->has_digest = *ret_ok;
    }
    *ret_ok = *ret_ok && (pre.n == 0 || take_precertificate(row, pre)) && take_link(row) &&
              take_kind(row) && take_serial(row);
    return CX_SUCCESS;
}

static bool
take_revoked_word(struct row *row)
{
    static const char *const yes[] = { "yes", "true", "y", "t", "1", "revoked", NULL };
    static const char *const no[] = {
        "no",      "false",         "n", "f", "0", "planned", "delayed", "valid", "good",
        "expired", "N/A (expired)", NULL
    };
    cx_str cell = row->cell[CX_COLUMN_REVOKED], status = row->cell[CX_COLUMN_STATUS];

    if (status.n != 0 && !is_word(status, yes) && !is_word(status, no)) {
        return refuse(row, CX_COLUMN_STATUS, "neither \"valid\", \"expired\" nor \"revoked\"");
    }
    row->issued->revoked = is_word(status, yes) || is_word(cell, yes);
    if (cell.n == 0 || is_word(cell, yes) || is_word(cell, no)) {
        return true;
    }
    row->issued->revoked = true; /* a moment, as docs/formats/run.md has it */
    return take_time(row, CX_COLUMN_REVOKED, false, &row->issued->revoked_at);
}

/* The letters of a cell, and its digits as a number: "Key compromise", "(4) superseded", "4". */
struct reason_cell {
    char word[32];
    size_t n;
    int number; /* -1: no digits */
};

static struct reason_cell
reason_cell_of(cx_str cell)
{
    struct reason_cell ret = { .number = -1 };

    for (size_t i = 0; i < cell.n; i++) {
        char c = cell.p[i];

        if (c >= '0' && c <= '9') {
            ret.number = (ret.number < 0 ? 0 : ret.number % 100) * 10 + (c - '0');
        } else if (cx_ascii_alnum((uint8_t)c) && ret.n < sizeof(ret.word)) {
            ret.word[ret.n++] = c;
        }
    }
    return ret;
}

/* Word and number agree, if there are both. */
static bool
take_reason(const struct row *row)
{
    static const struct {
        const char *word;
        int number; /* CRLReason, RFC 5280 section 5.3.1 */
    } reasons[] = {
        { "unspecified", 0 },        { "keyCompromise", 1 }, { "cACompromise", 2 },
        { "affiliationChanged", 3 }, { "superseded", 4 },    { "cessationOfOperation", 5 },
        { "certificateHold", 6 },    { "removeFromCRL", 8 }, { "privilegeWithdrawn", 9 },
        { "aACompromise", 10 },
    };
    cx_str cell = row->cell[CX_COLUMN_REASON];
    struct reason_cell given = reason_cell_of(cell);
    cx_span word = { (const uint8_t *)given.word, given.n };

    if (cell.n == 0) {
        return true;
    }
    for (size_t i = 0; i < CX_COUNT(reasons); i++) {
        bool by_word = cx_span_equal_fold(word, cx_span_of_str(cx_str_of(reasons[i].word)));
        bool by_number = given.number == reasons[i].number;

        if ((by_word && (by_number || given.number < 0)) || (by_number && given.n == 0)) {
            row->issued->reason = reasons[i].number;
            return true;
        }
    }
    return refuse(row, CX_COLUMN_REASON, "no CRLReason of RFC 5280");
}

static bool
take_revocation(struct row *row)
{
    cx_time moment = CX_TIME_NONE;

    if (!take_revoked_word(row) || !take_time(row, CX_COLUMN_REVOKED_AT, false, &moment) ||
        !take_reason(row)) {
        return false;
    }
    if (row->issued->revoked_at == CX_TIME_NONE && row->issued->revoked) {
        row->issued->revoked_at = moment;
    } else if (moment != CX_TIME_NONE && row->cell[CX_COLUMN_REVOKED].n == 0 &&
               row->cell[CX_COLUMN_STATUS].n == 0) {
        row->issued->revoked = true; /* no column says whether, but this one says when */
        row->issued->revoked_at = moment;
        note(row, CX_COLUMN_REVOKED_AT, "taken for revoked");
    }
    return true;
}

/* R-GEN-1: the moment of signing is of the clock that the row names; without one, of the CA's signing log. */
static bool
take_signed(struct row *row)
{
    static const char *const log[] = { "signing-log", NULL }, *const sct[] = { "sct", NULL },
                             *const weak[] = { "not-before", NULL };
    cx_str clock = row->cell[CX_COLUMN_CLOCK];
    cx_time moment = CX_TIME_NONE;
    bool has, date_only;
    int64_t ms;

    if (!take_moment(row, CX_COLUMN_SIGNED, &ms, &has, &date_only)) {
        return false;
    }
    if (has && date_only && !is_word(clock, weak)) {
        return refuse(row, CX_COLUMN_SIGNED, "a date alone is no moment");
    }
    if (!take_time(row, CX_COLUMN_SIGNED, false, &moment) ||
        !take_moment(row, CX_COLUMN_SEEN, &ms, &has, &date_only)) {
        return false;
    }
    if (has && date_only) {
        return refuse(row, CX_COLUMN_SEEN, "a date alone is no moment");
    }
    if (has) {
        cx_issued_seen(row->issued, ms);
    }
    if (clock.n == 0 || is_word(clock, log)) {
        row->issued->signed_at = moment;
    } else if (is_word(clock, sct)) {
        cx_issued_seen(row->issued, moment == CX_TIME_NONE ? 0 : moment * 1000);
    } else if (!is_word(clock, weak)) {
        return refuse(row, CX_COLUMN_CLOCK, "neither \"signing-log\", \"sct\" nor \"not-before\"");
    }
    return true;
}

static bool
take_logs(const struct row *row)
{
    cx_str cell = row->cell[CX_COLUMN_LOGS];

    if (cell.n == 0) {
        return true;
    }
    if (cell.n > 2 || cell.p[0] < '0' || cell.p[0] > '9' ||
        (cell.n == 2 && (cell.p[1] < '0' || cell.p[1] > '9'))) {
        return refuse(row, CX_COLUMN_LOGS, "not a number of logs");
    }
    row->issued->logs = cell.n == 1
                            ? (unsigned)(cell.p[0] - '0')
                            : (unsigned)(cell.p[0] - '0') * 10 + (unsigned)(cell.p[1] - '0');
    return true;
}

/* Text that is not UTF-8 comes from programs that write Latin-1, and decides nothing. */
static cx_status
take_text(const struct row *row, enum cx_column column, cx_str *ret)
{
    cx_str cell = row->cell[column];
    size_t n = 0;
    uint8_t *p;

    if (cell.n == 0) {
        return CX_SUCCESS;
    }
    if (cx_utf8_valid(cx_span_of_str(cell))) {
        *ret = cell;
        return CX_SUCCESS;
    }
    p = cx_arena_get(&row->build->arena, cell.n, CX_UTF8_CHARACTER);
    if (p == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < cell.n; i++) {
        n += cx_utf8_put((uint8_t)cell.p[i], p + n);
    }
    *ret = cx_str_of_span((cx_span){ p, n });
    note(row, column, "not UTF-8, read as Latin-1");
    return CX_SUCCESS;
}

static cx_status
take_issuer_key(struct cx_issued_build *build, struct cx_issued *issued)
{
    if (issued->issuer.n == 0) {
        return CX_SUCCESS;
    }
    if (!cx_str_equal(issued->issuer, cx_buf_str(&build->row_issuer))) {
        cx_buf_clear(&build->row_issuer);
        CX_TRY(cx_sha256(cx_span_of_str(issued->issuer), build->row_issuer_key.b));
        cx_buf_put(&build->row_issuer, issued->issuer);
        CX_TRY(cx_buf_status(&build->row_issuer));
    }
    issued->issuer_key = build->row_issuer_key;
    return CX_SUCCESS;
}

/* Subject and issuer are said by a certificate itself, if there is one. */
static cx_status
take_texts(const struct row *row, bool from_certificate)
{
    struct cx_issued *issued = row->issued;

    CX_TRY(take_text(row, CX_COLUMN_TYPE, &issued->type));
    CX_TRY(take_text(row, CX_COLUMN_ACCOUNT, &issued->account));
    CX_TRY(take_text(row, CX_COLUMN_METHOD, &issued->method));
    CX_TRY(take_text(row, CX_COLUMN_SUBSCRIBER, &issued->subscriber));
    if (from_certificate) {
        return CX_SUCCESS;
    }
    CX_TRY(take_text(row, CX_COLUMN_SUBJECT, &issued->subject));
    CX_TRY(take_text(row, CX_COLUMN_ISSUER, &issued->issuer));
    return take_issuer_key(row->build, issued);
}

static cx_status
take_row_names(const struct row *row)
{
    enum cx_column column = CX_COLUMN_NAMES;
    cx_str cell = row->cell[column];

    if (cell.n == 0) { /* crt.sh gives the names that a search found, not all that there are */
        column = CX_COLUMN_FOUND_NAMES;
        cell = row->cell[column];
        row->issued->names_partial = cell.n != 0;
    }
    if (cell.n == 0) {
        (void)refuse(row, CX_COLUMN_NAMES, "no names in this row");
        return CX_SUCCESS;
    }
    return cx_issued_take_names(row->build, cell, cx_column_names(column)[0], row->cells->whole,
                                row->record);
}

/* R-GEN-1: an answer of the morning proves nothing of a certificate of the evening, nor the other way round. */
static bool
take_not_before(struct row *row)
{
    struct cx_issued *issued = row->issued;
    bool has;
    int64_t ms;

    if (!take_moment(row, CX_COLUMN_NOT_BEFORE, &ms, &has, &issued->not_before_is_date)) {
        return false;
    }
    if (has) {
        issued->not_before = ms / 1000;
    }
    if (issued->not_before_is_date) {
        note(row, CX_COLUMN_NOT_BEFORE,
             "a date, taken for its first second, and for no moment of signing");
    }
    return true;
}

static bool
take_validity(struct row *row)
{
    struct cx_issued *issued = row->issued;

    return take_not_before(row) && take_time(row, CX_COLUMN_NOT_AFTER, true, &issued->not_after);
}

static cx_status
take_row(struct cx_issued_build *build, const struct cx_cells *cells,
         struct cx_issued_record *record)
{
    struct row row = {
        .build = build, .cells = cells, .record = record, .issued = &record->issued
    };
    bool from_certificate, ok;

    for (size_t i = 0; i < CX_COLUMNS; i++) {
        take_bare(&row, (enum cx_column)i);
    }
    CX_TRY(take_identity(&row, &ok));
    from_certificate = record->issued.n_names != 0;
    if (!ok || (!from_certificate && !take_validity(&row)) || !take_revocation(&row) ||
        !take_signed(&row) || !take_time(&row, CX_COLUMN_AWARE, false, &record->issued.aware) ||
        !take_logs(&row)) {
        return CX_SUCCESS;
    }
    if (!record->issued.has_digest && record->issued.serial.n == 0) {
        cx_issued_reject(record, cells->whole, "neither a SHA-256 nor a serial number in this row");
        return CX_SUCCESS;
    }
    CX_TRY(take_texts(&row, from_certificate));
    return from_certificate ? CX_SUCCESS : take_row_names(&row);
}

cx_status
cx_issued_take_row(struct cx_issued_build *build, const struct cx_cells *cells,
                   struct cx_issued_record *record)
{
    cx_status s;

    build->no_memory = false;
    s = take_row(build, cells, record);
    return build->no_memory ? (cx_status){ CX_E_NOMEM } : s;
}
