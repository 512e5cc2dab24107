#include "store/slots.h"

#include "base/alloc.h"
#include "pki/digest.h"
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOTS       2
#define FILE_OCTETS (SLOTS * CX_SLOT_OCTETS)
#define HEAD        "caaproof slot 1 "
#define SEAL        "sha256 "
#define SEAL_OCTETS (sizeof(SEAL) - 1 + (size_t)CX_SHA256_SIZE * 2 + 1)

static cx_status
failed(const struct cx_slots *slots, struct cx_detail *detail)
{
    return cx_fail(detail, CX_E_IO, "%s: %s", slots->path, strerror(errno));
}

/* ---- one slot */

static cx_status
put_seal(struct cx_buf *buf)
{
    uint8_t digest[CX_SHA256_SIZE];

    CX_TRY(cx_sha256(cx_span_of_str(cx_buf_str(buf)), digest));
    cx_buf_puts(buf, SEAL);
    cx_buf_put_hex(buf, (cx_span){ digest, sizeof(digest) });
    cx_buf_putc(buf, '\n');
    return CX_SUCCESS;
}

static void
fill_up(struct cx_buf *buf, size_t to)
{
    size_t n = buf->n < to ? to - buf->n : 0;
    char *p = cx_buf_reserve(buf, n);

    if (p != NULL) {
        memset(p, '\n', n);
        cx_buf_grown(buf, n);
    }
}

/* A whole slot. */
static cx_status
compose(struct cx_buf *buf, uint64_t number, cx_str text, struct cx_detail *detail)
{
    if (text.n > CX_SLOT_TEXT_MAX) {
        return cx_fail(detail, CX_E_LIMIT, "%zu octets do not fit a slot", text.n);
    }
    cx_buf_printf(buf, HEAD "%llu %zu\n", (unsigned long long)number, text.n);
    cx_buf_put(buf, text);
    cx_buf_putc(buf, '\n');
    CX_TRY(put_seal(buf));
    fill_up(buf, CX_SLOT_OCTETS);
    return cx_buf_ok(buf) ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

/* Takes a decimal number, in its one form, and the octet after it off text. */
static bool
take_number(cx_str *text, char after, uint64_t *ret)
{
    uint64_t value = 0;
    size_t n = 0;

    while (n < text->n && text->p[n] >= '0' && text->p[n] <= '9') {
        unsigned digit = (unsigned)(text->p[n] - '0');

        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
        n++;
    }
    if (n == 0 || n == text->n || text->p[n] != after || (n > 1 && text->p[0] == '0')) {
        return false;
    }
    *text = (cx_str){ text->p + n + 1, text->n - n - 1 };
    *ret = value;
    return true;
}

static bool
is_hex_of(const char *text, const uint8_t digest[CX_SHA256_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < CX_SHA256_SIZE; i++) {
        if (text[2 * i] != digits[digest[i] >> 4] || text[2 * i + 1] != digits[digest[i] & 15]) {
            return false;
        }
    }
    return true;
}

/* After the first n octets. */
static cx_status
check_seal(cx_str all, size_t n, bool *ret_good)
{
    uint8_t digest[CX_SHA256_SIZE];
    const char *seal = all.p + n;

    CX_TRY(cx_sha256((cx_span){ (const uint8_t *)all.p, n }, digest));
    *ret_good = all.n - n >= SEAL_OCTETS && memcmp(seal, SEAL, sizeof(SEAL) - 1) == 0 &&
                seal[SEAL_OCTETS - 1] == '\n' && is_hex_of(seal + sizeof(SEAL) - 1, digest);
    return CX_SUCCESS;
}

cx_status
cx_slot_parse(cx_span octets, uint64_t *ret_number, cx_str *ret_text, bool *ret_good)
{
    cx_str all = cx_str_of_span(octets), left;
    uint64_t number, length;
    bool good;

    *ret_good = false;
    if (all.n != CX_SLOT_OCTETS || memcmp(all.p, HEAD, sizeof(HEAD) - 1) != 0) {
        return CX_SUCCESS;
    }
    left = (cx_str){ all.p + sizeof(HEAD) - 1, all.n - (sizeof(HEAD) - 1) };
    if (!take_number(&left, ' ', &number) || !take_number(&left, '\n', &length) ||
        length > CX_SLOT_TEXT_MAX || left.n <= length || left.p[length] != '\n') {
        return CX_SUCCESS;
    }
    CX_TRY(check_seal(all, (size_t)(left.p - all.p) + (size_t)length + 1, &good));
    if (good) {
        *ret_number = number;
        *ret_text = (cx_str){ left.p, (size_t)length };
        *ret_good = true;
    }
    return CX_SUCCESS;
}

/* ---- the file */

cx_status
cx_slots_make(const char *path, uint64_t number, cx_str text, struct cx_detail *detail)
{
    struct cx_buf buf;
    cx_status status;

    cx_buf_init(&buf, FILE_OCTETS);
    status = compose(&buf, number, text, detail);
    fill_up(&buf, FILE_OCTETS); /* no slot, but its blocks are there */
    if (cx_ok(status)) {
        status = cx_buf_ok(&buf) ? cx_file_make(path, 0600, cx_buf_str(&buf), detail)
                                 : (cx_status){ CX_E_NOMEM };
    }
    cx_buf_done(&buf);
    return status;
}

static cx_status
check_size(const struct cx_slots *slots, struct cx_detail *detail)
{
    struct stat st;

    if (fstat(slots->fd, &st) != 0) {
        return failed(slots, detail);
    }
    if (!S_ISREG(st.st_mode) || st.st_size != FILE_OCTETS) {
        return cx_fail(detail, CX_E_STORE, "%s: has %lld octets, not %d", slots->path,
                       (long long)st.st_size, FILE_OCTETS);
    }
    return CX_SUCCESS;
}

cx_status
cx_slots_open(const char *path, bool for_writing, struct cx_slots *ret, struct cx_detail *detail)
{
    CX_AUTO(cx_slots_close) struct cx_slots slots = CX_SLOTS_CLOSED;

    CX_TRY(cx_path_make(&slots.path, "%s", path));
    slots.fd = open(path, (for_writing ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW);
    if (slots.fd < 0) {
        return failed(&slots, detail);
    }
    CX_TRY(check_size(&slots, detail));
    *ret = slots;
    slots = CX_SLOTS_CLOSED;
    return CX_SUCCESS;
}

void
cx_slots_close(struct cx_slots *slots)
{
    cx_fd_close(&slots->fd);
    cx_path_free(&slots->path);
}

static cx_status
read_all(const struct cx_slots *slots, uint8_t to[FILE_OCTETS], struct cx_detail *detail)
{
    size_t done = 0;

    while (done < FILE_OCTETS) {
        ssize_t n = pread(slots->fd, to + done, FILE_OCTETS - done, (off_t)done);

        if (n < 0 && errno != EINTR) {
            return failed(slots, detail);
        }
        if (n == 0) {
            return cx_fail(detail, CX_E_IO, "%s: was cut", slots->path);
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return CX_SUCCESS;
}

cx_status
cx_slots_read(struct cx_slots *slots, struct cx_buf *buf, uint64_t *ret_number, bool *ret_found,
              struct cx_detail *detail)
{
    uint8_t octets[FILE_OCTETS];
    uint64_t best = 0;
    cx_str text = { NULL, 0 };
    bool found = false;

    CX_TRY(read_all(slots, octets, detail));
    slots->next = 0;
    for (unsigned i = 0; i < SLOTS; i++) {
        cx_span slot = { octets + (size_t)i * CX_SLOT_OCTETS, CX_SLOT_OCTETS };
        uint64_t number;
        cx_str one;
        bool good;

        CX_TRY(cx_slot_parse(slot, &number, &one, &good));
        if (good && (!found || number > best)) {
            best = number;
            text = one;
            found = true;
            slots->next = (i + 1) % SLOTS;
        }
    }
    cx_buf_put(buf, text);
    if (!cx_buf_ok(buf)) {
        return (cx_status){ CX_E_NOMEM };
    }
    *ret_found = found;
    *ret_number = best;
    return CX_SUCCESS;
}

cx_status
cx_slots_write(struct cx_slots *slots, uint64_t number, cx_str text, struct cx_detail *detail)
{
    struct cx_buf buf;
    cx_status status;

    cx_buf_init(&buf, CX_SLOT_OCTETS);
    status = compose(&buf, number, text, detail);
    if (cx_ok(status)) {
        status = cx_fd_write_at(slots->fd, slots->path, cx_buf_str(&buf),
                                (uint64_t)slots->next * CX_SLOT_OCTETS, detail);
    }
    if (cx_ok(status)) {
        slots->next = (slots->next + 1) % SLOTS;
    }
    cx_buf_done(&buf);
    return status;
}

cx_status
cx_slots_sync(struct cx_slots *slots, struct cx_detail *detail)
{
    return fdatasync(slots->fd) == 0 ? CX_SUCCESS : failed(slots, detail);
}
