/* Certificates, PEM, DER or PKCS#7, as they are found in files. */
#include "fuzz.h"
#include "issued_run.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    issued_run(&cx_issued_certificates, (cx_span){ data, size });
    return 0;
}
