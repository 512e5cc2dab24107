/* The last question before a signature, in C. Build:
 *     cc -o permit_verify permit_verify.c $(pkg-config --cflags --libs caaproof)
 * Run:
 *     permit_verify PERMIT LOG-KEY ISSUER.der PRECERTIFICATE.der [SECONDS]
 * LOG-KEY is the text of the log's verifier key; SECONDS since 1970 stand in for the clock. Exit status: 0 sign; 1 do not. */
#include <caaproof/permit.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILE_MAX ((size_t)2 << 20)

struct file {
    uint8_t *octets;
    size_t size;
};

static struct file
read_file(const char *path)
{
    struct file file = { malloc(FILE_MAX), 0 };
    FILE *f = fopen(path, "rb");

    if (file.octets == NULL || f == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
    file.size = fread(file.octets, 1, FILE_MAX, f);
    fclose(f);
    return file;
}

int
main(int argc, char **argv)
{
    struct caap_permit_request request = { .size = sizeof(request) };
    struct caap_permit_result result = { .size = sizeof(result) };
    struct caap_permit_verdict verdict;
    struct caap_trust *trust = caap_trust_new();
    struct file permit, issuer, certificate;
    uint8_t authority[CAAP_HASH_SIZE];

    if (argc < 5) {
        fprintf(stderr, "usage: %s permit log-key issuer.der precertificate.der [seconds]\n",
                argv[0]);
        return 1;
    }
    permit = read_file(argv[1]);
    issuer = read_file(argv[3]);
    certificate = read_file(argv[4]);

    /* Once, when the signer starts. */
    if (trust == NULL || caap_trust_add_key(trust, argv[2]) != CAAP_OK ||
        caap_authority_of(issuer.octets, issuer.size, authority) != CAAP_OK) {
        fprintf(stderr, "the log's key or the issuer cannot be read\n");
        return 1;
    }

    /* Before each signature. */
    request.permit = permit.octets;
    request.permit_size = permit.size;
    request.certificate = certificate.octets;
    request.certificate_size = certificate.size;
    request.authority = authority;
    request.now = argc > 5 ? strtoll(argv[5], NULL, 10) : (int64_t)time(NULL);
    verdict = caap_permit_verify(trust, NULL, &request, &result);
    if (caap_permits(verdict)) {
        printf("sign\n");
    } else {
        printf("do not sign: %s (%s)\n", result.text, caap_permit_error_word(result.error));
    }

    free(permit.octets);
    free(issuer.octets);
    free(certificate.octets);
    caap_trust_free(trust);
    return caap_permits(verdict) ? 0 : 1;
}
