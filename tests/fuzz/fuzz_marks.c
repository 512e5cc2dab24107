/* A list of marks, or of rechecks (first octet odd): read twice it is the same; a refusal names its line; the lines of what it has are counted. */
#include "incident/marks.h"
#include "incident/recheck.h"
#include "octets_file.h"

#include <string.h>

static void
check_told(cx_status s, const struct cx_detail *detail)
{
    MUST(cx_status_class(s) == CX_CLASS_MALFORMED || cx_status_class(s) == CX_CLASS_LIMIT);
    MUST(cx_status_class(s) == CX_CLASS_LIMIT || strstr(detail->text, "line ") != NULL);
}

static void
check_matched(struct cx_marks *marks, const struct cx_certificate *c, uint64_t n, bool found)
{
    uint64_t matched = 0;

    cx_marks_meet(marks, c);
    MUST(cx_ok(cx_marks_matched(marks, "list", &matched, NULL)) == (found || n == 0));
    MUST(matched <= n && (matched != 0) == found);
}

static void
read_marks(const char *path)
{
    uint8_t octet = 10;
    struct cx_certificate c = { .issued = { .serial = { &octet, 1 } } };
    bool found[2] = { false, false };
    uint64_t n[2] = { 0, 0 };

    for (size_t i = 0; i < 2; i++) {
        struct cx_marks *marks = NULL;
        struct cx_hash digest;
        struct cx_detail detail = { .text = "" };
        cx_status s = cx_marks_read(path, &marks, &n[i], &digest, &detail);

        if (!cx_ok(s)) {
            check_told(s, &detail);
            return;
        }
        found[i] = cx_marks_have(marks, &c);
        check_matched(marks, &c, n[i], found[i]);
        cx_marks_free(marks);
    }
    MUST(n[0] == n[1] && found[0] == found[1]);
}

static void
read_recheck(const char *path)
{
    uint8_t octet = 10;
    struct cx_certificate c = { .issued = { .serial = { &octet, 1 } } };
    enum cx_now now[2] = { CX_NOW_UNKNOWN, CX_NOW_UNKNOWN };

    for (size_t i = 0; i < 2; i++) {
        struct cx_recheck *recheck = NULL;
        struct cx_hash digest;
        struct cx_detail detail = { .text = "" };
        uint64_t n;
        cx_status s = cx_recheck_read(path, &recheck, &n, &digest, &detail);

        if (!cx_ok(s)) {
            check_told(s, &detail);
            return;
        }
        now[i] = cx_recheck_of(recheck, &c);
        cx_recheck_free(recheck);
    }
    MUST(now[0] == now[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct octets_file file;

    if (size == 0) {
        return 0;
    }
    octets_file_open(&file, data + 1, size - 1);
    (data[0] % 2 == 0 ? read_marks : read_recheck)(file.path);
    octets_file_close(&file);
    return 0;
}
