/* What a time-stamping authority, or whoever is between, may answer. The one response that was made by the key of the vectors
 * is all that can be verified, whatever stands in it that is not signed. */
#include "fuzz.h"
#include "pki/timestamp.h"

static const char text[] = "log.ca.example/caa-evidence\n7\n"
                           "ju+6vaTwi1RItNuwTrHrzyzYa/Nn0cD+wyFIgqkbe54=\n";
/* timestamp-root.pem */
static const char root[] = "-----BEGIN CERTIFICATE-----\n"
                           "MIIBqjCCAVCgAwIBAgIUQErjhNnVIwPAth32IQTzG2vNcRYwCgYIKoZIzj0EAwIw\n"
                           "MjENMAsGA1UECgwEVGVzdDEhMB8GA1UEAwwYVGVzdCByb290IG9mIHRpbWUtc3Rh\n"
                           "bXBzMCAXDTI2MTEyNTIyMjIzN1oYDzIxMjYxMTAxMjIyMjM3WjAyMQ0wCwYDVQQK\n"
                           "DARUZXN0MSEwHwYDVQQDDBhUZXN0IHJvb3Qgb2YgdGltZS1zdGFtcHMwWTATBgcq\n"
                           "hkjOPQIBBggqhkjOPQMBBwNCAARJ/QkkxHFIGPTIKyNPv0e/5the19+fSaGIDlHQ\n"
                           "liII6cSd9+ycP+9uOZj03j3KqMWnG+aJSjexm75yXTEzzFYko0IwQDAPBgNVHRMB\n"
                           "Af8EBTADAQH/MA4GA1UdDwEB/wQEAwIBBjAdBgNVHQ4EFgQU/2/Xmf/JtIrTunkX\n"
                           "9P7uqwCgPHQwCgYIKoZIzj0EAwIDSAAwRQIhAOjgEfYlUjTy0X55vSz7QBtqTocy\n"
                           "T1ihhWZ9EUELZftOAiAP3cF3ZrqQd1/nql11QEZakJt3PbC86THTIL0Jm5KA1g==\n"
                           "-----END CERTIFICATE-----\n";

/* 2026-11-25T22:22:37Z */
#define STAMPED 1795645357

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct cx_timestamp_trust trust = { .roots = cx_span_of_str(cx_str_of(root)),
                                              .at = STAMPED + 1000 };
    struct cx_detail detail = { .text = "" };
    cx_span octets = { data, size };
    cx_time time = 0;
    cx_status s = cx_timestamp_verify(octets, cx_span_of_str(cx_str_of(text)), 0x0123456789abcdefu,
                                      &trust, &time, &detail);

    MUST(cx_ok(s) ? time == STAMPED : time == 0 && detail.text[0] != '\0');
    MUST(!cx_ok(
        cx_timestamp_verify(octets, cx_span_of_str(cx_str_of(text)), 1, &trust, &time, NULL)));
    return 0;
}
