#include "evidence/permit.h"

#include <caaproof/permit.h>

#include "base/limits.h"
#include "bin/caaproof/authority.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/exit.h"
#include "bin/caaproof/input.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "bin/caaproof/permit_show.h"
#include "pki/pem.h"

#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
    "usage: caaproof permit verify --permit FILE --key KEY --authority KEY NAME... [options]\n"
    "       caaproof permit verify --permit FILE --key KEY --authority KEY --cert FILE [options]\n"
    "       caaproof permit show FILE [--json]\n"
    "\n"
    "Says whether a permit permits to sign now: what libcaaproof does within a signer. A permit is "
    "the\n"
    "proof that a positive check stands in the log. verify goes wherever a CA can run a command "
    "before it\n"
    "signs; show prints what a permit says, and believes it.\n"
    "\n"
    "Whom to trust\n"
    "  --permit FILE      the permit, or its base64 on one line; - is standard input\n"
    "  --key KEY          verifier key of the log (name+id+base64), or a file of them, one a line "
    "(repeatable)\n"
    "  --authority KEY    the issuing key: 64 hexadecimal digits (SHA-256 of its "
    "SubjectPublicKeyInfo),\n"
    "                     or a file with its certificate or public key, PEM or DER\n"
    "  --own D            issuer domain name that the practice statement lists (repeatable)\n"
    "  --profile B        the authority's rule book, if not the public one of the purpose\n"
    "  --accept LIST      take also lf (a lookup failed and the rules let go on), exempt\n"
    "  --life S           seconds that a permit may live from its check (default 900)\n"
    "\n"
    "What is to be signed: names, or\n"
    "  --cert FILE        precertificate or certificate, PEM or DER; --tbs FILE: TBSCertificate, "
    "DER\n"
    "  --other-name N     GeneralName [N] may stand beside its names, 6 for a URI (repeatable)\n"
    "  --purpose P        tls (default for names), smime, vmc, tls+smime\n"
    "  --account-uri U    that validated the names (repeatable); --method M likewise\n"
    "  --request ID       that the check was asked for with\n"
    "  --at T             at this moment instead of now\n"
    "  --json             one object (docs/json.md, \"Permits\")\n"
    "\n"
    "Exit status: 0 it permits; 77 it does not, and standard error says why; 64-78 errors. Sign "
    "only on 0.\n"
    "\n"
    "Try: caaproof permit verify --permit p.tlog-proof --key log.vkey --authority issuer.pem "
    "--cert "
    "pre.pem\n";

enum {
    OPT_PERMIT = 256,
    OPT_KEY,
    OPT_AUTHORITY,
    OPT_OWN,
    OPT_PROFILE,
    OPT_ACCEPT,
    OPT_LIFE,
    OPT_CERT,
    OPT_TBS,
    OPT_OTHER_NAME,
    OPT_PURPOSE,
    OPT_ACCOUNT,
    OPT_METHOD,
    OPT_REQUEST,
    OPT_AT,
    OPT_JSON,
};

static const struct option long_options[] = {
    { "permit", required_argument, NULL, OPT_PERMIT },
    { "key", required_argument, NULL, OPT_KEY },
    { "authority", required_argument, NULL, OPT_AUTHORITY },
    { "own", required_argument, NULL, OPT_OWN },
    { "profile", required_argument, NULL, OPT_PROFILE },
    { "accept", required_argument, NULL, OPT_ACCEPT },
    { "life", required_argument, NULL, OPT_LIFE },
    { "cert", required_argument, NULL, OPT_CERT },
    { "tbs", required_argument, NULL, OPT_TBS },
    { "other-name", required_argument, NULL, OPT_OTHER_NAME },
    { "purpose", required_argument, NULL, OPT_PURPOSE },
    { "account-uri", required_argument, NULL, OPT_ACCOUNT },
    { "method", required_argument, NULL, OPT_METHOD },
    { "request", required_argument, NULL, OPT_REQUEST },
    { "at", required_argument, NULL, OPT_AT },
    { "json", no_argument, NULL, OPT_JSON },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

/* Values of an option that may be repeated. */
struct texts {
    const char *v[CX_ACCOUNTS_MAX];
    size_t n;
};

/* What the options say, and what the request borrows from the files they name. */
struct verification {
    const char *permit;
    const char *authority;
    const char *certificate; /* --cert or --tbs */
    struct texts keys;
    struct texts own;
    struct texts accounts;
    struct texts methods;
    bool json;

    struct caap_permit_request request;
    struct caap_trust *trust;
    struct cx_hash authority_hash;
    uint8_t own_hash[CAAP_HASH_SIZE];
    struct cx_buf permit_file;
    struct cx_buf certificate_file;
    struct cx_arena arena;
};

/* ---- options */

static bool
add_text(struct texts *texts, const char *value)
{
    if (texts->n == CX_COUNT(texts->v)) {
        return options_complain("too many of one option", value);
    }
    texts->v[texts->n++] = value;
    return true;
}

static bool
take_accept(struct verification *v, const char *value)
{
    cx_str rest = cx_str_of(value);

    while (rest.n != 0) {
        const char *comma = memchr(rest.p, ',', rest.n);
        cx_str word = { rest.p, comma != NULL ? (size_t)(comma - rest.p) : rest.n };

        if (cx_str_equal(word, CX_STR("lf"))) {
            v->request.flags |= CAAP_ACCEPT_LOOKUP_FAILURE;
        } else if (cx_str_equal(word, CX_STR("exempt"))) {
            v->request.flags |= CAAP_ACCEPT_EXEMPT;
        } else {
            return options_complain("--accept takes lf and exempt", value);
        }
        rest.p += word.n + (comma != NULL ? 1 : 0);
        rest.n -= word.n + (comma != NULL ? 1 : 0);
    }
    return true;
}

static bool
take_other_name(struct verification *v, const char *value)
{
    if (value[0] < '0' || value[0] > '8' || value[1] != '\0') {
        return options_complain("--other-name takes a number from 0 to 8", value);
    }
    v->request.other_names |= (uint64_t)1 << (value[0] - '0');
    return true;
}

static bool
take_moment(struct verification *v, const char *value)
{
    cx_time t;

    if (!cx_ok(cx_time_parse(cx_str_of(value), &t)) || t <= 0) {
        return options_complain("--at takes a moment such as 2026-11-22T12:00:00Z", value);
    }
    v->request.now = t;
    return true;
}

static bool
take_life(struct verification *v, const char *value)
{
    unsigned long life;

    if (!options_number(value, UINT32_MAX, "--life takes seconds", &life)) {
        return false;
    }
    v->request.life = (uint32_t)life;
    return true;
}

/* Options that may be given once. */
static bool
take_single(struct verification *v, int option, const char *value)
{
    const char **to = option == OPT_PERMIT      ? &v->permit
                      : option == OPT_AUTHORITY ? &v->authority
                      : option == OPT_PROFILE   ? &v->request.profile
                      : option == OPT_PURPOSE   ? &v->request.purpose
                      : option == OPT_REQUEST   ? &v->request.request_id
                                                : &v->certificate; /* OPT_CERT, OPT_TBS */

    if (*to != NULL) {
        return options_complain("an option was given twice", value);
    }
    *to = value;
    return true;
}

static bool
take_option(void *ctx, int option, const char *value)
{
    struct verification *v = ctx;

    switch (option) {
    case OPT_KEY:
        return add_text(&v->keys, value);
    case OPT_OWN:
        return add_text(&v->own, value);
    case OPT_ACCOUNT:
        return add_text(&v->accounts, value);
    case OPT_METHOD:
        return add_text(&v->methods, value);
    case OPT_ACCEPT:
        return take_accept(v, value);
    case OPT_OTHER_NAME:
        return take_other_name(v, value);
    case OPT_AT:
        return take_moment(v, value);
    case OPT_LIFE:
        return take_life(v, value);
    case OPT_JSON:
        v->json = true;
        return true;
    default:
        return take_single(v, option, value);
    }
}

/* ---- what the options name */

static cx_status
add_key(struct caap_trust *trust, const char *vkey, const char *where, struct cx_detail *detail)
{
    switch (caap_trust_add_key(trust, vkey)) {
    case CAAP_OK:
        return CX_SUCCESS;
    case CAAP_E_LIMIT:
        return cx_fail(detail, CX_E_LIMIT, "more than %d keys", CX_TRUST_KEYS_MAX);
    case CAAP_E_NOMEM:
        return (cx_status){ CX_E_NOMEM };
    case CAAP_E_USAGE:
    case CAAP_E_MALFORMED:
    case CAAP_E_INTERNAL:
        break;
    }
    return cx_fail(detail, CX_E_NOTE, "%s: not the verifier key of a log", where);
}

/* One a line; empty lines and those that begin with # are skipped. */
static cx_status
add_key_file(struct verification *v, const char *path, struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf file;
    size_t at = 0, found = 0;
    cx_str line, text;

    cx_buf_init(&file, CX_KEY_FILE_MAX);
    CX_TRY(input_file(path, &file, detail));
    while (cx_str_line(cx_buf_str(&file), &at, &line)) {
        if (line.n == 0 || line.p[0] == '#') {
            continue;
        }
        CX_TRY(cx_arena_text(&v->arena, line, &text));
        if (strlen(text.p) != text.n) {
            return cx_fail(detail, CX_E_NOTE, "%s: an octet 0 in it", path);
        }
        CX_TRY(add_key(v->trust, text.p, path, detail));
        found++;
    }
    return found != 0 ? CX_SUCCESS : cx_fail(detail, CX_E_NOTE, "%s: no key in it", path);
}

/* A verifier key has two +, which no file here needs. */
static bool
is_vkey(const char *text)
{
    const char *plus = strchr(text, '+');

    return plus != NULL && strchr(plus + 1, '+') != NULL;
}

static cx_status
read_keys(struct verification *v, struct cx_detail *detail)
{
    v->trust = caap_trust_new();
    if (v->trust == NULL) {
        return (cx_status){ CX_E_NOMEM };
    }
    for (size_t i = 0; i < v->keys.n; i++) {
        CX_TRY(is_vkey(v->keys.v[i]) ? add_key(v->trust, v->keys.v[i], v->keys.v[i], detail)
                                     : add_key_file(v, v->keys.v[i], detail));
    }
    return CX_SUCCESS;
}

/* DER as it is: whether it is that is for the library to say. */
static cx_status
read_certificate(struct verification *v, struct cx_detail *detail)
{
    static const char *const kinds[] = { "CERTIFICATE", "X509 CERTIFICATE", NULL };
    struct cx_detail inner = { .text = "" };
    cx_span der, file;
    cx_status s;

    CX_TRY(input_file(v->certificate, &v->certificate_file, detail));
    file = cx_span_of_str(cx_buf_str(&v->certificate_file));
    s = cx_pem_first(file, kinds, &v->arena, &der, &inner);
    if (!cx_ok(s)) {
        return cx_fail(detail, s.code, "%s: %s", v->certificate, inner.text);
    }
    der = der.n != 0 ? der : file;
    v->request.certificate = der.p;
    v->request.certificate_size = der.n;
    return der.n != 0 ? CX_SUCCESS : cx_fail(detail, CX_E_CERTIFICATE, "%s: empty", v->certificate);
}

static cx_status
read_own(struct verification *v, struct cx_detail *detail)
{
    if (v->own.n == 0) {
        return CX_SUCCESS;
    }
    switch (caap_own_of(v->own.v, v->own.n, v->own_hash)) {
    case CAAP_OK:
        v->request.own = v->own_hash;
        return CX_SUCCESS;
    case CAAP_E_NOMEM:
        return (cx_status){ CX_E_NOMEM };
    case CAAP_E_USAGE:
    case CAAP_E_MALFORMED:
    case CAAP_E_LIMIT:
    case CAAP_E_INTERNAL:
        break;
    }
    return cx_fail(detail, CX_E_USAGE, "--own takes an issuer domain name");
}

static cx_status
read_files(struct verification *v, struct cx_detail *detail)
{
    struct caap_permit_request *r = &v->request;

    CX_TRY(read_keys(v, detail));
    CX_TRY(authority_read(v->authority, &v->authority_hash, detail));
    r->authority = v->authority_hash.b;
    CX_TRY(input_file(v->permit, &v->permit_file, detail));
    r->permit = (const uint8_t *)(v->permit_file.n != 0 ? v->permit_file.p : "");
    r->permit_size = v->permit_file.n;
    CX_TRY(read_own(v, detail));
    r->accounts = v->accounts.v;
    r->n_accounts = v->accounts.n;
    r->methods = v->methods.v;
    r->n_methods = v->methods.n;
    return v->certificate != NULL ? read_certificate(v, detail) : CX_SUCCESS;
}

static cx_status
check_options(struct verification *v, int argc, char **argv, int first, struct cx_detail *detail)
{
    struct caap_permit_request *r = &v->request;
    bool has_names = first < argc;

    if (v->permit == NULL || v->authority == NULL || v->keys.n == 0) {
        return cx_fail(detail, CX_E_USAGE,
                       "--permit, --key and --authority are needed; see caaproof permit --help");
    }
    if (has_names == (v->certificate != NULL)) {
        return cx_fail(detail, CX_E_USAGE,
                       "names or --cert or --tbs, one of them; see caaproof permit --help");
    }
    r->names = has_names ? (const char *const *)argv + first : NULL;
    r->n_names = has_names ? (size_t)(argc - first) : 0;
    r->purpose = r->purpose == NULL && has_names ? "tls" : r->purpose;
    r->now = r->now == 0 ? cx_time_now() : r->now;
    return r->now > 0 ? CX_SUCCESS : cx_fail(detail, CX_E_CLOCK, "the machine has no time");
}

/* ---- what is said */

static cx_status
status_of(struct caap_permit_verdict verdict)
{
    static const struct {
        enum caap_permit_error error;
        enum cx_code code;
    } rows[] = {
        { CAAP_PERMIT_E_USAGE, CX_E_USAGE },
        { CAAP_PERMIT_E_NOMEM, CX_E_NOMEM },
        { CAAP_PERMIT_E_INTERNAL, CX_E_INTERNAL },
        { CAAP_PERMIT_UNVERIFIED, CX_E_INTERNAL },
    };

    if (caap_permits(verdict)) {
        return CX_SUCCESS;
    }
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        if (rows[i].error == verdict.error) {
            return (cx_status){ rows[i].code };
        }
    }
    return (cx_status){ CX_E_PERMIT };
}

static struct cx_json *
json_time(int64_t t)
{
    char text[CX_TIME_TEXT];

    cx_time_format(t, text);
    return t == 0 ? cx_json_new_null() : cx_json_new_text(text);
}

static cx_status
print_json(const struct caap_permit_result *found)
{
    struct cx_json *json = cx_json_new_object();
    bool ok = cx_json_set(json, "schema", cx_json_new_integer(1));
    cx_status s;

    ok = cx_json_set(json, "permits", cx_json_new_bool(found->error == CAAP_PERMIT_OK)) && ok;
    ok = cx_json_set(json, "error", cx_json_new_text(caap_permit_error_word(found->error))) && ok;
    ok = cx_json_set(json, "text", cx_json_new_escaped(cx_span_of_str(cx_str_of(found->text)))) &&
         ok;
    ok = cx_json_set(json, "checked", json_time(found->checked)) && ok;
    ok = cx_json_set(json, "expires", json_time(found->expires)) && ok;
    json = cx_json_whole(json, ok);
    s = output_json(json);
    cx_json_free(json);
    return s;
}

static int
report(const struct verification *v, struct caap_permit_verdict verdict,
       const struct caap_permit_result *found)
{
    struct cx_detail detail = { .text = "" };
    cx_status s = status_of(verdict), printed = CX_SUCCESS;
    char text[CX_TIME_TEXT];

    if (v->json) {
        printed = print_json(found);
    } else if (cx_ok(s)) {
        cx_time_format(found->expires, text);
        printf("may be signed now, and until %s\n", text);
    }
    if (cx_ok(s)) {
        return exit_with_output(cx_ok(printed) ? EXIT_SUCCESS : exit_with(printed, NULL));
    }
    memcpy(detail.text, found->text, sizeof(detail.text));
    return exit_with_output(exit_with(s, &detail));
}

static int
verify(struct verification *v, int argc, char **argv, int first)
{
    struct caap_permit_result found = { .size = sizeof(found) };
    struct cx_detail detail = { .text = "" };
    cx_status s = check_options(v, argc, argv, first, &detail);

    if (cx_ok(s)) {
        s = read_files(v, &detail);
    }
    if (!cx_ok(s)) {
        return exit_with(s, &detail);
    }
    return report(v, caap_permit_verify(v->trust, NULL, &v->request, &found), &found);
}

static int
permit_verify(int argc, char **argv)
{
    struct verification v = { .request = { .size = sizeof(v.request) } };
    int first, code;

    cx_arena_init(&v.arena, CX_LINE_MAX);
    cx_buf_init(&v.permit_file, 2 * CX_PROOF_OCTETS_MAX);
    cx_buf_init(&v.certificate_file, CX_LINE_MAX);
    first = options_walk(argc, argv, long_options, usage, take_option, &v, &code);
    code = first < 0 ? code : verify(&v, argc, argv, first);
    caap_trust_free(v.trust);
    cx_buf_done(&v.permit_file);
    cx_buf_done(&v.certificate_file);
    cx_arena_done(&v.arena);
    return code;
}

/* FILE, and --json before or behind it. */
static int
permit_show(int argc, char **argv)
{
    bool json = false;
    const char *file = NULL;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            json = true;
        } else if (file == NULL && strncmp(argv[i], "--", 2) != 0) {
            file = argv[i];
        } else {
            file = NULL;
            break;
        }
    }
    if (file == NULL) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    return permit_show_file(file, json);
}

int
command_permit(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "verify") == 0) {
        argv[1] = argv[0]; /* the command that has --help */
        return permit_verify(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "show") == 0) {
        return permit_show(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return exit_with_output(EXIT_SUCCESS);
    }
    fputs(usage, stderr);
    return EX_USAGE;
}
