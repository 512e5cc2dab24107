/* Who a caller is: by his certificate, his token, or the user that the kernel names. */
#include "base/limits.h"
#include "bin/caaproofd/front.h"

#include <string.h>

/* In constant time: how much of a guess was right must not show. */
static bool
equal_secret(cx_str a, cx_str b)
{
    unsigned differs = a.n == b.n ? 0 : 1;

    for (size_t i = 0; i < a.n; i++) {
        differs |= (unsigned char)a.p[i] ^ (unsigned char)(b.n != 0 ? b.p[i % b.n] : 0);
    }
    return differs == 0;
}

/* One line; its end is no part of it. */
static cx_str
token_of(cx_span file)
{
    cx_str token = cx_str_of_span(file);

    while (token.n != 0 && (token.p[token.n - 1] == '\n' || token.p[token.n - 1] == '\r')) {
        token.n--;
    }
    return token;
}

static bool
has_san(const struct tls_peer *peer, cx_str san)
{
    for (size_t i = 0; i < peer->n_dns_names; i++) {
        if (cx_span_equal_fold(cx_span_of_str(peer->dns_names[i]), cx_span_of_str(san))) {
            return true;
        }
    }
    for (size_t i = 0; i < peer->n_uris; i++) {
        if (cx_str_equal(peer->uris[i], san)) {
            return true;
        }
    }
    return false;
}

static bool
fits_certificate(const struct config_identity *wanted, const struct tls_peer *peer)
{
    if (peer == NULL) {
        return false;
    }
    if (wanted->sha256 != NULL) {
        return memcmp(wanted->sha256->b, peer->sha256, CX_SHA256_SIZE) == 0;
    }
    return wanted->san.n != 0
               ? has_san(peer, wanted->san)
               : wanted->subject.n != 0 && cx_str_equal(wanted->subject, peer->subject);
}

static bool
fits(const struct front *f, size_t i, const struct http_identity *identity)
{
    const struct config_caller *caller = &f->member.config->callers[i];

    if (caller->certificate != NULL) {
        return fits_certificate(caller->certificate, identity->certificate);
    }
    if (caller->token_file.n != 0) {
        cx_str token = token_of(member_file(&f->member, SECRET_TOKEN, (unsigned)i));

        return token.n != 0 && identity->bearer.n != 0 && equal_secret(identity->bearer, token);
    }
    return caller->unix_uid != CONFIG_NONE && identity->unix_uid >= 0 &&
           (uint64_t)identity->unix_uid == caller->unix_uid;
}

size_t
front_caller_of(const struct front *f, const struct http_identity *identity)
{
    for (size_t i = 0; i < f->member.config->n_callers; i++) {
        if (fits(f, i, identity)) {
            return i;
        }
    }
    return SIZE_MAX;
}

cx_str
front_caller_name(const struct front *f, size_t caller)
{
    return caller == FRONT_SELF ? CX_STR(CONFIG_CANARY) : f->member.config->callers[caller].name;
}

uint64_t
front_authorities_of(const struct front *f, size_t caller)
{
    const struct config *config = f->member.config;
    uint64_t bits = 0;

    for (size_t i = 0; i < config->n_authorities; i++) {
        if (caller == FRONT_SELF ||
            config_caller_may_for(&config->callers[caller], config->authorities[i].name)) {
            bits |= (uint64_t)1 << i;
        }
    }
    return bits;
}

size_t
front_authority_named(const struct front *f, cx_str text)
{
    const struct config *config = f->member.config;
    struct cx_hash key;
    bool is_key = cx_hash_of_text(text, &key);

    for (size_t i = 0; i < config->n_authorities; i++) {
        if (cx_str_equal(config->authorities[i].name, text) ||
            (is_key && cx_hash_equal(config->authorities[i].key, &key))) {
            return i;
        }
    }
    return SIZE_MAX;
}
