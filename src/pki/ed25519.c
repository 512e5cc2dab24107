#include "pki/ed25519.h"

#include "base/alloc.h"
#include "base/limits.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct cx_ed25519_key {
    EVP_PKEY *pkey;
    uint8_t public_key[CX_ED25519_PUBLIC];
};

/* ---- for CX_AUTO */

static void
free_pkey(EVP_PKEY **pkey)
{
    EVP_PKEY_free(*pkey);
}

static void
free_ctx(EVP_MD_CTX **ctx)
{
    EVP_MD_CTX_free(*ctx);
}

static void
free_bio(BIO **bio)
{
    BIO_free_all(*bio);
}

static void
free_text(char **text)
{
    cx_free(*text);
}

static void
close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd); /* only read, or synced already */
    }
}

/* ---- failures */

/* With OpenSSL's reason, if it has one; its queue is empty afterwards. */
static cx_status
fail_crypto(struct cx_detail *detail, enum cx_code code, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    cx_status s = cx_fail(detail, code, "%s%s%s", what, reason != NULL ? ": " : "",
                          reason != NULL ? reason : "");

    ERR_clear_error();
    return s;
}

static cx_status
fail_io(struct cx_detail *detail, const char *path)
{
    return cx_fail(detail, CX_E_IO, "%s: %s", path, strerror(errno));
}

/* ---- keys */

/* Takes pkey, also when it fails. */
static cx_status
key_of(EVP_PKEY *taken, struct cx_ed25519_key **ret, struct cx_detail *detail)
{
    CX_AUTO(free_pkey) EVP_PKEY *pkey = taken;
    struct cx_ed25519_key *key;
    size_t n = CX_ED25519_PUBLIC;
    uint8_t public_key[CX_ED25519_PUBLIC];

    if (pkey == NULL) {
        return fail_crypto(detail, CX_E_CRYPTO, "no Ed25519 key could be made");
    }
    if (EVP_PKEY_get_raw_public_key(pkey, public_key, &n) != 1 || n != sizeof(public_key)) {
        return fail_crypto(detail, CX_E_CRYPTO, "an Ed25519 key without its public half");
    }
    key = cx_alloc(1, sizeof(*key));
    if (key == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(key->public_key, public_key, sizeof(public_key));
    key->pkey = CX_STEAL(pkey);
    *ret = key;
    return CX_SUCCESS;
}

cx_status
cx_ed25519_generate(struct cx_ed25519_key **ret, struct cx_detail *detail)
{
    return key_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), ret, detail);
}

cx_status
cx_ed25519_of_seed(const uint8_t seed[32], struct cx_ed25519_key **ret, struct cx_detail *detail)
{
    return key_of(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32), ret, detail);
}

void
cx_ed25519_free(struct cx_ed25519_key *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey);
        cx_free(key);
    }
}

void
cx_ed25519_public(const struct cx_ed25519_key *key, uint8_t ret[CX_ED25519_PUBLIC])
{
    memcpy(ret, key->public_key, CX_ED25519_PUBLIC);
}

/* ---- signatures */

cx_status
cx_ed25519_sign(const struct cx_ed25519_key *key, cx_span message,
                uint8_t ret[CX_ED25519_SIGNATURE], struct cx_detail *detail)
{
    CX_AUTO(free_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t signature[CX_ED25519_SIGNATURE];
    size_t n = sizeof(signature);

    if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) != 1 ||
        EVP_DigestSign(ctx, signature, &n, message.p, message.n) != 1 || n != sizeof(signature)) {
        return fail_crypto(detail, CX_E_CRYPTO, "signing with Ed25519");
    }
    memcpy(ret, signature, sizeof(signature));
    return CX_SUCCESS;
}

cx_status
cx_ed25519_verify(const uint8_t public_key[CX_ED25519_PUBLIC], cx_span message,
                  const uint8_t signature[CX_ED25519_SIGNATURE])
{
    CX_AUTO(free_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    CX_AUTO(free_pkey)
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, CX_ED25519_PUBLIC);
    bool good = ctx != NULL && pkey != NULL &&
                EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestVerify(ctx, signature, CX_ED25519_SIGNATURE, message.p, message.n) == 1;

    ERR_clear_error();
    return good ? CX_SUCCESS : (cx_status){ CX_E_CRYPTO };
}

/* ---- files */

/* A key under a passphrase is refused instead of asking at a terminal. */
static int
no_passphrase(char *buf, int size, int writes, void *ctx)
{
    (void)buf, (void)size, (void)writes, (void)ctx; /* the signature is OpenSSL's */
    return -1;
}

static cx_status
check_file(int fd, const char *path, struct cx_detail *detail)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        return fail_io(detail, path);
    }
    if (!S_ISREG(st.st_mode) || st.st_size > CX_KEY_FILE_MAX) {
        return cx_fail(detail, CX_E_CRYPTO, "%s: not a file with one key", path);
    }
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return cx_fail(detail, CX_E_IO, "%s: others than its owner may use it (mode %03o)", path,
                       (unsigned)(st.st_mode & 0777));
    }
    return CX_SUCCESS;
}

cx_status
cx_ed25519_read_file(const char *path, struct cx_ed25519_key **ret, struct cx_detail *detail)
{
    CX_AUTO(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    CX_AUTO(free_bio) BIO *bio = NULL;
    CX_AUTO(free_pkey) EVP_PKEY *pkey = NULL;

    if (fd < 0) {
        return fail_io(detail, path);
    }
    CX_TRY(check_file(fd, path, detail));
    ERR_clear_error(); /* what others left is no reason of ours */
    bio = BIO_new_fd(fd, BIO_NOCLOSE);
    if (bio == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    ERR_clear_error();
    if (pkey == NULL || EVP_PKEY_get_id(pkey) != EVP_PKEY_ED25519) {
        return cx_fail(detail, CX_E_CRYPTO, "%s: no Ed25519 key in PKCS#8 PEM without passphrase",
                       path);
    }
    return key_of(CX_STEAL(pkey), ret, detail);
}

static cx_status
sync_folder_of(const char *path, struct cx_detail *detail)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    CX_AUTO(free_text) char *folder = cx_alloc(n + sizeof("."), 1);
    CX_AUTO(close_fd) int fd = -1;

    if (folder == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    memcpy(folder, n == 0 ? "." : path, n == 0 ? 1 : n);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0 ? CX_SUCCESS : fail_io(detail, folder);
}

static cx_status
write_new_file(const struct cx_ed25519_key *key, int fd, const char *path, struct cx_detail *detail)
{
    CX_AUTO(free_bio) BIO *bio = BIO_new_fd(fd, BIO_NOCLOSE);

    if (bio == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    if (PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1) {
        return fail_crypto(detail, CX_E_IO, path);
    }
    if (fsync(fd) != 0) {
        return fail_io(detail, path);
    }
    return sync_folder_of(path, detail);
}

cx_status
cx_ed25519_write_file(const struct cx_ed25519_key *key, const char *path, struct cx_detail *detail)
{
    CX_AUTO(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR);
    cx_status s;

    if (fd < 0) {
        return fail_io(detail, path);
    }
    s = write_new_file(key, fd, path, detail);
    if (!cx_ok(s)) {
        (void)unlink(path); /* half a key is of no use; the failure is told already */
    }
    return s;
}
