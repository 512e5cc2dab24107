/* What libcaaproof says about permits, for comparison with verify.py: cases on stdin, one a line, a word for each on stdout.
 * Only the public header is used. Fields end with a tab, texts and octets are hexadecimal, elements of lists end with a
 * comma: permit, keys, authority, certificate, names, now, purpose, profile, request, own, accounts, methods, flags, life,
 * other names.
 *
 * Every case is asked twice, without and with checkpoints that are remembered from the cases before; two words if the
 * answers differ. "key": a key of the case is refused. */
#include <caaproof/permit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 64

static void
die(const char *what)
{
    fprintf(stderr, "ask_permits: %s\n", what);
    exit(EXIT_FAILURE);
}

static void *
some_memory(size_t n)
{
    void *p = malloc(n == 0 ? 1 : n);

    if (p == NULL) {
        die("out of memory");
    }
    return p;
}

/* The field, without its tab; *line is behind it. */
static char *
next(char **line)
{
    char *field = *line;
    char *end = strchr(field, '\t');

    if (end == NULL) {
        die("a field is missing");
    }
    *end = '\0';
    *line = end + 1;
    return field;
}

static unsigned
digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *p = c == '\0' ? NULL : strchr(digits, c);

    if (p == NULL) {
        die("no hexadecimal digits");
    }
    return (unsigned)(p - digits);
}

/* Octets of exactly their size, so that a sanitizer sees a read behind their end. NULL for an empty field. */
static uint8_t *
octets(const char *hex, size_t *n)
{
    uint8_t *p;

    *n = strlen(hex) / 2;
    if (*n == 0) {
        return NULL;
    }
    p = some_memory(*n);
    for (size_t i = 0; i < *n; i++) {
        p[i] = (uint8_t)(digit(hex[2 * i]) * 16 + digit(hex[2 * i + 1]));
    }
    return p;
}

/* With its NUL; an empty field is an empty text. */
static char *
text(const char *hex)
{
    size_t n;
    uint8_t *p = octets(hex, &n);
    char *s = some_memory(n + 1);

    if (n != 0) {
        memcpy(s, p, n);
    }
    s[n] = '\0';
    free(p);
    return s;
}

struct list {
    char *items[LIST_MAX];
    size_t n;
};

static void
read_list(char *field, struct list *ret)
{
    ret->n = 0;
    for (char *end = strchr(field, ','); end != NULL; field = end + 1, end = strchr(field, ',')) {
        if (ret->n == LIST_MAX) {
            die("a list is too long");
        }
        *end = '\0';
        ret->items[ret->n++] = text(field);
    }
}

static void
free_list(struct list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->items[i]);
    }
}

/* NULL if one of the keys is refused. */
static struct caap_trust *
trust_of(char *field)
{
    struct caap_trust *trust = caap_trust_new();
    struct list keys;
    int refused = 0;

    if (trust == NULL) {
        die("out of memory");
    }
    read_list(field, &keys);
    for (size_t i = 0; i < keys.n; i++) {
        refused |= caap_trust_add_key(trust, keys.items[i]) != CAAP_OK;
    }
    free_list(&keys);
    if (refused) {
        caap_trust_free(trust);
        return NULL;
    }
    return trust;
}

static void
answer(const struct caap_trust *trust, struct caap_context *context,
       const struct caap_permit_request *request)
{
    enum caap_permit_error alone, remembered;

    if (trust == NULL) {
        puts("key");
        return;
    }
    alone = caap_permit_verify(trust, NULL, request, NULL).error;
    remembered = caap_permit_verify(trust, context, request, NULL).error;
    printf("%s%s%s\n", caap_permit_error_word(alone), alone == remembered ? "" : " ",
           alone == remembered ? "" : caap_permit_error_word(remembered));
}

static void
ask(char *line, struct caap_context *context)
{
    struct caap_permit_request request = { .size = sizeof(request) };
    size_t n_authority, n_own;
    struct list names, accounts, methods;
    char *purpose, *profile, *request_id;
    uint8_t *permit = octets(next(&line), &request.permit_size);
    struct caap_trust *trust = trust_of(next(&line));
    uint8_t *authority = octets(next(&line), &n_authority);
    uint8_t *certificate = octets(next(&line), &request.certificate_size), *own;

    read_list(next(&line), &names);
    request.now = (int64_t)strtoll(next(&line), NULL, 10);
    purpose = text(next(&line));
    profile = text(next(&line));
    request_id = text(next(&line));
    own = octets(next(&line), &n_own);
    read_list(next(&line), &accounts);
    read_list(next(&line), &methods);
    request.flags = (uint32_t)strtoul(next(&line), NULL, 10);
    request.life = (uint32_t)strtoul(next(&line), NULL, 10);
    request.other_names = strtoull(next(&line), NULL, 10);

    /* An empty permit is one, too. */
    request.permit = permit == NULL ? (const uint8_t *)"" : permit;
    request.authority = authority;
    request.certificate = certificate;
    request.names = certificate != NULL ? NULL : (const char *const *)names.items;
    request.n_names = names.n;
    request.purpose = purpose[0] == '\0' ? NULL : purpose;
    request.profile = profile[0] == '\0' ? NULL : profile;
    request.request_id = request_id[0] == '\0' ? NULL : request_id;
    request.own = own;
    request.accounts = (const char *const *)accounts.items;
    request.n_accounts = accounts.n;
    request.methods = (const char *const *)methods.items;
    request.n_methods = methods.n;
    answer(trust, context, &request);

    caap_trust_free(trust);
    free(permit);
    free(authority);
    free(certificate);
    free(own);
    free(purpose);
    free(profile);
    free(request_id);
    free_list(&names);
    free_list(&accounts);
    free_list(&methods);
}

int
main(void)
{
    struct caap_context *context = caap_context_new();
    char *line = NULL;
    size_t size = 0;

    if (context == NULL) {
        die("out of memory");
    }
    while (getline(&line, &size, stdin) > 0) {
        ask(line, context);
    }
    free(line);
    caap_context_free(context);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
