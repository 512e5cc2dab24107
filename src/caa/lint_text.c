#include "base/buf.h"
#include "base/limits.h"
#include "caa/lint.h"

/* Letters and digits only, in lower case. False if there are too many. */
static bool
squeeze(cx_span text, uint8_t ret[CX_LINT_WORD_MAX], size_t *ret_n)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (cx_ascii_alnum(text.p[i])) {
            if (n == CX_LINT_WORD_MAX) {
                return false;
            }
            ret[n++] = cx_ascii_lower(text.p[i]);
        }
    }
    *ret_n = n;
    return true;
}

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, changes, and swaps of neighbours. */
static unsigned
distance(cx_span a, cx_span b)
{
    unsigned rows[3][CX_LINT_WORD_MAX + 1];

    for (size_t k = 0; k <= b.n; k++) {
        rows[0][k] = (unsigned)k;
    }
    for (size_t i = 1; i <= a.n; i++) {
        unsigned *now = rows[i % 3];
        const unsigned *before = rows[(i + 2) % 3];
        const unsigned *twice = rows[(i + 1) % 3];

        now[0] = (unsigned)i;
        for (size_t k = 1; k <= b.n; k++) {
            unsigned change = a.p[i - 1] == b.p[k - 1] ? 0 : 1;

            now[k] = least(before[k - 1] + change, least(before[k], now[k - 1]) + 1);
            if (i > 1 && k > 1 && a.p[i - 1] == b.p[k - 2] && a.p[i - 2] == b.p[k - 1]) {
                now[k] = least(now[k], twice[k - 2] + 1);
            }
        }
    }
    return rows[a.n % 3][b.n];
}

const char *
cx_lint_hint(cx_span text, const char *const *known)
{
    uint8_t a[CX_LINT_WORD_MAX], b[CX_LINT_WORD_MAX];
    const char *best = NULL;
    unsigned best_distance = 3;
    size_t n, m;

    if (!squeeze(text, a, &n) || n < 3) {
        return NULL;
    }
    for (size_t i = 0; known[i] != NULL; i++) {
        unsigned d;

        if (!squeeze(cx_span_of_str(cx_str_of(known[i])), b, &m)) {
            continue;
        }
        d = distance((cx_span){ a, n }, (cx_span){ b, m });
        if (d < best_distance && d * 3 < m) { /* two mistakes only in long words */
            best = known[i];
            best_distance = d;
        }
    }
    return best;
}

/* "name = value" begins at text. */
static bool
looks_like_parameter(cx_str text)
{
    size_t i = 0, name = 0;

    while (i < text.n && (text.p[i] == ' ' || text.p[i] == '\t')) {
        i++;
    }
    while (i < text.n && (cx_ascii_alnum((uint8_t)text.p[i]) || text.p[i] == '-')) {
        i++;
        name++;
    }
    while (i < text.n && (text.p[i] == ' ' || text.p[i] == '\t')) {
        i++;
    }
    return name != 0 && i < text.n && text.p[i] == '=';
}

/* Index of the semicolon that begins a comment, or the line's length. */
static size_t
comment_of(cx_str line)
{
    bool quoted = false;

    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] == '\\') {
            i++;
        } else if (line.p[i] == '"') {
            quoted = !quoted;
        } else if (line.p[i] == ';' && !quoted) {
            return i;
        }
    }
    return line.n;
}

/* The text before the comment has CAA as a word, and issue after it. */
static bool
is_issue_record(cx_str text)
{
    static const char *const wanted[] = { "caa", "issue" };
    size_t found = 0, i = 0;

    while (i < text.n && found < 2) {
        size_t n = strlen(wanted[found]), from = i;

        while (i < text.n && text.p[i] != ' ' && text.p[i] != '\t') {
            i++;
        }
        if (i - from >= n && (found == 1 || i - from == n) &&
            cx_span_equal_fold((cx_span){ (const uint8_t *)text.p + from, n },
                               cx_span_of_str(cx_str_of(wanted[found])))) {
            found++;
        }
        i += i < text.n ? 1 : 0;
    }
    return found == 2;
}

void
cx_lint_zone_line(struct cx_lint *lint, cx_str line, size_t number)
{
    size_t at = comment_of(line);
    struct cx_lint_finding finding = { .code = CX_LINT_PARAMETERS_LOST };
    struct cx_buf buf;

    if (at == line.n || !is_issue_record((cx_str){ line.p, at }) ||
        !looks_like_parameter((cx_str){ line.p + at + 1, line.n - at - 1 })) {
        return;
    }
    cx_buf_init(&buf, CX_LINE_MAX);
    cx_buf_printf(&buf, "line %zu: \"", number);
    cx_buf_put_escaped(&buf, cx_span_of_str((cx_str){ line.p + at, line.n - at }));
    cx_buf_putc(&buf, '"');
    finding.detail = cx_buf_str(&buf);
    cx_lint_add(lint, &finding);
    cx_buf_done(&buf);
}
