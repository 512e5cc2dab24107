/* Who verified how often on curves: OpenSSL's and nettle's inner functions, counted by definitions in the test program
 * that stand before the libraries'. */
#ifndef CX_TESTS_LIVE_P256_COUNTS_H
#define CX_TESTS_LIVE_P256_COUNTS_H

enum p256_fault {
    P256_FAULT_NONE,
    P256_FAULT_NETTLE_LIKES_ALL,
    P256_FAULT_OPENSSL_LIKES_ALL,
    P256_FAULT_OPENSSL_FAILS,
};

struct p256_counts {
    unsigned openssl;
    unsigned nettle; /* any curve */
};

extern struct p256_counts p256_counts;
extern enum p256_fault p256_fault;

#endif
