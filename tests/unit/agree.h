/* The two readers of certificates side by side: the signer's walker (pki/tbs.h) and OpenSSL's reading
 * (pki/certificate.h). What the second refuses the first must refuse; of what both accept they must say the same. */
#ifndef CX_TESTS_UNIT_AGREE_H
#define CX_TESTS_UNIT_AGREE_H

#include "base/span.h"

/* DER of a certificate or of a TBSCertificate. NULL, or what they disagree on. *ret_accepted: both accepted it. */
const char *tbs_disagreement(cx_span der, bool *ret_accepted);

#endif
