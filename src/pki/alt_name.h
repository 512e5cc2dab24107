/* What the text of a name in a certificate may be, for every reader of certificates. The kind of a name decides which
 * property binds it, so its text must be of that kind too: a dNSName with an @ is no host, a mailbox without one is no
 * mailbox. */
#ifndef CX_PKI_ALT_NAME_H
#define CX_PKI_ALT_NAME_H

#include "base/span.h"
#include "base/status.h"

/* "kind "text": why", with the text escaped and cut. Class MALFORMED. */
cx_status cx_alt_name_refuse(const char *kind, cx_span octets, const char *why,
                             struct cx_detail *detail) CX_MUST;

/* Classes: MALFORMED (CX_E_CERTIFICATE), with a text that names kind and octets. */
cx_status cx_alt_name_check_dns(cx_span octets, struct cx_detail *detail) CX_MUST;
cx_status cx_alt_name_check_mail(cx_span octets, struct cx_detail *detail) CX_MUST;
/* SmtpUTF8Mailbox (RFC 9598). */
cx_status cx_alt_name_check_mail_utf8(cx_span octets, struct cx_detail *detail) CX_MUST;
/* 4 or 16 octets. */
cx_status cx_alt_name_check_ip(cx_span octets, struct cx_detail *detail) CX_MUST;
/* UTF-8 of a commonName: anything that can be shown whole. */
cx_status cx_alt_name_check_common_name(cx_span utf8, struct cx_detail *detail) CX_MUST;

/* Readers could take it for a host: two labels or more, with "*." or without, and no IPv4 address. */
bool cx_common_name_is_host(cx_str text);

#endif
