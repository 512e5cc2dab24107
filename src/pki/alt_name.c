#include "pki/alt_name.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "dns/name.h"

#include <arpa/inet.h>

#define SHOWN_MAX 32 /* octets of a name that an error shows */

cx_status
cx_alt_name_refuse(const char *kind, cx_span octets, const char *why, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf shown;
    cx_span cut = { octets.p, octets.n < SHOWN_MAX ? octets.n : SHOWN_MAX };

    cx_buf_init(&shown, 256);
    cx_buf_put_escaped(&shown, cut);
    cx_buf_putc(&shown, '\0');
    return cx_fail(detail, CX_E_CERTIFICATE, "%s \"%s\": %s", kind,
                   cx_buf_ok(&shown) ? shown.p : "", why);
}

/* lowest: 0x21 where blanks have no place, else 0x20. highest: 0x7e, or 0xff for UTF-8 that was checked. */
static cx_status
check_octets(const char *kind, cx_span octets, uint8_t lowest, uint8_t highest,
             struct cx_detail *detail)
{
    if (octets.n == 0) {
        return cx_alt_name_refuse(kind, octets, "empty", detail);
    }
    if (memchr(octets.p, 0, octets.n) != NULL) {
        return cx_alt_name_refuse(kind, octets, "contains an octet 0", detail);
    }
    for (size_t i = 0; i < octets.n; i++) {
        if (octets.p[i] < lowest || octets.p[i] > highest || octets.p[i] == 0x7f) {
            return cx_alt_name_refuse(kind, octets, "contains an octet that it must not", detail);
        }
    }
    return CX_SUCCESS;
}

cx_status
cx_alt_name_check_dns(cx_span octets, struct cx_detail *detail)
{
    CX_TRY(check_octets("dNSName", octets, 0x21, 0x7e, detail));
    return memchr(octets.p, '@', octets.n) == NULL
               ? CX_SUCCESS
               : cx_alt_name_refuse("dNSName", octets, "contains an @", detail);
}

static cx_status
check_mailbox(const char *kind, cx_span octets, uint8_t highest, struct cx_detail *detail)
{
    CX_TRY(check_octets(kind, octets, 0x20, highest, detail));
    return memchr(octets.p, '@', octets.n) != NULL
               ? CX_SUCCESS
               : cx_alt_name_refuse(kind, octets, "no @ in it", detail);
}

cx_status
cx_alt_name_check_mail(cx_span octets, struct cx_detail *detail)
{
    return check_mailbox("rfc822Name", octets, 0x7e, detail);
}

cx_status
cx_alt_name_check_mail_utf8(cx_span octets, struct cx_detail *detail)
{
    if (!cx_utf8_valid(octets)) {
        return cx_alt_name_refuse("SmtpUTF8Mailbox", octets, "not UTF-8", detail);
    }
    return check_mailbox("SmtpUTF8Mailbox", octets, 0xff, detail);
}

cx_status
cx_alt_name_check_ip(cx_span octets, struct cx_detail *detail)
{
    return octets.n == 4 || octets.n == 16
               ? CX_SUCCESS
               : cx_alt_name_refuse("iPAddress", octets, "neither 4 nor 16 octets", detail);
}

cx_status
cx_alt_name_check_common_name(cx_span utf8, struct cx_detail *detail)
{
    return utf8.n == 0 || memchr(utf8.p, 0, utf8.n) == NULL
               ? CX_SUCCESS
               : cx_alt_name_refuse("commonName", utf8, "contains an octet 0", detail);
}

bool
cx_common_name_is_host(cx_str text)
{
    bool wildcard = text.n > 2 && memcmp(text.p, "*.", 2) == 0;
    cx_str rest = wildcard ? (cx_str){ text.p + 2, text.n - 2 } : text;
    struct cx_name name;
    char address[sizeof("255.255.255.255")] = "";
    struct in_addr ignored;

    if (rest.n < sizeof(address)) {
        memcpy(address, rest.p, rest.n);
    }
    return cx_ok(cx_name_from_text(rest, &name, NULL)) &&
           cx_name_labels(cx_name_span(&name)) >= 2 && cx_name_is_ldh(cx_name_span(&name), true) &&
           inet_pton(AF_INET, address, &ignored) != 1;
}
